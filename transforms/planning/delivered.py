"""Whether a table's files are all there, as its policy expects them, before anything is read."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tokumei.schemas.errors import InputError
from tokumei.schemas.expect import Expect
from tokumei.schemas.japan_time import JST
from tokumei.schemas.source import Source
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.engine.packed import PackedOnce
from tokumei.transforms.storage.base import Store

_LINE = re.compile(r"([0-9a-fA-F]{64})[ \t]+\*?(?:\./)?([^/\x00]+)")
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class DeliveryPlan(PackedOnce):
    """What is planned of a delivery as such, whatever its files hold.

    Attributes:
        delivery: fingerprint of file, rules and parameters: of equal ones, one release is in force.
        named: somebody chose the release id; else it follows from the work.
        replaces: releases of the same delivery, of other content, that the new one will replace.
    """

    delivery: str = ""
    named: bool = False
    replaces: tuple[str, ...] = ()


def refuse_partial(source: Source, path: str, where: str, store: Store, files: Sequence[SourceFile]) -> None:
    """Check that a delivery is complete, cheap things first: number, marker, age, checksums.

    Args:
        source: what is expected.
        path: its path as an absolute one, or a URI.
        where: its place in the policy.
        store: of the files.
        files: those that match the path.

    Raises:
        InputError: something is missing, is more than was expected, or is another file than was delivered.
    """
    expect = source.expect
    if expect is None:
        return
    if expect.files not in {None, len(files)}:
        raise _incomplete(where, f"{len(files):,} of {expect.files:,} files are there ({source.path})")
    folder = path.rpartition("/")[0]
    for name in filter(None, (expect.marker, expect.checksums)):
        if not store.exists(store.join(folder, name)):
            raise _incomplete(where, f"there is no {name} beside them")
    since = expect.since(dt.datetime.now(JST))
    old = [file.uri for file in files if since and store.written_at(file.uri) < since.timestamp()]
    if old:
        first = old[0].rpartition("/")[2]
        raise _incomplete(
            where,
            f"{len(old):,} of {len(files):,} files are older than {expect.newer_than}: the first is {first}",
        )
    if expect.checksums is not None:
        listed = _listed(store, store.join(folder, expect.checksums))
        for what in _differences(store, folder, listed, files):
            raise _incomplete(where, what)


def refuse_other_numbers(expect: Expect | None, where: str, records: int, people: int) -> None:
    """Check that a table holds as many readable records, and people, as are expected.

    Raises:
        InputError: it does not.
    """
    if expect is None:
        return
    for bounds, found, of in ((expect.rows, records, "records"), (expect.people, people, "people")):
        if bounds is not None and not bounds[0] <= found <= bounds[1]:
            raise _incomplete(where, f"{found:,} {of} are there, not {bounds[0]:,} to {bounds[1]:,}")


def _listed(store: Store, uri: str) -> Mapping[str, str]:
    """Return the SHA-256 of each file of a list, by name."""
    lines = store.read(uri)[0].decode("utf-8-sig", "replace").splitlines()
    found = [_LINE.fullmatch(line.rstrip()) for line in lines if line.strip()]
    if not found or not all(found):
        raise InputError(
            "input.checksums",
            where=uri,
            what="this is no list of checksums",
            fix="write it by sha256sum: 64 hexadecimal digits, two spaces and the name, a line a file",
        )
    return {match[2]: match[1].lower() for match in found if match is not None}


def _differences(
    store: Store, folder: str, listed: Mapping[str, str], files: Sequence[SourceFile]
) -> Iterator[str]:
    by_name = {file.uri.rpartition("/")[2]: file for file in files}
    if missing := [name for name in listed if not store.exists(store.join(folder, name))]:
        yield f"{len(missing):,} of {len(listed):,} listed files are missing: the first is {missing[0]}"
    if more := sorted(by_name.keys() - listed.keys()):
        yield f"{len(more):,} files are in no list of checksums: the first is {more[0]}"
    for name, file in by_name.items():
        digest = hashlib.sha256()
        with store.open_input(file) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
        if digest.hexdigest() != listed[name]:
            yield f"{name} is not the file that was listed, or not whole yet"


def _incomplete(where: str, what: str) -> InputError:
    return InputError(
        "input.incomplete",
        where=where,
        what=f"the delivery is not what is expected: {what}",
        fix="wait until it is (--wait 2h waits), deliver it again, or correct expect",
    )
