"""Addresses and birth dates of people of the files inside the sentences of a released column: anybody's."""

from __future__ import annotations

import polars as pl

from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.written import WrittenColumn


def addresses_and_births(
    told: ToldSet | None, column: str, written: WrittenColumn, shared: int
) -> dict[LeakSearch, Found]:
    """Count the cells that tell somebody's address, or that somebody was born on a day.

    Args:
        told: what is looked for; None where nothing is known.
        column: the released column.
        written: its texts.
        shared: how many people make a label, which is not counted.

    Returns:
        By ``address`` different cells with an address, and how many would hold one by chance, by as many
        decoys; by ``born`` different cells with a birth date.
    """
    if told is None:
        return {}
    some = written.bearers < shared
    numbered = some & written.texts_have(CharacterKind.DIGIT | CharacterKind.NUMERAL)
    texts = written.texts.filter(pl.Series(numbered))
    homes, births = told.find_homes(texts), told.find_births(texts)
    expected = homes.decoys * told.a_decoy + homes.looked * told.homes.error
    return {
        LeakSearch("address", column, ""): Found(int(some.sum()), len(homes.texts), 0, 0, expected),
        LeakSearch("born", column, ""): Found(int(some.sum()), 0, len(births)),
    }
