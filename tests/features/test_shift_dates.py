"""All dates of a person moved by one number of days: over columns, tables and formats, within a pseudonym's period."""

import datetime as dt
import random
from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from support.helpers import KEEP_ALL, policy_of
from support.kernels import KEY

from tokumei.schemas.perturbations import ShiftDates as ShiftSpec
from tokumei.transforms.criteria import Context
from tokumei.transforms.criteria.base import ChunkRows
from tokumei.transforms.criteria.shifting import ShiftDates, shifts

PEOPLE, DAYS = 40, 20
FIRST = dt.datetime(2023, 12, 20, 7, 45)


def shift(**settings):
    return {"treat": [{"criterion": 5, "method": "shift_dates", "days": DAYS, **settings}]}


def made(units, spec=None, values=None, numbering="link a", key=KEY):
    """The moved dates of some units."""
    rows = ChunkRows(
        key=key, column=("t", "c"), chunk=("s", 0), persons=None, numbering=numbering, units=units, times={}
    )
    spec = ShiftSpec.model_validate({"method": "shift_dates", "criterion": 5, "days": DAYS, **(spec or {})})
    return ShiftDates(spec, Context(5, None)).treat_records(values, rows)


def test_each_number_of_days_is_as_likely_and_none_stays():
    rows = ChunkRows(
        key=KEY, column=("t", "c"), chunk=("s", 0), persons=None, numbering="link a", units=None, times={}
    )
    drawn, often = np.unique(shifts(np.arange(40_000, dtype=np.uint64), DAYS, rows), return_counts=True)
    assert drawn.tolist() == [*range(-DAYS, 0), *range(1, DAYS + 1)]
    assert np.abs(often - 1000).max() < 5 * 1000**0.5
    assert set(shifts(np.arange(99, dtype=np.uint64), 1, rows).tolist()) == {-1, 1}


def test_a_person_moves_alike_and_leap_days_are_days():
    day = dt.date(2024, 2, 29)
    values = pa.array([day, day + dt.timedelta(1), None, day, dt.date(2023, 3, 1)], pa.date32())
    units = np.array([5, 5, 5, 6, 5], np.uint64)
    done = made(units, values=values).values.to_pylist()
    assert done[1] - done[0] == dt.timedelta(1) and done[0] - done[4] == day - dt.date(2023, 3, 1)
    assert done[2] is None and done[0] != day
    times = values.cast(pa.timestamp("us"))
    assert made(units, values=times).values.cast(pa.date32()).to_pylist() == done
    assert made(units, {"unit": "month"}, values).values.to_pylist() == [d and f"{d:%Y-%m}" for d in done]
    assert made(units, values=values, numbering="link b").values.to_pylist() != done
    assert made(units, values=values).values.to_pylist() == done  # a retry


@pytest.mark.parametrize("day", [dt.date(9999, 12, 31), dt.date(9999, 12, 12), dt.date(1, 1, 20)])
def test_a_date_that_stands_for_no_end_stops_the_run(day):
    from tokumei.schemas.errors import InputError

    with pytest.raises(InputError, match="null_values"):
        made(np.array([1], np.uint64), values=pa.array([day], pa.date32()))
    assert made(np.array([1], np.uint64), values=pa.array([dt.date(9999, 12, 11)], pa.date32())).changed.all()


def policy_and_files(per=None, **member):
    """Visits with two times, and members with a date: of one link, and of pseudonyms that may change."""
    draw = random.Random(5)
    period = {} if per is None else {"per": per, "time": "at"}
    pseudonym = {"criterion": 3, "method": "pseudonym", "link": "m", **period}
    when = {"type": "datetime"}
    policy = policy_of({}, k=2)
    policy["tables"] = {
        "visits": {
            "source": {"path": "visits.csv", "format": "csv"},
            "person": "who",
            "rows_per_person": "several",
            "columns": {
                "no": KEEP_ALL,
                "who": {"treat": [pseudonym]},
                "at": when | shift(),
                "next": when | shift(unit="hour"),
            },
        },
        "members": {
            "source": {"path": "members.csv", "format": "csv"},
            "person": "who",
            "rows_per_person": "one",
            "columns": {
                "no": KEEP_ALL,
                "who": {"treat": [pseudonym]},
                "at": {"type": "date", **shift(), **member},
            },
        },
    }
    visits = [
        (f"v{i}", f"p{draw.randrange(PEOPLE):02d}", FIRST + dt.timedelta(hours=draw.randrange(2000)))
        for i in range(300)
    ]
    members = [(f"m{i}", f"p{i:02d}", FIRST.date() + dt.timedelta(i)) for i in range(PEOPLE)]
    texts = {
        "visits.csv": ["no,who,at,next"] + [f"{n},{p},{t},{t + dt.timedelta(3)}" for n, p, t in visits],
        "members.csv": ["no,who,at"] + [f"{n},{p},{d}" for n, p, d in members],
    }
    known = {n: (p, t) for n, p, t in visits} | {n: (p, d) for n, p, d in members}
    return policy, {name: "\n".join(lines) + "\n" for name, lines in texts.items()}, known


@pytest.mark.parametrize("per", [None, "month"])
def test_columns_and_tables_move_together(run, per):
    policy, files, known = policy_and_files(per)
    done = run(policy, files)
    assert done.status == 0, done.err
    moved = defaultdict(set)
    for table in ("visits", "members"):
        for row in done.rows(table):
            person, when = known[row["no"]]
            unit = person if per is None else (person, when.month)
            gap = row["at"] - when
            moved[unit].add(gap)
            if table == "visits":
                assert row["next"] == f"{when + dt.timedelta(3) + gap:%Y-%m-%d %H:00}"
    assert all(len(found) == 1 for found in moved.values())
    gaps = {gap.days for found in moved.values() for gap in found}
    assert 0 not in gaps and len(gaps) > 10 and max(map(abs, gaps)) <= DAYS
    assert all(gap.seconds == 0 for found in moved.values() for gap in found)
    column = done.report["tables"][0]["columns"][2]["steps"][0]
    assert "前後20日まで" in column["sentence"] and column["counts"] == {"cells_changed": 300}
    assert any("動かした日数を知り" in limit for limit in done.report["limits"])


@pytest.mark.parametrize(
    ("member", "code"),
    [
        (shift(days=21), "policy.shift_days"),
        (shift(days=0), "policy.range"),
        (shift(unit="day"), "shift_dates.unit"),
    ],
)
def test_what_cannot_be_meant_is_refused(run, member, code):
    policy, files, _ = policy_and_files(**member)
    done = run(policy, files)
    assert done.status == 2 and code in done.err, done.err


@pytest.mark.parametrize(
    ("stays", "told"),
    [
        (KEEP_ALL, True),
        ({"treat": [{"criterion": 1, "method": "truncate_time", "unit": "hour"}]}, True),
        ({"treat": [{"criterion": 1, "method": "truncate_time", "unit": "month"}]}, False),
        ({"drop": True, "because": "試験"}, False),
    ],
    ids=["kept", "hour", "month", "dropped"],
)
def test_no_day_stays_beside_dates_that_move(run, stays, told):
    """One day that stands where it stood tells by how many days all others moved, in any table of the link."""
    policy, files, _ = policy_and_files()
    policy["tables"]["visits"]["columns"]["next"] = {"type": "datetime", **stays}
    done = run(policy, files, job="check")
    assert (done.status, "policy.shift_beside" in done.err) == ((2, True) if told else (0, False)), done.err


def test_without_a_person_nothing_moves_together(run):
    done = run(policy_of({"at": {"type": "date", **shift()}}), {"data.csv": "at\n2024-01-01\n"})
    assert done.status == 2 and "table.shift_person" in done.err
