"""What a policy promises of a release, end to end: kept by what is written, or refused, or declared and told."""

import json
from collections import Counter, defaultdict

import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, SUPPRESS, policy_of

ID = {"treat": [PSEUDONYM]}


def csv(rows):
    return "".join(f"{','.join('' if v is None else str(v) for v in r)}\n" for r in rows)


def people_by(rows, name):
    who = defaultdict(set)
    for row in rows:
        who[row[name]].add(row["id"])
    return {value: len(people) for value, people in who.items()}


def column(done, name):
    return next(c for c in done.report["tables"][0]["columns"] if c["name"] == name)


def ran(run, columns, rows, *, k=5, limit=0.5, rows_per_person="one", combinations=(), output="out", **more):
    policy = policy_of({"id": ID, **columns}, k=k, limit=limit, person="id", rows=rows_per_person, **more)
    policy["tables"]["t"]["combinations"] = [{"criterion": 4, "because": "試験", **c} for c in combinations]
    return run(policy, {"data.csv": csv([("id", *columns), *rows])}, output=output)


def test_a_tail_begins_anew_where_people_are_left_out(run):
    """Five people reach 10,000; four of them live in a town that k-anonymity leaves out."""
    rows = [(f"p{i}", "A", 10 * i) for i in range(30)]
    rows += [("r0", "A", 10_000), *((f"r{i}", "B", 10_000 + i) for i in range(1, 5))]
    pay = {"type": "integer", "treat": [{"criterion": 4, "method": "tail", "people": 5}]}
    done = ran(run, {"town": SUPPRESS_TOWN, "pay": pay}, rows)
    assert done.status == 0, done.err
    left = people_by(done.rows(), "pay")
    assert len(done.rows()) == 31 and left["260以上"] == 5 and not [v for v in left if "10000" in v]
    assert "260以上の値を1つに" in column(done, "pay")["steps"][0]["sentence"]


SUPPRESS_TOWN = {"treat": [SUPPRESS]}


@pytest.mark.parametrize("rows_per_person", ["one", "several"])
@pytest.mark.parametrize("action", ["group", "cell"])
def test_categories_are_shared_by_as_many_people_in_the_release(run, action, rows_per_person):
    """Five are 漁師, one of them alone in a town; with several rows a person, each has two records."""
    jobs = ["会社員"] * 20 + ["自営業"] * 9 + ["漁師"] * 4 + ["市長"]
    rows = [(f"p{i}", "A", job) for i, job in enumerate(jobs)] + [("q", "B", "漁師")]
    rows = rows * 2 if rows_per_person == "several" else rows
    rare = {"criterion": 4, "method": "rare_categories", "people": 5, "action": action}
    done = ran(run, {"town": SUPPRESS_TOWN, "job": {"treat": [rare]}}, rows, rows_per_person=rows_per_person)
    assert done.status == 0, done.err
    left = people_by(done.rows(), "job")
    assert left == {"会社員": 20, "自営業": 9, ("その他" if action == "group" else None): 5}
    assert "残した区分は2種類" in column(done, "job")["steps"][0]["sentence"]


@pytest.mark.parametrize("action", ["cell", "code"])
def test_a_fence_never_points_at_one_person(run, action):
    """Two stand out, one of whom goes with a town: what points at the other one takes others along."""
    rows = [(f"p{i}", "A", 50 + i % 10) for i in range(40)] + [("x", "A", 9_000), ("y", "B", 9_000)]
    fence = {"type": "integer", "treat": [{"criterion": 4, "method": "fence", "action": action, "people": 2}]}
    done = ran(run, {"town": SUPPRESS_TOWN, "pay": fence}, rows, k=2)
    assert done.status == 0, done.err
    left = people_by(done.rows(), "pay")
    assert left[None if action == "cell" else "59以上"] == 5 and len(done.rows()) == 41


def test_groups_of_close_values_keep_their_people(run):
    rows = [(f"p{i}", "A", i) for i in range(20)] + [(f"q{i}", "B", 100 + i) for i in range(2)]
    rows += [(f"r{i}", "A", 100 + i) for i in range(2, 4)]
    grouped = {"type": "integer", "treat": [{"criterion": 5, "method": "microaggregate", "people": 4}]}
    done = ran(run, {"town": SUPPRESS_TOWN, "pay": grouped}, rows, k=3)
    assert done.status == 0, done.err
    assert min(people_by(done.rows(), "pay").values()) >= 4 and len(done.rows()) == 22


def test_a_label_of_bands_that_one_person_bears_is_blanked_with_the_next(run):
    rows = [(f"p{i}", 100 + i * 20) for i in range(30)] + [("x", 5_000)]
    labels = ["200未満", "400未満", "1000未満", "1000以上"]
    bands = {"criterion": 4, "method": "bands", "edges": [200, 400, 1000], "labels": labels}
    done = ran(run, {"pay": {"type": "integer", "treat": [bands]}}, rows)
    assert done.status == 0, done.err
    left = people_by(done.rows(), "pay")
    assert left == {None: 6, "400未満": 10, "1000未満": 15}  # five and one: the smallest band went with it
    settled = column(done, "pay")["steps"][-1]
    assert settled["counts"] == {"cells_blanked": 6} and settled["criterion"] == 4
    assert "公開するデータで5人未満となった区分2種類" in settled["sentence"]
    assert "公開するデータで5人未満となった区分2種類" in (done.release / "report.html").read_text()


@pytest.mark.parametrize(
    "treat",
    [
        {"criterion": 4, "method": "top_code", "at": 90, "label": "90歳以上"},
        {"criterion": 4, "method": "bottom_code", "at": 1, "label": "1歳以下"},
    ],
)
def test_a_coded_end_of_one_person_is_refused_or_declared(run, treat):
    """A blank would point at the same person: nothing else in the column may be blanked with it."""
    rows = [(f"p{i}", 20 + i % 30) for i in range(40)] + [("x", 116 if treat["method"] == "top_code" else 0)]
    done = ran(run, {"age": {"type": "integer", "treat": [treat]}}, rows)
    assert done.status == 4 and "tables.t.columns.age" in done.err and "may_fall_below" in done.err
    assert "1 of its labels" in done.err and not done.releases and "116" not in done.err
    accepted = {"type": "integer", "treat": [treat], "may_fall_below": {"because": "報道で公知"}}
    done = ran(run, {"age": accepted}, rows, output="declared")
    assert done.status == 0, done.err
    assert people_by(done.rows(), "age")[treat["label"]] == 1
    (step,) = column(done, "age")["steps"]
    assert "5人未満の人しかいない区分は、1種類（1人）である。" in step["sentence"]
    assert "報道で公知" in step["sentence"]
    fewer = {"type": "integer", "treat": [{**treat, "people": 2}]}
    refused = ran(run, {"age": fewer}, [*rows, ("y", rows[-1][1])], output="two")
    assert refused.status == 2 and "treat.few_people" in refused.err


@pytest.mark.parametrize("people", [None, 3])
def test_areas_are_told_or_promised(run, people):
    towns = ["東京都港区"] * 9 + ["大阪府堺市"] * 4 + ["北海道函館市"] * 2 + ["東京都青ヶ島村"]
    area = {"criterion": 1, "method": "address", "level": "city", **({"people": people} if people else {})}
    done = ran(
        run, {"home": {"treat": [area]}}, [(f"p{i}", f"{t}1") for i, t in enumerate(towns)], k=people or 4
    )
    assert done.status == 0, done.err
    left = people_by(done.rows(), "home")
    if people:
        assert left == {"東京都港区": 9, "大阪府堺市": 4, None: 3}
        return
    assert left == Counter(towns)
    (step,) = column(done, "home")["steps"]
    assert "公開するデータで4人未満の人しかいない区分は、2種類（3人）である。" in step["sentence"]


def test_people_of_an_area_are_counted_not_rows(run):
    rows = [("p0", "06-1")] * 5 + [(f"p{i}", "03-1234-5678") for i in range(1, 9)]
    rows = [(p, "06-1234-5678" if phone == "06-1" else phone) for p, phone in rows]
    area = {"treat": [{"criterion": 1, "method": "phone_area", "people": 2}]}
    done = ran(run, {"phone": area}, rows, k=2, rows_per_person="several")
    assert done.status == 0, done.err
    assert people_by(done.rows(), "phone") == {None: 9}  # no other area is small enough to be one of two


def test_a_label_promised_to_more_people_than_k_is_counted_in_classes_too(run):
    """Five people reach 90, one of whom is left out by the town: the label becomes *, and the next smallest."""
    rows = [(f"p{i}", "A", 40 + i % 2) for i in range(60)] + [(f"q{i}", "A", 90) for i in range(4)]
    rows += [("r", "B", 90)]
    age = {
        "type": "integer",
        "treat": [{"criterion": 4, "method": "tail", "people": 5}, SUPPRESS],
    }
    columns = {"town": SUPPRESS_TOWN, "age": age}
    done = ran(run, columns, rows, k=3)
    assert done.status == 0, done.err
    assert people_by(done.rows(), "age") == {"*": 34, "41": 30}
    assert "5人未満となった区分2種類" in column(done, "age")["steps"][-1]["sentence"]
    columns["age"] = {**age, "may_fall_below": {"because": "試験"}}
    done = ran(run, columns, rows, k=3, output="declared")
    assert done.status == 0 and people_by(done.rows(), "age")["90以上"] == 4


def test_a_watched_column_keeps_its_promise_and_its_models(run):
    """Blanks count as a value of their own; where a class would lose its second illness, the run stops."""
    rows = [(f"p{i}", "AB"[i % 2], ["風邪", "腰痛"][i // 2 % 2]) for i in range(40)]
    rows += [("a", "A", "結核"), ("b", "B", "結核"), ("c", "C", "結核")]
    illness = {
        "sensitive": True,
        "treat": [{"criterion": 4, "method": "rare_categories", "people": 3, "action": "cell"}],
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
    }
    done = ran(run, {"town": SUPPRESS_TOWN, "illness": illness}, rows, k=3)
    assert done.status == 0, done.err
    left = people_by(done.rows(), "illness")
    assert "結核" not in left and left[None] >= 3 and min(left.values()) >= 3


def test_what_is_told_of_fewer_names_the_bounds_of_each_label(run):
    """Two methods of one column promise different numbers: nothing is said of one bound for all."""
    rows = [(f"p{i}", "A", 10 * (i // 2)) for i in range(20)] + [(f"q{i}", "A", 300) for i in range(4)]
    coded = {"criterion": 4, "method": "top_code", "at": 300, "label": "300以上", "people": 4}
    rare = {"criterion": 4, "method": "rare_categories", "people": 2, "action": "cell"}
    pay = {"type": "integer", "treat": [coded, rare], "may_fall_below": {"because": "試験"}}
    done = ran(run, {"town": SUPPRESS_TOWN, "pay": pay}, rows, k=2)
    assert done.status == 0 and min(people_by(done.rows(), "pay").values()) == 2, done.err
    told = column(done, "pay")["steps"][-1]["sentence"]
    assert (
        "下限（区分により2～4人）未満の人しかいない区分は、0種類（0人）" in told and "4人未満の" not in told
    )


COMPARED = [
    {"model": "t_closeness", "distance": "equal", "t": 0.9},
    {"model": "t_closeness", "distance": "ordered", "t": 0.9},
    {"model": "beta_likeness", "kind": "basic", "beta": 9},
    {"model": "beta_likeness", "kind": "enhanced", "beta": 9},
    {"model": "delta_disclosure", "delta": 9},
]


@pytest.mark.parametrize("model", COMPARED, ids=lambda m: "-".join(map(str, m.values())))
def test_a_blank_that_the_file_never_had_is_not_compared_with_it(run, model):
    """A record that is dropped for another column makes an illness rare: its blanks have no share in the file."""
    rows = [(f"p{i}", "A", ["風邪", "腰痛"][i % 2], 50 + i) for i in range(40)]
    rows += [("a", "A", "結核", 51), ("b", "A", "結核", 52), ("c", "A", "結核", 9_000)]
    rare = {"criterion": 4, "method": "rare_categories", "people": 3, "action": "cell"}
    illness = {"sensitive": True, "treat": [rare], "protect": [model]}
    fence = {"criterion": 4, "method": "fence", "action": "record"}
    columns = {"town": SUPPRESS_TOWN, "illness": illness, "pay": {"type": "integer", "treat": [fence]}}
    done = ran(run, columns, rows, k=3)
    assert done.status == 4 and "requirement.promise] tables.t.columns.illness" in done.err
    columns["illness"] = {**illness, "may_fall_below": {"because": "試験"}}
    done = ran(run, columns, rows, k=3, output="declared")
    assert done.status == 0 and people_by(done.rows(), "illness")["結核"] == 2


def test_combinations_hold_after_suppression_over_two_declarations(run):
    rows = [(f"p{i}", "A", "xy"[i % 2], "uvw"[i % 3]) for i in range(36)]
    rows += [("a", "A", "z", "u"), ("b", "A", "z", "u"), ("c", "B", "z", "u"), ("d", "B", "z", "w")]
    declared = [
        {"columns": ["kind", "sort"], "size": 2, "people": 2, "action": "cell"},
        {"columns": ["town", "kind"], "size": 2, "people": 3, "action": "cell"},
    ]
    columns = {"town": SUPPRESS_TOWN, "kind": KEEP_ALL, "sort": KEEP_ALL}
    done = ran(run, columns, rows, k=3, combinations=declared)
    assert done.status == 0, done.err
    left = done.rows()
    for names, n in ((("kind", "sort"), 2), (("town", "kind"), 3)):
        who = Counter(tuple(r[c] for c in names) for r in left)
        assert all(count >= n for values, count in who.items() if None not in values and "*" not in values)


def test_may_fall_below_stands_only_where_something_is_promised(run):
    kept = {**KEEP_ALL, "may_fall_below": {"because": "試験"}}
    done = ran(run, {"kind": kept}, [("p", "x")])
    assert done.status == 2 and "may_fall_below has no effect" in done.err
    area = {"treat": [{"criterion": 1, "method": "phone_area"}], "may_fall_below": {"because": "試験"}}
    assert ran(run, {"phone": area}, [("p", "03-1234-5678")]).status == 2


def test_bars_of_released_values_are_borne_by_k_people(run):
    """One person alone in a city, whom nothing promises to hide in the data: the report does not show them."""
    towns = ["東京都港区"] * 9 + ["大阪府堺市"] * 4 + ["東京都青ヶ島村"]
    area = {"treat": [{"criterion": 1, "method": "address", "level": "city"}]}
    done = ran(run, {"home": area}, [(f"p{i}", f"{t}1") for i, t in enumerate(towns)], k=3)
    assert done.status == 0, done.err
    bars = {bar["label"]: bar["records"] for bar in column(done, "home")["after"]["bars"]}
    assert bars == {"東京都港区": 9, "その他（少数の区分の合計）": 5}
    assert "青ヶ島" not in json.dumps(done.report, ensure_ascii=False)
    assert "青ヶ島" not in (done.release / "report.html").read_text()
