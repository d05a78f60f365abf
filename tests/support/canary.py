"""Marked source values, and a search for them in everything that a run leaves, however it is written."""

import base64
import bz2
import gzip
import hashlib
import hmac
import html
import io
import json
import lzma
import re
import unicodedata
import zipfile
import zlib
from collections import defaultdict
from contextlib import suppress
from urllib.parse import quote

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ENCODINGS = ("utf-8", "cp932", "euc_jp", "utf-16-le", "utf-16-be")
HASHES = ("md5", "sha1", "sha256")
_WIDE = {ord(c): ord(c) + 0xFEE0 for c in map(chr, range(0x21, 0x7F))}
_ZLIB = re.compile(
    rb"\x78[\x01\x5e\x9c\xda]"
)  # how what is packed by zlib begins, as plans in steps of a graph
_PACKED = re.compile(rb"[A-Za-z0-9+/_-]{40,}={0,2}")


def forms(value):
    """The ways to spell a value."""
    narrow = unicodedata.normalize("NFKC", value)
    tight = re.sub(r"[\s\-/.]", "", narrow)
    return {value, narrow, tight, narrow.translate(_WIDE), tight.translate(_WIDE)}


def written(text):
    """The bytes of a text in every encoding that has it."""
    found = {}
    for encoding in ENCODINGS:
        with suppress(UnicodeEncodeError):
            found[encoding] = text.encode(encoding)
    return found


def base64s(data):
    """What surely stands in the Base64 of anything that holds the bytes, for each place they may begin at."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + data)
        first, last = -(-before * 8 // 6), (before + len(data)) * 8 // 6
        yield from {whole[first:last], whole[first:last].translate(bytes.maketrans(b"+/", b"-_"))}


def needles_of_bytes(data):
    """Bytes, and their usual encodings as text; hexadecimal and percent signs are found in either case."""
    yield "raw", data
    yield "hex", data.hex().encode()
    yield "escaped", repr(data)[2:-1].encode()
    yield "url", quote(data, safe="").encode().lower()
    for text in base64s(data):
        yield "base64", text


def needles(value):
    """Return every way in which a value may be there, as (how, bytes)."""
    found = {}
    for text in forms(value):
        for encoding, data in written(text).items():
            for how, needle in needles_of_bytes(data):
                found.setdefault(needle, f"{encoding} {how}")
            for name in HASHES:
                digest = hashlib.new(name, data).digest()
                for how, needle in needles_of_bytes(digest):
                    found.setdefault(needle, f"{name} of {encoding}, {how}")
        if not text.isascii():
            found.setdefault(json.dumps(text)[1:-1].encode(), "json escapes")
            found.setdefault("".join(f"&#{ord(c)};" for c in text).encode(), "html entities")
            found.setdefault(html.escape(text).encode("ascii", "xmlcharrefreplace"), "html entities")
    return [(how, needle) for needle, how in found.items()]


def needles_of_key(secret):
    """The same of a key, and of the keys that are derived from it."""
    purposes = ("person", "pseudonym", "pseudonym:person")
    keys = [secret, *(hmac.digest(secret, p.encode(), hashlib.sha256) for p in purposes)]
    return [(f"key, {how}", needle) for key in keys for how, needle in needles_of_bytes(key)]


def unfolded(data, depth=4):
    """Yield bytes, and what is packed in them: archives, columns, Base64 as of pickled steps of a graph."""
    yield data
    if depth:
        for inner in _unpacked(data):
            if inner and inner != data:
                yield from unfolded(inner, depth - 1)


def _unpacked(data):
    if data[:4] == b"PAR1":
        with pq.ParquetFile(io.BytesIO(data)) as file:
            columns = file.read().to_pydict()
            yield json.dumps([columns, file.metadata.to_dict()], ensure_ascii=False, default=str).encode()
    elif data[:4] == b"Obj\1":
        reader = fastavro.reader(io.BytesIO(data))
        yield json.dumps([*reader, reader.metadata], ensure_ascii=False, default=str).encode()
    elif data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    for unpack in (gzip.decompress, zlib.decompress, bz2.decompress, lzma.decompress):
        with suppress(OSError, EOFError, zlib.error, lzma.LZMAError):
            yield unpack(data)
    for match in _ZLIB.finditer(data):
        with suppress(zlib.error):
            yield zlib.decompressobj().decompress(data[match.start() :])
    for run in _PACKED.findall(data):
        with suppress(ValueError):
            yield base64.b64decode(
                run[: len(run) // 4 * 4], altchars=b"-_" if set(run) & set(b"-_") else None
            )


class Search:
    """Looks for many needles, (what, how, bytes), at once: first for what they begin with."""

    def __init__(self, wanted):
        self._begin = min(8, *(len(needle) for _, _, needle in wanted))
        assert self._begin >= 6, "so short a needle is found anywhere"
        self._wanted = defaultdict(list)
        for what, how, needle in wanted:
            self._wanted[needle[: self._begin]].append((what, how, needle))
        begins = [int.from_bytes(begin, "little") for begin in self._wanted]
        self._known = np.sort(np.array(begins, np.uint64))

    def find(self, data):
        """Return how needles are in the data or in what it packs, as (what, how)."""
        hits = set()
        for piece in unfolded(data):
            for text in (piece, piece.lower()):
                for at in self._candidates(np.frombuffer(text, np.uint8)):
                    for what, how, needle in self._wanted[text[at : at + self._begin]]:
                        if text.startswith(needle, at):
                            hits.add((what, how))
        return hits

    def _candidates(self, data):
        places = len(data) - self._begin + 1
        if places < 1:
            return []
        begins = np.zeros(places, np.uint64)
        for i in range(self._begin):
            begins |= data[i : places + i].astype(np.uint64) << np.uint64(8 * i)
        near = np.searchsorted(self._known, begins).clip(max=len(self._known) - 1)
        return np.flatnonzero(self._known[near] == begins).tolist()


def planted(value):
    """Yield (name, bytes) of leaks that the search must find: each way of writing, within other text."""
    for encoding, data in written(value).items():
        yield f"{encoding}", b"log line: " + data + b"\n"
        yield f"{encoding}, hex", data.hex().upper().encode()
        yield f"{encoding}, url", quote(data).encode()
        for before in range(3):
            yield f"{encoding}, base64 at {before}", base64.b64encode(b"x" * before + data + b"tail")
        for name in HASHES:
            digest = hashlib.new(name, data)
            yield f"{name} of {encoding}", b"id=" + digest.hexdigest().encode()
            yield f"{name} of {encoding}, raw", b"\0\1" + digest.digest() + b"\2"
            yield f"{name} of {encoding}, base64", base64.b64encode(digest.digest())
    text = f"values: {value}; end".encode()
    yield "json", json.dumps({"a": value}).encode()
    yield "gzip", gzip.compress(text)
    yield "pickled step", b"\n\x10" + base64.b64encode(zlib.compress(text * 3)) + b"\x12"
    yield "bz2 pickled step", base64.b64encode(bz2.compress(text * 3))
    yield "full width", value.translate(_WIDE).encode()
    sink = io.BytesIO()
    pq.write_table(pa.table({"a": ["x", value]}), sink, compression="zstd")
    yield "parquet", sink.getvalue()
    sink = io.BytesIO()
    schema = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}
    fastavro.writer(sink, schema, [{"a": "x" * 900}, {"a": value}], codec="deflate")
    yield "avro", sink.getvalue()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.txt", text * 9)
    yield "zip", sink.getvalue()
