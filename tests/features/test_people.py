"""People are counted, not rows; and the risk that is told is theirs."""

from collections import Counter
from pathlib import Path

from support.helpers import DATA, PSEUDONYM, QI, SUPPRESS, policy_of


def test_people_are_counted_not_rows(run):
    """Rows would pass k=5 where people fail: 19 (sex, birth month) classes have one row, 535 one person."""
    data = Path(DATA / "anonypy" / "receipt.csv").read_bytes()
    columns = {
        name: {"drop": True, "because": "不要"}
        for name in [
            "rid",
            "r_type",
            "family",
            "start_obs_ym",
            "end_obs_ym",
            "start_treatment_ym",
            "icd10",
            "treatment_ym",
        ]
    }
    columns["iid"] = {"treat": [PSEUDONYM]}
    columns["sex"] = {"treat": [SUPPRESS]}
    columns["birth_ym"] = {
        "type": "month",
        "treat": [{**QI, "hierarchy": {"kind": "dates", "levels": ["year", "decade"]}}],
    }
    order = data.decode().splitlines()[0].split(",")
    policy = policy_of({n: columns[n] for n in order}, person="iid", rows="several", k=5, limit=0.02)
    done = run(policy, {"data.csv": data})
    assert done.status == 0, done.err
    people = {}
    for row in done.rows():
        people.setdefault((row["sex"], row["birth_ym"]), set()).add(row["iid"])
    assert min(len(p) for p in people.values()) >= 5
    table = done.report["tables"][0]
    assert (table["records_in"], table["people_in"]) == (14231, 947)
    before = {bar["label"]: bar["classes"] for bar in table["risk_before"]["sizes"]}
    assert before["1人"] == 535
    assert table["people_out"] == len(set().union(*people.values())) == done.manifest["people"]
    lost = 947 - table["people_out"]
    assert lost <= table["recoding"]["suppressed_people"] <= 0.02 * 947


def people_csv():
    """198 people over ten towns, and two alone in theirs."""
    towns = [f"t{i % 10}" for i in range(198)] + ["t10", "t11"]
    return "id,town\n" + "".join(f"p{i:03},{town}\n" for i, town in enumerate(towns))


def people_policy(**requirements):
    policy = policy_of(
        {"id": {"treat": [PSEUDONYM]}, "town": {"treat": [SUPPRESS]}}, person="id", k=3, limit=0.1
    )
    policy["requirements"] |= requirements
    return policy


def test_the_risk_told_is_the_risk_of_the_file_and_of_what_was_written(run):
    done = run(people_policy(population_size=4000), {"data.csv": people_csv()})
    assert done.status == 0, done.err
    (table,) = done.report["tables"]
    before, after = table["risk_before"], table["risk_after"]
    assert (before["people"], before["classes"], before["highest_risk"]) == (200, 12, 1.0)
    assert (before["average_risk"], before["at_risk"], before["sample_uniqueness"]) == (
        12 / 200,
        2 / 200,
        2 / 200,
    )
    estimate = before["population_uniqueness"]
    assert estimate["population"] == 4000 and 0 < estimate["uniqueness"] < 2 / 200
    assert estimate["uniqueness"] == estimate[estimate["estimator"]]
    sizes = Counter(row["town"] for row in done.rows())
    assert set(sizes) == {f"t{i}" for i in range(10)} and table["records_suppressed"] == 2
    assert (after["people"], after["classes"]) == (198, 10) == (sum(sizes.values()), len(sizes))
    assert after["highest_risk"] == 1 / min(sizes.values()) and after["average_risk"] == 10 / 198
    assert (after["at_risk"], after["sample_uniqueness"]) == (0, 0)
    assert (
        after["population_uniqueness"]["uniqueness"] == 0 and not after["population_uniqueness"]["estimator"]
    )
    assert "4,000人の母集団から" in (done.release / "report.html").read_text()


def test_without_a_population_none_is_estimated(run):
    done = run(people_policy(), {"data.csv": people_csv()})
    assert done.status == 0 and done.report["tables"][0]["risk_before"]["population_uniqueness"] is None


def test_a_file_larger_than_its_population_is_refused(run):
    done = run(people_policy(population_size=199), {"data.csv": people_csv()})
    assert done.status == 2 and "requirements.population_size" in done.err and "200 people" in done.err
    assert not done.releases
    whole = run(people_policy(population_size=200), output="whole")
    assert whole.status == 0, whole.err
    counted = whole.report["tables"][0]["risk_before"]["population_uniqueness"]
    assert (counted["uniqueness"], counted["estimator"]) == (2 / 200, None)


def test_what_capped_counts_cannot_tell_is_left_out(run):
    policy = people_policy(population_size=4000)
    policy["tables"]["t"]["rows_per_person"] = "several"
    done = run(policy, {"data.csv": people_csv()})
    assert done.status == 0, done.err
    before = done.report["tables"][0]["risk_before"]
    told = ("at_risk", "sample_uniqueness", "population_uniqueness")
    assert before["capped"] and [before[name] for name in told] == [None] * 3
    assert (before["unique_people"], before["highest_risk"]) == (2, 1.0)
    (model,) = done.report["tables"][0]["recoding"]["models"]
    assert (model["before"], model["after"]) == ("1", f"{policy['requirements']['k']}以上")


def test_one_row_a_person_is_checked(run):
    columns = {"id": {"treat": [PSEUDONYM]}, "x": {"keep": True, "because": "試験"}}
    twice = run(policy_of(columns, person="id"), {"data.csv": "id,x\nb,1\na,2\nb,3\n"})
    assert twice.status == 3 and "3 records belong to 2 people" in twice.err
    shuffled = run(policy_of(columns, person="id"), {"data.csv": "id,x\nb,1\na,2\nc,3\n"})
    assert shuffled.status == 0
    assert "鍵付きハッシュ" in shuffled.report["tables"][0]["people_check"]
    ascending = run(policy_of(columns, person="id"), {"data.csv": "id,x\na,1\nb,2\nc,3\n"}, output="asc")
    assert "昇順" in ascending.report["tables"][0]["people_check"]


def test_dropped_records_do_not_count_for_k(run):
    """Nine people share a town, but four of them carry a rare disease and go as records: five are left."""
    rows = "".join(f"{'奇病' if i < 4 else '風邪'},A\n" for i in range(9))
    columns = {
        "disease": {
            "treat": [{"criterion": 4, "method": "rare_values", "values": ["奇病"], "action": "record"}]
        },
        "town": {"treat": [SUPPRESS]},
    }
    enough = run(policy_of(columns, k=5), {"data.csv": f"disease,town\n{rows}"})
    assert enough.status == 0 and len(enough.rows()) == 5
    assert {r["disease"] for r in enough.rows()} == {"風邪"}
    short = run(policy_of(columns, k=6), {"data.csv": f"disease,town\n{rows}"}, output="short")
    assert short.status == 4 and not short.releases


def test_omop_people_are_too_few(run):
    """28 people cannot be 30 to a class: exit 4, a clear message, nothing released."""
    data = (DATA / "omop_synthea27nj" / "PERSON.csv").read_text()
    drop = {"drop": True, "because": "不要"}
    columns = dict.fromkeys(data.splitlines()[0].split(","), drop)
    columns["person_id"] = {"treat": [{"criterion": 3, "method": "delete"}]}
    columns["gender_source_value"] = {"treat": [SUPPRESS]}
    columns["year_of_birth"] = {
        "type": "integer",
        "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}],
    }
    columns["race_source_value"] = {"treat": [SUPPRESS]}
    failed = run(policy_of(columns, k=30, person="person_id", limit=0.5), {"data.csv": data})
    assert failed.status == 4 and not failed.releases
    assert "k=30 cannot be met" in failed.err and "28 of 28 people" in failed.err
    fine = run(policy_of(columns, k=5, person="person_id", limit=0.5), {"data.csv": data}, output="fine")
    assert fine.status == 0 and fine.manifest["people"] >= 14


def test_public_regime_refuses_fewer_than_a_thousand_people(run):
    office = {"name": "窓口", "address": "千代田区"}
    policy = policy_of({"a": {"keep": True, "because": "試験"}})
    policy["regime"] = "public"
    policy["file"] = {
        **policy["file"],
        "scope": "住民",
        "collection": "届出",
        "request_office": office,
        "product_office": office,
        "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    }
    small = run(policy, {"data.csv": "a\n" + "1\n" * 999})
    assert small.status == 4 and "999 people" in small.err and not list(small.root.rglob("*.parquet"))
    enough = run(policy, {"data.csv": "a\n" + "1\n" * 1000})
    assert enough.status == 0, enough.err
    assert "1,000" in (enough.root / "register" / "index.html").read_text()


def test_what_a_missing_value_protects_from_is_told_both_ways(run):
    """Alone with a missing age and matched by all: k holds for one reading, and the other is told beside it."""
    rows = [("", "市長")] + [(str(30 + i % 2), "市長") for i in range(8)] + [("40", "会員")] * 5
    text = "id,age,job\n" + "".join(f"c{i},{age},{job}\n" for i, (age, job) in enumerate(rows))
    policy = policy_of(
        {"id": {"treat": [PSEUDONYM]}, "age": {"treat": [SUPPRESS]}, "job": {"treat": [SUPPRESS]}},
        person="id",
        k=3,
        limit=0.0,
    )
    policy["requirements"]["nulls"] = "wildcard"
    done = run(policy, {"data.csv": text})
    assert done.status == 0, done.err
    released = Counter((row["age"], row["job"]) for row in done.rows())
    matched = {
        one: sum(
            n
            for other, n in released.items()
            if all(a in {None, b} or b is None for a, b in zip(one, other, strict=True))
        )
        for one in released
    }
    risk = done.report["tables"][0]["risk_after"]
    assert (risk["smallest_class"], risk["highest_risk"]) == (
        min(released.values()),
        1 / min(released.values()),
    )
    assert risk["smallest_class"] == 1 and released[None, "市長"] == 1
    assert risk["wildcard"]["smallest"] == min(matched.values()) >= 3
    assert risk["wildcard"]["highest"] == 1 / min(matched.values())
    average = sum(n / matched[one] for one, n in released.items()) / 14
    assert abs(risk["wildcard"]["average"] - average) < 1e-12 and risk["wildcard"]["at_risk"] == 0
    assert any("値のない項目にはどの値も入りうるとみる者" in limit for limit in done.report["limits"])
    page = (done.release / "report.html").read_text()
    assert "値の欠けた人を別に数えると1人" in page and "どの値とも合うとみる者" in page
    policy["requirements"]["nulls"] = "value"
    plain = run(policy, {"data.csv": text}, output="value")
    assert plain.report["tables"][0]["risk_after"]["wildcard"] is None


def test_whoever_stands_in_unreadable_records_alone_is_not_counted(run):
    """People are counted in a reading of their codes alone, where those records could be read."""
    text = "id,d,x\n1,1990-01-01,a\n1,1990-01-02,b\n2,1990-01-01,a\n2,?,b\n3,?,a\n4,?,a\n4,1990-01-01,b\n"
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "d": {"type": "date", "treat": [{"criterion": 1, "method": "year"}]},
        "x": {"keep": True, "because": "試験"},
    }
    done = run(policy_of(columns, person="id", rows="several", rejects={"limit": 3}), {"data.csv": text})
    assert done.status == 0, done.err
    (table,) = done.report["tables"]
    assert (table["records_in"], table["records_rejected"], table["people_in"]) == (7, 3, 3)
    assert done.manifest["people"] == 3
