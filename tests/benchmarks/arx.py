"""Benchmark: whole processes beside ARX, in turn on one machine: files in, anonymized file out.

Run: ``make bench-arx ARX=<checkout of ARX's source> [DATA=<checkout of its genetic benchmark>] [ROUNDS=3]``. ARX is on no
package registry: its source (github.com/arx-deidentifier/arx) is compiled against the libraries that it ships.
Without DATA, what needs its files is left out. On Adult, DuckDB generalizes and counts at the levels that both found, and
anonypy cuts (Mondrian).
"""

import argparse
import csv
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import measure
from support.helpers import policy_of

HERE = Path(__file__).parent
ADULT = HERE.parent / "data" / "arx_adult"
TOKUMEI = Path(sys.executable).with_name("tokumei")
PEERS = Path(os.environ.get("PEERS", sys.executable))
CLASSES = Path(".peers") / "arx"
NINE = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
]
OPTIMUM = (0, 3, 0, 1, 1, 1, 1, 2, 0)  # of these nine at k = 5 and 4 %
MACH = ["age", "familysize", "gender", "married", "race", "religion", "Q1A", "Q2A"]
CREDIT = ["LIMIT_BAL", "SEX", "EDUCATION", "MARRIAGE", "AGE", "PAY_0", "PAY_2"]


@dataclass(frozen=True)
class Case:
    """A file with the prefix of its hierarchies' files, its quasi-identifiers, and how often it is repeated."""

    title: str
    data: Path
    hierarchies: Path
    columns: list[str]
    times: int = 1


def classpath(source):
    """Compile ARX and the peer's program where that was not done, and return the classpath."""
    jars = sorted(str(jar) for jar in (source / "lib").rglob("*.jar") if "eclipse" not in str(jar))
    paths = ":".join([str(CLASSES), *jars])
    if not (CLASSES / "ByArx.class").exists():
        program = HERE / "peers" / "arx" / "ByArx.java"
        own = (source / "src" / "main").rglob("*.java")
        sources = [program, *(path for path in own if "gui" not in path.parts)]
        CLASSES.mkdir(parents=True, exist_ok=True)
        command = ["javac", "-nowarn", "-encoding", "UTF-8", "-cp", paths, "-d", CLASSES, *sources]
        subprocess.run([str(part) for part in command], check=True)
    return paths


def prepared(case, folder):
    """Write the file as often as wanted, and return its path and its rows."""
    head, *lines = case.data.read_text(encoding="utf-8").splitlines()
    path = folder / "data.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write(head + "\n")
        for _ in range(case.times):
            stream.write("\n".join(lines) + "\n")
    return path, len(lines) * case.times


def policy(case, folder, name, **required):
    """Write the same task as a policy and return the command."""
    head = case.data.read_text(encoding="utf-8").split("\n", 1)[0].split(";")
    columns = {}
    for column in head:
        hierarchy = {"kind": "file", "path": f"{case.hierarchies}{column}.csv"}
        generalize = {"criterion": 5, "method": "generalize", "hierarchy": hierarchy}
        columns[column] = (
            {"treat": [generalize]} if column in case.columns else {"drop": True, "because": "試験"}
        )
    written = policy_of(columns, source={"delimiter": ";"})
    written["requirements"] |= required
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(written, ensure_ascii=False), encoding="utf-8")
    return [TOKUMEI, "anonymize", path, "--output", folder / "out"]


def by_hand(program, *arguments):
    """Return the command of a peer in Python."""
    return [PEERS, HERE / "peers" / program, *arguments]


def loss_of_ranges(case, path):
    """Return the loss of classes as anonypy writes them: numbers from least to greatest, texts by comma."""
    sizes = {}
    for column in case.columns:
        lines = Path(f"{case.hierarchies}{column}.csv").read_text(encoding="utf-8").splitlines()
        sizes[column] = len(lines)
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter=";"))
    records = sum(int(row["count"]) for row in rows)
    logs = []
    for column, size in sizes.items():
        lost = 0
        for row in rows:
            least, _, greatest = row[column].partition("-")
            numbers = least.isdigit() and greatest.isdigit()
            covered = int(greatest) - int(least) + 1 if numbers else row[column].count(",") + 1
            lost += (covered - 1) * int(row["count"])
        logs.append(math.log1p(lost / (size - 1) / records))
    return math.expm1(math.fsum(logs) / len(logs))


def against(case, rounds, paths, folder, *, k=5, ways=()):
    """Run one case in turn: full-domain recoding, or each of the ways beside ARX's local recoding."""
    data, rows = prepared(case, folder)
    arx = ["java", "-Xmx8g", "-cp", paths, "ByArx", data, case.hierarchies, ",".join(case.columns), k]
    limit = 0 if ways else 0.04
    contestants = {}
    for way in ways or ("full_domain",):
        needed = {"k": k, "suppression_limit": limit, "recoding": way}
        contestants[f"tokumei {way}"] = policy(case, folder, way, **needed)
    for local in (".99", ".9999") if ways else ("",):
        last = [local] if local else []
        contestants[f"ARX {local}".strip()] = [*arx, limit, folder / "arx.csv", *last]
    if case.columns == NINE and case.times == 1:
        columns, ranges = ",".join(NINE), folder / "ranges.csv"
        if ways:
            contestants["anonypy"] = by_hand("by_anonypy.py", data, columns, k, ranges)
        else:
            levels = ",".join(f"{name}={level}" for name, level in zip(NINE, OPTIMUM, strict=True))
            contestants["DuckDB at these levels"] = by_hand(
                "by_duckdb_levels.py", data, case.hierarchies, levels, k, folder / "levels.csv"
            )

    def clean():
        for report in folder.glob("out/releases/*/report.json"):
            (table,) = json.loads(report.read_text(encoding="utf-8"))["tables"]
            recoding = table["recoding"]
            told = f"suppressed {recoding['suppressed_records']}, loss {recoding['loss']:.4f}"
            print(f"{recoding['recoding']}: {told}", file=sys.stderr)
        shutil.rmtree(folder / "out", ignore_errors=True)

    first = next(iter(contestants))
    measure.table(case.title, rows, measure.in_turn(contestants, rounds, clean), first)
    if "anonypy" in contestants:
        print(f"anonypy: loss {loss_of_ranges(case, ranges):.4f}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arx", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cases", nargs="*", default=["adult", "adult100", "local"])
    options = parser.parse_args()
    paths = classpath(options.arx)
    adult = ADULT / "adult.csv", ADULT / "adult_hierarchy_", NINE
    local = [Case("Adult, local recoding", *adult)]
    if options.data:
        for name, columns in {"mach2019_int": MACH, "creditcard_int": CREDIT}.items():
            prefix = options.data / "hierarchies" / f"{name}_hierarchy_"
            local.append(Case(f"{name}, local recoding", options.data / f"{name}.csv", prefix, columns))
    print(f"\n# {measure.machine()}", flush=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if "adult" in options.cases:
            against(Case("Adult", *adult), options.rounds, paths, folder)
        if "adult100" in options.cases:
            against(Case("Adult × 100", *adult, times=100), options.rounds, paths, folder, k=500)
        if "local" in options.cases:
            for case in local:
                against(case, options.rounds, paths, folder, ways=("local", "multidimensional"))


if __name__ == "__main__":
    main()
