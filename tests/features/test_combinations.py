"""Rare combinations, end to end: what is blanked or dropped, what the report tells, and what is refused."""

import dataclasses
import io
import itertools
import json
from collections import defaultdict

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

from tokumei.transforms.combinations import decide
from tokumei.transforms.release import anonymize as apply
from tokumei.transforms.stages import combinations as combining

PSEUDONYM = {"criterion": 3, "method": "pseudonym", "link": "x"}
KEEP = {"keep": True, "because": "試験"}
TOWNS, JOBS = ("千代田区", "港区", "新宿区"), ("会社員", "公務員", "自営業")
SPECIAL = {7: ("港区", "力士", 40), 50: ("新宿区", "会社員", 99), 80: ("千代田区", "公務員", 60)}


def people(n=90):
    """Three towns × three jobs × two ages, evenly; three people stand out, one of them by a pair only."""
    for i in range(n):
        town, job, age = TOWNS[i % 3], JOBS[i // 3 % 3], 40 + 20 * (i // 9 % 2)
        if (town, job, age) == SPECIAL[80]:
            age = 40
        town, job, age = SPECIAL.get(i, (town, job, age))
        yield {"id": f"p{i}", "town": town, "job": job, "age": age, "pay": i % 4}


def csv(rows):
    rows = list(rows)
    return "".join(f"{','.join(str(v) for v in r)}\n" for r in [rows[0], *(r.values() for r in rows)])


def declared(*combinations, columns=None, **more):
    standard = {
        "id": {"treat": [PSEUDONYM]},
        "town": {"title": "市区町村", **KEEP},
        "job": {"treat": [{"criterion": 4, "method": "rare_values", "values": ["無職"], "action": "cell"}]},
        "age": {"type": "integer", **KEEP},
        "pay": {"type": "integer", **KEEP},
    }
    policy = policy_of({**standard, **(columns or {})}, person="id", **more)
    policy["tables"]["t"]["combinations"] = [
        {"criterion": 4, "columns": ["town", "job", "age"], "action": "cell", "because": "試験", **c}
        for c in combinations
    ]
    return policy


def rare(rows, columns, size, people):
    """Combinations with fewer people in the released rows (a pseudonym is a person)."""
    shared = defaultdict(set)
    for row in rows:
        for n in range(1, size + 1):
            for subset in itertools.combinations(columns, n):
                values = tuple(row[c] for c in subset)
                if None not in values and "" not in values:
                    shared[subset, values].add(row["id"])
    return [key for key, who in shared.items() if len(who) < people]


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_cells_are_blanked_until_no_combination_is_rare(run, source, output):
    rows = list(people())
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink, row_group_size=20)
    content = csv(rows) if source == "csv" else sink.getvalue()
    policy = declared({"people": 3}, source={"format": source}, output={"format": output})
    done = run(policy, {"data.csv": content})
    assert done.status == 0, done.err
    left = done.rows()
    assert len(left) == 90 and not rare(left, ("town", "job", "age"), 3, 3)
    blank = [
        (r["town"] or None, r["job"] or None, r["age"])
        for r in left
        if not all(r[c] for c in ("town", "job", "age"))
    ]
    # p7 is the only 力士, p50 the only one of 99; p80 alone has town and age and job together: the first goes.
    assert sorted(blank, key=str) == sorted(
        [("港区", None, 40), ("新宿区", "会社員", None), (None, "公務員", 60)], key=str
    )
    (combination,) = done.report["tables"][0]["combinations"]
    assert combination["titles"] == ["市区町村", "job", "age"] and combination["people"] == 3
    assert combination["step"]["counts"] == {
        "combinations_1": 2,
        "combinations_2": 0,
        "combinations_3": 1,
        "cells_blanked": 3,
    }
    assert combination["rarer_after"] == 0
    columns = {c["name"]: c for c in done.report["tables"][0]["columns"]}
    for name in ("town", "job", "age"):
        assert columns[name]["steps"][-1]["method"] == "combinations"
        assert columns[name]["steps"][-1]["counts"] == {"cells_blanked": 1}
    assert columns["pay"]["steps"] == []


def test_the_report_tells_counts_and_never_a_value(run):
    because = "病歴と居住地は周囲に知られうる"
    done = run(declared({"people": 3, "because": because}), {"data.csv": csv(people())})
    page = (done.release / "report.html").read_text()
    assert "市区町村・job・ageの組合せ" in page and "3項目以下の値の組合せで同じ人が3人未満のもの" in page
    assert "理由：病歴と居住地は周囲に知られうる" in page
    assert '3項目の組合せ</span><span class="n">1通り' in page
    assert any("特異な記述の組合せ" in limit for limit in done.report["limits"])
    written = b"".join(p.read_bytes() for p in done.root.rglob("*") if p.is_file())
    assert "力士".encode() not in written and "力士" not in done.err + done.out


def test_the_report_says_which_columns_made_people_stand_out(run):
    """By hand: 力士 and 99 are unique alone, (千代田区, 公務員, 60) and what it takes to see p80 are pairs."""
    policy = declared({"people": 3})
    policy["requirements"]["population_size"] = 9000
    done = run(policy, {"data.csv": csv(people())})
    assert done.status == 0, done.err
    (found,) = done.report["tables"][0]["combinations"]
    unique = rare(list(people()), ("town", "job", "age"), 3, 2)
    items = [set(zip(columns, values, strict=True)) for columns, values in unique]
    minimal = [u for u, mine in zip(unique, items, strict=True) if not any(other < mine for other in items)]
    score = {1: 2 * 1 * 1, 2: 1 * 1, 3: 1}  # Π (3 - i) from the size of the combination on, without i = 3
    total = sum(score[len(columns)] for columns, _ in minimal)
    assert found["contributions"] == pytest.approx(
        [sum(score[len(c)] for c, _ in minimal if name in c) / total for name in ("town", "job", "age")]
    )
    assert found["highest_dis"] == 1.0  # nobody stands in a pair: the estimate knows no better
    assert "（SUDA）" in found["step"]["sentence"] and "DIS-SUDA" in found["step"]["sentence"]


def test_pictures_show_no_value_that_a_combination_removed(run):
    """Three people are enough for k=2, and for a bar by k, but not for the combinations' ten."""
    rows = [
        *people(),
        *({"id": f"q{i}", "town": "港区", "job": "漁師", "age": 40, "pay": 1} for i in range(3)),
    ]
    done = run(declared({"people": 10, "columns": ["job", "age"], "size": 2}), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    job = next(c for c in done.report["tables"][0]["columns"] if c["name"] == "job")
    # One of the three others goes with them: a merged bar is for ten people too.
    assert len({"会社員", "公務員", "自営業"} & {bar["label"] for bar in job["before"]["bars"]}) == 2
    assert "漁師" not in json.dumps(done.report, ensure_ascii=False)


@pytest.mark.parametrize(("criterion", "counted"), [(4, "records_dropped"), (5, "records_suppressed")])
def test_records_are_dropped_under_the_criterion_declared(run, criterion, counted):
    done = run(
        declared({"people": 3, "action": "record", "criterion": criterion}), {"data.csv": csv(people())}
    )
    assert done.status == 0, done.err
    table = done.report["tables"][0]
    assert (table["records_dropped"], table["records_suppressed"]) == ((3, 0) if criterion == 4 else (0, 3))
    assert table[counted] == 3 and len(done.rows()) == table["records_out"] == 87
    assert table["combinations"][0]["step"]["counts"]["records_dropped"] == 3
    assert table["combinations"][0]["step"]["criterion"] == criterion
    assert not rare(done.rows(), ("town", "job", "age"), 3, 3)
    assert "力士" not in {r["job"] for r in done.rows()}


def test_people_are_counted_not_rows(run):
    """One person's five records are one person; two people's two records are two."""
    rows = [{"id": f"p{i}", "town": "港区", "job": "会社員", "age": 40, "pay": 1} for i in range(10)]
    rows += [{"id": "p1", "town": "港区", "job": "力士", "age": 40, "pay": 1}] * 5
    rows += [{"id": f"p{i}", "town": "港区", "job": "漁師", "age": 40, "pay": 1} for i in (2, 3)]
    done = run(declared({"people": 2}, rows="several"), {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    jobs = [r["job"] for r in done.rows()]
    assert len(jobs) == 17 and jobs.count("漁師") == 2 and jobs.count(None) == 5
    as_rows = run(
        declared({"people": 2}),
        {"data.csv": csv({**r, "id": f"q{i}"} for i, r in enumerate(rows))},
        output="rows",
    )
    assert [r["job"] for r in as_rows.rows()].count("力士") == 5


def generalized(**more):
    """Town and age are quasi-identifiers; the combination is over their values before generalization."""
    qi = {"criterion": 5, "method": "generalize"}
    intervals = {"kind": "intervals", "widths": [50, 100]}
    return declared(
        {"people": 3, "columns": ["town", "job", "age"]},
        columns={
            "town": {"treat": [{**qi, "hierarchy": {"kind": "suppress"}}]},
            "age": {"type": "integer", "treat": [{**qi, "hierarchy": intervals}]},
        },
        **more,
    )


def test_quasi_identifiers_lose_cells_before_they_are_generalized(run):
    done = run(generalized(k=2, limit=0.1), {"data.csv": csv(people())})
    assert done.status == 0, done.err
    table = done.report["tables"][0]
    assert table["combinations"][0]["step"]["counts"]["cells_blanked"] == 3
    assert sum(r["job"] is None for r in done.rows()) == 1
    left = done.rows()
    classes = defaultdict(int)
    for row in left:
        classes[row["town"], row["age"]] += 1
    assert min(classes.values()) >= 2
    # p80's town and p50's age are alone in their classes, as blanks or coarser: either way k holds.
    assert table["records_out"] == len(left) >= 81
    assert table["recoding"]["suppressed_records"] == table["records_suppressed"] == 90 - len(left)


@pytest.mark.parametrize("accepted", [False, True])
def test_what_k_anonymity_makes_rarer_is_blanked_or_declared(run, accepted):
    """Job 漁師 has three people, one in a town that k-anonymity leaves out: two would be released."""
    rows = [{"id": f"p{i}", "town": "港区", "job": "会社員", "age": 40, "pay": 0} for i in range(30)]
    rows += [{"id": f"q{i}", "town": "港区", "job": "漁師", "age": 40, "pay": 0} for i in range(3)]
    for r in rows[-1:]:
        r["town"] = "新宿区"
    rows += [{"id": f"r{i}", "town": "新宿区", "job": "会社員", "age": 40, "pay": 0} for i in range(3)]
    suppress = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}
    policy = declared(
        {
            "people": 3,
            "columns": ["job", "age"],
            "size": 2,
            **({"may_fall_below": {"because": "職業は公表済み"}} if accepted else {}),
        },
        columns={"town": {"treat": [suppress]}},
        k=5,
        limit=0.2,
    )
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    table = done.report["tables"][0]
    jobs = [r["job"] for r in done.rows()]
    assert table["records_suppressed"] == 4 and len(jobs) == 32
    assert (jobs.count("漁師"), jobs.count(None)) == ((2, 0) if accepted else (0, 2))
    (combination,) = table["combinations"]
    assert sum(combination["step"]["counts"].values()) == 0
    job = next(c for c in table["columns"] if c["name"] == "job")
    if accepted:
        assert combination["rarer_after"] == 1
        assert "1通りの組合せがこの人数より少なくなっている" in combination["step"]["sentence"]
        assert "職業は公表済み" in combination["step"]["sentence"]
        return
    assert combination["rarer_after"] == 0 and not rare(done.rows(), ("job", "age"), 2, 3)
    assert "再びこの人数より少なくなった1通り" in combination["step"]["sentence"]
    assert job["steps"][-1]["method"] == "promises"
    assert job["steps"][-1]["counts"] == {"cells_blanked": 2}


def test_types_of_all_kinds_are_combined(run):
    rows = [
        {
            "id": f"p{i}",
            "day": f"2020-0{1 + i % 2}-01" if i else "2021-12-31",
            "at": f"2020-01-01T0{i % 2}:00:00" if i != 1 else "",
            "ok": str(i % 2 == 0).lower(),
            "month": f"2020-0{1 + i % 2}" if i != 2 else "2019-05",
            "x": i % 2 + 0.5 if i != 3 else -0.25,
            "code": f"00{i % 2}",
        }
        for i in range(40)
    ]
    kinds = {
        "day": "date",
        "at": "datetime",
        "ok": "boolean",
        "month": "month",
        "x": "number",
        "code": "string",
    }
    policy = policy_of(
        {"id": {"treat": [PSEUDONYM]}, **{n: {"type": k, **KEEP} for n, k in kinds.items()}}, person="id"
    )
    policy["tables"]["t"]["combinations"] = [
        {"criterion": 5, "columns": list(kinds), "action": "cell", "people": 3, "because": "試験"}
    ]
    done = run(policy, {"data.csv": csv(rows)})
    assert done.status == 0, done.err
    left = done.rows()
    assert len(left) == 40 and not rare(left, tuple(kinds), 3, 3)
    blanks = {n: sum(r[n] is None for r in left) for n in kinds}
    assert blanks == {"day": 1, "at": 1, "ok": 0, "month": 1, "x": 1, "code": 0}
    assert {type(r["day"]).__name__ for r in left if r["day"]} == {"date"}
    assert {r["month"] for r in left if r["month"]} == {"2020-01", "2020-02"}


@pytest.mark.parametrize("source", ["csv", "parquet"])
def test_a_negative_zero_is_zero_to_counts_and_readers(run, source):
    rows = [{"town": t, "pay": p} for t, p in [("港区", 0.0)] * 2 + [(None, -0.0)] + [("港区", 1.5)] * 2]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    text = "town,pay\n" + "".join(f"{r['town'] or ''},{r['pay']}\n" for r in rows)
    policy = policy_of(
        {"town": KEEP, "pay": {"type": "number", **KEEP}},
        path=f"data.{source}",
        source={"format": source},
        output={"format": "csv"},
    )
    policy["tables"]["t"]["combinations"] = [
        {"criterion": 4, "columns": ["town", "pay"], "size": 2, "action": "cell", "because": "試験"}
    ]
    done = run(policy, {"data.csv": text} if source == "csv" else {"data.parquet": sink.getvalue()})
    assert done.status == 0, done.err
    (file,) = done.release.glob("data/t/*.csv")
    assert "-" not in file.read_text()


def test_the_rest_of_the_record_stays_with_it(run):
    done = run(declared({"people": 3}), {"data.csv": csv(people())})
    assert sorted(r["pay"] for r in done.rows()) == sorted(i % 4 for i in range(90))
    (lone,) = [r for r in done.rows() if r["job"] is None]
    assert (lone["town"], lone["age"], lone["pay"]) == ("港区", 40, 3)


def test_a_population_is_not_searched_for_combinations(run):
    """Records go before the file is compared with its population, which keeps its own."""
    suppress = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}
    policy = declared(
        {"people": 3, "action": "record", "columns": ["town", "job", "age"]},
        columns={"town": {"treat": [suppress]}},
    )
    policy["tables"]["t"]["population"] = {"source": {"path": "all.csv", "format": "csv"}}
    policy["requirements"]["models"] = [{"model": "k_map", "k": 20}]
    everyone = "town\n" + "".join(f"{town}\n" for town in TOWNS for _ in range(60))
    done = run(policy, {"data.csv": csv(people()), "all.csv": everyone})
    assert done.status == 0, done.err
    assert len(done.rows()) == 87 and {r["town"] for r in done.rows()} == set(TOWNS)


def test_a_table_without_combinations_is_not_touched(run):
    policy = declared({"people": 3})
    policy["tables"]["u"] = json.loads(json.dumps(policy["tables"]["t"]))
    del policy["tables"]["u"]["combinations"]
    done = run(policy, {"data.csv": csv(people())})
    assert done.status == 0, done.err
    assert "力士" in {r["job"] for r in done.rows("u")} and "力士" not in {r["job"] for r in done.rows("t")}
    by_name = {t["name"]: t for t in done.report["tables"]}
    assert by_name["u"]["combinations"] == [] and len(by_name["t"]["combinations"]) == 1


def refused(done, what):
    assert done.status == 4, done.err
    assert "verification" in done.err and what in done.err, done.err
    assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))


def test_verification_sees_a_removal_that_was_not_applied(run, monkeypatch):
    real = apply.remove_all

    def forget(plan, chunk, treated):
        _, taken = real(plan, chunk, treated)
        return treated, taken

    monkeypatch.setattr(apply, "remove_all", forget)
    refused(run(declared({"people": 3}), {"data.csv": csv(people())}), "9 combinations (combinations[0])")


def test_verification_sees_cells_that_were_written_all_the_same(run, monkeypatch):
    real = apply._columns

    def unblanked(plan, schema, batch, treated):
        return {**real(plan, schema, batch, treated), "job": batch.column("job")}

    monkeypatch.setattr(apply, "_columns", unblanked)
    refused(run(declared({"people": 3}), {"data.csv": csv(people())}), "4 combinations (combinations[0])")


def test_verification_sees_a_removal_that_took_too_little(run, monkeypatch):
    real = decide.decide_tuples

    def less(*args):
        removal = real(*args)
        return dataclasses.replace(
            removal, tuples=removal.tuples[1:], blank=removal.blank[1:], drop=removal.drop[1:]
        )

    monkeypatch.setattr(decide, "decide_tuples", less)
    refused(run(declared({"people": 3}), {"data.csv": csv(people())}), "differs from the decision")


def test_verification_sees_that_nothing_was_decided(run, monkeypatch):
    monkeypatch.setattr(combining, "removals", lambda tables, fits, counted: fits)
    refused(run(declared({"people": 3}), {"data.csv": csv(people())}), "were not looked for")


def test_everyone_dropped_is_no_release(run):
    done = run(declared({"people": 1000, "action": "record"}), {"data.csv": csv(people())})
    assert done.status == 4 and "requirement.people" in done.err


def test_everything_blanked_is_a_release_without_those_values(run):
    done = run(declared({"people": 1000}), {"data.csv": csv(people())})
    assert done.status == 0, done.err
    assert {(r["town"], r["job"], r["age"]) for r in done.rows()} == {(None, None, None)}
