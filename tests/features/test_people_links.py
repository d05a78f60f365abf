"""本人の数 over several tables and links: counted again, from the files alone, by nothing of the house."""

import csv
import random
import re

import pytest
from support.helpers import SUPPRESS, policy_of

KEPT = {"keep": True, "because": "試験"}
PUBLIC = {
    "scope": "住民",
    "collection": "届出",
    "request_office": {"name": "市民課", "address": "中央1-1"},
    "product_office": {"name": "市民課", "address": "中央1-1"},
    "product_period": {"start": "2026-04-01", "end": "2099-03-31"},
}


def link(name):
    return {"treat": [{"criterion": 3, "method": "pseudonym", "link": name}]}


def files_and_policy(tables, *, people=None, public=False, k=2):
    """Tables: name → (how the person column is treated, rows a person, codes; None for no person column)."""
    policy = policy_of({"g": KEPT}, k=k)
    policy["tables"], files = {}, {}
    for name, (treated, rows, codes) in tables.items():
        columns = (
            {"g": {"treat": [SUPPRESS]}} if treated is None else {"id": treated, "g": {"treat": [SUPPRESS]}}
        )
        policy["tables"][name] = {
            "source": {"path": f"{name}.csv", "format": "csv"},
            "rows_per_person": rows,
            "columns": columns,
        } | ({} if treated is None else {"person": "id"})
        lines = ["g" if treated is None else "id,g"]
        lines += ["A" if treated is None else f"{code},A" for code in codes]
        files[f"{name}.csv"] = "\n".join(lines) + "\n"
    policy["file"] = policy["file"] | (PUBLIC if public else {}) | ({"people": people} if people else {})
    policy["regime"] = "public" if public else "private"
    return policy, files


def said(done):
    """The number of people wherever a run says it: manifest, report, its page, console, book and its page."""
    book = (done.root / "register" / "entries.csv").read_text(encoding="utf-8-sig")
    (entry,) = csv.DictReader(book.splitlines(keepends=True))
    page = (done.release / "report.html").read_text()
    found = [
        done.manifest["people"],
        done.report["people"],
        *re.findall(r"<dt>本人の数</dt><dd>([\d,]+)", page),
        *re.findall(r"records of ([\d,]+) people", done.out),
        *re.findall(r"本人の数：([\d,]+)人", entry["匿名加工情報の概要"]),
        *re.findall(r"本人の数: ([\d,]+)人", (done.release / "notice.md").read_text()),
    ]
    assert len(found) >= 5
    return {int(str(n).replace(",", "")) for n in found}


def cases(n):
    draw = random.Random(20261130)
    for _ in range(n):
        tables = {}
        for name in draw.sample(["a", "b", "c", "d"], draw.randint(1, 4)):
            treated = draw.choice([link("m"), link("m"), link("p"), None, {"drop": True, "because": "不要"}])
            rows = "one" if treated is None else draw.choice(["one", "several"])
            first, count = draw.randint(0, 60), draw.randint(3, 60)
            codes = [f"N{i:04}" for i in range(first, first + count)]
            draw.shuffle(codes)
            if rows == "several":
                codes += draw.choices(codes, k=draw.randint(0, 40))
            tables[name] = (treated, rows, codes)
        yield tables


def numbering(name, treated):
    return treated["treat"][0]["link"] if treated and "treat" in treated else name


@pytest.mark.parametrize("tables", list(cases(14)), ids="-".join)
def test_the_people_told_are_those_of_one_numbering(run, tables):
    ways = list(dict.fromkeys(numbering(name, treated) for name, (treated, *_) in tables.items()))
    linked = [numbering(n, t) for n, (t, *_) in tables.items() if t and "treat" in t]
    coded = list(dict.fromkeys(linked or [n for n, (t, *_) in tables.items() if t is not None]))
    policy, files = files_and_policy(tables)
    done = run(policy, files)
    if len(coded or ways) > 1:
        assert done.status == 2 and "policy.people" in done.err and not done.releases
        assert all(way in done.err for way in coded or ways)
    for way in ways if done.status else (coded or ways):
        policy, files = files_and_policy(tables, people=way if done.status else None)
        found = run(policy, files, output=f"out-{way}")
        assert found.status == 0, found.err
        of = [(t, codes) for n, (t, _, codes) in tables.items() if numbering(n, t) == way]
        true = len(of[0][1]) if of[0][0] is None else len({code for _, codes in of for code in codes})
        assert said(found) == {true}
        assert found.report["people_basis"] == ("records" if of[0][0] is None else "codes")
        for table in found.report["tables"]:
            treated, _, codes = tables[table["name"]]
            assert table["people_out"] == (None if treated is None else len(set(codes)))


def codes(first, count):
    return [f"{i:05}" for i in range(first, first + count)]


def test_two_numberings_do_not_add_up_to_a_thousand(run):
    """600 of one link and 600 of the other may be the same people: the rule of 1,000 goes by one (規則56条)."""
    tables = {"a": (link("m"), "one", codes(0, 600)), "b": (link("p"), "one", codes(5_000, 600))}
    done = run(*files_and_policy(tables, people="m", public=True))
    assert done.status == 4 and "600 people" in done.err and not done.releases
    shared = {"a": (link("m"), "one", codes(0, 600)), "b": (link("m"), "one", codes(500, 600))}
    done = run(*files_and_policy(shared, public=True))
    assert done.status == 0 and said(done) == {1_100}


def test_records_without_codes_are_told_as_records_and_never_added_to_people(run):
    bare = run(*files_and_policy({"a": (None, "one", codes(0, 1_000))}, public=True))
    assert bare.status == 0 and "no person column" in bare.out
    for text in (
        (bare.release / "notice.md").read_text(),
        (bare.release / "report.html").read_text(),
        (bare.root / "register" / "index.html").read_text(),
        (bare.root / "register" / "entries.csv").read_text(encoding="utf-8-sig"),
    ):
        assert "記録の数と同じであり、本人の番号による計数はしていない" in text
    mixed = {"a": (None, "one", codes(0, 700)), "b": (link("m"), "one", codes(0, 400))}
    done = run(*files_and_policy(mixed), output="mixed")
    assert done.status == 0 and said(done) == {400}
    assert "「a」の記録は" in done.report["people_check"]
    assert "計数はしていない" not in (done.root / "register" / "index.html").read_text()


def test_tables_of_one_link_that_share_nobody_are_told(run):
    apart = {"a": (link("m"), "one", codes(0, 30)), "b": (link("m"), "several", codes(100, 30))}
    done = run(*files_and_policy(apart))
    assert "共通する人はいない" in done.report["people_check"] and said(done) == {60}
    near = {"a": (link("m"), "one", codes(0, 30)), "b": (link("m"), "several", codes(28, 30))}
    done = run(*files_and_policy(near), output="near")
    assert "共通する人はいない" not in done.report["people_check"] and said(done) == {58}


@pytest.mark.parametrize("people", ["x", "id", "b", "c.csv"])
def test_people_of_no_numbering_are_refused(run, people):
    tables = {"a": (link("m"), "one", codes(0, 5)), "b": (link("m"), "one", codes(0, 5))}
    done = run(*files_and_policy(tables, people=people))
    assert done.status == 2 and "policy.people" in done.err and "link m" in done.err
