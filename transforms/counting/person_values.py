"""Values of people, as keyed hashes of person and value: what other tables of the same people may not hold.

A reader joins tables of one link by their pseudonyms. What one of them deletes of a person is not gone while
another has it, under whatever name. Compared are whole cells, by their letters and digits, numbers without
the zeros before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.keyed import joint_keys, keyed_hashes
from tokumei.transforms.detect.hash_set import HashSet
from tokumei.transforms.detect.shadow import letters_alone, spelled

Persons = npt.NDArray[np.uint64]

VALUES_PURPOSE = "values of people"  # of the key
_SHORTEST, _SHORTEST_ASCII = 3, 5
_DIGITS = r"^[0-9]+$"
_SURE_DIGITS = 9  # equal numbers of one person in two columns, that is no chance


class Theirs(NamedTuple):
    """What other tables hold of the people of some records.

    Attributes:
        values: of people, as `values_of` makes them.
        key: of the hashes.
        persons: whose each record is.
    """

    values: HashSet
    key: bytes
    persons: Persons


def values_of(persons: Persons, columns: Sequence[pa.Array], key: bytes) -> HashSet:
    """Return the values of some people, of which none can be read without the key.

    Args:
        persons: whose each record is: keyed hashes.
        columns: their values, one a record.
        key: of the run, for `VALUES_PURPOSE`.
    """
    parts = [person_values(persons, letters_alone(spelled(values)), key)[1] for values in columns]
    return HashSet.merged([HashSet.of(hashes) for hashes in parts])


def person_values(
    persons: Persons, plain: pl.Series, key: bytes
) -> tuple[npt.NDArray[np.intp], Persons, npt.NDArray[np.bool_]]:
    """Return the texts that are long enough to be compared, as hashes of who has them.

    Args:
        persons: whose each is.
        plain: letters and digits; nulls are nobody's.
        key: of the hashes.

    Returns:
        The rows, their hashes, and which of these are short numbers, which two columns share by chance.
    """
    digits = plain.str.contains(_DIGITS).fill_null(value=False)
    texts = pl.select(pl.when(digits).then(plain.str.strip_chars_start("0")).otherwise(plain)).to_series()
    letters, size = texts.str.len_chars(), texts.str.len_bytes()
    least = pl.select(pl.when(letters == size).then(_SHORTEST_ASCII).otherwise(_SHORTEST)).to_series()
    rows = (letters.cast(pl.Int64) >= least).fill_null(value=False).arg_true().to_numpy().astype(np.intp)
    chosen = texts.gather(pl.Series(rows))
    hashes = keyed_hashes(chosen.to_arrow().cast(pa.string()), key).view(np.int64).reshape(-1, 2)[:, 0]
    short = (digits & (letters < _SURE_DIGITS)).fill_null(value=False).to_numpy()[rows]
    return rows, joint_keys(persons[rows], hashes), short
