"""Sketches: any pieces merge to the same, and what follows from them."""

import numpy as np
import pyarrow as pa
import pytest

from tokumei.transforms.suggest.holdings import FEW_RECORDS, Content, Holding
from tokumei.transforms.suggest.relations import Person, determines, find_person, same_values, separating
from tokumei.transforms.suggest.sketch import KEPT, merge_sketches, sketch_batch


def sketch(columns, start=0, end=None):
    batch = pa.RecordBatch.from_pydict({n: pa.array(v, pa.string()) for n, v in columns.items()})
    rows = batch.slice(start, None if end is None else end - start)
    return sketch_batch(rows, "s", np.arange(start, start + rows.num_rows), 0)


def kept(found):
    return {
        **{n: (c.cells, c.fits, c.hashes.tolist(), c.counts.tolist()) for n, c in found.columns.items()},
        **{(n, "low"): b.low.tolist() for n, b in found.beside.items()},
        **{(n, "high"): b.high.tolist() for n, b in found.beside.items()},
        "sample": found.sample.hashes.tolist(),
    }


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(1)
    person = rng.integers(0, 9000, 12_000)
    return {
        "id": [f"{p:05d}" for p in person],
        "sex": ["男女"[p % 2] for p in person],
        "day": [f"2024-01-{d:02d}" for d in rng.integers(1, 29, 12_000)],
        "gap": [None if p % 3 else str(p) for p in person],
    }


def test_any_pieces_merge_to_the_same(table):
    whole = kept(sketch(table))
    parts = [sketch(table, a, b) for a, b in ((7000, 12_000), (0, 10), (10, 7000))]
    assert kept(merge_sketches(parts)) == whole
    assert kept(merge_sketches([merge_sketches(parts[:2]), parts[2]])) == whole


def test_distinct_values_are_counted_nearly(table):
    columns = sketch(table).columns
    exact = len(set(table["id"]))
    assert exact > KEPT and abs(columns["id"].distinct - exact) < 0.05 * exact
    assert columns["day"].distinct == 28 and columns["day"].fits["date"] == 12_000
    assert columns["gap"].cells == sum(v is not None for v in table["gap"])


def test_what_determines_what(table):
    found = sketch(table)
    assert determines(found, "id", "sex") and not determines(found, "sex", "id")
    assert not determines(found, "id", "day") and determines(found, "gap", "id")
    held = {
        n: Content(holding=h)
        for n, h in zip(table, (Holding.ITEM, Holding.SEX, Holding.TIME, Holding.ITEM), strict=True)
    }
    assert find_person(found, held, []).column == "id"


@pytest.mark.parametrize(
    ("name", "holding", "kind", "asked"),
    [
        ("氏名", Holding.NAME, None, True),
        ("メールアドレス", Holding.CONTACT, "e-mail address", True),
        ("口座番号", Holding.IDENTIFIER, "bank", True),
        ("端末ID", Holding.IDENTIFIER, "device", True),
        ("登録番号", Holding.LINK, FEW_RECORDS, True),
        ("担当者氏名", Holding.NAME, None, False),
        ("位置", Holding.IDENTIFIER, "position", False),
        ("商品番号", Holding.ITEM, None, False),
    ],
)
@pytest.mark.parametrize("slips", [Holding.KEY, Holding.QUANTITY])
def test_what_leads_to_one_person_and_repeats_may_be_whose_it_is(name, holding, kind, asked, slips):
    found = sketch({"伝票": [f"{i:05d}" for i in range(900)], name: [f"v{i % 300}" for i in range(900)]})
    held = {"伝票": Content(holding=slips), name: Content(holding=holding, kind=kind)}
    person = find_person(found, held, [])
    assert (person.instead, person.several) == ((name,) if asked else (), False)


@pytest.mark.parametrize(("records", "asked"), [(2, True), (1.1, False)])
def test_namesakes_and_people_of_two_births_are_nobody_else(records, asked):
    names, births = [f"n{int(i // records)}" for i in range(990)], [f"b{i % 89}" for i in range(990)]
    found = sketch({"番号": [f"{i:05d}" for i in range(990)], "氏名": names, "生年月日": births})
    held = {"番号": Content(holding=Holding.KEY), "氏名": Content(holding=Holding.NAME)}
    held |= {"生年月日": Content(holding=Holding.TIME)}
    assert find_person(found, held, []).instead == (("氏名",) if asked else ())
    born = {**held, "生年月日": Content(holding=Holding.BIRTH)}
    assert find_person(found, born, []).instead == ()


def test_values_of_two_columns_are_compared_by_samples():
    some = [f"{i:06d}" for i in range(20_000)]
    found = sketch({"all": some, "half": [v if i % 2 else f"x{v}" for i, v in enumerate(some)]})
    assert 0.45 < same_values(found.columns["all"], found.columns["half"]) < 0.55
    assert same_values(found.columns["all"], found.columns["all"]) == 1


def test_separation_and_distinction_are_those_of_arx():
    """The five rows by which ARX's figures are checked (sex .4/.6, state .6/.7, age .6/.8)."""
    found = sketch({"sex": [*"MMFFF"], "state": [*"ABAAC"], "age": ["34", "66", "34", "66", "50"]})
    held = {name: Content(holding=Holding.OBSERVABLE) for name in found.columns}
    nobody = Person(column=None, people=5, rows=(1, 1.0))
    assert [(c, round(d, 2), round(s, 2)) for c, d, s in separating(found, held, nobody)] == [
        (("sex", "state"), 0.8, 0.9),
        (("sex", "age"), 1.0, 1.0),
        (("state", "age"), 0.8, 0.9),
    ]
