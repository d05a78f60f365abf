"""Adult as ARX's tests see it: the columns, ladders and histograms that its published results are checked on."""

import csv
import functools
import math
from pathlib import Path

import numpy as np
import pytest

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.files import read_hierarchy_file
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.closeness import EqualCloseness, HierarchicalCloseness, OrderedCloseness
from tokumei.transforms.recode.models.likeness import BetaLikeness
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.objectives.by_class import Discernibility
from tokumei.transforms.recode.objectives.by_column import Entropy, Loss
from tokumei.transforms.recode.search import find_optimum

FOLDER = Path(__file__).parents[1] / "data" / "arx_adult"
SENSITIVE = "occupation"
RELATIVE = 1e-9  # ARX rounds intermediate sums


def read(name="adult.csv"):
    """Return the rows of one of the files, as text."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, delimiter=";"))


HEAD, *ROWS = read()
SUBSET = read("adult_subset.csv")[1:]
NINE = tuple(HEAD)
EIGHT = tuple(name for name in HEAD if name != SENSITIVE)
DOMAINS = {name: sorted({row[i] for row in ROWS}) for i, name in enumerate(HEAD)}


@functools.cache
def ladder(name):
    """Return the ladder of a column; codes are places in string order."""
    spec = FileHierarchy(kind="file", path=f"adult_hierarchy_{name}.csv")
    return build_ladder(DOMAINS[name], spec, read_hierarchy_file(spec, str(FOLDER), "adult"))


def codes(rows):
    """Return the code of every cell, by column name."""
    places = {name: {value: i for i, value in enumerate(domain)} for name, domain in DOMAINS.items()}
    return {n: np.array([places[n][row[i]] for row in rows], dtype=np.int32) for i, n in enumerate(HEAD)}


@functools.cache
def histogram(names=EIGHT, *, file="all", times=1):
    """Return a histogram of Adult.

    Args:
        names: quasi-identifiers; if occupation is none of them, it is sensitive.
        file: "all"; "subset", the 3,016 rows with all rows as their population; or how many rows ARX draws.
        times: how often every row stands in the file.
    """
    rows, sizes = ROWS, tuple(len(DOMAINS[n]) for n in names)
    if file == "subset":
        rows = SUBSET
    elif file != "all":
        rows = [ROWS[i] for i in java_draw(file)]
    columns = codes(rows)
    packed = pack([columns[n] for n in names], sizes)
    population = None
    if file == "subset":
        everyone = codes(ROWS)
        keys, population = np.unique(pack([everyone[n] for n in names], sizes), return_counts=True)
    else:
        keys = np.unique(packed)
    place = np.searchsorted(keys, packed)
    records = np.bincount(place, minlength=len(keys)) * times
    sensitive = {}
    if SENSITIVE not in names:
        size = len(DOMAINS[SENSITIVE])
        cells, people = np.unique(place * size + columns[SENSITIVE], return_counts=True)
        sensitive[SENSITIVE] = Contingency(
            tuples=cells // size, values=cells % size, counts=people * times, size=size
        )
    nulls = (-1,) * len(names)
    return Histogram(
        keys=keys,
        sizes=sizes,
        records=records,
        total_people=int(records.sum()),
        sensitive=sensitive,
        population=population,
        nulls=nulls,
    )


def java_draw(size, seed=-559038737):
    """Return the set of ``size`` results of java.util.Random(seed).nextInt(size), ascending.

    The seed is 0xDEADBEEF as a Java int. A linear congruential generator of 48 bits (Knuth), as Java
    documents it.
    """
    state = (seed ^ 0x5DEECE66D) & ((1 << 48) - 1)
    drawn, draws = set(), size
    while draws:
        state = (state * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        bits = state >> 17
        if size & (size - 1) == 0:
            value = (size * bits) >> 31
        else:
            value = bits % size
            if bits - value + size - 1 >= 1 << 31:
                continue
        drawn.add(value)
        draws -= 1
    return sorted(drawn)


def _shares(on):
    return tuple(on.sensitive[SENSITIVE].distribution().tolist())


def equal(t):
    """t-closeness with equal distances; the shares are those of the histogram at hand."""
    return lambda on: EqualCloseness(SENSITIVE, t, _shares(on))


def ordered(t):
    """t-closeness in string order."""
    return lambda on: OrderedCloseness(SENSITIVE, t, _shares(on), tuple(range(len(DOMAINS[SENSITIVE]))))


def hierarchical(t):
    """t-closeness in the hierarchy of occupations."""
    groups = tuple(tuple(level.tolist()) for level in ladder(SENSITIVE).codes)
    return lambda on: HierarchicalCloseness(SENSITIVE, t, _shares(on), groups)


def beta(b, *, enhanced):
    """β-likeness on occupation."""
    return lambda on: BetaLikeness(SENSITIVE, b, _shares(on), enhanced)


class MonotonicEntropy(Entropy):
    """ARX's monotonic variant: what suppression costs is left out."""

    name = "entropy mono"

    def value(self, count):
        return float(sum(levels[n] for levels, n in zip(self._levels, count.node, strict=True)))


class MonotonicDiscernibility(Discernibility):
    """DM*: Σ|E|² over all classes, suppressed or not."""

    name = "DM*"

    def value(self, count):
        return count.squares

    def below(self, count):
        return self._flat(count, 0.0)


class MildLoss(Loss):
    """ARX's loss with the gs-factor 0.1: a suppressed cell costs share + 0.2 · (1 − share)."""

    name = "loss, gs-factor 0.1"
    FACTOR = 0.2

    def columns(self, count):
        columns = []
        for i, (la, level, gone) in enumerate(zip(self.ladders, count.node, count.gone, strict=True)):
            leaves = float(la.leaves[level] @ self.by_level[i][level])
            extra = self.FACTOR * float((la.domain_size - la.leaves[level]) @ gone)
            columns.append(float(self._loss(i, np.array(leaves + extra), 0)))
        return tuple(columns)

    def below(self, count):
        return self._flat(count, 0.0)


METRICS = {
    **OBJECTIVES,
    **{kind.name: kind for kind in (MonotonicEntropy, MonotonicDiscernibility, MildLoss)},
}


class Problem:
    """One published problem: a lattice, what is minimized over it, and who may be suppressed."""

    def __init__(self, names, on, models, metric, limit):
        ladders = [ladder(name) for name in names]
        self.models = tuple(model(on) if callable(model) else model for model in models)
        self.lattice = Lattice(ladders, on, self.models)
        self.objective = METRICS[metric](ladders, on.marginals(), [1.0] * len(names))
        self.allowed = math.floor(limit * on.total_people + 1e-9)

    def optimum(self):
        return find_optimum(self.objective, self.models, self.lattice.count, self.allowed)

    def at(self, node):
        """Return a node's cost and its count."""
        count = self.lattice.count(node)
        return self.objective.value(count), count

    def check(self, cost, node, suppressed=None):
        """Assert that the proven optimum is the published one, or another node of exactly that cost."""
        choice = self.optimum()
        assert choice.proven and choice.cost == pytest.approx(cost, rel=RELATIVE)
        at_node, count = self.at(node)
        assert at_node == pytest.approx(cost, rel=RELATIVE) and count.suppressed_people <= self.allowed
        if suppressed is not None:
            assert count.suppressed_records == count.suppressed_people == suppressed
        return choice


def node_of(text):
    """Return "0,3,1" as a node."""
    return tuple(int(level) for level in text.split(","))
