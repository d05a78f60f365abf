"""What is too short to be looked for alone: one of the own names beside 様 or 宅, the last four digits.

Others have the same names, and many numbers have four digits. So cells that hold the own one are counted
against how many would if cells were dealt at random among people of the batch: all whose cells hold such a
word, and some others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from tokumei.schemas.column_names import Role, roles_of
from tokumei.transforms.detect.other_forms import LAST_FOUR, last_four
from tokumei.transforms.detect.readings import in_katakana, name_parts, read_in_kana
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.text_array import CharacterKind
from tokumei.transforms.detect.written_otherwise import romaji, sounds
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.values.cells import as_text, without_dictionary

_KANJI = r"\p{Han}々ヶノ"
_ADDRESSED = (
    r"(?:様|さん|さま|サン|氏(?:[^名]|$)|殿|君|くん|ちゃん|宅(?:[^配地建急]|$)|家(?:[^族庭計屋具電賃事業財裁主畜系]|$)|方(?:[^\p{Han}]|$)"
    r"|夫妻|夫人|嬢|先生|邸|姓|親子|[課部係社店]長|議員|医師|看護師|保健師|-?SAN|-?SAMA)"
)
_CALLED = (
    rf"([{_KANJI}]{{1,6}}|[\p{{Katakana}}-]{{2,10}}|\p{{Hiragana}}[\p{{Hiragana}}-]{{1,7}}?) ?{_ADDRESSED}"
)
# In Latin letters: Mr. Sato, Sato-sama, T.Sato様, T Sato, Sato, T.
_ALONE = r"(?-u:\b)"
_TITLE = rf"(?:(?:MRS?|MS|MISS|DR|PROF)[. ] ?|{_ALONE}[A-Z] |[A-Z]\. ?)"
_LATIN = (
    rf"{_TITLE}[A-Z]{{3,}}"
    rf"|[A-Z]{{3,}}(?:[ -](?:SAMA|SAN|KUN|CHAN|SENSEI)|,? [A-Z](?:\.|{_ALONE})|(?:\.[A-Z])? ?{_ADDRESSED})"
)
_LONGEST, _LONGEST_KANA = 4, 6  # letters of a name
_WORD = rf"^[{_KANJI}\p{{Hiragana}}\p{{Katakana}}-]{{1,8}}$"
_PERHAPS_CALLED = r"様|さ[んま]|サン|氏|殿|君|くん|ちゃん|宅|家|方|夫|嬢|先生|邸|姓|親子|長|議員|師"
_PERHAPS_LATIN = (
    r"[ -](?:SAMA|SAN|KUN|CHAN|SENSEI)|(?:MRS?|MS|MISS|DR|PROF|[A-Z])[. ] ?[A-Z]{3}"
    rf"|[A-Z],? [A-Z](?:\.|{_ALONE})|[A-Z] ?(?:{_PERHAPS_CALLED})"
)
_READ = r"[\p{Hiragana}\p{Katakana}A-Z]"  # in names as they are read
_FOUR = "#[0-9]{4}#"
_NUMBERED = frozenset({Role.CONTACT, Role.IDENTIFIER, Role.CODE})
_KINDS = frozenset({None, "phone", "card", "bank", "my_number"})
_DEALT = 4_096  # people, beside those who are asked about, among whom cells are dealt
_ROW, _TOKEN, _OWN, _OTHERS = "row", "token", "own", "others"


def own_tokens(
    table: TablePlan, sources: pa.RecordBatch, order: pa.Array, column: str, written: WrittenColumn
) -> Iterator[tuple[LeakSearch, Found]]:
    """Count the people whose cell addresses them by one of their names, or has their own last four digits.

    Args:
        table: the plan.
        sources: source values of all records of the chunk.
        order: the row of each released record in them.
        column: the released column.
        written: its texts.

    Yields:
        By ``called`` and ``last``, for each column of names and of numbers: people with such words in a cell,
        how many of them have their own (``chance``), and how many would if cells were dealt at random. By
        ``part`` the same of names that are whole cells.
    """
    texts, people = written.texts, _people(written)
    tokens = {
        "called": _called(texts, written.texts_have(CharacterKind.LATIN)),
        "part": _words(texts),
        "last": _fours(texts, written.texts_have(CharacterKind.DIGIT)),
    }
    rows = pl.DataFrame({"text": written.rows}).with_row_index(_ROW)
    asked = {}
    for kind, found in tokens.items():
        if len(found):
            of_kind = rows.join(found, on="text")
            asked[kind] = of_kind.select(people.gather(of_kind[_ROW]).alias(_ROW), _TOKEN).unique()
    if not asked:
        return
    firsts = people.unique().sort()
    dealt = pl.concat([*(of[_ROW] for of in asked.values()), firsts.gather_every(1 + len(firsts) // _DEALT)])
    dealt = dealt.unique().sort()
    rows_of = order.take(dealt.to_arrow())
    known = {own: [*own(table, sources, rows_of)] for own in {_OF[kind] for kind in asked}}
    own_of = {kind: known[_OF[kind]] for kind in asked}
    if "called" in asked and (words := asked["called"][_TOKEN]).str.contains(_READ).any():
        latin = bool(words.str.contains("^[A-Z]").any())
        own_of["called"] = [(name, _as_read(*names, latin=latin)) for name, names in own_of["called"]]
    for kind, of_kind in asked.items():
        for name, values in own_of[kind]:
            if name != column:  # what its own treatment leaves is what the policy says
                yield LeakSearch(kind, column, name), _met(of_kind, _owned(dealt, values), len(dealt))


def _owned(people: pl.Series, values: Sequence[pl.Series]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame({_ROW: people, _OWN: value}) for value in values]).drop_nulls().unique()


def _people(written: WrittenColumn) -> pl.Series:
    """Return of each record the first of its person, who counts once."""
    rows = pl.DataFrame({_ROW: np.arange(len(written.rows), dtype=np.uint32)})
    if written.people is None:
        return rows[_ROW]
    return rows.with_columns(person=written.people).select(pl.col(_ROW).first().over("person")).to_series()


def _called(texts: pl.Series, latin: NDArray[np.bool_]) -> pl.DataFrame:
    """Return (text, token): what may be a name of who is addressed; one letter as a word alone."""
    spelled_so = _runs(texts, pl.Series(np.flatnonzero(latin)), _PERHAPS_LATIN, _LATIN)
    pieces = []
    if len(spelled_so):
        names = sounds(spelled_so["run"].str.replace(f"^{_TITLE}", "").str.extract("^([A-Z]+)"))
        pieces.append(spelled_so.select("text", names.alias(_TOKEN)))
    runs = _runs(texts, pl.Series(np.arange(len(texts))), _PERHAPS_CALLED, _CALLED)
    if not len(runs):
        return pieces[0].unique() if pieces else runs
    runs = runs.with_columns(pl.col("run").str.extract(_CALLED))
    katakana = pl.col("run").str.contains(r"\p{Katakana}")
    hiragana = pl.col("run").str.contains(r"^\p{Hiragana}")
    size = pl.col("run").str.len_chars()
    pieces.append(runs.filter(katakana | (size == 1)).rename({"run": _TOKEN}))
    for length in range(2, _LONGEST_KANA + 1):
        ends = runs.filter(~katakana & (hiragana | pl.lit(length <= _LONGEST)) & (size >= length))
        pieces.append(ends.select("text", pl.col("run").str.tail(length).alias(_TOKEN)))
    found = pl.concat(pieces).unique()
    return found.with_columns(in_katakana(found[_TOKEN]))


def _runs(texts: pl.Series, rows: pl.Series, perhaps: str, pattern: str) -> pl.DataFrame:
    """Return (text, run): what matches a pattern in some texts, where another says that something may."""
    rows = rows.filter(texts.gather(rows).str.contains(perhaps).fill_null(value=False))
    runs = pl.DataFrame({"text": rows, "run": texts.gather(rows).str.extract_all(pattern)})
    return runs.explode("run").drop_nulls()


def _words(texts: pl.Series) -> pl.DataFrame:
    """Return (text, token): cells that may be nothing but a family name or a given name."""
    rows = texts.str.contains(_WORD).fill_null(value=False).arg_true().cast(pl.Int64)
    return pl.DataFrame({"text": rows, _TOKEN: texts.gather(rows)})


def _fours(texts: pl.Series, digits: NDArray[np.bool_]) -> pl.DataFrame:
    """Return (text, token): four digits that stand alone."""
    rows = pl.Series(np.flatnonzero(digits))
    rows = rows.filter(texts.gather(rows).str.contains(LAST_FOUR.pattern))
    fours = LAST_FOUR.canonical(texts.gather(rows)).str.extract_all(_FOUR)
    return pl.DataFrame({"text": rows, _TOKEN: fours}).explode(_TOKEN).drop_nulls().unique()


def _met(asked: pl.DataFrame, own: pl.DataFrame, people: int) -> Found:
    """Count the people who have their own, and how many would if cells were dealt at random."""
    compared = asked[_ROW].n_unique()
    met = asked.join(own, left_on=[_ROW, _TOKEN], right_on=[_ROW, _OWN])[_ROW].n_unique()
    if not met:
        return Found(compared, 0, 0)
    bearers = own.group_by(_OWN).agg(pl.len().alias(_OTHERS))
    pairs = asked.join(bearers, left_on=_TOKEN, right_on=_OWN)[_OTHERS].sum()
    return Found(compared, met, 0, met, float(pairs) / people)


def _names(
    table: TablePlan, sources: pa.RecordBatch, rows: pa.Array
) -> Iterator[tuple[str, tuple[pl.Series, ...]]]:
    """Yield the family names and given names of some records, by their column."""
    for parts in dict.fromkeys(table.named):
        texts = [_texts(sources, name, rows) for name in parts]
        one, other = texts if len(texts) == 2 else name_parts(texts[0])
        yield parts[0], (one, other.set(one == other, None))


def _as_read(family: pl.Series, given: pl.Series, *, latin: bool) -> tuple[pl.Series, ...]:
    """Return names with how they are read, in katakana and Latin letters; in kanji as tables of names do."""
    read = (_read(names, of_given=of, latin=latin) for names, of in ((family, False), (given, True)))
    return (family, given, *chain.from_iterable(read))


def _read(names: pl.Series, *, of_given: bool, latin: bool) -> Iterator[pl.Series]:
    """Yield how names are read; the same few names are borne by many."""
    encoded = names.to_arrow().dictionary_encode()
    distinct, rows = pl.Series(encoded.dictionary, dtype=pl.String), pl.Series(encoded.indices)
    for kana in (in_katakana(distinct), *read_in_kana(distinct, of_given=of_given)):
        yield kana.gather(rows)
        if latin:
            yield sounds(romaji(kana)).gather(rows)


def _ends(
    table: TablePlan, sources: pa.RecordBatch, rows: pa.Array
) -> Iterator[tuple[str, tuple[pl.Series, ...]]]:
    """Yield the last four digits of the telephones, cards, accounts and codes that are not released."""
    for name in table.compared:
        said = roles_of(name, table.table.columns[name].title)
        if any(one.role in _NUMBERED and one.kind in _KINDS for one in said):
            yield name, (last_four(_texts(sources, name, rows)),)


def _texts(sources: pa.RecordBatch, name: str, rows: pa.Array) -> pl.Series:
    return spelled(as_text(without_dictionary(sources.column(name).take(rows)))).str.strip_chars()


_OF = {"called": _names, "part": _names, "last": _ends}
