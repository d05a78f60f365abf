"""Benchmark: whole jobs on synthetic files, beside what users would write by hand, in turn on one machine.

Run: ``make bench`` (CASES, ROWS and ROUNDS as parameters), which installs the peers into an environment of their
own. Every run is a process of its own; a table gives medians of the rounds, and the ratios of the job's wall
and processor time to each other's, round by round: median (least to greatest).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import measure
import pyarrow.parquet as pq

HERE = Path(__file__).parent
TOKUMEI = Path(sys.executable).with_name("tokumei")
PEERS = Path(os.environ.get("PEERS", sys.executable))
INSIDE = Path(sys.executable)
EXAMPLE = HERE.parents[1] / "pipelines" / "example"
POLICY = """version: 1
regime: private
file: {{name: 試験, body: 株式会社試験, department: 企画課, purpose: 試験, how_provided: 暗号化した通信による送信}}
tables:
  people:
    source: {{path: {}}}
    rows_per_person: one
    columns:
{}requirements: {{{}, because: 試験}}
"""
ADULT_COLUMN = (
    "      {0}: {{treat: [{{criterion: 5, method: generalize,"
    " hierarchy: {{kind: file, path: adult_hierarchy_{0}.csv}}}}]}}\n"
)
AGE = (
    "      age: {type: integer, treat: [{criterion: 5, method: generalize,"
    " hierarchy: {kind: intervals, widths: [5, 10]}}]}\n"
)
# What the policy of members and receipts says besides, where histories are protected.
HISTORIES = (
    (
        "商品ID: {drop: true, because: 商品名と同じ内容}",
        "商品ID: {treat: [{criterion: 5, method: coarsen, hierarchy: {kind: prefix, keep: [6, 4]}}]}",
    ),
    (
        "商品名: {treat: [{criterion: 4, method: rare_categories, action: group}]}",
        "商品名: {drop: true, because: 商品IDと同じ内容}",
    ),
    (
        "requirements:",
        "histories:\n  - {known: 2, because: 試験, facts: [{table: receipts, columns: [商品ID]}]}\nrequirements:",
    ),
)


# Attacks that a policy may declare: on many residents, and all that can be made on Adult, which pass whatever they find.
ON_RESIDENTS = "attacks: [{attack: linkage, knows: [性別, 生年月日, 住所, 電話番号, 続柄], at_most: 1}]"
ON_ADULT = (
    "attacks: [{attack: linkage, knows: [age, sex, race, education], at_most: 1},"
    " {attack: linkage, people: rarest, knows: [age, sex, race, education], at_most: 1},"
    " {attack: singling_out, at_most: 1}, {attack: downcoding, at_most: 1},"
    " {attack: homogeneity, learns: salary-class, at_most: 1}, {attack: inference, learns: salary-class, at_most: 1},"
    " {attack: intersection, levels: {age: 0, sex: 0, race: 1}, learns: salary-class, at_most: 1}]"
)


def synthesize(folder, preset, rows, *options):
    """Make the files of a preset and put the benchmark's policy beside them."""
    made = [TOKUMEI, "synthesize", preset, "--rows", rows, "--output", folder, *options]
    subprocess.run([str(part) for part in made], check=True, stdout=subprocess.DEVNULL)


def policy(folder, name, *changes, to="policy.yaml"):
    """Write a policy of this folder into the files' folder, with texts replaced."""
    text = (HERE / name).read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise SystemExit(f"{name} has no {old}")
        text = text.replace(old, new)
    (folder / to).write_text(text, encoding="utf-8")


def job(folder, by="policy.yaml"):
    """Return the command of the whole job."""
    return [TOKUMEI, "anonymize", folder / by, "--output", folder / "out"]


def by_hand(folder, script, source):
    """Return the command of a peer."""
    return [PEERS, HERE / "peers" / script, folder / source, folder / "out.parquet"]


def compare(title, rows, rounds, folder, contestants):
    """Run contestants in turn and print their table."""

    def clean():
        for made in ("out", "hand"):
            shutil.rmtree(folder / made, ignore_errors=True)
        (folder / "out.parquet").unlink(missing_ok=True)

    measure.table(title, rows, measure.in_turn(contestants, rounds, clean), next(iter(contestants)))


def whole(folder, rows, rounds):
    """Five criteria, k = 5, Parquet in and out, one row a person in ascending order."""
    synthesize(folder, "residents", rows, "--format", "parquet")
    policy(folder, "residents.yaml")
    contestants = {
        "tokumei": job(folder),
        "polars": by_hand(folder, "by_polars.py", "residents.parquet"),
        "DuckDB": by_hand(folder, "by_duckdb.py", "residents.parquet"),
        "pyarrow copy": by_hand(folder, "by_copy.py", "residents.parquet"),
    }
    compare("Residents", rows, rounds, folder, contestants)


def attacked(folder, rows, rounds):
    """What attacks cost: on all residents, and on Adult."""
    synthesize(folder, "residents", rows, "--format", "parquet")
    policy(folder, "residents.yaml")
    limit = "suppression_limit: 0.01"
    policy(folder, "residents.yaml", (limit, f"{limit}, {ON_RESIDENTS}"), to="attacked.yaml")
    contestants = {"with attacks": job(folder, "attacked.yaml"), "without": job(folder)}
    compare("Residents, linkage of 1,000 people", rows, rounds, folder, contestants)
    people = of_adult(folder, limit.replace("0.01", "0.04"), learnt="salary-class")
    of_adult(folder, f"suppression_limit: 0.04, {ON_ADULT}", learnt="salary-class", to="attacked.yaml")
    compare("Adult, all attacks", people, rounds, folder, contestants)


def alone(folder, rows, rounds):
    """The job alone, for sizes whose peers would take too long."""
    synthesize(folder, "residents", rows, "--format", "parquet")
    policy(folder, "residents.yaml")
    compare("Residents, the job alone", rows, rounds, folder, {"tokumei": job(folder)})


def shuffled(folder, rows, rounds):
    """The same with the person column in random order: people must be counted by keyed hashes."""
    synthesize(folder, "residents", rows, "--format", "parquet", "--person-order", "random")
    policy(folder, "residents.yaml")
    compare("Residents, persons in random order", rows, rounds, folder, {"tokumei": job(folder)})


def several(folder, rows, rounds):
    """Several rows a person: people are counted wherever rows were."""
    synthesize(folder, "claims", rows, "--format", "parquet")
    policy(folder, "claims.yaml")
    compare("Claims, several rows a person", rows, rounds, folder, {"tokumei": job(folder)})


def order(folder, rows, rounds):
    """What dealing rows over parts costs: histories as they are dealt by default, and left in their stretches."""
    kept = ("rows_per_person: several", "rows_per_person: several\n    order: stretch\n    because: 試験")
    for preset in ("claims", "id_pos"):
        contestants = {}
        for name, changes in {"global": (), "stretch": (kept,)}.items():
            place = folder / preset / name
            synthesize(place, preset, rows, "--format", "parquet")
            policy(place, f"{preset}.yaml", *changes)
            contestants[name] = [TOKUMEI, "anonymize", place / "policy.yaml", "--output", folder / "out"]
        compare(f"Order of {preset}", rows, rounds, folder, contestants)


def joined(folder, rows, rounds):
    """Two tables joined by a pseudonym: so many receipts, and a tenth as many members.

    The script is told the levels that the job chooses: of few members bands of ten years and prefectures, of
    a million ages and cities.
    """
    synthesize(folder, "id_pos", rows, "--format", "parquet")
    policy(folder, "id_pos.yaml")
    script = [PEERS, HERE / "peers" / "by_polars_joined.py", folder, folder / "hand"]
    levels = (1, "city") if rows >= 10_000_000 else (10, "prefecture")
    contestants = {"tokumei": job(folder), "polars": [*script, *levels]}
    compare("ID-POS, members and receipts", rows, rounds, folder, contestants)


def histories(folder, rows, rounds):
    """The same, and no two products single out a member: beside the job that says nothing of histories."""
    synthesize(folder, "id_pos", rows, "--format", "parquet")
    policy(folder, "id_pos.yaml", *HISTORIES)
    policy(folder, "id_pos.yaml", to="without.yaml")
    contestants = {"with histories": job(folder), "without": job(folder, "without.yaml")}
    compare("ID-POS, members and receipts, histories", rows, rounds, folder, contestants)


def retail(folder, source, rounds):
    """The worked policy of purchases on the whole of Online Retail, as it was published."""
    text = (EXAMPLE / "id_pos.yaml").read_text(encoding="utf-8")
    assert "path: online_retail.parquet" in text
    (folder / "policy.yaml").write_text(
        text.replace("path: online_retail.parquet", f"path: {source.resolve()}")
    )
    shutil.copy(EXAMPLE / "countries.csv", folder)
    rows = pq.read_metadata(source).num_rows
    compare("Online Retail", rows, rounds, folder, {"tokumei": job(folder)})


def wide(folder, rows, rounds):
    """200 columns: the residents' own, and numbers that are kept."""
    synthesize(folder, "residents", rows, "--format", "parquet")
    subprocess.run([str(INSIDE), str(HERE / "widen.py"), str(folder)], check=True)
    compare("200 columns", rows, rounds, folder, {"tokumei": job(folder)})


def text(folder, rows, rounds):
    """CSV in, in both encodings, beside reading the same file with pyarrow and writing it as Parquet."""
    for encoding in ("utf-8", "cp932"):
        place = folder / encoding
        synthesize(place, "residents", rows, "--format", "csv", "--encoding", encoding)
        policy(
            place,
            "residents.yaml",
            (
                "path: residents.parquet, format: parquet",
                f"path: residents.csv, format: csv, encoding: {encoding}",
            ),
        )
        copy = [*by_hand(place, "by_copy.py", "residents.csv"), encoding]
        compare(f"CSV in {encoding}", rows, rounds, place, {"tokumei": job(place), "pyarrow copy": copy})


def adult(folder, rows, rounds):
    """Adult with nine quasi-identifiers, k = 5, at most 4 % suppressed; ``rows`` are its own."""
    people = of_adult(folder, "suppression_limit: 0.04")
    compare("Adult, nine quasi-identifiers", people, rounds, folder, {"tokumei": job(folder)})


def of_adult(folder, requirements, *, learnt=None, to="policy.yaml"):
    """Write Adult and a policy of its quasi-identifiers, all but one that is learnt; return how many people it has."""
    shutil.copytree(HERE.parent / "data" / "arx_adult", folder, dirs_exist_ok=True)
    head, *records = (folder / "adult.csv").read_text(encoding="utf-8").splitlines()
    columns = "".join(
        f"      {name}: {{keep: true, because: 試験}}\n" if name == learnt else ADULT_COLUMN.format(name)
        for name in head.split(";")
    )
    text = POLICY.format("adult.csv, format: csv, delimiter: ';'", columns, f"k: 5, {requirements}")
    (folder / to).write_text(text, encoding="utf-8")
    return len(records)


def small(folder, rows, rounds):
    """1,000 files of three people each; ``rows`` are these."""
    (folder / "in").mkdir()
    for i in range(1000):
        people = "".join(f"{3 * i + j},{(7 * i + 11 * j) % 50 + 20},{(i + j) % 9}\n" for j in range(3))
        (folder / "in" / f"{i:04}.csv").write_text(f"id,age,bought\n{people}", encoding="utf-8")
    columns = (
        "      id: {treat: [{criterion: 3, method: pseudonym, link: id}]}\n"
        f"{AGE}      bought: {{type: integer, keep: true, because: 試験}}\n"
    )
    (folder / "policy.yaml").write_text(
        POLICY.format("'in/*.csv', format: csv", f"{columns}    person: id\n", "k: 5"), encoding="utf-8"
    )
    compare("1,000 files of three people", 3000, rounds, folder, {"tokumei": job(folder)})


def columns(folder, rows, rounds):
    """20 people and 3,000 columns; ``rows`` are these."""
    names = [f"c{i}" for i in range(2999)]
    lines = [
        f"{20 + i % 4}," + ",".join(str((i * j) % 10) for j in range(len(names))) + "\n" for i in range(20)
    ]
    (folder / "wide.csv").write_text(f"age,{','.join(names)}\n{''.join(lines)}", encoding="utf-8")
    kept = "".join(f"      {name}: {{type: integer, keep: true, because: 試験}}\n" for name in names)
    (folder / "policy.yaml").write_text(
        POLICY.format("wide.csv, format: csv", AGE + kept, "k: 5"), encoding="utf-8"
    )
    compare("20 people, 3,000 columns", 20, rounds, folder, {"tokumei": job(folder)})


OWN_SIZE = (adult, small, columns)  # cases whose size is part of them
CASES = {
    case.__name__: case
    for case in (whole, alone, attacked, shuffled, several, order, joined, histories, wide, text, *OWN_SIZE)
}


def main():
    """Run the cases asked for, each in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], help="default: all but alone")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 4_000_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--retail", type=Path, help="Online Retail as one Parquet file of texts; then it alone"
    )
    args = parser.parse_args()
    print(measure.machine())
    if args.retail:
        with tempfile.TemporaryDirectory() as folder:
            retail(Path(folder), args.retail, args.rounds)
        return
    for name in args.cases or [name for name in CASES if name != "alone"]:
        for rows in args.rows[:1] if CASES[name] in OWN_SIZE else args.rows:
            with tempfile.TemporaryDirectory() as folder:
                CASES[name](Path(folder), rows, args.rounds)


if __name__ == "__main__":
    main()
