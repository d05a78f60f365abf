"""What redaction misses of planted cases, and what it costs: processor seconds and memory.

Run: ``PYTHONPATH=tests python tests/benchmarks/redaction.py``. Ten thousand cases each of numbers, telephones, mail
addresses and other contacts, in sentences; and sentences of the Hironsan corpus in new orders, three a text, each
with a name and a number of its record.
"""

import random
import time
from pathlib import Path

import pyarrow as pa
from support.news import sentences

from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.planted import PlantedCase, counted
from tokumei.transforms.redaction.planted_kinds import CONTACTS, PLANTED_CODES
from tokumei.transforms.redaction.redact import Layers, redact

CASES, CHARACTERS = 10_000, 1_000_000
NOTHING = Layers(own=OwnValues([], {}))


def misses(kinds):
    """Return how many cases were made, and how many missed."""
    draws, cases = Draws(b"b" * 32), []
    while len(cases) < CASES:
        for kind in kinds:
            for spelling in kind.spellings.values():
                made = kind.make(draws)
                written = spelling(made)
                cases.append(PlantedCase(kind, written, draws.of(kind.frames).format(written), plain=made))
    done = redact([case.text for case in cases], NOTHING)
    return len(cases), sum(counted(cases, done.texts)[1].values())


def speed(share):
    """Return characters a processor second, where a share of the texts holds something of its record."""
    told, chance, texts, size = [text for text, _ in sentences()], random.Random(1), [], 0
    names = []
    while size < CHARACTERS:
        names.append(f"桐杜 {chance.choice('榊楠樺漣')}{len(names) % 7}")
        own = f"{names[-1]}様、090-1234-5678。" if chance.random() < share else ""
        texts.append(own + "".join(chance.sample(told, 3)))
        size += len(texts[-1])
    values = OwnValues([OwnColumn.of("氏名", None)], {"氏名": pa.array(names)})
    begun = time.process_time()
    redact(texts, Layers(own=values))
    return size / (time.process_time() - begun)


def main():
    """Print the figures."""
    phones = [kind for kind in CONTACTS if "電話" in kind.title]
    mails = [kind for kind in CONTACTS if "メール" in kind.title]
    others = [kind for kind in CONTACTS if kind not in phones + mails]
    for name, kinds in {
        "numbers": PLANTED_CODES,
        "telephones": phones,
        "mail": mails,
        "others": others,
    }.items():
        made, missed = misses(kinds)
        least = min(len(kind.spellings) for kind in kinds)
        print(f"{name}: {len(kinds)} kinds in {least} spellings and more, {missed} missed of {made:,}")
    for share in (0.1, 1.0):
        print(f"own values in {share:.0%} of the texts: {speed(share):,.0f} characters/s")
    status = Path("/proc/self/status").read_text()
    print(f"peak {int(status.split('VmHWM:')[1].split()[0]) / 1024:,.0f} MiB")


if __name__ == "__main__":
    main()
