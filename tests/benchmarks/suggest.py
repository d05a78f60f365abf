"""Benchmark: `tokumei suggest` on real tables, from files to releases, and on residents for time and memory.

Run: ``make bench-suggest DATA=FOLDER`` (ROWS), FOLDER being one of public data: jdss_100knocks, anonypy, sparkov_cards,
omop_synthea27nj, arx_adult … Of each file: what columns lead to a person, compared with `suggest_columns.csv`; then, of
tables together as they are used, the questions of the policy, its check, and the release with every question answered.
"""

import argparse
import csv
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from measure import once

from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.suggest.holdings import Holding
from tokumei.transforms.suggest.measure import measure as read
from tokumei.transforms.suggest.sources import find_tables
from tokumei.transforms.suggest.tables import see

HERE = Path(__file__).parent
TOKUMEI = str(Path(sys.executable).with_name("tokumei"))
SAYS = {
    **dict.fromkeys((Holding.NAME, Holding.CONTACT, Holding.ADDRESS, Holding.IDENTIFIER), "identifier"),
    Holding.CODE: "code",
    **dict.fromkeys((Holding.LINK, Holding.KEY), "link"),
}
OMOP = [
    *("PERSON", "CONDITION_OCCURRENCE", "DRUG_EXPOSURE", "VISIT_OCCURRENCE", "OBSERVATION_PERIOD"),
    *("DEATH", "LOCATION"),
]
# Tables as they are released together, and the use case.
TOGETHER = {
    "jdss customer": (["jdss_100knocks/customer.csv"], None),
    "jdss product": (["jdss_100knocks/product.csv"], None),
    "jdss store": (["jdss_100knocks/store.csv"], None),
    "receipt": (["anonypy/receipt.csv"], None),
    "receipt, prescriptions": (["anonypy/receipt.csv"], "prescriptions"),
    "sparkov": (["sparkov_cards/customers.csv", "sparkov_cards/transactions_20cards.csv"], None),
    **{f"OMOP {name}": ([f"omop_synthea27nj/{name}.csv"], None) for name in OMOP[:5]},
    "OMOP, all of these": ([f"omop_synthea27nj/{name}.csv" for name in OMOP], None),
    "Adult": (["arx_adult/adult.csv"], None),
}
FACTS = [f"--{key}={key}" for key in ("name", "body", "department", "purpose", "how-provided")]


def columns(data):
    """Print how many of the labelled columns are found, and how many of the found are labelled."""
    labels = defaultdict(dict)
    with (HERE / "suggest_columns.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            labels[row["file"]][row["column"]] = row["holds"]
    counts, columns_read = Counter(), 0
    for name, expected in labels.items():
        (found,) = find_tables([str(data / name)])
        held = see(*read(found)).held
        columns_read += len(held)
        for column, content in held.items():
            wanted, said = expected[column], SAYS.get(content.holding, "")
            if wanted == "either":
                continue
            counts["expected"] += bool(wanted)
            counts["found"] += bool(wanted and said)
            counts["said"] += bool(said)
            counts["right"] += bool(said and wanted)
            if bool(wanted) != bool(said):
                print(f"  {name}, {column}: {wanted or 'nothing'} expected, {said or 'nothing'} said")
    recall, precision = counts["found"] / counts["expected"], counts["right"] / counts["said"]
    print(
        f"| {columns_read} columns | found {recall:.1%} of {counts['expected']} | precision {precision:.1%} |"
    )


def release(title, files, case, data, folder):
    """Print what becomes of a suggestion once its questions are answered."""
    policy = folder / "policy.yaml"
    args = [*(["--use-case", case] if case else []), *FACTS]
    paths = [str(data / name) for name in files]
    text = subprocess.run(
        [TOKUMEI, "suggest", *paths, *args], capture_output=True, text=True, check=True
    ).stdout
    asked = [line for line in text.splitlines() if TO_DECIDE in line and not line.startswith("#")]
    open_questions = sum(not line.startswith("    title:") for line in asked)
    alone = "".join(f"{line}\n" for line in text.splitlines() if f'person: "{TO_DECIDE}' not in line)
    policy.write_text(alone.replace(TO_DECIDE, "確かめた。"))
    checked = subprocess.run([TOKUMEI, "check", str(policy)], capture_output=True, text=True, check=False)
    command = [TOKUMEI, "anonymize", str(policy), "--output", str(folder / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"released ([\d,]+) records of ([\d,]+) people", done.stdout)
    told = f"{found[1]} records of {found[2]} people" if found else done.stderr.split("\n")[0]
    print(f"| {title} | {open_questions} | {checked.returncode} | {done.returncode} | {told} |", flush=True)


def large(rows):
    """Print time and memory of a suggestion for many residents."""
    with tempfile.TemporaryDirectory() as folder:
        once([TOKUMEI, "synthesize", "residents", "--rows", rows, "--output", folder])
        for _ in range(3):
            took = once([TOKUMEI, "suggest", f"{folder}/residents.csv"])
            print(
                f"| {rows:,} residents | {took.wall:.1f} s | {took.cpu:.1f} s of CPU | {took.peak:,.0f} MiB |"
            )


def main():
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--rows", type=int, default=4_000_000)
    args = parser.parse_args()
    if args.data:
        columns(args.data)
        print("| tables | questions | check | anonymize | released |\n| --- | --- | --- | --- | --- |")
        for title, (files, case) in TOGETHER.items():
            with tempfile.TemporaryDirectory() as folder:
                release(title, files, case, args.data, Path(folder))
    if args.rows:
        large(args.rows)


if __name__ == "__main__":
    main()
