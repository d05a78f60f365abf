"""What one table deletes of a person does not stand in another table of the same people, under any name."""

import json

import pytest
from support.helpers import FILE

PEOPLE = 60
LINK = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]}
KEPT = {"keep": True, "because": "試験"}


def policy_of(criterion=2, **column):
    deleted = {"treat": [{"criterion": criterion, "method": "delete"}]}
    return {
        "version": 1,
        "regime": "private",
        "file": FILE,
        "tables": {
            "members": {
                "source": {"path": "members.csv", "format": "csv"},
                "person": "id",
                "rows_per_person": "one",
                "columns": {"id": LINK, "保険": deleted, "区分": KEPT},
            },
            "lines": {
                "source": {"path": "lines.csv", "format": "csv"},
                "person": "id",
                "rows_per_person": "several",
                "columns": {"id": LINK, "c": {**KEPT, **column}},
            },
        },
        "requirements": {"k": 5, "because": "試験", "suppression_limit": 0.02},
    }


def number(i):
    return f"AB{7919 * i + 100_003:08d}X"


def files(value, cell):
    members = ["id,保険,区分", *(f"{i},{value(i)},{'甲乙'[i % 2]}" for i in range(PEOPLE))]
    lines = ["id,c", *(f"{i % PEOPLE},{cell(i % PEOPLE, i)}" for i in range(3 * PEOPLE))]
    return {"members.csv": "\n".join(members) + "\n", "lines.csv": "\n".join(lines) + "\n"}


def once(i, line):
    """One record in the whole file has it."""
    return number(i) if line == 100 else f"品{line % 7}"


CARRIED = {
    "as it is": (number, lambda i, _: number(i), {}),
    "once": (number, once, {}),
    "apart": (number, lambda i, _: f"{number(i)[:4]}-{number(i)[4:]}", {}),
    "full width": (
        number,
        lambda i, _: number(i).translate({ord(c): ord(c) + 0xFEE0 for c in "ABX0123456789"}),
        {},
    ),
    "long digits": (lambda i: 7919 * i + 10**9, lambda i, _: 7919 * i + 10**9, {}),
    "an integer": (lambda i: f"{7919 * i + 10**9:012d}", lambda i, _: 7919 * i + 10**9, {"type": "integer"}),
    "five digits": (lambda i: 20_011 + 13 * i, lambda i, _: 20_011 + 13 * i, {}),
    "kanji": (lambda i: f"富士い{chr(0x4E00 + i)}", lambda i, _: f"富士い{chr(0x4E00 + i)}", {}),
}


@pytest.mark.parametrize(
    ("how", "criterion"), [*((how, 2) for how in CARRIED), ("as it is", 1), ("as it is", 3)]
)
def test_a_value_that_is_deleted_in_a_joined_table_stops_the_release(run, how, criterion):
    value, cell, column = CARRIED[how]
    done = run(policy_of(criterion, **column), files(value, cell), args=["--json"])
    told = json.loads(done.err.splitlines()[-1])
    assert (done.status, told["code"], told["where"]) == (4, "verification.leak", "tables.lines.columns.c")
    assert "another table deletes" in told["what"]
    assert not any(str(value(i)) in done.err for i in range(PEOPLE))


INNOCENT = {
    "others": lambda i, line: f"品{line % 9}",
    "a label of many": lambda i, _: number(3),
    "anothers": lambda i, line: number((i + 7) % PEOPLE) if line == 100 else "品",
    "blank": lambda i, _: "",
}


@pytest.mark.parametrize("what", INNOCENT)
def test_what_the_person_has_not_is_none_of_its_values(run, what):
    allowed = {"source_values_allowed": {"because": "試験"}} if what == "anothers" else {}
    done = run(policy_of(**allowed), files(number, INNOCENT[what]))
    assert done.status == 0, done.err


def test_it_is_allowed_with_a_reason_that_the_report_tells(run):
    allowed = {"source_values_allowed": {"because": "受領者も知る番号である"}}
    done = run(policy_of(**allowed), files(number, lambda i, _: number(i)))
    assert done.status == 0, done.err
    report = json.loads(next(done.root.glob("**/report.json")).read_text("utf-8"))
    matches = next(t for t in report["tables"] if t["name"] == "lines")["leak_scan"]["matches"]
    [match] = [m for m in matches if m["sought"] == "同じ人の、ほかの表で削除する値"]
    assert (match["compared"], match["matched"]) == (3 * PEOPLE, 3 * PEOPLE)
    assert match["because"] == "受領者も知る番号である"
