"""Columns of invented agency files in five namings: what leads to a person is found, and little else is called so."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from tokumei.transforms.suggest.evidence import look_at
from tokumei.transforms.suggest.holdings import Holding
from tokumei.transforms.suggest.measure import measure
from tokumei.transforms.suggest.sources import find_tables
from tokumei.transforms.suggest.tables import contents_of
from tokumei.transforms.synthesis.files import Order, plan_files, write_file
from tokumei.transforms.synthesis.write import Layout

ROWS = list(csv.DictReader((Path(__file__).parent / "namings.csv").open(encoding="utf-8")))
NAMINGS = ("kanji", "kana", "english", "romaji", "abbreviation")
SAYS = {
    Holding.NAME: "identifier",
    Holding.CONTACT: "identifier",
    Holding.ADDRESS: "identifier",
    Holding.IDENTIFIER: "identifier",
    Holding.CODE: "code",
    Holding.LINK: "link",
    Holding.KEY: "link",
}


PRESETS = ("residents", "tax", "claims", "id_pos", "cards")


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The columns of every preset's files, and what their values show."""
    layout, found = Layout("csv", "utf-8", crlf=False, gzip=False), []
    for preset in PRESETS:
        order = Order(preset=preset, rows=2000, seed=7, peculiar=0, dirty=0, shuffled=False)
        plans = plan_files(order, layout, tmp_path_factory.mktemp(preset))
        for plan in plans:
            write_file(plan, order, layout)
        for table in find_tables([str(plan.path) for plan in plans]):
            _, sketch = measure(table)
            found.append((sketch.columns, {n: look_at(c) for n, c in sketch.columns.items()}))
    return found


def told(tables, naming):
    """(table, name, expected, found) of every column under a naming."""
    names = {row["kanji"]: row for row in ROWS}
    for number, (kept, seen) in enumerate(tables):
        columns = {names[name][naming]: column for name, column in kept.items()}
        shown = {names[name][naming]: one for name, one in seen.items()}
        found = contents_of(columns, shown)
        for name in kept:
            row = names[name]
            yield number, row[naming], row["holds"], SAYS.get(found[row[naming]].holding, "")


def test_all_presets_are_labelled(tables):
    columns = sum(len(kept) for kept, _ in tables)
    assert columns * len(NAMINGS) >= 150


@pytest.mark.parametrize("naming", NAMINGS)
def test_identifiers_codes_and_links_are_found(tables, naming):
    missed = [
        (table, name) for table, name, expected, found in told(tables, naming) if expected and not found
    ]
    assert missed == []


@pytest.mark.parametrize("kind", ["identifier", "code", "link"])
def test_what_is_called_so_mostly_is(tables, kind):
    counted = Counter(
        expected == kind
        for naming in NAMINGS
        for _, _, expected, found in told(tables, naming)
        if found == kind
    )
    assert counted[True] / counted.total() >= 0.9
