"""Names of people of the files, of any table, do not leave the house inside sentences."""

import pytest
from support.helpers import FILE, policy_of

PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
DROPPED = {"drop": True, "because": "不要"}
KEEP = {"keep": True, "because": "試験"}
COUNT = 40


def csv_of(*columns):
    """A table of ``COUNT`` people: name of a column, and how its cells are made."""
    rows = [",".join(name for name, _ in columns)]
    rows += [",".join(make(i) for _, make in columns) for i in range(COUNT)]
    return "\n".join(rows) + "\n"


def code(i):
    return f"C{i:05d}"


def family(i):
    return ["佐藤", "長谷川", "千葉", "田中", "五十嵐"][i % 5]


def given(i):
    return ["太郎", "花子", "健次郎", "美咲", "由紀子", "正", "一馬", "さくら"][i // 5]


def note(*lines):
    """The first records say what is given; the others what says nothing."""
    return lambda i: lines[i] if i < len(lines) else f"窓口対応{i % 7}"


def refused(done, column, count):
    told = f"{column}: {count} record(s) with the name of somebody in the files"
    assert done.status == 4 and told in done.err, done.err
    assert not list(done.root.rglob("part-*"))


NOTES = ["配偶者長谷川花子のDV相談", "千葉 健次郎様", "五十嵐・由紀子、同席", "美咲 田中さんへ", "通常"]


@pytest.mark.parametrize("fate", [DROPPED, {"type": "text"}])
def test_the_name_of_another_person_in_a_sentence_stops_the_run(run, fate):
    columns = {"id": PSEUDONYM, "氏名": fate, "処理内容": KEEP}
    data = csv_of(("id", code), ("氏名", lambda i: f"{family(i)} {given(i)}"), ("処理内容", note("", *NOTES)))
    refused(run(policy_of(columns, person="id"), {"data.csv": data}), "処理内容", 4)


def test_family_and_given_name_in_two_columns_are_one_name(run):
    columns = {"id": PSEUDONYM, "姓": DELETED, "名": DELETED, "処理内容": KEEP}
    data = csv_of(("id", code), ("姓", family), ("名", given), ("処理内容", note(*NOTES)))
    refused(run(policy_of(columns, person="id"), {"data.csv": data}), "処理内容", 4)


def tables(*, columns, rows="several"):
    """People with their names in one table, and what happened to them in another."""
    source = {"person": "id", "rows_per_person": "one", "source": {"path": "people.csv", "format": "csv"}}
    visits = {"person": "id", "rows_per_person": rows, "source": {"path": "visits.csv", "format": "csv"}}
    return {
        "version": 1,
        "regime": "private",
        "file": FILE,
        "tables": {
            "people": {**source, "columns": {"id": PSEUDONYM, "氏名": DELETED}},
            "visits": {**visits, "columns": columns},
        },
        "requirements": {"k": 2, "because": "試験", "suppression_limit": 0.0},
    }


def test_the_names_of_one_table_are_looked_for_in_another(run):
    people = csv_of(("id", code), ("氏名", lambda i: f"{family(i)} {given(i)}"))
    visits = csv_of(("id", code), ("処置", note("長谷川花子様 検査", "千葉健次郎が付添い")))
    columns = {"id": PSEUDONYM, "処置": KEEP}
    refused(run(tables(columns=columns), {"people.csv": people, "visits.csv": visits}), "処置", 2)
    said = KEEP | {"source_values_allowed": {"because": "職員の氏名であり、公表されている"}}
    done = run(tables(columns=columns | {"処置": said}), output="said")
    assert done.status == 0, done.err
    scans = {table["name"]: table["leak_scan"] for table in done.report["tables"]}
    assert scans["people"]["names"] is None and scans["visits"]["names"]["spellings"] == 2 * COUNT
    assert scans["visits"]["names"]["error"] < 1e-15
    (match,) = scans["visits"]["matches"]
    assert match == {
        "column": "処置",
        "sought": "ファイルにある人の氏名",
        "compared": COUNT,
        "matched": 2,
        "because": "職員の氏名であり、公表されている",
    }
    assert "氏名は鍵付きのハッシュ値" in (done.release / "report.html").read_text()


def test_sentences_without_a_name_are_released(run):
    """Family names alone, towns, other people and words."""
    lines = ["千葉市に転出", "田中様", "佐藤次郎様", "長谷川橋の工事", "さくらの開花", "正しい住所に変更"]
    columns = {"id": PSEUDONYM, "氏名": DELETED, "処理内容": KEEP}
    data = csv_of(("id", code), ("氏名", lambda i: f"{family(i)} {given(i)}"), ("処理内容", note(*lines)))
    done = run(policy_of(columns, person="id"), {"data.csv": data})
    assert done.status == 0, done.err


HIERARCHY = {"kind": "file", "path": "towns.csv"}
WITH_NAMES = csv_of(
    ("id", code), ("氏名", lambda i: f"{family(i)} {given(i)}"), ("組", lambda i: "ABCD"[i % 4]), ("点", str)
)


@pytest.mark.parametrize(
    ("change", "lines", "told"),
    [
        ({"点": {**KEEP, "type": "integer", "title": "長谷川花子の点"}}, "", "number 4 of them"),
        (
            {
                "組": {
                    "treat": [
                        {
                            "criterion": 4,
                            "method": "rare_categories",
                            "action": "group",
                            "label": "千葉健次郎",
                        }
                    ]
                }
            },
            "",
            "number 3 of them",
        ),
        (
            {"氏名": {"treat": [{"criterion": 1, "method": "replace", "by": "千葉健次郎"}]}},
            "",
            "number 2 of them",
        ),
        ({"氏名": {**DELETED, "title": "千葉健次郎班の氏名"}}, "", "number 2 of them"),
        ({}, "A;佐藤 太郎班;*\nB;佐藤 太郎班;*\nC;二班;*\nD;二班;*\n", "number 3 of them"),
        ({}, "A;千葉班;*\nB;千葉班;*\nC;太郎班;*\nD;太郎班;*\n", None),
    ],
    ids=["title", "label", "in its place", "title of what is deleted", "hierarchy", "family names alone"],
)
def test_the_name_of_somebody_in_titles_and_labels_stops_the_run(run, change, lines, told):
    columns = {"id": PSEUDONYM, "氏名": DELETED, "点": {**KEEP, "type": "integer"}}
    columns["組"] = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": HIERARCHY}]}
    lines = lines or "A;一班;*\nB;一班;*\nC;二班;*\nD;二班;*\n"
    ordered = {name: (columns | change)[name] for name in ("id", "氏名", "組", "点")}
    done = run(policy_of(ordered, person="id"), {"data.csv": WITH_NAMES, "towns.csv": lines})
    if told is None:
        assert done.status == 0, done.err
    else:
        assert done.status == 4 and "verification.name_in_label" in done.err and told in done.err, done.err
        assert not any(name in done.err for name in ("長谷川", "健次郎", "太郎"))


def test_a_column_that_is_called_like_somebody_stops_the_run(run):
    """A table that was turned, with people for columns."""
    data = WITH_NAMES.replace("点", "五十嵐一馬さんの点", 1)
    columns = {
        "id": PSEUDONYM,
        "氏名": DELETED,
        "組": KEEP,
        "五十嵐一馬さんの点": {**KEEP, "type": "integer"},
    }
    done = run(policy_of(columns, person="id"), {"data.csv": data})
    assert done.status == 4 and "number 4 of them" in done.err and "五十嵐" not in done.err, done.err


@pytest.mark.parametrize(
    "write", [lambda c: c, lambda c: f"証の番号 {c} を確認", lambda c: f"（{c[:2]}-{c[2:]}）"]
)
def test_the_codes_of_one_table_are_looked_for_in_another(run, write):
    """An insurance number that is deleted with the person stands in what happened to them."""
    people = csv_of(("id", code), ("氏名", lambda i: f"{family(i)} {given(i)}"), ("保険番号", insured))
    events = csv_of(("id", code), ("処理内容", lambda i: write(insured(i)) if i % 9 == 1 else "窓口対応"))
    policy = policy_of({}, person="id")
    policy["tables"] = {
        "people": {
            "source": {"path": "people.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "one",
            "columns": {
                "id": PSEUDONYM,
                "氏名": DELETED,
                "保険番号": {"treat": [{"criterion": 2, "method": "delete"}]},
            },
        },
        "events": {
            "source": {"path": "events.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "several",
            "columns": {"id": PSEUDONYM, "処理内容": KEEP},
        },
    }
    done = run(policy, {"people.csv": people, "events.csv": events})
    assert done.status == 4 and "the code of somebody in the files" in done.err, done.err


def insured(i):
    return f"AB{(i * 7919 + 123457) % 10**6:06d}X"
