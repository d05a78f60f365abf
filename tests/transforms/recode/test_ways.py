"""Every way of recoding against rows counted in plain Python: models hold exactly, nothing is lost to them."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode import local, regions, ways
from tokumei.transforms.recode.assignment import (
    Assignment,
    count_assignment,
    full_domain,
    recoder_of,
    released_classes,
)
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.models.closeness import EqualCloseness
from tokumei.transforms.recode.models.diversity import DistinctDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.likeness import DeltaDisclosure
from tokumei.transforms.recode.models.population import KMap
from tokumei.transforms.recode.models.risk import AverageRisk, SampleUniqueness
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.ranking import InfeasibleError
from tokumei.transforms.recode.search import find_optimum

FILE = FileHierarchy(kind="file", path="random.csv")


def ladder_of(lines, values):
    """A ladder from lines of text: the value, then its label at every level."""
    return build_ladder(values, FILE, HierarchyRows({line[0]: tuple(line[1:]) for line in lines}))


@st.composite
def hierarchies(draw):
    """Lines of a nested hierarchy; a group may be called like its first value, so that levels share their labels."""
    size = draw(st.integers(1, 5))
    groups, columns = list(range(size)), [[f"v{i}" for i in range(size)]]
    for level in range(draw(st.integers(0, 2))):
        into = draw(st.lists(st.integers(0, 2), min_size=5, max_size=5))
        groups = [into[g] for g in groups]
        like_a_value = draw(st.booleans())
        columns.append([f"v{groups.index(g)}" if like_a_value else f"g{level}{g}" for g in groups])
    return list(zip(*columns, ["*"] * size, strict=True))


@st.composite
def tables(draw):
    """Rows of (person, quasi-identifier codes, sensitive code), and a ladder of each quasi-identifier."""
    ladders = []
    for lines in draw(st.lists(hierarchies(), min_size=1, max_size=3)):
        nulls = [None] if draw(st.booleans()) else []
        ladders.append(ladder_of(lines, [line[0] for line in lines] + nulls))
    several = draw(st.booleans())
    n = draw(st.integers(2, 30))
    rows = [
        (
            draw(st.integers(0, 12)) if several else i,
            tuple(draw(st.integers(0, len(ladder.values) - 1)) for ladder in ladders),
            draw(st.integers(0, 2)),
        )
        for i in range(n)
    ]
    return rows, ladders, several


def histogram_of(rows, ladders, several):
    sizes = tuple(len(ladder.values) for ladder in ladders)
    codes = [np.array([row[1][i] for row in rows], np.int32) for i in range(len(ladders))]
    keys, of_row, records = np.unique(pack(codes, sizes), return_inverse=True, return_counts=True)
    pairs = sorted({(int(t), row[0]) for t, row in zip(of_row, rows, strict=True)})
    cells = defaultdict(set)
    for t, row in zip(of_row.tolist(), rows, strict=True):
        cells[t, row[2]].add(row[0])
    entries = [(t, v, p) for (t, v), people in sorted(cells.items()) for p in sorted(people)]
    if several:
        tuples, values, persons = (np.array(x, np.int64) for x in zip(*entries, strict=True))
        table = Contingency(
            tuples=tuples,
            values=values,
            counts=np.ones(len(tuples), np.int64),
            size=3,
            persons=persons.astype(np.uint64),
        )
    else:
        tuples, values = (np.array(x, np.int64) for x in zip(*sorted(cells), strict=True))
        table = Contingency(
            tuples=tuples, values=values, counts=np.array([len(cells[c]) for c in sorted(cells)]), size=3
        )
    return Histogram(
        keys=keys,
        sizes=sizes,
        records=records.astype(np.int64),
        total_people=len({row[0] for row in rows}),
        pair_rows=np.array([t for t, _ in pairs], np.int64) if several else None,
        pair_persons=np.array([p for _, p in pairs], np.uint64) if several else None,
        sensitive={"illness": table},
        population=None,
        nulls=tuple(ladder.null_code(0) for ladder in ladders),
    )


def models_of(names, k, histogram):
    overall = tuple(histogram.sensitive["illness"].distribution().tolist())
    known = {
        "l": DistinctDiversity("illness", 2),
        "t": EqualCloseness("illness", 0.4, overall),
        "delta": DeltaDisclosure("illness", 0.9, overall),
        "risk": AverageRisk(0.3),
        "unique": SampleUniqueness(0.1),
    }
    return (KAnonymity(k), *(known[name] for name in names))


def spread(rows):
    """Return each sensitive value's share of people; a person counts once for each of their values."""
    pairs = {(person, value) for person, _, value in rows}
    counts = [sum(v == value for _, v in pairs) for value in range(3)]
    return [n / len(pairs) for n in counts]


def broken_models(names, k, rows, groups):
    """Say in plain Python which models the groups of rows break."""
    whole = spread(rows)
    found = set()
    for group in groups:
        share, people = spread(group), {person for person, _, _ in group}
        if len(people) < k:
            found.add("k")
        if sum(s > 0 for s in share) < 2:
            found.add("l")
        if sum(abs(s - q) for s, q in zip(share, whole, strict=True)) / 2 > 0.4 + 1e-9:
            found.add("t")
        if any(s > 0 and abs(math.log(s / q)) >= 0.9 + 1e-9 for s, q in zip(share, whole, strict=True)):
            found.add("delta")
    heads = sum(len({person for person, _, _ in group}) for group in groups)
    if len(groups) > 0.3 * heads + 1e-9:
        found.add("risk")
    return found & {"k", *names}


def released_groups(assignment, ladders, histogram, rows):
    """Return rows by what a reader sees of them, as pass 3 writes it, and the rows that are left out."""
    recoding = recoder_of(assignment, ladders, histogram)
    labels, released = recoding.apply(
        [np.array([row[1][i] for row in rows], np.int32) for i in range(len(ladders))]
    )
    groups, gone = defaultdict(list), []
    for i, row in enumerate(rows):
        if released[i]:
            text = tuple(texts[codes[i]] for texts, codes in zip(recoding.labels, labels, strict=True))
            groups[text].append(row)
        else:
            gone.append(row)
    return groups, gone


def optimum_of(lattice, objective, limit):
    allowed = math.floor(limit * lattice.histogram.total_people + 1e-9)
    choice = find_optimum(objective, lattice.models, lattice.count, allowed)
    classes, of_tuple = lattice.classes(choice.node)
    return choice, full_domain(choice.node, failing_classes(lattice.models, classes)[0][of_tuple])


MODELS = st.lists(st.sampled_from(["l", "t", "delta", "risk", "unique"]), unique=True, max_size=2)


@settings(max_examples=150)
@given(
    tables(),
    MODELS,
    st.integers(2, 4),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from(sorted(OBJECTIVES)),
    st.randoms(use_true_random=False),
)
def test_every_way_holds_the_models_on_what_readers_see(table, names, k, limit, metric, shuffled):
    rows, ladders, several = table
    histogram = histogram_of(rows, ladders, several)
    lattice = Lattice(ladders, histogram, models_of(names, k, histogram))
    marginals = histogram.marginals()
    objective = OBJECTIVES[metric](ladders, marginals, [1.0 + i for i in range(len(ladders))])
    try:
        choice, optimum = optimum_of(lattice, objective, limit)
    except InfeasibleError:
        return
    found = ways.work_out(lattice, objective, optimum, "local", compared=True)
    assert tuple(found) == ways.WAYS
    counts = {
        name: count_assignment(w.assignment, lattice.ladders, lattice.histogram) for name, w in found.items()
    }
    costs = {row.way: row for row in ways.compare(counts, objective, objective, {}, {})}
    assert costs["full_domain"].cost == pytest.approx(choice.cost, rel=1e-12)
    for name, way in found.items():
        classes, _ = released_classes(way.assignment, ladders, histogram)
        assert not any(model.failing(classes).any() for model in lattice.models)
        groups, gone = released_groups(way.assignment, ladders, histogram, rows)
        assert not broken_models(names, k, rows, groups.values()), name
        assert len(groups) == len(classes)
        assert way.regions == (len(groups) if name in {"local", "multidimensional"} else 0)
        out = len({person for person, _, _ in gone})
        assert (costs[name].suppressed_records, costs[name].suppressed_people) == (len(gone), out)
        assert out <= costs["full_domain"].suppressed_people
        assert costs[name].cost <= costs["full_domain"].cost * (1 + 1e-9) + 1e-9
    way = found["cells"]
    base, tops = way.assignment.nodes[0].tolist(), [ladder.levels - 1 for ladder in ladders]
    for number, saved in enumerate(way.rounds, 1):
        assert way.assignment.nodes[number].tolist() == list(saved.node)
        assert saved.records == histogram.records[way.assignment.of_tuple == number].sum() > 0
        assert all(s in {b, t} for s, b, t in zip(saved.node, base, tops, strict=True))
    # the order of rows changes nothing
    shuffled.shuffle(rows)
    other = Lattice(ladders, histogram_of(rows, ladders, several), lattice.models)
    again = ways.work_out(other, objective, optimum, "local", compared=True)
    for name, way in found.items():
        same = again[name].assignment
        assert np.array_equal(way.assignment.nodes, same.nodes)
        assert np.array_equal(way.assignment.of_tuple, same.of_tuple)


# A group is called like a value, so what is released at level 1 joins the class of that value at level 0.
SHARED = ladder_of([("a", "a", "*"), ("b", "a", "*"), ("c", "a", "*"), ("d", "d", "*")], list("abcd"))


def shared(illness_by_value, ladder=SHARED):
    """One row a person: their value, and their illness."""
    rows = [
        (person, (value,), illness)
        for person, (value, illness) in enumerate(
            (value, illness) for value, text in enumerate(illness_by_value) for illness in map(int, text)
        )
    ]
    return rows, histogram_of(rows, [ladder], several=False)


# Eight values in pairs: whoever is alone of a pair costs less in it than under "*".
PAIRED = ladder_of(
    [(value, 2 * pair, "*") for pair in "aceg" for value in (pair, chr(ord(pair) + 1))], "abcdefgh"
)


def test_a_costly_class_is_dissolved_into_its_neighbours(monkeypatch):
    """b and d, who would be told together as "*", widen the labels of a and of c instead."""
    rows, histogram = shared(["000", "0", "000", "0", 9 * "0"], PAIRED)
    lattice = Lattice([PAIRED], histogram, (KAnonymity(2),))
    objective = OBJECTIVES["loss"]([PAIRED], histogram.marginals(), [1.0])
    _, optimum = optimum_of(lattice, objective, 0.0)

    def sizes():
        found, classes = local.local(
            lattice, objective, *regions.multidimensional(lattice, objective, optimum)
        )
        groups, gone = released_groups(found, [PAIRED], histogram, rows)
        assert not gone and classes == len(groups)
        return {text: len(group) for (text,), group in groups.items()}

    assert sizes() == {"aa": 4, "cc": 4, "e": 9}
    verdicts = itertools.cycle([True, False])  # of regions as they were gathered, and as they were mended
    monkeypatch.setattr(regions, "holds", lambda *_: next(verdicts))
    monkeypatch.setattr(local, "holds", lambda *_: False)
    assert sizes() == {"a": 3, "c": 3, "*": 2, "e": 9}


def test_a_class_takes_nobody_in_who_would_break_a_model_in_it():
    """One who is ill would widen labels of two ill and two well people, whose shares of these then differ."""
    rows, histogram = shared(["0011", "1", "0011", "0"], PAIRED)
    overall = tuple(histogram.sensitive["illness"].distribution().tolist())
    objective = OBJECTIVES["loss"]([PAIRED], histogram.marginals(), [1.0])
    for t, expected in [(0.1, {"aa": 5, "cc": 5}), (0.05, {"a": 4, "c": 4, "*": 2})]:
        lattice = Lattice([PAIRED], histogram, (KAnonymity(2), EqualCloseness("illness", t, overall)))
        _, optimum = optimum_of(lattice, objective, 0.0)
        found, _ = local.local(lattice, objective, *regions.multidimensional(lattice, objective, optimum))
        groups, _ = released_groups(found, [PAIRED], histogram, rows)
        assert {text: len(group) for (text,), group in groups.items()} == expected


def test_regions_that_share_their_labels_are_one():
    """b and c are held back from "a" of level 1, a's own label, gathered at "*", and then find it theirs too."""
    rows, histogram = shared(["000", "00", "0", "000"])
    lattice = Lattice([SHARED], histogram, (KAnonymity(3),))
    objective = OBJECTIVES["loss"]([SHARED], histogram.marginals(), [1.0])
    _, optimum = optimum_of(lattice, objective, 0.0)
    found = ways.work_out(lattice, objective, optimum, "multidimensional", compared=False)
    assert list(found) == ["multidimensional"]
    way = found["multidimensional"]
    groups, gone = released_groups(way.assignment, [SHARED], histogram, rows)
    assert not gone and way.regions == len(groups) == 2
    assert {text: len(group) for text, group in groups.items()} == {("a",): 6, ("d",): 3}


def test_ways_that_were_not_chosen_are_left_out_where_they_cannot_be_compared(monkeypatch):
    _, histogram = shared(["000", "00", "0", "000"])
    objective = OBJECTIVES["loss"]([SHARED], histogram.marginals(), [1.0])
    lattice = Lattice([SHARED], histogram, (KAnonymity(3),))
    optimum = Assignment(np.array([[2]], np.int32), np.zeros(4, np.int32))

    def worked_out(lattice, chosen="full_domain", *, compared=True):
        return list(ways.work_out(lattice, objective, optimum, chosen, compared=compared))

    for chosen in ways.WAYS:
        assert worked_out(lattice, chosen, compared=False) == [chosen]
    for models in [(KAnonymity(3), KMap(3)), (KAnonymity(3, wildcard=True),)]:
        assert worked_out(Lattice([SHARED], histogram, models)) == ["full_domain"]
    monkeypatch.setattr(ways, "COMPARED", 2)  # three levels
    few = shared(["0000", "", "", ""])[1]
    assert len(few) == 1
    assert worked_out(Lattice([SHARED], few, (KAnonymity(3),))) == ["full_domain"]
    monkeypatch.setattr(ways, "COMPARED", 3)
    assert worked_out(lattice) == ["full_domain"]
    assert worked_out(lattice, "cells") == ["full_domain", "cells"]
    monkeypatch.setattr(ways, "MAX_DIVIDED", 3)
    with pytest.raises(ways.TooManyTuplesError):
        worked_out(lattice, "multidimensional", compared=False)


def test_what_is_kept_at_several_nodes_is_counted_by_level():
    _, histogram = shared(["000", "00", "0", "000"])
    mixed = Assignment(np.array([[0], [1]], np.int32), np.array([0, 1, 1, -1], np.int32))
    count = count_assignment(mixed, [SHARED], histogram)
    (by_level,) = count.kept_labels
    assert {level: n.tolist() for level, n in by_level.items()} == {0: [3, 0, 0, 0], 1: [3, 0]}
    assert (count.suppressed_records, count.kept, count.kept_squares) == (3, 1, 36.0)
