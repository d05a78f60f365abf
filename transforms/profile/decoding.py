"""Whether files are of the declared encoding, by how many of their records are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tokumei.schemas.errors import InputError
from tokumei.schemas.source import Source
from tokumei.schemas.splits import Origin
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.values.encodings import UNDECODABLE

MOST = 0.1  # share of a file's records that may be undecodable before its encoding is wrong
_RECORDS = ""

Decoding = Mapping[str, Mapping[str, int]]  # URI → reason → undecodable records; under "" all records


def decoding_of(chunk: Chunk[Any]) -> Decoding:
    """Count the records of a chunk, file by file, and those that are not of the declared encoding."""
    return merge_decoding({origin.stretch.file.uri: _counted(origin)} for origin in chunk.origins)


def _counted(origin: Origin) -> dict[str, int]:
    lost = {
        reason: n
        for (column, reason), n in origin.rejects.items()
        if not column and reason.startswith(UNDECODABLE)
    }
    return {_RECORDS: origin.records, **lost}


def merge_decoding(parts: Iterable[Decoding]) -> Decoding:
    """Add up counts of any chunks."""
    merged: dict[str, dict[str, int]] = {}
    for part in parts:
        for uri, counts in part.items():
            of_file = merged.setdefault(uri, {})
            for reason, n in counts.items():
                of_file[reason] = of_file.get(reason, 0) + n
    return merged


def refuse_wrong_encoding(source: Source, decoding: Decoding) -> None:
    """Check that no file has more undecodable records than single faults explain, whatever may be left out.

    Raises:
        InputError: naming the encoding that most of the records would fit.
    """
    for uri, counts in sorted(decoding.items()):
        lost = {reason: n for reason, n in counts.items() if reason != _RECORDS}
        total = sum(lost.values())
        if total <= MOST * counts[_RECORDS]:
            continue
        fits = {n: reason.removeprefix(UNDECODABLE).removeprefix("_") for reason, n in sorted(lost.items())}
        found = fits[max(fits)]
        convert = f"convert the file to UTF-8: iconv -f {found.upper().replace('_', '-')} -t UTF-8"
        raise InputError(
            "input.encoding",
            where=uri,
            what=f"{total:,} of {counts[_RECORDS]:,} records are not {source.encoding}"
            + (f"; {max(fits):,} of them would be {found}" if found else ""),
            fix=(f"declare encoding: {found}" if source.facts.encodings else convert)
            if found
            else "correct encoding, or repair the file; rejects.limit allows for at most a tenth of a file",
        )
