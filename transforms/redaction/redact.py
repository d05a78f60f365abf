"""Texts with a label in place of everything personal that is found in them.

Layers are searched side by side: the record's own values, codes and contacts, what dictionaries know. What
they find is united, the longest wins, and wherever the same stands in the text again it goes with it. What a
label has changed around it is searched once more, until nothing is found: so the result, if it is redacted
again, stays as it is. Labels are 他の記述等 of 施行規則34条1号・2号.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from tokumei.transforms.detect.names import kinds_of
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.stretches import MASK, codes_and_contacts_in
from tokumei.transforms.detect.unwrapped import unwrap
from tokumei.transforms.detect.wrapped import perhaps_wrapped
from tokumei.transforms.redaction.own import OwnValues

Finder = Callable[[Sequence[str]], Spans]
_LABELS = tuple(SpanLabel)
_LABELLED = re.compile(f"〔(?:{'|'.join(label.title for label in _LABELS)})〕")
_BETWEEN = re.compile(r"[\s・･]?")  # between two that become one label
_ROUNDS = 6
_SAME_TEXT, _SAME_DIGITS = 2, 4  # characters from which on the same elsewhere in the text goes too


@dataclass(frozen=True, kw_only=True)
class Redacted:
    """Texts after redaction.

    Attributes:
        texts: one for each that was given.
        labels: of each that changed, how many labels of which kind stand in it, by its place.
        whole: places of those that became one label, because what they hold could not be placed.
    """

    texts: list[str]
    labels: Mapping[int, Counter[SpanLabel]] = field(default_factory=dict)
    whole: frozenset[int] = frozenset()


def redact(texts: Sequence[str], own: OwnValues, finders: Sequence[Finder]) -> Redacted:
    """Replace by labels what is personal in texts; a function of each text and its own values alone.

    Args:
        texts: one a record.
        own: the own values of the same records.
        finders: the further layers.
    """
    written, rows = list(texts), [*range(len(texts))]
    labels: dict[int, Counter[SpanLabel]] = {}
    for _ in range(_ROUNDS):
        spans = _found([written[row] for row in rows], rows, own, finders)
        changed = []
        for i, of_text in _by_text(spans):
            row = rows[i]
            written[row], counted = _replaced(written[row], of_text)
            labels[row] = labels.get(row, Counter()) + counted
            changed.append(row)
        rows = changed
        if not rows:
            break
    whole = frozenset({*rows, *_unplaced(written, labels)})
    for row in whole:
        written[row], labels[row] = _label(SpanLabel.OTHER), Counter({SpanLabel.OTHER: 1})
    return Redacted(texts=written, labels=labels, whole=whole)


def _unplaced(written: Sequence[str], labels: Mapping[int, object]) -> Iterator[int]:
    """Yield the texts in which the leak search would still find a code or a contact."""
    wrapped = perhaps_wrapped(pl.Series(written, dtype=pl.String)).arg_true().to_list()
    rows = sorted({*labels, *wrapped})
    for row, kind in zip(rows, kinds_of([written[row] for row in rows]), strict=True):
        if kind is not None:
            yield row


def _found(texts: list[str], rows: Sequence[int], own: OwnValues, finders: Sequence[Finder]) -> Spans:
    masked = [_LABELLED.sub(lambda label: MASK * len(label[0]), text) for text in texts]
    spans = [_layers(masked, rows, own, finders)]
    wrapped = perhaps_wrapped(pl.Series(masked, dtype=pl.String)).arg_true().to_list()
    plain = [(i, found) for i in wrapped for found in unwrap(masked[i])]
    inside = _layers([found.text for _, found in plain], [rows[i] for i, _ in plain], own, finders)
    spans.append(
        Spans.of(
            (plain[o][0], plain[o][1].start[start], plain[o][1].end[end - 1], kind)
            for o, start, end, kind in zip(*(column.tolist() for column in inside), strict=True)
        )
    )
    merged = Spans.joined(spans).merged()
    return Spans.joined([merged, Spans.of(_repeated(masked, merged))]).merged()


def _layers(texts: list[str], rows: Sequence[int], own: OwnValues, finders: Sequence[Finder]) -> Spans:
    if not texts:
        return Spans.of(())
    places: dict[str, list[int]] = {}
    for i, text in enumerate(texts):
        places.setdefault(text, []).append(i)
    distinct = [*places]
    of_distinct = Spans.joined(find(distinct) for find in (codes_and_contacts_in, *finders))
    spread = Spans.of(
        (i, start, end, kind)
        for owner, start, end, kind in zip(*(column.tolist() for column in of_distinct), strict=True)
        for i in places[distinct[owner]]
    )
    return Spans.joined([own.spans(texts, rows), spread])


def _by_text(spans: Spans) -> Iterator[tuple[int, list[tuple[int, int, SpanLabel]]]]:
    """Yield the stretches of each text that has any, in their order."""
    found: dict[int, list[tuple[int, int, SpanLabel]]] = {}
    for owner, start, end, kind in zip(*(column.tolist() for column in spans), strict=True):
        found.setdefault(owner, []).append((start, end, _LABELS[kind]))
    yield from found.items()


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
