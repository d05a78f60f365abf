"""Texts with a label in place of everything personal that is found in them.

Layers are searched side by side: the record's own values, codes and contacts, what dictionaries know. What
they find is united, the longest wins, and wherever the same stands in the text again it goes with it. What a
label has changed around it is searched once more, until nothing is found: so the result, if it is redacted
again, stays as it is. Labels are 他の記述等 of 施行規則34条1号・2号.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.described import described_in
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.names import kinds_of
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.stretches import MASK, codes_and_contacts_in
from tokumei.transforms.detect.unwrapped import unwrap
from tokumei.transforms.detect.wrapped import perhaps_wrapped
from tokumei.transforms.redaction.others import names_of_others
from tokumei.transforms.redaction.own import OwnValues

_LABELS = tuple(SpanLabel)
_LABELLED = re.compile(f"〔(?:{'|'.join(label.title for label in _LABELS)})〕")
# What is said of a household goes with its name, so that a label tells nothing of the name's own letters.
_HOUSEHOLD = re.compile(r"氏?(?:宅(?![配地建急])|[家方](?![一-龥々]))")
_SHORT_PLACE = re.compile(r"[一-龥々]{1,3}")  # a family name that is a place as well: 国府宅
_BETWEEN = re.compile(r"[\s・･]?")  # between two that become one label
_ROUNDS = 6
_CHARACTERS = 1 << 17  # that are searched together
_SAME_TEXT, _SAME_DIGITS = 2, 4  # characters from which on the same elsewhere in the text goes too


@dataclass(frozen=True, kw_only=True)
class Layers:
    """What is looked for in texts beside codes and contacts.

    Attributes:
        own: the own values of the records that the texts are of.
        names: of the people of the files.
        left: what of all that sentences tell (people, places, dates, ages) is left standing.
    """

    own: OwnValues
    names: tuple[NameSet, ...] = ()
    left: frozenset[SpanLabel] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """Texts after redaction.

    Attributes:
        texts: one for each that was given.
        labels: of each that changed, how many labels of which kind stand in it, by its place.
        whole: places of those that became one label, because what they hold could not be placed.
        unknown: (texts,) proper nouns, and words that no dictionary has, that no label replaces.
    """

    texts: list[str]
    labels: Mapping[int, Counter[SpanLabel]]
    whole: frozenset[int]
    unknown: npt.NDArray[np.int64]


def redact(texts: Sequence[str], layers: Layers) -> Redacted:
    """Replace by labels what is personal in texts; a function of each text and its own values alone.

    Args:
        texts: one a record.
        layers: what is looked for; own values are those of the same records.
    """
    written = list(texts)
    labels: dict[int, Counter[SpanLabel]] = {}
    unknown = np.zeros(len(written), dtype=np.int64)
    restless: list[int] = []
    for some in _batches(written):
        rows = some
        for _ in range(_ROUNDS):
            spans, proper = _found([written[row] for row in rows], rows, layers)
            unknown[rows] = _uncovered(proper, spans, len(rows))
            found = [(rows[i], of_text) for i, of_text in _by_text(spans)]
            for row, of_text in found:
                written[row], counted = _replaced(written[row], of_text)
                labels[row] = labels.get(row, Counter()) + counted
            rows = [row for row, _ in found]
            if not rows:
                break
        restless += rows
    whole = frozenset({*restless, *_unplaced(written, labels)})
    for row in whole:
        written[row], labels[row] = _label(SpanLabel.OTHER), Counter({SpanLabel.OTHER: 1})
    unknown[list(whole)] = 0
    return Redacted(texts=written, labels=labels, whole=whole, unknown=unknown)


def _batches(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield the texts in stretches of so many characters, or of a single longer text, as memory allows."""
    rows: list[int] = []
    size = 0
    for row, text in enumerate(texts):
        if rows and size + len(text) > _CHARACTERS:
            yield rows
            rows, size = [], 0
        rows.append(row)
        size += len(text)
    if rows:
        yield rows


def _unplaced(written: Sequence[str], labels: Mapping[int, object]) -> Iterator[int]:
    """Yield the texts in which the leak search would still find a code or a contact."""
    wrapped = perhaps_wrapped(pl.Series(written, dtype=pl.String)).arg_true().to_list()
    rows = sorted({*labels, *wrapped})
    for row, kind in zip(rows, kinds_of([written[row] for row in rows]), strict=True):
        if kind is not None:
            yield row


def _found(texts: list[str], rows: Sequence[int], layers: Layers) -> tuple[Spans, Spans]:
    """Return what is replaced in texts, disjoint; and their proper nouns."""
    masked = [_LABELLED.sub(lambda label: MASK * len(label[0]), text) for text in texts]
    spans, longer, proper = _searched(masked, rows, layers)
    wrapped = perhaps_wrapped(pl.Series(masked, dtype=pl.String)).arg_true().to_list()
    plain = [(i, found) for i in wrapped for found in unwrap(masked[i])]
    inside, _, _ = _searched([found.text for _, found in plain], [rows[i] for i, _ in plain], layers)
    back = Spans.of(
        (plain[o][0], plain[o][1].start[start], plain[o][1].end[end - 1], kind)
        for o, start, end, kind in zip(*(column.tolist() for column in inside), strict=True)
    )
    merged = Spans.of(_with_households(masked, Spans.joined([spans, back]).merged())).merged()
    again = Spans.of(_repeated(masked, merged))
    return Spans.joined([merged, again.only(~_no_person(again, longer))]).merged(), proper


def _searched(texts: list[str], rows: Sequence[int], layers: Layers) -> tuple[Spans, Spans, Spans]:
    """Return what is found in texts, the longer names in which that of a person is none, and proper nouns."""
    if not texts:
        return (Spans.of(()),) * 3
    said = described_in(pa.array(texts, pa.string()))
    told = said.spans.only(~np.isin(said.spans.kind, [int(label) for label in layers.left]))
    own, longer = layers.own.spans(texts, rows), said.longer.merged()
    # In the texts of others the same word stands, and is called what sentences tell of it.
    parts = own.parts.only(~(_no_person(own.parts, longer) | own.parts.within(told.merged())))
    known = [own.whole, parts, names_of_others(layers.names, texts)]
    return Spans.joined([*known, _each_once(texts), told]), longer, said.proper


def _no_person(spans: Spans, longer: Spans) -> npt.NDArray[np.bool_]:
    """Return which names are but a part of a longer one; replaced there, they would tell whose text it is."""
    people: npt.NDArray[np.bool_] = spans.kind == SpanLabel.PERSON
    return people & spans.within(longer, less=True)


def _each_once(texts: Sequence[str]) -> Spans:
    """Return where codes and contacts stand; equal texts are searched once."""
    rows: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        rows.setdefault(text, []).append(i)
    distinct = [*rows]
    found = codes_and_contacts_in(distinct)
    return Spans.of(
        (i, start, end, kind)
        for owner, start, end, kind in zip(*(column.tolist() for column in found), strict=True)
        for i in rows[distinct[owner]]
    )


def _uncovered(proper: Spans, spans: Spans, texts: int) -> npt.NDArray[np.int64]:
    """Count by text the proper nouns that no span touches; the spans are disjoint and in order."""
    start, end = ((spans.owner << 32) + column for column in (spans.start, spans.end))
    before = np.searchsorted(start, (proper.owner << 32) + proper.end) - 1
    held = (before >= 0) & (np.append(end, 0)[before] > (proper.owner << 32) + proper.start)
    counts: npt.NDArray[np.int64] = np.bincount(proper.owner[~held], minlength=texts)
    return counts


def _by_text(spans: Spans) -> Iterator[tuple[int, list[tuple[int, int, SpanLabel]]]]:
    """Yield the stretches of each text that has any, in their order."""
    found: dict[int, list[tuple[int, int, SpanLabel]]] = {}
    for owner, start, end, kind in zip(*(column.tolist() for column in spans), strict=True):
        found.setdefault(owner, []).append((start, end, _LABELS[kind]))
    yield from found.items()


def _with_households(texts: Sequence[str], spans: Spans) -> Iterator[tuple[int, int, int, int]]:
    """Yield spans, people's with 宅, 家 or 方 behind them: 〔氏名〕に訪問, whoever's 宅 it is."""
    for owner, start, end, kind in zip(*(column.tolist() for column in spans), strict=True):
        text = texts[owner]
        behind = _HOUSEHOLD.match(text, end)
        if behind and (kind == SpanLabel.PERSON or _SHORT_PLACE.fullmatch(text, start, end)):
            yield owner, start, behind.end(), int(SpanLabel.PERSON)
        else:
            yield owner, start, end, kind


def _repeated(texts: Sequence[str], spans: Spans) -> Iterator[tuple[int, int, int, int]]:
    """Yield wherever in the same text stands what was found once."""
    for owner, of_text in _by_text(spans):
        text, seen = texts[owner], set[str]()
        for start, end, label in of_text:
            piece = text[start:end]
            least = _SAME_DIGITS if piece.isdecimal() else _SAME_TEXT
            if piece in seen or len(piece) < least:
                continue
            seen.add(piece)
            yield from ((owner, *m.span(), int(label)) for m in re.finditer(re.escape(piece), text))


def _replaced(text: str, stretches: Sequence[tuple[int, int, SpanLabel]]) -> tuple[str, Counter[SpanLabel]]:
    """Return a text with labels; what stands side by side under one label becomes one."""
    pieces, done, last = [], 0, None
    counted: Counter[SpanLabel] = Counter()
    for start, end, label in stretches:
        if label is last and _BETWEEN.fullmatch(text, done, start):
            done = end
            continue
        pieces += [text[done:start], _label(label)]
        counted[label] += 1
        done, last = end, label
    return "".join([*pieces, text[done:]]), counted


def _label(label: SpanLabel) -> str:
    return f"〔{label.title}〕"
