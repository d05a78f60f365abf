"""Names, addresses, birth dates and codes of anybody in the files, inside the sentences of a column."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.as_named import are_full_names
from tokumei.transforms.detect.code_set import CodeSet
from tokumei.transforms.detect.name_set import NameHits, NameSet, NameSign
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.values.addresses import generalize_addresses

_LOOKED, _ENOUGH = 256, 10  # different cells that tell whether a column is one of names
# Family name and given name, with a space or without; a firm, a shop or a place ends otherwise.
_LETTER, _KANA = r"[\p{Han}\p{Hiragana}\p{Katakana}々]", r"[\p{Katakana}\p{Hiragana}-]"
_NAME_LIKE = rf"[\p{{Han}}々ヶノ]{{1,4}}[ ・]?{_LETTER}{{1,4}}|{_KANA}{{2,8}} {_KANA}{{2,8}}"
_BEFORE, _BEHIND = r"[0-9A-Z]+[ _:-]+", r" ?(?:様|さん|氏|殿|先生)"  # 0185_佐藤 花子様
_PERHAPS_NAME, _PERHAPS_ADDRESSED = (
    rf"^(?:{_NAME_LIKE})$",
    rf"^(?:{_BEFORE})?(?:{_NAME_LIKE})(?:{_BEHIND})?$",
)
_LONGEST_ADDRESSED = 20  # characters of two parts in kana, with a space and how one is addressed
_PERHAPS_HOME = r"[都道府県市区町村郡].*[0-9一二三四五六七八九十]"
_NUMBERED = r"[0-9]+-[0-9]|[0-9一二三四五六七八九十] ?(?:丁目|番|号)|[^0-9][0-9]{1,5}$"
_RECORDS, _BEARERS, _OWNER = "records", "bearers", "owner"
_NAME, _DECOY = "name", "decoy"
_TEXT, _PEOPLE = "text", "people"
_SURE = (NameSign.SURE, NameSign.ADDRESSED)


def names_in(
    names: NameSet | None, column: str, written: WrittenColumn, shared: int
) -> dict[LeakSearch, Found]:
    """Count the records whose cell holds the name of somebody of the files.

    Labels (山田太郎商店) are not counted, which here are cells that ``shared`` people bear and that address
    nobody.

    Args:
        names: that were looked for; None: nothing is found.
        column: the released column.
        written: its texts.
        shared: how many people make a label.

    Returns:
        By ``name``: ``sure`` records with a name; and ``chance`` different cells with what may well be a
        word, while so many as ``expected`` hold a decoy. By ``likely``: the same of cells with what is
        probably a name; if the set errs, that is expected too.
    """
    hits = written.hits
    if names is None or hits is None:
        return {}
    counts = _by_evidence(hits, written, shared)
    compared = int((written.rows >= 0).sum())
    error = hits.looked * names.names.error if names.names.bits is not None else 0.0
    if error:  # then nothing is sure
        counts = {(min(e, NameSign.LIKELY), what): n for (e, what), n in sorted(counts.items())}
    sure = sum(counts.get((sign, _NAME), 0) for sign in _SURE)
    found = {
        NameSign.WEAK: LeakSearch("name", column, ""),
        NameSign.LIKELY: LeakSearch("likely", column, ""),
    }
    return {
        search: Found(
            compared,
            counts.get((evidence, _NAME), 0),
            sure if evidence is NameSign.WEAK else 0,
            0,
            counts.get((evidence, _DECOY), 0) * names.a_decoy + (error if evidence is NameSign.LIKELY else 0),
        )
        for evidence, search in found.items()
    }


def codes_of_people(
    codes: CodeSet | None, column: str, written: WrittenColumn, shared: int
) -> dict[LeakSearch, Found]:
    """Count the cells that hold the code of somebody of the files, and how many would by chance.

    Args:
        codes: to be looked for; None where none are known.
        column: the released column.
        written: its texts.
        shared: how many people make a label.
    """
    if codes is None:
        return {}
    some = written.bearers < shared
    met = codes.find(written.texts.filter(pl.Series(some & written.texts_have(CharacterKind.DIGIT))))
    return {LeakSearch("code", column, ""): Found(int(some.sum()), len(met.texts), 0, 0, met.expected)}


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


def names_and_addresses(column: str, written: WrittenColumn, shared: int) -> dict[LeakSearch, Found]:
    """Count whose cell is somebody's full name, or an address down to its number, in any column.

    Only where most people's may be one, the dictionary or the table of municipalities is asked, for a part.

    Args:
        column: the released column.
        written: its texts.
        shared: how many records make a label.

    Returns:
        By ``person`` and ``home``, of people with cells that fewer records bear: of how many they were looked
        at, and of how many they are one, if most are; else nothing.
    """
    size = written.texts.str.len_chars().to_numpy()
    some = (written.records < shared) & (size > 0)
    found, people = {}, np.where(some, written.bearers, 0)
    short = (size <= _LONGEST_ADDRESSED) | written.texts_have(CharacterKind.DIGIT | CharacterKind.LATIN)
    numbered = written.texts_have(CharacterKind.DIGIT | CharacterKind.NUMERAL)
    cells = pl.DataFrame({_TEXT: written.texts, _PEOPLE: people}).filter(pl.Series(some)).sort(_TEXT)
    for kind, rows, perhaps, pattern, made, judge in (
        ("person", short, _PERHAPS_ADDRESSED, _PERHAPS_NAME, _alone, are_full_names),
        ("home", numbered, _PERHAPS_HOME, _PERHAPS_HOME, pl.Series.clone, _are_homes),
    ):
        if len(cells) < _ENOUGH or 2 * int(people[rows].sum()) <= people.sum():
            continue
        like = pl.DataFrame({_TEXT: written.texts, _PEOPLE: people}).filter(pl.Series(some & rows))
        like = like.filter(pl.col(_TEXT).str.contains(perhaps))
        like = like.filter(made(like[_TEXT]).str.contains(pattern))
        if 2 * like[_PEOPLE].sum() <= people.sum():
            continue
        looked = cells.gather_every(1 + len(cells) // _LOOKED)
        of, met = looked[_PEOPLE].sum(), looked.filter(judge(made(looked[_TEXT])))[_PEOPLE].sum()
        if 2 * met > of:
            found[LeakSearch(kind, column, "")] = Found(int(of), int(met), 0)
    return found


def _alone(texts: pl.Series) -> pl.Series:
    """Return names without a number before them, and without how somebody is addressed."""
    return texts.str.replace(f"^{_BEFORE}", "").str.replace(f"{_BEHIND}$", "")


def _are_homes(texts: pl.Series) -> pl.Series:
    """Return which texts are an address down to its number: that of a home, or of a shop."""
    cities = pl.Series(generalize_addresses(texts.to_arrow().cast(pa.string()), "city"))
    return cities.is_not_null() & texts.str.contains(_NUMBERED)


def _by_evidence(hits: NameHits, written: WrittenColumn, shared: int) -> dict[tuple[int, str], int]:
    """Return, by the best evidence, how many cells hold a name or a decoy; where it is sure, records."""
    if not len(hits.owner):
        return {}
    best = (
        pl.DataFrame({_OWNER: hits.owner, "evidence": hits.evidence, "decoy": hits.decoy})
        .group_by(_OWNER, "decoy")
        .agg(pl.col("evidence").max())
    )
    owner = best[_OWNER].to_numpy()
    counts = (
        best.with_columns(
            pl.Series(_RECORDS, written.records[owner]), pl.Series(_BEARERS, written.bearers[owner])
        )
        .filter((pl.col(_BEARERS) < shared) | (pl.col("evidence") == NameSign.ADDRESSED))
        .group_by("evidence", "decoy")
        .agg(pl.len().alias("cells"), pl.col(_RECORDS).sum())
    )
    return {
        (evidence, _DECOY if decoy else _NAME): records if evidence in _SURE else n
        for evidence, decoy, n, records in counts.iter_rows()
    }
