"""仮ID per month, quarter, year or table: the same for a person within it, over all tables, and nothing beyond."""

import csv
import datetime as dt
import json
import random
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from support.helpers import KEEP_ALL, policy_of
from support.kernels import KEY

from tokumei.schemas.policy import Policy
from tokumei.schemas.splits import SourceFile, Split, Stretch
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk, Work
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.planning.units import units_of

PEOPLE, DAYS = 12, 500
FIRST = dt.date(2023, 11, 1)
PERIODS = {
    "month": lambda day: (day.year, day.month),
    "quarter": lambda day: (day.year, (day.month - 1) // 3),
    "year": lambda day: day.year,
}


def pseudonym(per, time=None, link="member"):
    found = {"criterion": 3, "method": "pseudonym", "link": link, "per": per, "time": time}
    return {"treat": [{k: v for k, v in found.items() if v is not None}]}


def lines(seed, rows=240):
    """Receipts with a number each, so that a released line is known again."""
    draw = random.Random(seed)
    for i in range(rows):
        day = FIRST + dt.timedelta(draw.randrange(DAYS))
        yield {"no": f"{seed}-{i}", "who": f"m{draw.randrange(PEOPLE)}", "home": f"h{i % 4}", "day": day}


def policy_and_files(per, *, household=None):
    """Receipts with a day, and visits with a time that is not released; both of one link."""
    policy = policy_of({}, k=2)
    policy["tables"] = {}
    files = {}
    for seed, (table, time) in enumerate({"receipts": "day", "visits": "at"}.items()):
        named = None if per == "table" else time
        own = None if household in (None, "table") else time
        policy["tables"][table] = {
            "source": {"path": f"{table}.csv", "format": "csv"},
            "person": "who",
            "rows_per_person": "several",
            "columns": {
                "no": KEEP_ALL,
                "who": pseudonym(per, named) | {"title": "会員番号", "released_as": "会員の仮ID"},
                "home": pseudonym(household, own, "home"),
                time: {"type": "datetime", "drop": True, "because": "試験"}
                if time == "at"
                else {"type": "date", **KEEP_ALL},
            },
        }
        rows = list(lines(seed))
        texts = [
            f"{r['no']},{r['who']},{r['home']},{r['day']}{' 23:30:00' if time == 'at' else ''}" for r in rows
        ]
        files[f"{table}.csv"] = "\n".join([f"no,who,home,{time}", *texts]) + "\n"
    return policy, files


def source():
    return {row["no"]: row for seed in (0, 1) for row in lines(seed)}


@pytest.mark.parametrize("per", PERIODS)
def test_equal_within_a_period_over_tables_and_never_beyond(run, per):
    done = run(*policy_and_files(per, household="month"))
    assert done.status == 0, done.err
    known, of_unit, units = source(), defaultdict(set), defaultdict(set)
    for table in ("receipts", "visits"):
        for row in done.rows(table):
            line = known[row["no"]]
            unit = line["who"], PERIODS[per](line["day"])
            of_unit[unit].add(row["who"])
            units[row["who"]].add(unit)
    assert all(len(found) == 1 for found in of_unit.values())
    assert all(len(found) == 1 for found in units.values()) and len(units) == len(of_unit)
    assert done.report["people"] == PEOPLE  # 本人の数 stays that of people
    homes = defaultdict(set)
    for row in done.rows("receipts"):
        line = known[row["no"]]
        homes[line["home"], line["day"].year, line["day"].month].add(row["home"])
    assert {len(found) for found in homes.values()} == {1}
    assert len({code for found in homes.values() for code in found}) == len(homes)
    said = {"month": "月ごと", "quarter": "四半期ごと", "year": "年ごと"}[per]
    notice = (done.release / "notice.md").read_text()
    entry = next(csv.DictReader((done.root / "register" / "entries.csv").read_text("utf-8-sig").splitlines()))
    page = (done.release / "report.html").read_text()
    assert f"会員の仮ID（仮IDの期間：{said}）" in notice and "仮IDの期間" in json.dumps(
        entry, ensure_ascii=False
    )
    assert f"仮IDは{said}に異なり" in page and "85,000人の顧客の65％" in page
    assert any("Tournier" in limit for limit in done.report["limits"])


def test_per_table(run):
    done = run(*policy_and_files("table", household="table"))
    assert done.status == 0, done.err
    known, found = source(), defaultdict(set)
    for table in ("receipts", "visits"):
        for row in done.rows(table):
            line = known[row["no"]]
            found[table, line["who"]].add(row["who"])
            found[table, line["home"]].add(row["home"])
    assert all(len(codes) == 1 for codes in found.values()) and len(found) == 2 * (PEOPLE + 4)
    assert len({code for codes in found.values() for code in codes}) == len(found)


@pytest.mark.parametrize(
    ("per", "household"), [("month", None), ("month", "quarter"), ("year", "table"), ("table", "month")]
)
def test_a_code_that_would_join_the_periods_is_refused(run, per, household):
    done = run(*policy_and_files(per, household=household))
    assert done.status == 2 and "table.period_joined" in done.err and "columns.home.treat[0]" in done.err


def test_a_record_without_a_time_stops_the_run(run):
    policy, files = policy_and_files("month", household="month")
    head, first, *rest = files["visits.csv"].splitlines()
    files["visits.csv"] = "\n".join([head, first.rpartition(",")[0] + ",", *rest]) + "\n"
    assert "input.period_missing" in run(policy, files, job="check").err
    done = run(policy, files)
    assert (
        done.status == 3
        and "input.period_missing" in done.err
        and "tables.visits.at\n  what: records that do not say when they were made" in done.err
        and "fits them: 1\n" in done.err
    )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"per": "month"}, "pseudonym.time"),
        ({"per": "table", "time": "day"}, "treat.ignored"),
        ({"time": "day"}, "treat.ignored"),
        ({"per": "month", "time": "nought"}, "table.time"),
        ({"per": "month", "time": "no"}, "table.time"),
        ({"per": "week", "time": "day"}, "policy.value"),
        ({"per": "quarter", "time": "day"}, "policy.link_period"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, change, code):
    policy, files = policy_and_files("month", household="month")
    treat = {"criterion": 3, "method": "pseudonym", "link": "member", **change}
    policy["tables"]["receipts"]["columns"]["who"]["treat"] = [treat]
    done = run(policy, files)
    assert done.status == 2 and code in done.err, done.err


def units(policy, table, codes, days):
    """The units of records, as later passes see them."""
    plan = plan_tables(Policy.model_validate_json(json.dumps(policy)), ".")[table]
    batch = pa.RecordBatch.from_pydict({"who": codes, plan.table.unit_columns[-1]: days})
    split = Split(table, (Stretch(SourceFile("f", 1, "x"), 0, 1),), "s")
    chunk = Chunk(
        work=Work(split, KEY, NOTHING_LEFT_OUT),
        number=0,
        last=True,
        records=len(codes),
        rejects={},
        rejected=(),
        batch=batch,
    )
    return units_of(plan, chunk), persons_of(plan, chunk)[:, 0]


def test_units_are_people_and_periods():
    codes = pa.array(["a", "a", "b", "a"])
    days = pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 31), dt.date(2024, 1, 5), dt.date(1969, 12, 31)])
    policy, _ = policy_and_files("month", household="month")
    found, persons = units(policy, "receipts", codes, days)
    assert found.periods.tolist() == [54 * 12, 54 * 12, 54 * 12, -1]
    assert found.hashes[0] == found.hashes[1] and len(set(found.hashes.tolist())) == 3
    assert not set(found.hashes.tolist()) & set(persons.tolist())
    times = days.cast(pa.timestamp("s"))
    assert (
        units(policy, "visits", codes, times)[0].hashes == found.hashes
    ).all()  # one vocabulary of the link
    whole = policy_and_files("month", household="month")[0]
    for table in whole["tables"].values():
        table["columns"]["who"]["treat"] = [{"criterion": 3, "method": "pseudonym", "link": "member"}]
    found, persons = units(whole, "receipts", codes, codes)
    assert (found.hashes == persons).all() and (found.periods == np.zeros(4)).all()
    own, _ = policy_and_files("table", household="table")
    one, other = (units(own, table, codes, codes)[0] for table in ("receipts", "visits"))
    assert len({*one.hashes.tolist(), *other.hashes.tolist()}) == 4 and not one.periods.any()
