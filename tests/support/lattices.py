"""Small random lattices."""

import math

import numpy as np
import polars as pl
from hypothesis import strategies as st

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.diversity import DistinctDiversity, EntropyDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.risk import AverageRisk
from tokumei.transforms.recode.objectives import OBJECTIVES

FILE = FileHierarchy(kind="file", path="synthetic.csv")


def histogram_of(codes, sizes, values=None, size=1):
    """Rows of codes (columns, n) to a histogram; ``values`` is a sensitive column's code a row."""
    frame = pl.DataFrame({"k": pack(codes, sizes)})
    if values is not None:
        frame = frame.with_columns(pl.Series("v", values))
    counts = frame.group_by("k").len().sort("k")
    keys, records = counts["k"].to_numpy(), counts["len"].to_numpy().astype(np.int64)
    sensitive = {}
    if values is not None:
        cells = frame.group_by("k", "v").len().sort("k", "v")
        sensitive["s"] = Contingency(
            tuples=np.searchsorted(keys, cells["k"].to_numpy()),
            values=cells["v"].to_numpy().astype(np.int64),
            counts=cells["len"].to_numpy().astype(np.int64),
            size=size,
        )
    return Histogram(
        keys=keys,
        sizes=tuple(sizes),
        records=records,
        total_people=int(records.sum()),
        sensitive=sensitive,
        nulls=(-1,) * len(sizes),
    )


def ladder_of(size, widths):
    """Values 0..size-1 in groups of the given widths, then ``*``."""
    rows = {str(v): (*(f"{w}:{v // w}" for w in widths), "*") for v in range(size)}
    return build_ladder([str(v) for v in range(size)], FILE, HierarchyRows(rows))


@st.composite
def lattices(draw):
    columns = draw(st.integers(2, 4))
    sizes = [draw(st.integers(2, 6)) for _ in range(columns)]
    widths = [draw(st.sampled_from([(), (2,), (2, 4), (3,)])) for _ in range(columns)]
    rows = draw(st.lists(st.tuples(*(st.integers(0, s - 1) for s in sizes)), min_size=2, max_size=60))
    values = [(sum(row) + i) % 3 for i, row in enumerate(rows)]
    more = draw(
        st.lists(
            st.sampled_from([DistinctDiversity("s", 2), EntropyDiversity("s", 1.5), AverageRisk(0.25)]),
            max_size=2,
            unique=True,
        )
    )
    models = [KAnonymity(draw(st.integers(2, 5))), *more]
    codes = np.array(rows, np.int32).T
    ladders = [ladder_of(s, w) for s, w in zip(sizes, widths, strict=True)]
    lattice = Lattice(ladders, histogram_of(codes, sizes, np.array(values), 3), models)
    weights = [draw(st.sampled_from([1.0, 2.0])) for _ in sizes]
    objective = OBJECTIVES[draw(st.sampled_from(sorted(OBJECTIVES)))](
        ladders, lattice.histogram.marginals(), weights
    )
    limit = draw(st.sampled_from([0.0, 0.1, 0.3, 0.9]))
    return lattice, objective, math.floor(limit * len(rows) + 1e-9)
