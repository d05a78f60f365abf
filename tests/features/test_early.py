"""Pass 2 reads nothing where pass 1 has counted the classes, and the release is what it would have been."""

import json

import pytest
from support.helpers import policy_of

from tokumei.transforms.engine import progress
from tokumei.transforms.profile import tuples

G = {"method": "generalize", "criterion": 5}
KEEP = {"keep": True, "because": "試験"}
COLUMNS = {
    "id": {"treat": [{"method": "pseudonym", "criterion": 3, "link": "person"}]},
    "born": {
        "type": "date",
        "treat": [
            {"method": "age", "criterion": 1},
            {"method": "tail", "criterion": 4, "people": 4},
            {**G, "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}},
        ],
    },
    "town": {
        "treat": [
            {"method": "rare_categories", "criterion": 4, "people": 4, "action": "record"},
            {**G, "hierarchy": {"kind": "suppress"}},
        ]
    },
    "sick": KEEP,
    "visits": {"type": "integer", **KEEP},
}
SICK = COLUMNS | {
    "sick": {
        "treat": [{"method": "rare_categories", "criterion": 4, "people": 4, "action": "cell"}],
        "sensitive": True,
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
    }
}
PEOPLE, FILES = 600, 3


def text(people):
    """Records in no order of anything; some without a value, two of a rare town, two that cannot be read."""
    towns = ["ABCDE"[i * i % 5] if i % 11 else "" for i in range(PEOPLE)]
    towns[50] = towns[51] = "F"
    rows = [
        f"p{i * 7919 % PEOPLE},{1940 + i * i % 60}-0{1 + i % 9}-01,{towns[i]},{'xyz'[i // 3 % 3]},{i % 4}"
        for i in people
    ]
    rows[3] = rows[3].replace("-0", "-9")
    rows[7] += "?"
    return "id,born,town,sick,visits\n" + "".join(f"{row}\n" for row in rows)


INPUT = {f"data-{n}.csv": text(range(n, PEOPLE, FILES)) for n in range(FILES)}
INPUT["all.csv"] = "born,town\n" + "".join(
    ",".join(row.split(",")[1:3]).replace("-9", "-0") + "\n"
    for n in range(FILES)
    for row in INPUT[f"data-{n}.csv"].splitlines()[1:]
)


def policy(columns=COLUMNS, **needed):
    data = policy_of(
        columns,
        path="data-*.csv",
        person="id",
        k=4,
        limit=0.1,
        reference_date="2026-04-01",
        rejects={"limit": 12},
    )
    data["requirements"] |= needed
    return data


def with_population():
    data = policy(models=[{"model": "k_map", "k": 5}])
    data["tables"]["t"]["population"] = {"source": {"path": "all.csv", "format": "csv"}}
    return data


def two_tables():
    """One of them counts people, so that it is read again. Joined, both would be."""
    data = policy()
    table = data["tables"]["t"]
    apart = {"joined": False, "because": "試験"}
    data["tables"]["u"] = {**table, "rows_per_person": "several", **apart}
    return data


def facts(outcome):
    """All of the report but what names one run, and the records without their pseudonyms."""
    assert outcome.status == 0, outcome.err
    report = outcome.report
    for key in ("release_id", "created_at", "work_sha256"):
        report.pop(key)
    rows = [{k: v for k, v in row.items() if k != "id"} for row in outcome.rows()]
    return report, sorted(json.dumps(row, ensure_ascii=False) for row in rows)


POLICIES = {
    "k": (policy(), PEOPLE),
    "protected": (policy(SICK), PEOPLE),
    "population": (with_population(), 2 * PEOPLE),
    "two tables": (two_tables(), 2 * PEOPLE),
}  # fmt: skip


@pytest.mark.parametrize("name", POLICIES)
def test_a_file_is_read_twice_and_released_as_if_it_had_been_read_thrice(run, monkeypatch, name):
    data, profiled = POLICIES[name]
    once_less = run(data, INPUT, output="early")
    assert once_less.status == 0, once_less.err
    records = {stage: count.total for stage, count in progress.seen().items()}
    again = PEOPLE if name == "two tables" else 0
    assert (records["profile"], records.get("count", 0)) == (profiled, again)
    monkeypatch.setattr(tuples, "MAX_EARLY", 0)
    thrice = run(data, INPUT, output="read")
    records = {stage: count.total for stage, count in progress.seen().items()}
    assert (records["profile"], records["count"]) == (profiled, profiled)
    (report, rows), expected = facts(once_less), facts(thrice)
    assert report == expected[0] and rows == expected[1]
    assert report["tables"][0]["records_rejected"] == 2 * FILES and report["tables"][0]["records_dropped"]
    assert report["tables"][0]["recoding"]["suppressed_records"]
