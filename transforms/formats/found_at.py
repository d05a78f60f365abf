"""Where records stand, as people find them: file and line, row group and row, or block and record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from tokumei.schemas.source import Source
from tokumei.schemas.splits import RecordPlace, SourceFile
from tokumei.transforms.formats.lines import at_lines
from tokumei.transforms.formats.registry import FORMATS
from tokumei.transforms.storage.places import open_store

MAX_PLACES = 10  # that a message tells


def found_at(source: Source, places: Sequence[RecordPlace]) -> str:
    """Return in words where records stand, each file named once; never what is in them.

    While files are read by splits, nobody knows the line: it is looked up here, for an error. A text is read
    up to the last of the places, and the stretches that hold some once more.

    Args:
        source: how the table's files are written.
        places: of the records; some `MAX_PLACES` are meant.

    Raises:
        InputError: a file cannot be read, or has changed meanwhile.
    """
    files = groupby(sorted(places), key=lambda place: place.stretch.file)
    return "; ".join(f"{file.uri} {', '.join(_in_file(source, file, [*of]))}" for file, of in files)


def _in_file(source: Source, file: SourceFile, places: Sequence[RecordPlace]) -> Iterator[str]:
    store, read = open_store(file.uri), FORMATS[source.format].begins
    begins = [
        begin
        for stretch, of in groupby(places, key=lambda place: place.stretch)
        for begin in read(stretch, source, store, [place.record for place in of])
    ]
    yield from (begin for begin in begins if isinstance(begin, str))
    if bytes_of := [begin for begin in begins if isinstance(begin, int)]:
        yield from at_lines(file, store, source.encoding, bytes_of)
