"""Random problems for the search: as plain data for `brute`, and as the ladders and histogram of the kernels."""

import numpy as np
import polars as pl
from hypothesis import strategies as st
from support.brute import NULL_LAST, Problem
from support.kernels import hashes_of

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import PACKED, Histogram, pack
from tokumei.transforms.counting.people import PERSON, RECORDS, count_people, merge_people
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.models import closeness, diversity, k_anonymity, likeness, population, risk

FILE = FileHierarchy(kind="file", path="random.csv")
ALL = 1 << 30
K = [("k", st.integers(2, 4)), ("wildcard", st.integers(2, 4))]
POPULATION = [
    ("k_map", st.integers(2, 5)),
    ("presence", st.sampled_from([0.0, 0.1, 0.25]), st.sampled_from([0.5, 0.75, 1.0, 2.0])),
]
SENSITIVE = [
    ("distinct", st.integers(2, 3)),
    ("entropy_l", st.sampled_from([1.5, 2.0, 3.0])),
    ("recursive", st.integers(2, 3), st.sampled_from([1.0, 1.5, 3.0])),
    ("basic_beta", st.sampled_from([0.2, 1.0, 3.0])),
    ("enhanced_beta", st.sampled_from([0.2, 1.0, 3.0])),
    ("disclosure", st.sampled_from([0.3, 0.7, 1.5])),
    ("equal", st.sampled_from([0.1, 0.25, 0.5])),
    ("ordered", st.sampled_from([0.1, 0.25, 0.5])),
    ("hierarchical", st.sampled_from([0.1, 0.25, 0.5])),
]
BOUNDS = [
    ("average_risk", st.sampled_from([0.2, 0.34, 0.5])),
    ("sample_uniqueness", st.sampled_from([0.0, 0.1, 0.3])),
]


@st.composite
def hierarchies(draw, prefix="v", least=1):
    """A random nested hierarchy of 1 to 5 values and 1 to 3 levels above them."""
    size = draw(st.integers(least, 5))
    groups = list(range(size))
    columns = []
    for level in range(draw(st.integers(0, 2))):
        into = draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))
        groups = [into[g] for g in groups]
        columns.append([f"L{level}-{g}" for g in groups])
    return {f"{prefix}{i}": (*(c[i] for c in columns), "*") for i in range(size)}


@st.composite
def problems(draw, kinds=None, columns=4):
    """A random problem; ``kinds``: what models it has, drawn if not given."""
    files = draw(st.lists(hierarchies(), min_size=1, max_size=columns))
    row = st.tuples(*(st.sampled_from([*f, *([None] if draw(st.booleans()) else [])]) for f in files))
    rows = draw(st.lists(row, min_size=1, max_size=14))
    n = len(rows)
    several = st.lists(st.sampled_from("abcdef"), min_size=n, max_size=n)
    groups = draw(hierarchies("s", 2))
    values = st.sampled_from([*groups, *([None] if draw(st.booleans()) else [])])
    sensitive = draw(st.lists(values, min_size=n, max_size=n))
    if kinds is None:
        kinds = draw(
            st.lists(st.sampled_from(K[:1] + POPULATION + SENSITIVE + BOUNDS), min_size=1, max_size=3)
        )
    chosen = [(name, *(draw(arg) for arg in args)) for name, *args in kinds]
    names = {name for name, *_ in chosen}
    population = None
    if names & {"k_map", "presence"}:
        population = [*rows, *draw(st.lists(row, max_size=10))]
    return Problem(
        files,
        rows,
        persons=None if "wildcard" in names else draw(st.one_of(st.none(), several)),
        sensitive=sensitive,
        population=population,
        models=chosen,
        weights=draw(
            st.one_of(
                st.none(), st.lists(st.sampled_from([0.5, 1, 3]), min_size=len(files), max_size=len(files))
            )
        ),
        limit=draw(st.sampled_from([0.0, 0.1, 0.25, 0.34, 0.5, 0.75, 1.0])),
        groups=groups,
    )


def kernel_inputs(problem):
    """Return the ladders, histogram and models of a problem; people are counted from two chunks."""
    ladders = [
        build_ladder(d, FILE, HierarchyRows(f)) for d, f in zip(problem.domains, problem.files, strict=True)
    ]
    sizes = tuple(len(d) for d in problem.domains)

    def packed(rows):
        return pack(
            [np.array([d.index(row[i]) for row in rows], np.int32) for i, d in enumerate(problem.domains)],
            sizes,
        )

    mine, everybody = packed(problem.rows), packed(problem.everybody)
    keys = np.unique(everybody)
    place = np.searchsorted(keys, mine)
    only_k = all(name == "k" for name, *_ in problem.models)
    cap = max(k for _, k in problem.models) if only_k and problem.models else ALL
    hashes, half = hashes_of(problem.persons), len(mine) // 2
    counted = merge_people(
        [
            count_people(
                pl.DataFrame({PACKED: mine[part]}), persons=None if hashes is None else hashes[part], cap=cap
            )
            for part in (slice(half), slice(half, None))
        ]
    )
    records = np.zeros(len(keys), np.int64)
    records[np.searchsorted(keys, counted.counts[PACKED].to_numpy())] = counted.counts[RECORDS].to_numpy()
    rows = persons = population = None
    if counted.pairs is not None:
        rows = np.searchsorted(keys, counted.pairs[PACKED].to_numpy())
        persons = counted.pairs[PERSON].to_numpy()
    if problem.population is not None:
        population = np.bincount(np.searchsorted(keys, packed(problem.population)), minlength=len(keys))
    domain = sorted(set(problem.sensitive), key=NULL_LAST)
    histogram = Histogram(
        keys=keys,
        sizes=sizes,
        records=records,
        total_people=len(set(problem.who)),
        pair_rows=rows,
        pair_persons=persons,
        sensitive={
            "s": contingency(
                place, np.array([domain.index(v) for v in problem.sensitive]), hashes, len(domain)
            )
        },
        population=population,
        nulls=tuple(la.null_code(0) for la in ladders),
    )
    return ladders, histogram, kernel_models(problem, histogram, domain)


def contingency(tuples, values, hashes, size):
    if hashes is None:
        cells, people = np.unique(tuples * size + values, return_counts=True)
        return Contingency(tuples=cells // size, values=cells % size, counts=people, size=size)
    entries = sorted(set(zip(tuples.tolist(), values.tolist(), hashes.tolist(), strict=True)))
    t, v, p = (np.array(c, dtype) for c, dtype in zip(zip(*entries, strict=True), "llQ", strict=True))
    return Contingency(tuples=t, values=v, counts=np.ones(len(t), np.int64), size=size, persons=p)


def kernel_models(problem, histogram, domain):
    q = tuple(histogram.sensitive["s"].distribution().tolist())
    order = tuple(range(len(domain)))
    groups = tuple(tuple(c.tolist()) for c in build_ladder(domain, FILE, HierarchyRows(problem.groups)).codes)
    make = {
        "k": k_anonymity.KAnonymity,
        "wildcard": lambda k: k_anonymity.KAnonymity(k, wildcard=True),
        "k_map": population.KMap,
        "presence": population.DeltaPresence,
        "distinct": lambda n: diversity.DistinctDiversity("s", n),
        "entropy_l": lambda n: diversity.EntropyDiversity("s", n),
        "recursive": lambda n, c: diversity.RecursiveDiversity("s", n, c),
        "basic_beta": lambda b: likeness.BetaLikeness("s", b, q, False),
        "enhanced_beta": lambda b: likeness.BetaLikeness("s", b, q, True),
        "disclosure": lambda d: likeness.DeltaDisclosure("s", d, q),
        "equal": lambda t: closeness.EqualCloseness("s", t, q),
        "ordered": lambda t: closeness.OrderedCloseness("s", t, q, order),
        "hierarchical": lambda t: closeness.HierarchicalCloseness("s", t, q, groups),
        "average_risk": risk.AverageRisk,
        "sample_uniqueness": risk.SampleUniqueness,
    }
    return tuple(make[name](*args) for name, *args in problem.models)
