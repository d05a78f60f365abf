"""Where codes, contacts, devices, plates and positions stand in texts, however they are written.

The kinds are those of `worded`, `contacts` and `checked`, found in the shadow and placed in the text. Their
patterns are asked of an engine that needs linear time. Beyond them every long number is found that is no date
and no amount: in a text written by hand it is the number of something, and often of somebody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np
import polars as pl

from tokumei.transforms.detect.checked import checked_runs, passes_check
from tokumei.transforms.detect.contacts import TELEPHONE, contacts, is_telephone
from tokumei.transforms.detect.filled import with_gaps
from tokumei.transforms.detect.kinds import Kind
from tokumei.transforms.detect.lookalikes import places_without_zero, with_digits
from tokumei.transforms.detect.offsets import Located, as_numbers, located
from tokumei.transforms.detect.spans import SpanLabel, Spans
from tokumei.transforms.detect.told_by_word import told_by_word
from tokumei.transforms.detect.worded import GAP, worded

_LABELS = {
    "e-mail address": SpanLabel.MAIL,
    TELEPHONE: SpanLabel.TELEPHONE,
    "web address": SpanLabel.URL,
    "account name": SpanLabel.ACCOUNT,
    "user name in a path": SpanLabel.ACCOUNT,
    "IP address": SpanLabel.DEVICE,
    "MAC address": SpanLabel.DEVICE,
    "UUID": SpanLabel.DEVICE,
    "device number": SpanLabel.DEVICE,
    "number plate": SpanLabel.PLATE,
    "position": SpanLabel.POSITION,
}
MASK = "\ufffc"  # no letter, no digit, and nothing that people put between them
_NONE = "X"
_EDGE = "\n"
# Of what a pattern matched, the part that is replaced: not the words before, nor the signs around.
_NUMBER = re.compile(r"(?<![A-Z])(?:[A-Z]{1,2} ?)?[0-9].*|[0-9].*", re.DOTALL)
_CORES = {
    "web address": re.compile(r"(?:HTTPS?|FTP|WWW).*", re.DOTALL),
    "account name": re.compile(r"@.*|[A-Z0-9_.-]{4,}\Z", re.DOTALL),
    "e-mail address": re.compile(r".*", re.DOTALL),
    "UUID": re.compile(r"[0-9A-F]{8}-.*", re.DOTALL),
    "IP address": re.compile(r"[0-9A-F].*", re.DOTALL),
    "number plate": re.compile(r".*", re.DOTALL),
}
_BEHIND = re.compile(r"[^0-9A-Z]+$")
# How it goes on where the pattern has seen enough.
_TAILS = {
    "web address": re.compile(r"[0-9A-Z:/?#\[\]@!$&'()*+,;=%._~-]*"),
    "bank account": re.compile(r""),
    "insurance number": re.compile(r"(?:[・._/-]?[0-9A-Z])*(?: [0-9]{2,})*"),
}
_TAIL = re.compile(rf"(?:{GAP}{{0,3}}[A-Z]?[0-9])*[A-Z]{{0,2}}")
_CHAIN = re.compile(rf"[0-9](?:{GAP}{{0,3}}[0-9])*")
_GAPS = re.compile(rf"{GAP}+")
_ATTACHED = re.compile(r"[0-9A-Z]")
_FEW_GROUPS, _OF_A_TELEPHONE = 7, 3
_FOURS = re.compile(
    r"(?<![0-9])(?<![0-9][ ・._/-])[0-9]{4}(?:([ ・._/-])[0-9]{4})(?:\1[0-9]{1,4})+(?![0-9])(?![.・_/-][0-9])"
)
_JAPAN = "81"
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_LONG = re.compile(
    r"(?<![0-9.,])(?<![0-9]-)[0-9](?:-?[0-9]){7,}(?![0-9])(?!,[0-9]{3})"
    r"(?! ?(?:円|ドル|ユーロ|万|億|%|人|件|個|本|枚|KM|KG|ML|MG|M(?![A-Z])|G(?![A-Z])))"
)
_DATE = re.compile(r"(?:19|20)[0-9]{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12][0-9]|3[01])")
_MONEY = re.compile(r"[¥$€\\] ?$")
_POSTAL = re.compile(
    r"(?:〒|郵便番号)[ :は]{0,2}[0-9]{3}-?[0-9]{4}(?![0-9])|(?<![0-9-])[0-9]{3}-[0-9]{4}(?![0-9-])"
)
_CALLED, _NEAR = re.compile(r"(?:TEL|FAX|電話|ファックス|内線)[^0-9。]*\Z"), 8
_SEVEN_DIGITS = r"[0-9](?:[^0-9]{0,3}[0-9]){6}"

_Row = tuple[int, int, int, int]  # text, start, end, label; places in the shadow
_Cut = tuple[int, int, str]  # start, end, what each character becomes


def codes_and_contacts_in(texts: Sequence[str]) -> Spans:
    """Return where codes, contacts, devices, plates, positions and long numbers stand in texts.

    What is wrapped in them is not looked into. Time is linear in the length of the texts.
    """
    found = located(texts)
    written_so = found.texts()
    shadows = with_gaps(with_digits(as_numbers(written_so)), "-")
    edged = pl.select(pl.lit(_EDGE) + shadows + pl.lit(_EDGE)).to_series()
    rows = [
        (row, start - len(_EDGE), end - len(_EDGE), int(_LABELS.get(kind.name, SpanLabel.NUMBER)))
        for kind in (*contacts(), *worded())
        for row, start, end in _matches(kind, edged)
    ]
    rows += told_by_word(shadows)
    rows += places_without_zero(written_so)
    written, long = shadows.to_list(), shadows.str.contains(_SEVEN_DIGITS).arg_true().to_list()
    masks: dict[int, list[_Cut]] = {row: [] for row in long}
    for row, start, end, _ in rows:
        masks.get(row, []).append((start, end, MASK))
    for row in long:
        numbers = _numbers(_masked(written[row], masks[row]))
        rows += ((row, start, end, int(label)) for start, end, label in numbers)
    return placed(found, [_whole_word(written[row[0]], row) for row in rows]).merged()


def _whole_word(shadow: str, row: _Row) -> _Row:
    """Return a number with all letters and digits that are attached to it: it is part of a longer code."""
    owner, start, end, label = row
    if label != SpanLabel.NUMBER:
        return row
    while start and _ATTACHED.match(shadow, start - 1):
        start -= 1
    while _ATTACHED.match(shadow, end):
        end += 1
    return owner, start, end, label


def placed(found: Located, rows: Sequence[_Row]) -> Spans:
    """Return stretches of a shadow as stretches of the texts."""
    spans = Spans.of(rows)
    first = found.bounds[spans.owner]
    start, end = found.start[first + spans.start], found.end[first + spans.end - 1]
    return spans._replace(start=start.astype(np.int32), end=end.astype(np.int32))


def _matches(kind: Kind, texts: pl.Series) -> Iterator[tuple[int, int, int]]:
    """Yield where a kind stands in texts: row, start, end.

    Each round masks what the round before has found, as matches overlap: the sign between two numbers belongs
    to both. Of what was matched and is none, the first character becomes a letter, so that rounds end.
    """
    rows = texts.str.contains(kind.pattern).arg_true()
    work = texts.gather(rows)
    while len(rows):
        written = work.to_list()
        cores = [
            (i, *_core(kind, text, at, piece))
            for i, (text, pieces) in enumerate(zip(written, work.str.extract_all(kind.pattern), strict=True))
            for at, piece in _places_of(pieces, text)
        ]
        held = [True] * len(cores)
        if kind.confirm is not None and cores:
            held = [*kind.confirm([written[i][start:end] for i, start, end in cores])]
        cuts: list[list[_Cut]] = [[] for _ in written]
        for (i, start, end), sure in zip(cores, held, strict=True):
            cuts[i].append((start, end, MASK) if sure else (start, start + 1, _NONE))
            if sure:
                yield rows[i], start, end
        work = pl.Series(map(_masked, written, cuts), dtype=pl.String)
        again = work.str.contains(kind.pattern).arg_true()
        rows, work = rows.gather(again), work.gather(again)


def _masked(text: str, cuts: Iterable[_Cut]) -> str:
    """Return a text of the same length in which some stretches cannot be read."""
    pieces, done = [], 0
    for start, end, sign in sorted(cuts):
        pieces += [text[done:start], sign * (end - max(start, done))]
        done = max(done, end)
    return "".join([*pieces, text[done:]])


def _places_of(pieces: Sequence[str], text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for piece in pieces:
        at = text.index(piece, at)
        yield at, piece
        at += len(piece)


def _core(kind: Kind, text: str, at: int, piece: str) -> tuple[int, int]:
    """Return where in a text that stands which is replaced of a matched piece of it."""
    if kind.confirm is not None:
        found = _compiled(kind.pattern).search(piece)
        start, end = found.span(1) if found is not None else (0, len(piece))
        return at + start, at + end
    core = _CORES.get(kind.name, _NUMBER).search(piece)
    start, end = core.span() if core is not None else (0, len(piece))
    shorter = _BEHIND.search(piece, start, end)
    end = at + (end if shorter is None else shorter.start())
    if kind.name in _CORES and kind.name not in _TAILS:
        return at + start, end
    tail = _TAILS.get(kind.name, _TAIL).match(text, end)
    return at + start, end if tail is None else tail.end()


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _numbers(text: str) -> Iterator[tuple[int, int, int]]:
    """Yield numbers that pass a check, long ones and postal codes of a shadow, with their label."""
    for start, end, digits in checked_runs(text):
        if passes_check(digits):
            yield start, end, SpanLabel.NUMBER
    for chain in _CHAIN.finditer(text):
        groups = _GAPS.split(chain[0])
        digits = "".join(groups)
        each = len(groups) == len(digits)
        if (len(groups) <= _FEW_GROUPS or each) and passes_check(digits):
            yield *chain.span(), SpanLabel.NUMBER
        elif (len(groups) == _OF_A_TELEPHONE or each) and is_telephone(digits):
            yield *chain.span(), SpanLabel.TELEPHONE
        elif (
            groups[0] == _JAPAN and text.startswith("+", chain.start() - 1) and is_telephone(f"0{digits[2:]}")
        ):
            yield chain.start() - 1, chain.end(), SpanLabel.TELEPHONE
    for fours in _FOURS.finditer(text):
        if not all(map(_YEAR.fullmatch, _GAPS.split(fours[0]))):
            yield *fours.span(), SpanLabel.NUMBER
    for long in _LONG.finditer(text):
        if _DATE.fullmatch(long[0]) or _MONEY.search(text, max(0, long.start() - 2), long.start()):
            continue
        yield *long.span(), SpanLabel.TELEPHONE if is_telephone(long[0]) else SpanLabel.NUMBER
    for postal in _POSTAL.finditer(text):
        called = _CALLED.search(text, max(0, postal.start() - _NEAR), postal.start())
        yield *postal.span(), SpanLabel.PLACE if called is None else SpanLabel.TELEPHONE
