"""What nobody declared: each of the releases that once passed in silence is told, and stops where it shall."""

from random import Random

import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, QI, SUPPRESS, policy_of

ID = {"treat": [PSEUDONYM]}
TOWN = {"treat": [SUPPRESS]}
DELETE = {"treat": [{"criterion": 1, "method": "delete"}]}
NUMBER = {**KEEP_ALL, "type": "integer"}
ILLNESSES = ["風邪", "喘息", "糖尿病", "高血圧"]


def csv(head, rows):
    return {"data.csv": head + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)}


def born(i):
    return f"{1940 + i % 60}-{i % 12 + 1:02d}-{i % 28 + 1:02d}"


def bands(*widths):
    return {"treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": list(widths)}}], "type": "integer"}


KEPT_BIRTHS = (  # B02: nothing is a quasi-identifier, and k is a promise about nothing
    {"id": ID, "day": {**KEEP_ALL, "type": "date"}, "area": KEEP_ALL, "sex": KEEP_ALL},
    csv("id,day,area,sex", [(f"C{i}", born(i * 7), 1000000 + i, "男女"[i % 2]) for i in range(200)]),
    {"links": ("area",), "labels": ("day",)},
)
ALL_ALIKE = (  # B04: a class of ten, all with the same illness
    {"id": ID, "age": bands(5, 10), "disease": {**KEEP_ALL, "sensitive": True}},
    csv(
        "id,age,disease",
        [(f"C{i}", 20 + i // 10, "HIV感染症" if i < 10 else ILLNESSES[i % 4]) for i in range(100)],
    ),
    {"homogeneous": ("age", "disease")},
)
ONE_BLANK = (  # B05: the only blank is the mayor
    {
        "id": ID,
        "town": TOWN,
        "job": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell"}]},
    },
    csv("id,town,job", [(f"C{i}", "AB"[i % 2], "会社員" if i else "市長") for i in range(100)]),
    {"blanks": ("job",)},
)
ONE_LABEL = (  # B06: one person bears the label of an area, of which nothing is promised
    {"id": ID, "address": {"treat": [{"criterion": 1, "method": "address", "level": "city"}]}},
    csv("id,address", [(f"C{i}", "東京都港区1-1" if i else "東京都青ヶ島村1") for i in range(100)]),
    {"labels": ("address",)},
)
LINKS = (  # B08: receipt numbers, times to the second and amounts; G04: they join two releases
    {"id": ID, "g": TOWN, "receipt": KEEP_ALL, "time": {**KEEP_ALL, "type": "datetime"}, "amount": NUMBER},
    csv(
        "id,g,receipt,time,amount",
        [
            (
                f"C{i}",
                "A",
                f"R-{1000 + 7 * i}",
                f"2026-01-{i % 28 + 1:02d} 10:{i % 60:02d}:{i % 59:02d}",
                1000 + 13 * i,
            )
            for i in range(100)
        ],
    ),
    {"links": ("receipt",)},
)
VISITS = (  # B17: the number of a visit for that of a person
    {
        "visit": ID,
        "patient_no": DELETE,
        "氏名": DELETE,
        "age": bands(10),
        "disease": {**KEEP_ALL, "sensitive": True},
    },
    csv(
        "visit,patient_no,氏名,age,disease",
        [
            (f"V{i}", f"P{max(i, 4)}", f"佐藤 {chr(0x4E00 + max(i, 4))}", 30 + i // 10, ILLNESSES[i % 4])
            for i in range(100)
        ],
    ),
    {"persons": ("patient_no", "氏名", "age")},
)
SMALL_NOISE = (  # B23: noise of scale 1 on incomes 7,919 apart
    {"id": ID, "g": TOWN, "income": {"type": "integer", "treat": [{**QI, "method": "noise", "scale": 1}]}},
    csv("id,g,income", [(f"C{i}", "A", 3_000_000 + 7919 * i) for i in range(100)]),
    {"perturbed": ("income",)},
)
SMALL_SWAP = (  # B23b: only neighbours are exchanged
    {
        "id": ID,
        "g": TOWN,
        "income": {"type": "integer", "treat": [{**QI, "method": "rank_swap", "within": 0.0001}]},
    },
    csv("id,g,income", [(f"C{i}", "A", 3_000_000 + 7919 * i) for i in range(300)]),
    {"perturbed": ("income",)},
)
CITIES = (  # a pseudonym on what is no code
    {"id": ID, "city": {"treat": [{**PSEUDONYM, "link": "city"}]}},
    csv("id,city", [(f"C{i}", ["港区", "新宿区"][i % 3 == 0]) for i in range(100)]),
    {"pseudonyms": ("city",)},
)
YEARS = (  # a year of birth beside a band of ages
    {"id": ID, "age": bands(5), "year": KEEP_ALL},
    csv("id,age,year", [(f"C{i}", 20 + i // 20, 2006 - i // 20) for i in range(800)]),
    {"restored": ("year", "age")},
)
SIDE_BY_SIDE = (  # B01: quasi-identifiers of k = 5, and beside them columns of which each is shared by many
    {
        "id": ID,
        "birth": {"type": "date", "treat": [{"criterion": 1, "method": "year"}, SUPPRESS]},
        "postal": {"treat": [{"criterion": 1, "method": "postal_prefix", "digits": 3}]},
        "joined": {"type": "date", "treat": [{"criterion": 1, "method": "year_month"}]},
        "sex": KEEP_ALL,
    },
    csv(
        "id,birth,postal,joined,sex",
        [
            (
                f"C{i}",
                f"{1950 + b % 4}-05-01",
                f"1{b % 20:02d}0000",
                f"20{10 + b % 9}-{b % 7 + 1:02d}-01",
                "男女"[b % 2],
            )
            for i, b in enumerate(Random(1).sample(range(10**6), 2000))
        ],
    ),
    {"sets": ("birth", "postal", "joined", "sex")},
)
CASES = {
    "side by side": SIDE_BY_SIDE,
    "kept births": KEPT_BIRTHS,
    "all alike": ALL_ALIKE,
    "one blank": ONE_BLANK,
    "one label": ONE_LABEL,
    "links": LINKS,
    "visits": VISITS,
    "small noise": SMALL_NOISE,
    "small swap": SMALL_SWAP,
    "cities": CITIES,
    "years": YEARS,
}


def policy(columns, *, k=5, exposure=None, **more):
    person = next(name for name, column in columns.items() if column is ID)
    made = policy_of(columns, k=k, person=person, **more)
    if exposure is not None:
        made["requirements"]["exposure"] = exposure
    return made


def findings(done):
    return {f["kind"]: f for f in done.report["exposure"]["findings"]}


@pytest.mark.parametrize("case", CASES)
def test_it_is_told(run, case):
    columns, files, wanted = CASES[case]
    done = run(policy(columns), files)
    assert done.status == 0, done.err
    told = {(f["kind"], tuple(f["columns"])) for f in done.report["exposure"]["findings"]}
    assert wanted.items() <= told, told
    page = (done.release / "report.html").read_text()
    for finding in done.report["exposure"]["findings"]:
        assert finding["sentence"] in page and not finding["refused"]
        assert f"exposed: t: {' × '.join(finding['columns'])}" in done.out or finding["kind"] == "persons"
    assert "exposure" not in (done.release / "public-report.json").read_text()


@pytest.mark.parametrize("case", CASES)
def test_it_stops_the_run_where_the_policy_says_so(run, case):
    columns, files, wanted = CASES[case]
    kind, named = next(iter(wanted.items()))
    done = run(policy(columns, exposure={"refuse": [kind]}), files)
    assert done.status == 4 and "requirement.exposure" in done.err and not done.releases
    assert all(name in done.err for name in named)


def test_what_was_looked_at_is_accepted_with_a_reason(run):
    columns, files, _ = ALL_ALIKE
    exposure = {
        "refuse": ["homogeneous"],
        "accepted": [{"columns": ["disease"], "because": "検査対象者のみ"}],
    }
    done = run(policy(columns, exposure=exposure), files)
    assert done.status == 0, done.err
    assert findings(done)["homogeneous"]["because"] == "検査対象者のみ"
    assert "(accepted)" in done.out
    done = run(policy(columns, exposure={"at_most": 0.95}), files, output="more")
    assert done.status == 0, done.err  # a class of ten of a hundred people, and 90 by age and illness


PAIRS = {"id": ID, "age": bands(10, 100), "no": KEEP_ALL, "a": KEEP_ALL, "b": KEEP_ALL, "c": KEEP_ALL}


@pytest.mark.parametrize(
    "exposure, b, c, stops",
    [
        ({"accepted": [{"columns": ["a", "b"], "because": "検討した"}]}, 10, lambda i: i // 40, "a × c"),
        ({"at_most": 0.3}, 5, lambda i: i == 7, "a × b"),  # a × c: one person, but alone
    ],
)
def test_a_set_that_is_accepted_or_of_few_hides_no_other(run, exposure, b, c, stops):
    rows = [(f"C{i}", 30, f"N{i}", f"a{i % 20}", f"b{i // 20 % b}", f"c{c(i)}") for i in range(200)]
    done = run(policy(PAIRS, k=5, exposure={"refuse": ["sets"], **exposure}), csv("id,age,no,a,b,c", rows))
    assert done.status == 4 and f"what: {stops} together are shared by fewer than k: 200 of 200" in done.err


@pytest.mark.parametrize(
    "case, kind, accepted, status",
    [
        ("side by side", "sets", ["birth"], 4),
        ("side by side", "sets", ["birth", "postal", "joined"], 4),  # nor are all four
        ("side by side", "sets", ["birth", "postal", "joined", "sex"], 0),  # whom some single out, all do
        ("kept births", "labels", ["day", "sex"], 0),
        ("all alike", "homogeneous", ["age"], 4),  # said of the class, not of the illness
        ("all alike", "homogeneous", ["age", "disease"], 0),
        ("all alike", "homogeneous", ["disease", "id"], 4),
        ("years", "restored", ["year"], 4),
        ("years", "restored", ["age"], 4),
        ("years", "restored", ["year", "age"], 0),
        ("visits", "persons", ["age"], 4),
        ("small noise", "perturbed", ["income", "g"], 4),
        ("small noise", "perturbed", ["income"], 0),
        ("cities", "pseudonyms", ["city"], 0),
    ],
)
def test_who_accepts_some_columns_accepts_nothing_about_others(run, case, kind, accepted, status):
    columns, files, _ = CASES[case]
    exposure = {"refuse": [kind], "accepted": [{"columns": accepted, "because": "検討した"}]}
    assert run(policy(columns, exposure=exposure), files).status == status


@pytest.mark.parametrize("case", ["small noise", "small swap"])
def test_perturbed_columns_alone_are_looked_at(run, case):
    columns, files, _ = CASES[case]
    columns = {"id": ID, "g": {"drop": True, "because": "不要"}, "income": columns["income"]}
    done = run(policy(columns, exposure={"refuse": ["perturbed"]}), files)
    assert done.status == 4 and "income is perturbed so little" in done.err, done.err or done.out


@pytest.mark.parametrize("rows", ["one", "several"])
def test_that_nobody_is_exposed_is_told_and_what_was_not_counted(run, rows):
    """B29: the purchases of everybody were unique, and the terminal was silent."""
    lines = [(f"C{i // 3 if rows == 'several' else i}", 30 + i % 2, "ab"[i % 2]) for i in range(120)]
    made = policy({"id": ID, "age": bands(10, 100), "item": KEEP_ALL}, rows=rows)
    done = run(made, csv("id,age,item", lines))
    assert done.status == 0, done.err
    told = "  exposed: t: nobody by 3 of 3 columns and sets of them"
    besides = "; what the records of a person tell together is not counted: histories"
    assert f"{told}{besides if rows == 'several' else ''}\n" in done.out


def test_the_one_who_has_neither_of_two_values_is_told(run):
    """Each of the columns has blanks of many; one person has a blank in both."""
    columns = {"id": ID, "age": bands(10, 100), "a": KEEP_ALL, "b": KEEP_ALL}
    rows = [(f"C{i}", 30, "" if i < 21 else "x", "" if i > 19 and i < 41 else "y") for i in range(200)]
    done = run(policy(columns, k=5), csv("id,age,a,b", rows))
    assert done.status == 0, done.err
    (both,) = (f for f in done.report["exposure"]["findings"] if f["columns"] == ["a", "b"])
    assert (both["kind"], both["people"], both["alone"]) == ("sets", 1, 1)


def summary_of(done):
    page = (done.release / "report.html").read_text()
    return page[page.index('id="summary"') : page.index('id="items"')]


def test_the_summary_tells_the_worst_and_how_it_stops_a_run(run):
    columns, files, _ = KEPT_BIRTHS
    done = run(policy(columns), files)
    worst = max(done.report["exposure"]["findings"], key=lambda f: (f["people"], f["alone"]))
    summary = summary_of(done)
    assert worst["sentence"] in summary and 'href="#exposure"' in summary and "exposure: {}" in summary
    assert f"<dt>宣言のない危険</dt><dd>{worst['people']}<span>人" in summary
    accepted = [{"columns": ["day", "area", "sex"], "because": "検討した"}]
    done = run(policy(columns, exposure={"accepted": accepted}), files, output="more")
    assert done.status == 0, done.err
    assert "<dt>宣言のない危険</dt><dd>なし" in summary_of(done) and "方針で認めた" in summary_of(done)


PROFILED = {
    "id": ID,
    "born": {"type": "date", "treat": [{"criterion": 1, "method": "year"}, SUPPRESS]},
    "town": TOWN,
    "profile": KEEP_ALL,
    "store": KEEP_ALL,
    "luck": KEEP_ALL,
}


def profiled(i):
    born, town = 1940 + i * 7 % 60, i * 11 % 40
    return (
        f"C{i}",
        f"{born}-05-01",
        f"町{town}",
        f"{born // 20 * 20}年代の会員",
        f"店{town // 2}",
        f"札{i * 13 % 7}",
    )


def test_what_tells_of_a_suppressed_value_is_told_and_stops_the_run(run):
    """A profile tells the age of whoever bears it though every birth date is *, and a shop tells the town."""
    files = csv(",".join(PROFILED), [profiled(i) for i in range(2040)])
    done = run(policy(PROFILED, k=52), files)
    assert done.status == 0, done.err
    found = [f for f in done.report["exposure"]["findings"] if f["kind"] == "restored"]
    assert [f["columns"] for f in found] == [["profile", "born"], ["store", "town"]]
    assert all("元の値の見当がつく" in f["sentence"] and f["counted"] == "exactly" for f in found)
    done = run(policy(PROFILED, k=52, exposure={"refuse": ["restored"]}), files, output="more")
    assert done.status == 4 and "profile × born" in done.err


NAMED = {
    "id": ID,
    "患者氏名": DELETE,
    "カナ": DELETE,
    "備考": {"type": "text"},
    "電話": DELETE,
    "sex": TOWN,
    "種別": KEEP_ALL,
}


@pytest.mark.parametrize(("phones", "alike"), [(300, False), (100, True)])
def test_namesakes_are_other_people_unless_something_else_is_alike_too(run, phones, alike):
    rows = [
        (
            f"C{i}",
            f"佐藤 {'一二三四五'[i % 5]}",
            "サトウ",
            "特になし",
            f"090-0000-{i % phones:04d}",
            "男女"[i % 2],
            "初診",
        )
        for i in range(300)
    ]
    done = run(policy(NAMED), csv(",".join(NAMED), rows))
    assert done.status == 0, done.err
    assert ("persons" in findings(done)) == alike
    if alike:
        assert findings(done)["persons"]["columns"] == ["患者氏名", "カナ", "電話", "sex"]


def test_figures_are_those_of_counting_people(run):
    columns, files, _ = ALL_ALIKE
    found = findings(run(policy(columns), files))["homogeneous"]
    assert (found["people"], found["of_people"], found["counted"]) == (10, 100, "exactly")
    columns, files, _ = ONE_BLANK
    found = findings(run(policy(columns), files, output="blank"))["blanks"]
    assert (found["people"], found["alone"]) == (1, 1)


def test_rows_of_one_person_are_one_person(run):
    rows = [("p0", "奇病")] * 50 + [(f"p{i}", "風邪") for i in range(1, 30)]
    made = policy({"id": ID, "d": KEEP_ALL}, rows="several")
    found = findings(run(made, csv("id,d", rows)))["labels"]
    assert (found["people"], found["alone"], found["of_people"]) == (1, 1, 30)


def test_a_blank_that_matches_anything_is_seen_all_the_same(run):
    """B22: against who takes a blank for any value k holds; who sees the blank finds one person."""
    rows = [("C0", "", "市長"), *((f"C{i}", 30, "会社員" if i % 2 else "市長") for i in range(1, 101))]
    made = policy({"id": ID, "age": TOWN, "job": TOWN})
    made["requirements"] |= {"nulls": "wildcard"}
    done = run(made, csv("id,age,job", rows))
    assert done.status == 0, done.err
    assert findings(done)["blanks"]["columns"] == ["age"]
    assert findings(done)["sets"]["columns"] == ["age", "job"] and findings(done)["sets"]["alone"] == 1


def test_a_release_that_exposes_nobody_says_so(run):
    rows = [(f"C{i}", 20 + i % 20, ILLNESSES[i // 20 % 4]) for i in range(800)]
    columns = {"id": ID, "age": bands(5), "d": {**KEEP_ALL, "sensitive": True}}
    done = run(policy(columns, exposure={}), csv("id,age,d", rows))
    assert done.status == 0 and done.out.count("exposed: t: nobody by") == 1 and not findings(done)
    assert "5人未満に絞られる人はいない" in (done.release / "report.html").read_text()


def test_columns_beyond_the_sixty_fourth_are_counted_too(run):
    columns = {"id": ID} | {f"q{i}": KEEP_ALL for i in range(100)}
    rows = [(f"C{i}", *(["a"] * 99), "x" if i == 7 else "a") for i in range(30)]
    done = run(policy_of(columns, person="id"), csv(",".join(columns), rows))
    assert done.status == 0
    found = [(f["kind"], f["columns"], f["people"]) for f in done.report["exposure"]["findings"]]
    assert ("labels", ["q99"], 1) in found
