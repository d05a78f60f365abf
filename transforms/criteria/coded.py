"""Treated columns as small integers, and the records that treatments leave."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas.errors import InputError
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.values.cells import Mask, as_text


def domain_codes(treated: Treated, domain: tuple[str | None, ...], where: str) -> npt.NDArray[np.int32]:
    """Return each row's place in the column's domain.

    Raises:
        InputError: a value is not in the domain, so the input changed between two passes.
    """
    codes = pc.index_in(as_text(treated.values), value_set=pa.array(domain, pa.string()))
    if codes.null_count:
        raise input_changed(where)
    numbers: npt.NDArray[np.int32] = codes.to_numpy(zero_copy_only=False)
    return numbers if treated.indices is None else numbers.take(treated.indices)


def input_changed(where: str) -> InputError:
    """Return the error of an input that is not what an earlier pass has read."""
    return InputError(
        "input.changed",
        where=where,
        what="the input changed while it was being read",
        fix="run again when nobody writes to the input",
    )


def kept_rows(rows: int, treated: Mapping[str, Treated]) -> Mask:
    """Return which rows no column's treatment drops."""
    keep: Mask = np.ones(rows, dtype=bool)
    for column in treated.values():
        if column.drop is not None:
            keep &= ~column.drop
    return keep
