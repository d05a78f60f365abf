"""The job that runs on every engine: its input, how it is started, and what of its release is comparable."""

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

from support.helpers import FILE, Outcome

PSEUDONYM = {"criterion": 3, "method": "pseudonym", "link": "person"}
TOWNS = ["東京都千代田区", "東京都港区", "大阪府堺市", "北海道函館市", "沖縄県那覇市"]
CANARY = "qanary"  # stands in every name and person code, and in a value that cannot be read
SUM = {"measure": "sum", "column": "amount", "per": "month", "time": "day"}
POLICY = {
    "version": 1,
    "regime": "private",
    "file": FILE,
    "reference_date": "2026-04-01",
    "tables": {
        "members": {  # one row a person, in several files, so that several workers have something to do
            "source": {"path": "members-*.csv", "format": "csv", "encoding": "cp932"},
            "person": "id",
            "rows_per_person": "one",
            "columns": {
                "id": {"treat": [PSEUDONYM]},
                "name": {"treat": [{"criterion": 1, "method": "delete"}]},
                "born": {
                    "type": "date",
                    "treat": [
                        {"criterion": 1, "method": "age"},
                        {
                            "criterion": 5,
                            "method": "generalize",
                            "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]},
                        },
                    ],
                },
                "town": {
                    "treat": [
                        {"criterion": 1, "method": "address", "level": "city"},
                        {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "address"}},
                    ]
                },
                "income": {
                    "type": "integer",
                    "treat": [{"criterion": 4, "method": "tail", "side": "top", "people": 20}],
                },
            },
        },
        "purchases": {  # what is counted over all lines of a person: totals, measures, items with classes
            "source": {"path": "purchases-*.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "several",
            "columns": {
                "id": {"treat": [PSEUDONYM]},
                "day": {"type": "date", "treat": [{"criterion": 5, "method": "year_month"}]},
                "item": {
                    "treat": [
                        {
                            "criterion": 4,
                            "method": "coarsen",
                            "hierarchy": {"kind": "prefix", "keep": [2, 1]},
                        }
                    ]
                },
                "amount": {"type": "integer", "keep": True, "because": "試験"},
            },
            "totals": [
                {"criterion": 4, **SUM, "people": 20, "above": "drop_window", "because": "試験"},
            ],
        },
        "calls": {  # lines that point at few are deleted
            "source": {"path": "calls.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "several",
            "columns": {"id": {"treat": [PSEUDONYM]}, "topic": {"keep": True, "because": "試験"}},
        },
        "visits": {  # several rows a person: people are counted by hashes under the run's key
            "source": {"path": "visits-*.jsonl", "format": "jsonl"},
            "person": "id",
            "rows_per_person": "several",
            "columns": {
                "id": {"treat": [PSEUDONYM]},
                "ward": {
                    "treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]
                },
                "disease": {
                    "sensitive": True,
                    "treat": [{"criterion": 4, "method": "rare_categories", "action": "cell", "people": 10}],
                    "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
                },
            },
        },
    },
    "histories": [
        {
            "facts": [
                {"table": "purchases", "columns": ["item"]},
                {"table": "purchases", **SUM, "edges": [600, 1300, 4000]},
                {"table": "members", "quasi_identifiers": True},
                {"table": "calls", "columns": ["topic"], "action": "record"},
            ],
            "known": 2,
            "because": "試験",
        }
    ],
    "requirements": {"k": 5, "because": "試験", "suppression_limit": 0.05},
}


def purchase(i, n):
    """The n-th purchase of a person: all buy something common in January, some buy what few do."""
    month = 1 if n == 0 else 1 + i * n % 3
    item = "A10" if n == 0 else f"{'AABC'[i * n % 4]}{i * n % 3}{i * n % 7 if i % 9 else 8 + n % 2}"
    amount = 5000 if n == 0 else (i * n % 13) * 100 + (30_000 if i % 50 == 7 and n == 2 else 0)
    return f"2025-{month:02d}-{1 + i % 28:02d},{item},{amount}"


def write_input(folder, *, broken=False):
    people, files = 900, 6
    for part in range(files):
        mine = range(part, people, files)
        lines = ["id,name,born,town,income"]
        for i in mine:
            born = f"{1930 + i * 7 % 80}-{1 + i % 12:02d}-{1 + i % 28:02d}"
            lines.append(
                f"{CANARY}{i:05d},{CANARY} 太郎,{born},{TOWNS[i % 11 % 5]}一丁目,{i * i % 977 * 10000}"
            )
        if broken and part == files - 1:
            lines[50] = lines[50].rpartition(",")[0] + f",{CANARY}"
        (folder / f"members-{part}.csv").write_bytes(("\r\n".join(lines) + "\r\n").encode("cp932"))
        visits = [
            {
                "id": f"{CANARY}{i:05d}",
                "ward": f"{'ABCDX'[i % 5 if i > 20 else i % 4]}",
                "disease": f"d{i * n % 97 % 13}",
            }
            for i in mine
            for n in range(1, 2 + i % 4)
        ]
        text = "".join(json.dumps(v) + "\n" for v in visits)
        (folder / f"visits-{part}.jsonl").write_text(text)
        lines = ["id,day,item,amount"]
        lines += [f"{CANARY}{i:05d},{purchase(i, n)}" for i in mine for n in range(1 + i % 5)]
        (folder / f"purchases-{part}.csv").write_text("\n".join(lines) + "\n")
    calls = [f"{CANARY}{i:05d},{t}" for i in range(people) for t in ["T", *[f"T{i}"] * (2 * (i % 50 == 9))]]
    (folder / "calls.csv").write_text("\n".join(["id,topic", *calls]) + "\n")
    (folder / "policy.yaml").write_text(json.dumps(POLICY, ensure_ascii=False))


def anonymize(folder, beam_args):
    """Run the command as a scheduler does: in a process of its own, with a relative output directory."""
    command = [sys.executable, "-m", "tokumei.pipelines.cli", "anonymize", "policy.yaml", "--output", "out"]
    done = subprocess.run(
        [*command, *beam_args], cwd=folder, check=False, capture_output=True, text=True, timeout=600
    )
    return Outcome(done.returncode, done.stdout, done.stderr, folder / "out")


def said(done):
    """What the command said on stderr but for how far it was, which it tells of a run of half a minute."""
    return "".join(line for line in done.err.splitlines(True) if not re.match(r"[\d,]+ s: ", line))


def people_of(done):
    """Everything that is released about each person, counted.

    Two releases with equal people are equal up to a bijection of pseudonyms: records of one person are
    together in both, across tables, and nobody's are exchanged with another's.
    """
    records = defaultdict(list)
    for table in POLICY["tables"]:
        for row in done.rows(table):
            assert len(row["id"]) == 32
            records[row.pop("id")].append((table, json.dumps(row, ensure_ascii=False)))
    return Counter(tuple(sorted(rows)) for rows in records.values())


def totals_of(done):
    manifest = {**done.manifest, "tables": {}}
    for name, table in done.manifest["tables"].items():
        files = table["files"]
        assert sum(f["records"] for f in files) == table["records"]
        manifest["tables"][name] = {**table, "files": sorted(f["records"] for f in files)}
    for changing in ("release_id", "work", "created_at", "attempt", "documents", "documents_path"):
        del manifest[changing]
    return {**manifest, "record": kept_of(done)}


def kept_of(done):
    """What is kept of the release for later ones, without its name and what is drawn by the key."""
    entry = done.manifest["record"]["entry_id"]
    kept = json.loads((done.root / "register" / "private" / entry / "releases.json").read_text())
    assert kept["releases"] == [done.manifest["release_id"]] and kept["recodings"]
    return entry, [{**recoding, "releases": None, "people": None} for recoding in kept["recodings"]]


def facts_of(done):
    """What the report tells of histories, all that can be lost being lost; without what is drawn by the key."""
    (told,) = done.report["histories"]
    assert told["cells_blanked"] and told["windows"][0]["lines"] and told["groups"][0]["levels"][1]["cells"]
    assert [lost["lines"] for lost in told["deleted_lines"]] == [36]
    return {**told, "sampled": None}


def check_same(done, expected):
    """The release is whole and single, and the same as the expected one but for pseudonyms."""
    people = people_of(done)
    assert people == people_of(expected) and people.total() > 800
    assert {r["id"] for r in done.rows("visits")} & {r["id"] for r in done.rows("members")}
    assert not {r["id"] for r in done.rows("members")} & {r["id"] for r in expected.rows("members")}
    assert totals_of(done) == totals_of(expected)
    assert done.report["tables"] == expected.report["tables"]
    assert done.report["joined"] == expected.report["joined"] and done.report["joined"][0]["people_dropped"]
    assert facts_of(done) == facts_of(expected)
    parts = {str(p.relative_to(done.release)) for p in (done.release / "data").rglob("part-*")}
    assert parts == {f["path"] for t in done.manifest["tables"].values() for f in t["files"]}
    assert len(json.loads((done.root / "register" / "book.json").read_text())["entries"]) == 1


def no_value_in(done, logs):
    """Nothing that the command, the engine or its workers wrote holds a value of the input."""
    written = [done.out, done.err, *(p.read_text("utf-8", "replace") for p in Path(logs).rglob("*.log"))]
    assert not [text[:200] for text in written if CANARY in text]
