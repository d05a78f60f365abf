"""The parts of an Excel workbook (ECMA-376, Office Open XML): its sheets, shared texts and date formats.

Parts are streamed through expat, so that a sheet needs the memory of a row; only the shared texts are held.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.containers import unpacking
from tokumei.transforms.storage.base import Store

MAX_TEXTS = 256 << 20  # bytes of shared texts, unpacked, that one worker can hold
_MAX_PART = 16 << 20  # bytes of the other parts that are read whole
_CHUNK = 1 << 20
_BUILT_IN = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}  # formats of dates, with Japan's
_ELAPSED = re.compile(r"\[[hms]+\]")
_NO_CODE = re.compile(
    r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]'
)  # texts, fillers, colours and locales of a number format
# A character, or the two halves of one; half a character is none, and stays as it is written.
_ESCAPED = re.compile(
    r"_x((?:[Dd][89ABab][0-9A-Fa-f]{2}__x[Dd][C-Fc-f]|(?![Dd][89A-Fa-f])[0-9A-Fa-f]{2})[0-9A-Fa-f]{2})_"
)

Attributes = Mapping[str, str]


class Workbook(NamedTuple):
    """An opened workbook.

    Attributes:
        parts: the zip.
        sheet: the part that holds the sheet's cells.
        texts: the texts that cells refer to by number.
        styles: of each cell style, "" for a number, "date", or "elapsed" for a duration.
        from_1904: days are counted from 1904, as on old Macintoshes.
        uri: the file, for messages.
    """

    parts: zipfile.ZipFile
    sheet: str
    texts: list[str]
    styles: list[str]
    from_1904: bool
    uri: str


class Handlers(NamedTuple):
    """What is called for each element, by its name without namespace; the text is all within it."""

    start: Callable[[str, Attributes], None]
    end: Callable[[str, str], None]


@contextmanager
def open_workbook(file: SourceFile, store: Store, sheet: str | None) -> Iterator[Workbook]:
    """Open a workbook at one of its sheets; None is the first that is not hidden.

    Raises:
        InputError: it is no workbook, is corrupt, has no such sheet, or has more text than `MAX_TEXTS`.
    """
    with store.open_input(file) as source, _opened(source, file.uri) as parts:
        if "xl/workbook.xml" not in parts.namelist():
            raise _no_workbook(file.uri)
        links = _links(parts, file.uri)
        place, from_1904 = _place(parts, links, sheet, file.uri)
        texts = _texts(parts, _linked(links, "/sharedStrings"), file.uri)
        styles = _styles(parts, _linked(links, "/styles"), file.uri)
        yield Workbook(parts, place, texts, styles, from_1904, file.uri)


def unescaped(text: str) -> str:
    """Return a text of a workbook with the characters that XML cannot have (``_x000D_``)."""
    return _ESCAPED.sub(_character, text) if "_x" in text else text


def _character(code: re.Match[str]) -> str:
    return bytes.fromhex(code[1].replace("__x", "")).decode("utf-16-be")


def feed(parts: zipfile.ZipFile, part: str, handlers: Handlers, uri: str) -> Iterator[None]:
    """Parse a part chunk by chunk; the handlers are called before each yield.

    Raises:
        InputError: the part is missing, corrupt, no XML, or has a tag longer than 16 MiB.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    texts: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        texts.clear()
        handlers.start(name.rpartition(" ")[2], attributes)

    def end(name: str) -> None:
        handlers.end(name.rpartition(" ")[2], "".join(texts))
        texts.clear()

    def no_doctype(*_: object) -> None:
        raise _corrupt(uri)  # a workbook has none, and entities could be made to grow

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = no_doctype
    fed = 0
    with _reading(uri), parts.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _MAX_PART or sum(map(len, texts)) > _MAX_PART:
                raise _corrupt(uri)
            yield
        parser.Parse(b"", True)
        yield


@contextmanager
def _opened(source: BinaryIO, uri: str) -> Iterator[zipfile.ZipFile]:
    with _reading(uri):
        parts = zipfile.ZipFile(source)
    with parts:
        yield parts


@contextmanager
def _reading(uri: str) -> Iterator[None]:
    try:
        with unpacking("zip", uri):
            yield
    except (expat.ExpatError, KeyError, UnicodeError):
        raise _corrupt(uri) from None
    except InputError as error:
        raise (_corrupt(uri) if error.code == "input.zip" else error) from None


def _read(parts: zipfile.ZipFile, part: str, handlers: Handlers, uri: str) -> None:
    for _ in feed(parts, part, handlers, uri):
        pass


def _links(parts: zipfile.ZipFile, uri: str) -> dict[str, tuple[str, str]]:
    """Return id → kind and part of what the workbook refers to."""
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = attributes.get("Target", "")
            part = target[1:] if target.startswith("/") else f"xl/{target}"
            found[attributes.get("Id", "")] = attributes.get("Type", ""), part

    _read(parts, "xl/_rels/workbook.xml.rels", Handlers(start, _nothing), uri)
    return found


def _linked(links: Mapping[str, tuple[str, str]], kind: str) -> str | None:
    return next((part for of_kind, part in links.values() if of_kind.endswith(kind)), None)


def _place(
    parts: zipfile.ZipFile, links: Mapping[str, tuple[str, str]], sheet: str | None, uri: str
) -> tuple[str, bool]:
    """Return the part of the sheet, and whether days are counted from 1904."""
    sheets: list[tuple[str, bool, str]] = []
    of_1904: list[bool] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            link = next((v for k, v in attributes.items() if k.rpartition(" ")[2] == "id"), "")
            kind, part = links.get(link, ("", ""))
            if kind.endswith("/worksheet"):
                sheets.append(
                    (attributes.get("name", ""), attributes.get("state", "visible") != "visible", part)
                )
        elif name == "workbookPr":
            of_1904.append(attributes.get("date1904", "0") in {"1", "true"})

    _read(parts, "xl/workbook.xml", Handlers(start, _nothing), uri)
    wanted = [s for s in sheets if s[0] == sheet] if sheet else [s for s in sheets if not s[1]]
    if not wanted:
        raise InputError(
            "input.sheet",
            where=uri,
            what=f"none of the {len(sheets)} sheets has the declared name"
            if sheet
            else "no sheet is visible",
            fix="correct sheet: the name on its tab",
        )
    return wanted[0][2], any(of_1904)


def _texts(parts: zipfile.ZipFile, part: str | None, uri: str) -> list[str]:
    found: list[str] = []
    pieces: list[str] = []
    furigana = 0
    if part is None or part not in parts.namelist():
        return found
    if parts.getinfo(part).file_size > MAX_TEXTS:
        raise InputError(
            "input.workbook_size",
            where=uri,
            what=f"its texts take more than {MAX_TEXTS >> 20} MiB, more than one worker can hold",
            fix="save the sheet as CSV (UTF-8), which is read in parts",
        )

    def start(name: str, attributes: Attributes) -> None:
        nonlocal furigana
        furigana += name == "rPh"

    def end(name: str, text: str) -> None:
        nonlocal furigana
        if name == "t" and not furigana:
            pieces.append(text)
        elif name == "rPh":
            furigana -= 1
        elif name == "si":
            found.append(unescaped("".join(pieces)))
            pieces.clear()

    _read(parts, part, Handlers(start, end), uri)
    return found


def _styles(parts: zipfile.ZipFile, part: str | None, uri: str) -> list[str]:
    codes: dict[str, str] = {}
    found: list[str] = []
    inside = False

    def start(name: str, attributes: Attributes) -> None:
        nonlocal inside
        if name == "cellXfs":
            inside = True
        elif name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "xf" and inside:
            found.append(_kind(attributes.get("numFmtId", "0"), codes))

    def end(name: str, text: str) -> None:
        nonlocal inside
        inside = inside and name != "cellXfs"

    if part is not None and part in parts.namelist():
        _read(parts, part, Handlers(start, end), uri)
    return found


def _kind(number: str, codes: Mapping[str, str]) -> str:
    """Return what numbers of a format are: "" or dates, or durations such as ``[h]:mm``."""
    if number not in codes:
        built_in = number.isdecimal() and int(number) in _BUILT_IN
        return "elapsed" if number == "46" else "date" if built_in else ""
    code = codes[number].lower().partition(";")[0]
    if _ELAPSED.search(code):
        return "elapsed"
    return "date" if code != "general" and re.search("[ymdhsg]", _NO_CODE.sub("", code)) else ""


def _nothing(name: str, text: str) -> None:
    pass


def _no_workbook(uri: str) -> InputError:
    return InputError(
        "input.workbook",
        where=uri,
        what="the file is not an Excel workbook of today (.xlsx)",
        fix="save it as .xlsx, or as CSV (UTF-8), and declare that",
    )


def _corrupt(uri: str) -> InputError:
    return InputError(
        "input.workbook",
        where=uri,
        what="the file is not an Excel workbook (.xlsx), or is truncated or corrupt",
        fix="copy or save it again, or correct format",
    )
