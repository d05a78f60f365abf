"""Benchmark: `tokumei statistics` over synthetic ledgers of 141 bodies, from segments to pages.

Run: ``make bench-figures ROWS=100000`` (cases of the ledgers; ROUNDS); ``--ledgers DIR`` keeps them for another run.
``--times N`` adds N - 1 copies of every ledger under other names of bodies: that is faster than to synthesize them.
"""

import argparse
import io
import sys
import tempfile
import zlib
from hashlib import sha256
from pathlib import Path

import fastavro
from measure import machine, median, once

from tokumei.schemas.events import Event
from tokumei.transforms.ledger.journal import Reached, journal_of, journals
from tokumei.transforms.ledger.segments import decoded_segment, encoded_segment
from tokumei.transforms.storage.places import open_store

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))


def pages(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


def multiply(ledgers, times):
    """Copy every ledger under other names of as many bytes, which stand for the same in each block."""
    store = open_store(str(ledgers))
    register = f"{ledgers}/register"
    for journal in journals(store, register):
        segments = list(journal.segments())
        body = journal.first().body
        for name in (body.replace("空", chr(0x4E00 + n), 1) for n in range(1, times)):
            copy, before = journal_of(store, register, name), Reached().digest
            for uri, data in segments:
                last = uri == segments[-1][0]  # its events are checked one by one
                made = again(data, uri, name, before) if last else renamed(data, body, name, before)
                store.create(f"{copy.folder}/{uri.rpartition('/')[2]}", made)
                before = sha256(made).hexdigest()


def again(data, uri, name, before):
    made, ids = [], {}
    for event in decoded_segment(data, uri):
        said = {key: getattr(event, key) for key in Event.model_fields}
        for follows in ("event_id", "basis", "regime"):
            del said[follows]
        said |= {key: ids.get(said[key], said[key]) for key in ("corrects", "subject")}
        made.append(Event.made(**{**said, "body": name}))
        ids[event.event_id] = made[-1].event_id
    return encoded_segment(made, before)


def renamed(data, body, name, before):
    blocks = fastavro.block_reader(io.BytesIO(data))
    marker = sha256(name.encode() + before.encode()).digest()[:16]
    out = io.BytesIO()
    head = {"codec": "deflate", "metadata": {"tokumei.previous": before}, "sync_marker": marker}
    fastavro.writer(out, blocks.writer_schema, [], **head)
    for block in blocks:
        packer = zlib.compressobj(1, zlib.DEFLATED, -15)
        plain = block.bytes_.getvalue().replace(body.encode(), name.encode())
        packed = packer.compress(plain) + packer.flush()
        for number in (block.num_records, len(packed)):
            fastavro.schemaless_writer(out, "long", number)
        out.write(packed + marker)
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ledgers", type=Path, help="made if missing (default: a temporary folder)")
    parser.add_argument("--times", type=int, default=1)
    args, beam_args = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as scratch:
        ledgers = args.ledgers or Path(scratch) / "ledgers"
        if not ledgers.exists():
            made = once([TOKUMEI, "synthesize", "agencies", "--rows", args.cases, "--output", ledgers])
            print(f"synthesized in {made.wall:.0f} s ({made.cpu:.0f} s of CPU, {made.peak:,.0f} MiB)")
            multiply(ledgers, args.times)
        words = [TOKUMEI, "statistics", ledgers, "--year", "2017", "--as-of", "2018-03-31", *beam_args]
        found, made = [], []
        for n in range(args.rounds):
            made.append(Path(scratch) / f"pages{n}")
            found.append(once([*words, "--pages", made[-1]]))
        assert all(pages(folder) == pages(made[0]) for folder in made), "not the same bytes"
        size = sum(len(content) for content in pages(made[0]).values())
    print(f"\n{machine()}\n")
    print("| ledgers | wall s | CPU s | peak MiB | pages MiB |\n|---|---|---|---|---|")
    print(
        f"| {141 * args.times} bodies, {args.times * args.cases:,} cases | {median(found, 'wall'):.1f} | {median(found, 'cpu'):.1f} |"
        f" {max(f.peak for f in found):,.0f} | {size / 2**20:.0f} |"
    )


if __name__ == "__main__":
    main()
