"""Declared statistics against the records themselves: every record counted at each value that its labels cover."""

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.schemas.queries import Query
from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.hierarchies.ladders import Ladder, build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode import queries
from tokumei.transforms.recode.assignment import Assignment, full_domain
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.queries import Queries, mean_error
from tokumei.transforms.recode.search import find_optimum

FILE = FileHierarchy(kind="file", path="random.csv")
NAMES = ("a", "b", "c")
STAYS = ("3", "8", "8.5", None, "以上")
ASKED = {
    "mean": Query(mean="a"),
    "means": Query(mean="a", by=("b", "c")),
    "counts": Query(counts=("a", "b")),
    "regression": Query(regression="a", explained_by=("b",)),
    "regression of two": Query(regression="c", explained_by=("a", "b")),
    "protected counts": Query(counts=("stay", "a")),
    "protected mean": Query(mean="stay", by=("a",)),
    "protected regression": Query(regression="stay", explained_by=("a", "b")),
}


@st.composite
def ladders(draw):
    """A ladder over numbers, and perhaps a text and null among them."""
    values = [str(n) for n in draw(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True))]
    values += draw(st.sampled_from([[], ["90歳以上"]]))
    lines = [(v, f"g{draw(st.integers(0, 1))}", "*") for v in values]
    hierarchy = HierarchyRows({line[0]: line[1:] for line in lines})
    return build_ladder(values + draw(st.sampled_from([[], [None]])), FILE, hierarchy)


@st.composite
def releases(draw):
    """Ladders, records of (codes, place in STAYS), and where each tuple is released."""
    found = draw(st.lists(ladders(), min_size=3, max_size=3))
    record = st.tuples(
        st.tuples(*(st.integers(0, len(ladder.values) - 1) for ladder in found)),
        st.integers(0, len(STAYS) - 1),
    )
    records = draw(st.lists(record, min_size=1, max_size=20))
    nodes = draw(st.lists(st.tuples(*[st.integers(0, 2)] * 3), min_size=1, max_size=3))
    at = {codes: draw(st.integers(-1, len(nodes) - 1)) for codes in sorted({codes for codes, _ in records})}
    return found, records, nodes, at


def histogram_of(ladders, records):
    sizes = tuple(len(ladder.values) for ladder in ladders)
    keys = {codes: int(pack([np.array([c]) for c in codes], sizes)[0]) for codes, _ in records}
    order = sorted(keys, key=keys.get)
    held = Counter(codes for codes, _ in records)
    cells = sorted(Counter((order.index(codes), stay) for codes, stay in records).items())
    return order, Histogram(
        keys=np.array([keys[codes] for codes in order]),
        sizes=sizes,
        records=np.array([held[codes] for codes in order]),
        total_people=len(records),
        sensitive={
            "stay": Contingency(
                tuples=np.array([t for (t, _), _ in cells]),
                values=np.array([v for (_, v), _ in cells]),
                counts=np.array([n for _, n in cells]),
                size=len(STAYS),
            )
        },
    )


def asked_over(ladders, histogram, asked, k=1):
    return Queries(
        dict.fromkeys(["here"], asked),
        dict(zip(NAMES, ladders, strict=True)),
        histogram,
        protected={"stay": STAYS},
        k=k,
    )


def number(text):
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


def spread(ladders, records, levels_of, columns):
    """Each possible record's values of some columns, with its share: labels spread evenly, by themselves."""
    for codes, stay in records:
        levels = levels_of(codes)
        if levels is None:
            continue
        options = []
        for name in columns:
            if name == "stay":
                options.append([STAYS[stay]])
                continue
            i = NAMES.index(name)
            ladder, level = ladders[i], levels[i]
            label = ladder.codes[level][codes[i]]
            options.append([v for v, c in zip(ladder.values, ladder.codes[level], strict=True) if c == label])
        for values in itertools.product(*options):
            yield values, 1 / math.prod(map(len, options))


def counted(ladders, records, levels_of, query):
    table = Counter()
    for values, share in spread(ladders, records, levels_of, query.counts):
        table[values] += share
    return table


def means(ladders, records, levels_of, query):
    sums = defaultdict(lambda: [0.0, 0.0])
    for (value, *group), share in spread(ladders, records, levels_of, (query.mean, *query.by)):
        if (x := number(value)) is not None:
            sums[tuple(group)][0] += share
            sums[tuple(group)][1] += share * x
    return {group: (held, total / held) for group, (held, total) in sums.items()}


def deviation(records, ladders, name):
    values = [
        STAYS[s] if name == "stay" else ladders[NAMES.index(name)].values[c[NAMES.index(name)]]
        for c, s in records
    ]
    numbers = [x for x in map(number, values) if x is not None]
    return np.std(numbers) if len(set(numbers)) > 1 else 1.0


def coefficients(ladders, records, levels_of, query):
    """By least squares over all possible records, weighted; None where columns determine each other."""
    rows, weights = [], []
    for values, share in spread(ladders, records, levels_of, query.numbers):
        numbers = [number(v) for v in values]
        if None not in numbers:
            rows.append(numbers)
            weights.append(share)
    if not rows:
        return [0.0] * len(query.explained_by)
    x, w = np.array(rows), np.array(weights)
    centred = x - np.average(x, axis=0, weights=w)
    sd = np.sqrt(np.average(centred**2, axis=0, weights=w))
    z = np.where(sd > 1e-7, centred / np.where(sd > 1e-7, sd, 1), 0.0) * np.sqrt(w)[:, None]
    moving = [i for i in range(1, z.shape[1]) if sd[i] > 1e-7]
    singular = np.linalg.svd(z[:, moving], compute_uv=False)
    if moving and (len(singular) < len(moving) or singular[-1] < 1e-3 * singular[0]):
        return None
    found = dict(
        zip(moving, np.linalg.lstsq(z[:, moving], z[:, 0], rcond=None)[0] if moving else [], strict=True)
    )
    return [float(found.get(i, 0.0)) for i in range(1, z.shape[1])]


@settings(max_examples=200, deadline=None)
@given(releases(), st.sampled_from(sorted(ASKED)))
def test_a_query_answers_what_the_records_do(release, kind):
    found, records, nodes, at = release
    query = ASKED[kind]
    order, histogram = histogram_of(found, records)
    assignment = Assignment(np.array(nodes, np.int32), np.array([at[codes] for codes in order], np.int32))
    (answer,) = asked_over(found, histogram, query).answers(assignment)

    def raw(_):
        return (0, 0, 0)

    def released(codes):
        return None if at[codes] < 0 else nodes[at[codes]]

    if query.counts:
        before, after = (counted(found, records, levels, query) for levels in (raw, released))
        missing = len(records) - sum(after.values())
        expected = (sum(abs(before[c] - after[c]) for c in before | after) + missing) / 2 / len(records)
    elif query.mean is not None:
        before, after = (means(found, records, levels, query) for levels in (raw, released))
        sd, apart, weight = deviation(records, found, query.mean), 0.0, 0.0
        for group, (held, mean) in before.items():
            moved = abs(after[group][1] - mean) if group in after else None
            apart += held * (1.0 if moved is None else min(moved / sd, 1.0))
            weight += held
        expected = apart / weight if weight else 0.0
        if not query.by and answer.before:
            assert answer.before == pytest.approx((before[()][1],))
            assert answer.after == pytest.approx((after[()][1],))
    else:
        before, after = (coefficients(found, records, levels, query) for levels in (raw, released))
        if before is None or after is None:
            return
        expected = min(1.0, sum(abs(a - b) for a, b in zip(before, after, strict=True)) / len(before))
        if answer.before:
            assert answer.before == pytest.approx(before, abs=1e-6)
            assert answer.after == pytest.approx(after, abs=1e-6)
    assert 0 <= answer.error <= 1
    assert answer.error == pytest.approx(expected, abs=1e-6)


AGES = build_ladder(
    ["20", "21", "30", "31"],
    FILE,
    HierarchyRows({"20": ("2x", "*"), "21": ("2x", "*"), "30": ("3x", "*"), "31": ("3x", "*")}),
)
PAY = build_ladder(["1", "2"], FILE, HierarchyRows({"1": ("*",), "2": ("*",)}))


def two_columns(rows):
    """A histogram of (age, pay) codes, one record a person."""
    keys, records = np.unique([4 * 0 + 2 * a + p for a, p in rows], return_counts=True)
    return Histogram(keys=keys, sizes=(4, 2), records=records, total_people=len(rows), nulls=(-1, -1))


def over(asked, histogram, k=1):
    return Queries({"here": asked}, {"age": AGES, "pay": PAY}, histogram, protected={}, k=k)


def test_what_is_not_touched_has_no_error_and_what_is_gone_all():
    histogram = two_columns([(0, 0), (1, 1), (2, 0), (3, 1)])
    for asked in (
        Query(mean="age"),
        Query(mean="age", by=("pay",)),
        Query(counts=("age", "pay")),
        Query(regression="pay", explained_by=("age",)),
    ):
        nothing = full_domain((0, 0), np.zeros(4, bool))
        assert over(asked, histogram).error(nothing) == 0
    gone = full_domain((0, 0), np.ones(4, bool))
    assert over(Query(counts=("age",)), histogram).error(gone) == 1
    assert over(Query(mean="age"), histogram).error(gone) == 1


def test_a_figure_of_few_people_is_not_told():
    histogram = two_columns([(0, 0), (1, 1), (2, 0), (3, 1)])
    as_it_is = full_domain((0, 0), np.zeros(4, bool))
    one_less = full_domain((0, 0), np.array([True, False, False, False]))
    (told,) = over(Query(mean="age"), histogram, k=4).answers(as_it_is)
    assert told.before == told.after == (25.5,)
    (untold,) = over(Query(mean="age"), histogram, k=4).answers(one_less)
    assert untold.before == untold.after == () and untold.error > 0
    (by_group,) = over(Query(mean="age", by=("pay",)), histogram).answers(as_it_is)
    assert by_group.before == ()


def test_the_people_of_protected_numbers_are_counted_once():
    table = Contingency(
        tuples=np.array([0, 0, 1]),
        values=np.array([0, 1, 0]),
        counts=np.ones(3, np.int64),
        size=2,
        persons=np.array([7, 7, 8], np.uint64),
    )
    histogram = Histogram(
        keys=np.array([0, 1]), sizes=(2,), records=np.array([2, 1]), total_people=2, sensitive={"stay": table}
    )
    flat = Ladder.flat(("x", "y"))
    for k, told in ((2, (4.0,)), (3, ())):
        asked = Queries(
            {"here": Query(mean="stay")}, {"a": flat}, histogram, protected={"stay": ("3", "6")}, k=k
        )
        (answer,) = asked.answers(full_domain((0,), np.zeros(2, bool)))
        assert answer.before == pytest.approx(told)


def test_too_many_cells_are_refused_and_none_of_their_values_told(monkeypatch):
    monkeypatch.setattr(queries, "MAX_CELLS", 7)
    histogram = two_columns([(0, 0), (3, 1)])
    with pytest.raises(RequirementError) as refused:
        over(Query(counts=("age", "pay")), histogram)
    assert refused.value.code == "requirement.query" and refused.value.where == "here"
    over(Query(counts=("age",)), histogram)


@pytest.mark.parametrize(("counts", "node"), [("a", (0, 1)), ("b", (1, 0))])
def test_of_nodes_that_cost_the_same_the_closest_is_taken(counts, node):
    """Either column must go up one level, at the same loss; b is uneven, so that there it would be told wrong."""
    keys, records = np.unique([4 * a + b for a in range(4) for b in (0, 0, 0, 1, 2, 3)], return_counts=True)
    histogram = Histogram(keys=keys, sizes=(4, 4), records=records, total_people=24, nulls=(-1, -1))
    lattice = Lattice((AGES, AGES), histogram, (KAnonymity(2),))
    objective = OBJECTIVES["loss"]((AGES, AGES), histogram.marginals(), [1.0, 1.0])
    asked = Queries({"0": Query(counts=(counts,))}, {"a": AGES, "b": AGES}, histogram, protected={}, k=2)

    def error(node):
        return asked.error(full_domain(node, lattice.failing(node)))

    plain = find_optimum(objective, lattice.models, lattice.count, 0)
    choice = find_optimum(objective, lattice.models, lattice.count, 0, prefer=error)
    assert plain.node == (0, 1) and choice.node == node
    assert choice.proven and choice.cost == plain.cost and error(node) == 0


def test_the_error_of_several_queries_is_their_mean():
    histogram = two_columns([(0, 0), (1, 1), (2, 0), (3, 1)])
    asked = Queries(
        {"0": Query(counts=("age",)), "1": Query(mean="age")},
        {"age": AGES, "pay": PAY},
        histogram,
        protected={},
        k=1,
    )
    some = full_domain((0, 0), np.array([True, False, False, False]))
    answers = asked.answers(some)
    assert answers[0].error == 0.25
    assert asked.error(some) == mean_error(answers) == pytest.approx((0.25 + answers[1].error) / 2)
