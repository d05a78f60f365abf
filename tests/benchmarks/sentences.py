"""What reading sentences costs: processor seconds, memory, and how much of the names it covers.

Run: ``PYTHONPATH=tests python tests/benchmarks/sentences.py [FILE]``. FILE is text, a sentence a line; without it,
sentences of the Hironsan corpus in new orders, three a text. The rules were tuned on the first half of
the corpus.
"""

import argparse
import random
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from support.news import PERSON, PLACE, covered, sentences

from tokumei.transforms.detect.described import described_in
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.detect.words import dictionary_version

CHARACTERS = 2_000_000
TURNS = 3


def texts(file):
    """Return different texts of some two million characters, or the lines of a file."""
    if file:
        return Path(file).read_text(encoding="utf-8").splitlines()
    told, chance, made, size = [text for text, _ in sentences()], random.Random(1), [], 0
    while size < CHARACTERS:
        made.append("".join(chance.sample(told, 3)))
        size += len(made[-1])
    return made


def peak():
    """Return the most MiB that this process has held, pages of mapped files included."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def coverage(half, told):
    """Print, by kind, the share of names that are covered whole, and of spans that touch one."""
    spans = described_in(pa.array([text for text, _ in told])).spans.merged()
    for kind, label in ((PERSON, SpanLabel.PERSON), (PLACE, SpanLabel.PLACE)):
        marked = [(n, a, b) for n, (_, marks) in enumerate(told) for a, b, of in marks if of == kind]
        rows = spans.kind == label
        found = {}
        for owner, start, end in zip(spans.owner[rows], spans.start[rows], spans.end[rows], strict=True):
            found.setdefault(int(owner), []).append((int(start), int(end)))
        hit = [
            any(n == number and a < end and start < b for n, a, b in marked)
            for number, ranges in found.items()
            for start, end in ranges
        ]
        print(
            f"{half} half, {label.title}: {np.mean(covered(marked, found)):.3f} of {len(marked)}, precision {np.mean(hit):.3f}"
        )


def main():
    """Print speed, memory and coverage."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?")
    column = pa.array(texts(parser.parse_args().file))
    size = sum(map(len, column.to_pylist()))
    batches = [column[first : first + 4096] for first in range(0, len(column), 4096)]
    before, found = peak(), []
    for _ in range(TURNS):
        start = time.process_time()
        spans = [len(described_in(batch).spans.owner) for batch in batches]
        found.append(time.process_time() - start)
    print(dictionary_version())
    print(
        f"{size:,} characters, {sum(spans):,} spans, {size / min(found):,.0f} characters/s, best of {TURNS}"
    )
    print(f"peak {peak():.0f} MiB, {peak() - before:.0f} more than without sentences")
    coverage("first", sentences()[:250])
    coverage("second", sentences()[250:])


if __name__ == "__main__":
    main()
