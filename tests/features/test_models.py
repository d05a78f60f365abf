"""Privacy models end to end: what is released satisfies them, recounted here row by row in plain Python."""

import math
import re
from collections import Counter, defaultdict

import pytest
from support.helpers import DATA, PSEUDONYM, SUPPRESS, policy_of

GENERALIZE = {"criterion": 5, "method": "generalize"}
AGE = {"type": "integer", "treat": [{**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}]}
TOWN = {"treat": [{**GENERALIZE, "hierarchy": {"kind": "prefix", "keep": [1]}}]}
ILLNESSES = ["風邪", "骨折", "糖尿病", "肺炎", "がん"]


def patients(n=400):
    """Towns differ in their illnesses, so that k alone leaves classes in which one illness prevails."""
    rows = ["id,age,town,illness"]
    for i in range(n):
        town = ("A1", "A2", "B1", "B2")[i % 4]
        illness = ILLNESSES[(i * i + i // 7) % (2 if town == "A1" else 5)]
        rows.append(f"p{i},{20 + (i * 37) % 60},{town},{illness}")
    return {"data.csv": "\n".join(rows) + "\n"}


def columns(*protect):
    illness = {"keep": True, "because": "分析の対象", "sensitive": True, "protect": list(protect)}
    pseudonym = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
    return {"id": pseudonym, "age": AGE, "town": TOWN, "illness": illness}


def policy(*protect, k=5, limit=0.1, **requirements):
    plain = policy_of(columns(*protect), person="id", k=k, limit=limit)
    plain["requirements"] |= requirements
    return plain


def spread(rows):
    """Illnesses of each class, and of the whole release."""
    classes = defaultdict(Counter)
    for row in rows:
        classes[row["age"], row["town"]][row["illness"]] += 1
    return list(classes.values())


def whole_file():
    lines = patients()["data.csv"].split()[1:]
    return {word: n / len(lines) for word, n in Counter(line.split(",")[3] for line in lines).items()}


def entropy(counts):
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values())


def recursive(counts, parts, factor):
    ordered = sorted(counts.values(), reverse=True)
    return ordered[0] < factor * sum(ordered[parts - 1 :])


def ordered_distance(counts, overall):
    total, sum_p, sum_q, distance = sum(counts.values()), 0.0, 0.0, 0.0
    for word in sorted(overall)[:-1]:
        sum_p, sum_q = sum_p + counts[word] / total, sum_q + overall[word]
        distance += abs(sum_p - sum_q)
    return distance / (len(overall) - 1)


@pytest.mark.parametrize(
    ("protect", "holds"),
    [
        ({"model": "l_diversity", "kind": "distinct", "l": 4}, lambda c, q: len(c) >= 4),
        (
            {"model": "l_diversity", "kind": "entropy", "l": 3.5},
            lambda c, q: math.exp(entropy(c)) >= 3.5 - 1e-9,
        ),
        ({"model": "l_diversity", "kind": "recursive", "l": 3, "c": 1.0}, lambda c, q: recursive(c, 3, 1.0)),
        (
            {"model": "t_closeness", "distance": "equal", "t": 0.15},
            lambda c, q: sum(abs(c[w] / c.total() - q[w]) for w in q) / 2 <= 0.15 + 1e-9,
        ),
        (
            {"model": "t_closeness", "distance": "ordered", "t": 0.08},
            lambda c, q: ordered_distance(c, q) <= 0.08 + 1e-9,
        ),
        (
            {
                "model": "t_closeness",
                "distance": "hierarchical",
                "t": 0.15,
                "hierarchy": {"kind": "suppress"},  # of height one: the equal distance
            },
            lambda c, q: sum(abs(c[w] / c.total() - q[w]) for w in q) / 2 <= 0.15 + 1e-9,
        ),
        (
            {"model": "beta_likeness", "kind": "basic", "beta": 0.6},
            lambda c, q: all(c[w] / c.total() / q[w] - 1 <= 0.6 + 1e-9 for w in q),
        ),
        (
            {"model": "beta_likeness", "kind": "enhanced", "beta": 0.6},
            lambda c, q: all(c[w] / c.total() / q[w] - 1 <= min(0.6, -math.log(q[w])) + 1e-9 for w in q),
        ),
        (
            {"model": "delta_disclosure", "delta": 0.6},
            lambda c, q: all(abs(math.log(c[w] / c.total() / q[w])) < 0.6 for w in c),
        ),
    ],
    ids=lambda value: (
        f"{value['model']}-{value.get('kind', value.get('distance', ''))}" if isinstance(value, dict) else ""
    ),
)
def test_every_released_class_satisfies_the_model(run, protect, holds):
    plain = run(policy(), patients(), output="plain")
    assert plain.status == 0, plain.err
    overall = whole_file()
    assert not all(holds(counts, overall) for counts in spread(plain.rows()))  # the model asks for more
    done = run(policy(protect), patients())
    assert done.status == 0, done.err
    classes = spread(done.rows())
    assert all(counts.total() >= 5 and holds(counts, overall) for counts in classes)
    recoding = done.report["tables"][0]["recoding"]
    assert [m["column"] for m in recoding["models"]] == [None, "illness"]
    assert recoding["proven"] and recoding["loss"] > plain.report["tables"][0]["recoding"]["loss"]


def test_a_bound_on_all_classes_together(run):
    bound = {"model": "average_risk", "at_most": 0.05}
    done = run(policy(k=2, limit=0.3, models=[bound]), patients())
    assert done.status == 0, done.err
    sizes = [counts.total() for counts in spread(done.rows())]
    assert len(sizes) <= 0.05 * sum(sizes)
    risk = done.report["tables"][0]["risk_after"]
    assert (risk["lowest_risk"], risk["highest_risk"]) == (1 / max(sizes), 1 / min(sizes))
    assert "最小リスク" in (done.release / "report.html").read_text()


def test_a_limit_of_one_is_no_limit(run):
    few = policy(k=40, limit=1, metric="average_class_size")
    done = run(few, patients())
    assert done.status == 0, done.err
    assert done.report["tables"][0]["recoding"]["suppression_limit"] == 1


METRICS = ("loss", "entropy", "normalized_entropy", "precision", "discernibility", "average_class_size")


def test_the_chosen_metric_is_the_one_that_no_other_choice_undercuts(run):
    costs = {
        metric: run(policy(metric=metric), patients(), output=metric).report["tables"][0]["recoding"]["costs"]
        for metric in METRICS
    }
    for metric in METRICS:
        assert all(costs[metric][metric] <= other[metric] + 1e-12 for other in costs.values())


def test_a_weight_keeps_the_column_that_matters_finer(run):
    def levels(weight):
        plain = policy(k=20, limit=0.0)
        generalize = {**TOWN["treat"][0], "weight": weight}
        plain["tables"]["t"]["columns"]["town"] = {"treat": [generalize]}
        done = run(plain, patients(), output=f"out{weight}")
        return {x["column"]: x["level"] for x in done.report["tables"][0]["recoding"]["levels"]}

    assert levels(100.0)["town"] < levels(0.01)["town"]


POPULATION = "age,town\n" + "".join(
    f"{20 + (i * 13) % 60},{('A1', 'A2', 'B1', 'B2')[i % 4]}\n" for i in range(4000)
)


def with_population(*models, k=2, limit=0.1):
    plain = policy(k=k, limit=limit, models=list(models))
    plain["tables"]["t"]["population"] = {"source": {"path": "population.csv", "format": "csv"}}
    return plain


def covers(label, age):
    if label == "*" or label == str(age):
        return True
    low, _, high = label.removesuffix("未満").partition("以上")
    return bool(high) and int(low) <= age < int(high)


def test_k_map_and_delta_presence_compare_with_the_population(run):
    files = patients() | {"population.csv": POPULATION}
    models = [{"model": "k_map", "k": 150}, {"model": "delta_presence", "at_most": 0.2}]
    done = run(with_population(*models), files)
    assert done.status == 0, done.err
    everybody = [line.split(",") for line in POPULATION.split()[1:]]
    classes = Counter((row["age"], row["town"]) for row in done.rows())
    for (age, town), people in classes.items():
        there = sum(covers(age, int(a)) and (town == "*" or t.startswith(town)) for a, t in everybody)
        assert there >= 150 and people / there <= 0.2
    smallest = min(
        sum(covers(age, int(a)) and (town == "*" or t.startswith(town)) for a, t in everybody)
        for age, town in classes
    )
    assert done.report["tables"][0]["risk_after"]["journalist"]["highest"] == 1 / smallest
    assert "ジャーナリストリスク" in (done.release / "report.html").read_text()
    assert done.manifest["tables"].keys() == {"t"}  # nothing of the population is released
    changed = run(with_population(*models), {"population.csv": POPULATION + "20,A1\n"}, output="other")
    assert changed.release.name != done.release.name  # the population is part of the work


def test_a_population_without_the_people_cannot_meet_delta_presence(run):
    files = patients() | {"population.csv": POPULATION}
    done = run(with_population({"model": "delta_presence", "at_most": 0.01}), files)
    assert done.status == 4 and "delta_presence 0 to 0.01 fails for 400 people" in done.err


@pytest.mark.parametrize("model", [{"model": "k_map", "k": 5}, {"model": "delta_presence", "at_most": 0.9}])
def test_a_population_that_does_not_hold_the_people_of_the_file_is_refused(run, model):
    """B2 has fewer people in the population than in the file; somebody without a town may be anywhere."""
    data = patients()["data.csv"]
    people = [line.split(",", 1)[1].rsplit(",", 1)[0] for line in data.split()[1:]]
    missing = [p for p in people if p.endswith("B2")][::2]
    short = list(people)
    for person in missing:
        short.remove(person)
    there = Counter(short)
    beyond = sum(n for person, n in Counter(people).items() if n > there[person])
    assert 50 <= beyond < 400
    plain = with_population(model)
    done = run(plain, {"data.csv": data, "population.csv": "\n".join(["age,town", *short]) + "\n"})
    assert done.status == 3 and not done.releases and "[input.population] tables.t.population" in done.err
    told = (
        f"{beyond} people of the file are in classes with more people than the population has; it is not the"
    )
    assert told in done.err
    whole = "\n".join(["age,town", *people * 5]) + "\n"
    files = {"data.csv": data + "p400,30,,風邪\n", "population.csv": whole + "30,A1\n"}
    assert "[input.population]" not in run(plain, files, output="whole").err


def test_the_register_says_what_the_policy_states_of_sensitive_information(run):
    for stated, word in ((True, "含む"), (False, "含まない")):
        plain = policy()
        plain["file"] = plain["file"] | {"sensitive": stated}
        done = run(plain, patients(), output=str(stated))
        assert done.status == 0, done.err
        text = re.sub(r"<[^>]+>|\s", "", (done.root / "register" / "index.html").read_text())
        assert f"要配慮個人情報が含まれるときは、その旨{word}記録情報の経常的提供先" in text


def test_missing_values_that_match_everything(run):
    """c and d are two towns of four; nulls match both, so that neither needs to be blanked."""
    rows = ["p1,30,A1", "p2,30,A1", "p3,30,", "p4,30,", "p5,30,B1", "p6,30,B1"]
    data = {"data.csv": "id,age,town\n" + "\n".join(rows) + "\n"}
    plain = policy_of({k: v for k, v in columns().items() if k != "illness"}, person="id", k=4)
    apart = run(plain, data)
    assert {r["town"] for r in apart.rows()} == {"*"}
    plain["requirements"]["nulls"] = "wildcard"
    together = run(plain, data, output="wildcard")
    assert together.status == 0, together.err
    assert Counter(r["town"] for r in together.rows()) == {"A1": 2, "B1": 2, None: 2}


def test_receipts_rows_would_pass_where_people_fail(run):
    """Claims of 947 insured: counted by rows, a class of one person with many claims looks safe."""
    receipts = (DATA / "anonypy" / "receipt.csv").read_bytes()
    drop = {"drop": True, "because": "試験に不要"}
    names = receipts.split(b"\n", 1)[0].decode().strip().split(",")
    plain = policy_of(
        dict.fromkeys(names, drop)
        | {
            "iid": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "iid"}]},
            "sex": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]},
            "birth_ym": {
                "type": "month",
                "treat": [{**GENERALIZE, "hierarchy": {"kind": "dates", "levels": ["year", "decade"]}}],
            },
            "icd10": {
                "keep": True,
                "because": "分析の対象",
                "sensitive": True,
                "protect": [{"model": "l_diversity", "kind": "distinct", "l": 3}],
            },
        },
        person="iid",
        rows="several",
        k=5,
        limit=0.02,
    )
    done = run(plain, {"data.csv": receipts})
    assert done.status == 0, done.err
    rows = [line.split(",") for line in receipts.decode().split()[1:]]
    by_rows = Counter((row[4], row[6]) for row in rows)
    people = defaultdict(set)
    for row in rows:
        people[row[4], row[6]].add(row[3])
    passes_by_rows = [c for c, n in by_rows.items() if n >= 5]
    assert sum(len(people[c]) < 5 for c in passes_by_rows) > 100  # what counting rows would let through
    owners, illnesses = defaultdict(set), defaultdict(set)
    for row in done.rows():
        owners[row["sex"], row["birth_ym"]].add(row["iid"])
        illnesses[row["sex"], row["birth_ym"]].add(row["icd10"])
    assert min(len(group) for group in owners.values()) >= 5
    assert min(len(group) for group in illnesses.values()) >= 3
    assert done.manifest["people"] == len(set().union(*owners.values()))


def test_what_cannot_be_met_says_which_requirement_how_far_and_what_to_relax(run):
    done = run(policy({"model": "l_diversity", "kind": "distinct", "l": 6}, k=5, limit=0.1), patients())
    assert done.status == 4
    for part in (
        "what: l_diversity (distinct) l=6 of illness cannot be met at the closest generalization (age: ",
        "): l_diversity (distinct) l=6 of illness fails for 400 people (the weakest class reaches 5); 400 of 400"
        " people would have to be left out (allowed: 40); k=5 must hold too\n",
        "fix:  relax l_diversity (distinct) l=6 of illness with a reason, or release more people\n",
    ):
        assert part in done.err, done.err
    assert not (done.root / "releases").exists() or not list(done.root.rglob("manifest.json"))


def test_a_person_in_several_classes_is_one_person_of_the_average_risk(run):
    """Sums over classes would count the 60 people, who each stand in three years, three times."""
    rows = [f"p{i},{year},{'AB'[i % 2]}" for i in range(60) for year in (2021, 2022, 2023)]
    data = {"data.csv": "id,age,town\n" + "\n".join(rows) + "\n"}
    plain = policy_of(
        {k: v for k, v in columns().items() if k != "illness"}, person="id", rows="several", k=2, limit=0.0
    )
    plain["requirements"]["models"] = [{"model": "average_risk", "at_most": 0.05}]
    done = run(plain, data)
    assert done.status == 0, done.err
    classes = {(row["age"], row["town"]) for row in done.rows()}
    people = {row["id"] for row in done.rows()}
    assert len(people) == 60 and len(classes) <= 0.05 * 60 < 6  # the raw file has six
    (table,) = done.report["tables"]
    assert table["risk_after"]["average_risk"] == pytest.approx(mean_of_highest(done.rows()))


def mean_of_highest(rows):
    """Counted again: of each person the smallest class that they stand in."""
    held = defaultdict(set)
    for row in rows:
        held[row["age"], row["town"]].add(row["id"])
    risks = {p: max(1 / len(h) for h in held.values() if p in h) for p in {row["id"] for row in rows}}
    return sum(risks.values()) / len(risks)


def test_the_average_risk_of_people_with_several_records_is_theirs(run):
    """Five classes of two people, each of whom stands in five: classes ÷ people would be 250 %."""
    rows = [f"p{i},{20 + year},A" for i in range(2) for year in range(5)]
    rows += [f"q{i},{40 + i % 3},B" for i in range(12)]
    plain = policy_of(
        {"id": {"treat": [PSEUDONYM]}, "age": {"treat": [SUPPRESS]}, "town": {"treat": [SUPPRESS]}},
        person="id",
        rows="several",
        k=2,
    )
    data = {"data.csv": "id,age,town\n" + "\n".join(rows) + "\n"}
    capped = run(plain, data, output="capped")
    assert capped.status == 0, capped.err
    (table,) = capped.report["tables"]
    assert (
        table["risk_after"]["average_risk"] is None
        and "測定できない" in (capped.release / "report.html").read_text()
    )
    plain["requirements"]["models"] = [{"model": "average_risk", "at_most": 1.0}]
    done = run(plain, data)
    (table,) = done.report["tables"]
    found = table["risk_after"]["average_risk"]
    assert found == pytest.approx(mean_of_highest(done.rows())) and found <= 0.5
    assert table["risk_before"]["average_risk"] <= 1
    reached = [m["after"] for m in table["recoding"]["models"] if m["title"] == "平均リスク"]
    assert reached and float(reached[0]) <= 1


@pytest.mark.parametrize("recoding", ["full_domain", "cells", "local", "multidimensional"])
def test_no_way_of_recoding_counts_a_person_twice_for_a_bound(run, recoding):
    """Four people stand in both towns: two classes of four are safe one by one, and 2/4 together."""
    rows = [f"p{i},30,{town}" for i in range(4) for town in ("A1", "B1")]
    plain = policy_of(
        {k: v for k, v in columns().items() if k != "illness"}, person="id", rows="several", k=2, limit=0.0
    )
    plain["requirements"] |= {"models": [{"model": "average_risk", "at_most": 0.25}], "recoding": recoding}
    done = run(plain, {"data.csv": "id,age,town\n" + "\n".join(rows) + "\n"})
    assert done.status == 0, done.err
    assert {row["town"] for row in done.rows()} == {"*"}


def test_the_report_blames_the_conditions_that_failed_and_names_the_metric(run):
    done = run(
        policy({"model": "l_diversity", "kind": "distinct", "l": 4}, limit=0.5, metric="entropy"), patients()
    )
    assert done.status == 0, done.err
    page = (done.release / "report.html").read_text()
    assert done.report["tables"][0]["recoding"]["suppressed_records"] > 0
    assert "定めた条件（k-匿名性、ℓ-多様性）を満たさない組合せの" in page
    assert "選んだものより非一様エントロピーの小さいものがないことを確かめた" in page


def test_a_value_that_criterion_4_removed_whole_is_no_step_of_the_ordered_distance(run):
    columns = {
        "code": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "record"}]},
        "area": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
        "pay": {
            "type": "integer",
            "sensitive": True,
            "keep": True,
            "because": "試験",
            "protect": [{"model": "t_closeness", "distance": "ordered", "t": 0.2}],
        },
    }
    # A and B are 1/4 from the whole of the values 1 and 2; with 99, which leaves with its record, 1/8.
    rows = [f"a,A,{pay}" for pay in (1, 1, 1, 2)] + [f"a,B,{pay}" for pay in (1, 2, 2, 2)] + ["b,A,99"]
    done = run(policy_of(columns), {"data.csv": "\n".join(["code,area,pay", *rows]) + "\n"})
    assert done.status == 0, done.err
    assert [row["area"] for row in done.rows()] == ["*"] * 8
