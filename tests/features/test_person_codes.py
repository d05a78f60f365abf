"""Person codes that are missing, or written in several ways: counted, told, and never one person as several."""

import random

import pytest
from support.helpers import PSEUDONYM, SUPPRESS, policy_of

ITEM = {"keep": True, "because": "試験"}


def policy(*, k=2, rows="several", codes=None, limit=0.5, **table):
    who = {"treat": [PSEUDONYM]} | ({"codes": codes} if codes else {})
    made = policy_of({"id": who, "sex": {"treat": [SUPPRESS]}}, person="id", rows=rows, k=k, limit=limit)
    made["tables"]["t"] |= table
    return made


def csv(pairs):
    return "id,sex\n" + "".join(f'"{str(code).replace(chr(34), chr(34) * 2)}",{sex}\n' for code, sex in pairs)


def test_records_without_a_code_stop_the_run_and_the_first_few_are_named(run):
    missing = [2, 5, 6, 9, 12, 15, 18, 21, 22, 23, 24, 27]
    text = csv([("" if i in missing else f"c{i}", "男") for i in range(30)])
    above = ["".join(text.splitlines(keepends=True)[: i + 1]).encode() for i in missing]
    told = ", ".join(f"line {i + 2} (byte {len(of)})" for i, of in zip(missing[:10], above, strict=False))
    done = run(policy(), {"data.csv": text})
    assert done.status == 3 and "input.person_missing" in done.err and not done.releases
    assert "records that do not say whose they are: 12\n" in done.err
    assert f"data.csv {told} …\n" in done.err
    assert "person_missing: drop" in done.err and "each_alone" in done.err


@pytest.mark.parametrize("rows", ["one", "several"])
def test_dropped_records_are_told_and_counted_nowhere(run, rows):
    pairs = [(f"c{i}", "男") for i in range(6)] + [("", "女")] * 7
    done = run(policy(rows=rows, person_missing="drop"), {"data.csv": csv(pairs)})
    assert done.status == 0, done.err
    (table,) = done.report["tables"]
    assert (table["records_in"], table["records_out"], table["people_in"], table["people_out"]) == (
        13,
        6,
        6,
        6,
    )
    assert table["records_without_person"] == 7 and "番号のない記録が7件あり、除いた" in table["people_check"]
    listed = done.manifest["tables"]["t"]
    assert (listed["records_without_person"], listed["person_missing"], listed["records"]) == (7, "drop", 6)
    assert "7 without a person code" in done.out and done.manifest["people"] == 6
    assert {row["sex"] for row in done.rows()} == {"男"}
    assert "本人の番号がないため除いたレコード" in (done.release / "report.html").read_text()


@pytest.mark.parametrize("rows", ["one", "several"])
def test_each_alone_is_a_person_of_its_own_in_every_count(run, rows):
    """As many people as records without code: two make a class of k = 2, one does not."""
    pairs = [(f"c{i}", "男") for i in range(5)] + [("", "女")] * 2 + [("", "不明")]
    done = run(policy(rows=rows, person_missing="each_alone"), {"data.csv": csv(pairs)})
    assert done.status == 0, done.err
    (table,) = done.report["tables"]
    assert table["people_in"] == 8 and table["records_without_person"] == 3
    assert table["recoding"]["suppressed_people"] in {0, 1}
    assert "3 records without a person code: each counted as a person" in done.out
    assert "番号のない記録が3件あり、1件ごとに別の1人として数えた" in table["people_check"]
    alone = [row for row in done.rows() if row["id"] is None]
    coded = [row["id"] for row in done.rows() if row["id"] is not None]
    assert done.manifest["people"] == len(set(coded)) + len(alone) == table["people_out"]
    assert done.manifest["tables"]["t"]["person_missing"] == "each_alone"


def test_several_alone_do_not_share_a_rare_value(run):
    """rare_categories counts each as one: a value of three strangers is not that of one person, nor of none."""
    made = policy(person_missing="each_alone")
    made["tables"]["t"]["columns"]["item"] = {
        "treat": [{"criterion": 4, "method": "rare_categories", "people": 3, "action": "cell"}]
    }
    rows = [("", "米")] * 3 + [("", "茶")] * 2 + [("c1", "酒")] * 5 + [(f"d{i}", "塩") for i in range(3)]
    text = "id,sex,item\n" + "".join(f"{code},男,{item}\n" for code, item in rows)
    done = run(made, {"data.csv": text})
    assert done.status == 0, done.err
    assert {row["item"] for row in done.rows()} == {"米", "塩", None}


@pytest.mark.parametrize("seed", range(4))
def test_people_with_and_without_codes_are_recounted_over_files(run, seed):
    draw = random.Random(seed)
    files, rows = {}, []
    for n in range(3):
        part = [(draw.choice(["", f"p{draw.randint(0, 25)}"]), draw.choice("男女")) for _ in range(40)]
        files[f"part{n}.csv"] = csv(part)
        rows += part
    known = {code for code, _ in rows if code}
    missing = sum(not code for code, _ in rows)
    for how, people in (("drop", len(known)), ("each_alone", len(known) + missing)):
        made = policy(person_missing=how)
        made["tables"]["t"]["source"]["path"] = "part*.csv"
        done = run(made, files, output=how)
        assert done.status == 0, done.err
        assert done.manifest["people"] == done.report["tables"][0]["people_in"] == people
        assert done.manifest["tables"]["t"]["records"] == len(rows) - (missing if how == "drop" else 0)


SPELT = {
    "outer spaces": (["A001", " A001", "A001　"], 1),
    "full-width or other variants of characters": (["A001", "Ａ００１", "A001"], 1),
}


@pytest.mark.parametrize("kind", SPELT)
@pytest.mark.parametrize("rows", ["one", "several"])
def test_two_spellings_stop_the_run_until_the_policy_speaks(run, kind, rows):
    spelt, _ = SPELT[kind]
    distinct = list(dict.fromkeys(spelt))
    pairs = [(code, "男") for code in distinct] + [(f"B00{i}", "男") for i in range(4)]
    done = run(policy(rows=rows), {"data.csv": csv(pairs)})
    assert done.status == 3 and "input.person_codes" in done.err and kind in done.err and not done.releases
    assert f"{len(pairs)} different person codes are {5}" in done.err
    assert not any(code in done.err for code in ("A001", "0012"))
    exact = run(policy(rows=rows, codes="exact"), {"data.csv": csv(pairs)}, output="exact")
    assert exact.status == 0 and exact.manifest["people"] == len(pairs)
    folded = run(policy(codes="folded"), {"data.csv": csv(pairs)}, output="folded")
    assert folded.status == 0 and folded.manifest["people"] == 5 == len({r["id"] for r in folded.rows()})
    assert "書き方の違いをそろえて" in folded.report["tables"][0]["people_check"]


def test_one_row_a_person_is_checked_on_folded_codes(run):
    pairs = [("A1", "男"), ("A1 ", "男"), ("A2", "男")]
    done = run(policy(rows="one", codes="folded"), {"data.csv": csv(pairs)})
    assert done.status == 3 and "input.several_rows" in done.err and "2 people" in done.err


def test_where_people_repeat_is_told_whatever_the_engine_read_first(run):
    """The first ten records of people who stood before, by file and line; how many more is in the counts."""
    first, second = ([f"b{i:02}" for i in part] for part in (range(30, 0, -1), range(31, 50)))
    for at in range(2, 14):
        second.insert(at, f"b{at:02}")
    files = {f"in/{n}.csv": csv([(c, "男") for c in codes]) for n, codes in enumerate((first, second))}
    files["in/2.csv"] = csv([("b49", "男"), ("b60", "男")])
    made = policy(rows="one")
    made["tables"]["t"]["source"]["path"] = "in/*.csv"
    done = run(made, files)
    assert done.status == 3 and "63 records belong to 50 people" in done.err
    told = ", ".join(f"line {at + 2} (byte {7 + 10 * at})" for at in range(2, 12))
    assert f"in/1.csv {told} …\n" in done.err and "2.csv" not in done.err
    assert not any(code in done.err for code in ("b02", "b11", "b49"))


def test_the_last_place_is_told_without_dots(run):
    done = run(policy(rows="one"), {"data.csv": csv([("a", "男"), ("b", "男"), ("a", "女")])})
    assert done.status == 3 and "data.csv line 4 (byte 23)\n" in done.err


def test_spellings_that_are_the_same_everywhere_are_nobody_twice(run):
    for i, spell in enumerate(("Ａ{}", "{} ", '="{}"', "00{}")):
        pairs = [(spell.format(n), "男") for n in range(10, 20)]
        done = run(policy(), {"data.csv": csv(pairs)}, output=f"out{i}")
        assert done.status == 0 and done.manifest["people"] == 10


def two_tables(second, *, codes=None, second_codes=None):
    made = policy(codes=codes)
    made["tables"]["u"] = {
        "source": {"path": "u.csv", "format": "csv"},
        "person": "member",
        "rows_per_person": "several",
        "joined": False,  # one person stands in one table alone, whom absence would single out
        "because": "試験",
        "columns": {
            "member": {"treat": [PSEUDONYM]} | ({"codes": second_codes} if second_codes else {}),
            "item": ITEM,
        },
    }
    lines = "".join(f'"{str(code).replace(chr(34), chr(34) * 2)}",米\n' for code in second)
    return made, {"data.csv": csv([(f"{n:04}", "男") for n in range(8)]), "u.csv": "member,item\n" + lines}


@pytest.mark.parametrize("spell", ["　{:04}", "{:04} ", "{:d}"])
def test_tables_of_one_link_are_compared(run, spell):
    second = [spell.format(n) for n in range(1, 8)]
    done = run(*two_tables(second))
    assert done.status == 3 and "tables.t.id, tables.u.member" in done.err and "are 8" in done.err
    exact = run(*two_tables(second, codes="exact"), output="exact")
    assert exact.status == 0 and exact.manifest["people"] == 15
    assert "共通する人はいない" in exact.report["people_check"]
    if spell != "{:d}":
        folded = run(*two_tables(second, second_codes="folded"), output="folded")
        assert folded.status == 0 and folded.manifest["people"] == 8
        assert {r["member"] for r in folded.rows("u")} < {r["id"] for r in folded.rows("t")}


def test_what_cannot_be_compared_is_refused(run):
    done = run(*two_tables(["1"], codes="exact", second_codes="folded"))
    assert done.status == 2 and "policy.link_codes" in done.err
    made = policy()
    made["tables"]["t"]["columns"]["sex"]["codes"] = "folded"
    assert "table.codes" in run(made, {"data.csv": csv([("a", "男")])}).err
    made = policy(codes="folded")
    made["tables"]["t"]["columns"]["id"]["type"] = "integer"
    assert "column.codes" in run(made, {"data.csv": csv([(1, "男")])}).err
    made = policy_of({"a": ITEM})
    made["tables"]["t"]["person_missing"] = "drop"
    assert "table.person_missing" in run(made, {"data.csv": "a\n1\n"}).err


@pytest.mark.parametrize("space", [" ", "　", "\t"])
def test_a_code_of_spaces_is_no_code(run, space):
    pairs = [("c1", "男"), (space, "男"), ("c2", "男"), (space, "男"), (space * 2, "男")]
    done = run(policy(), {"data.csv": csv(pairs)})
    assert done.status == 3 and "records that do not say whose they are: 3\n" in done.err
    done = run(policy(person_missing="drop"), {"data.csv": csv(pairs)})
    assert done.status == 0 and "released 2 records of 2 people" in done.out, done.err
    done = run(policy(person_missing="each_alone"), {"data.csv": csv(pairs)})
    assert done.status == 0 and "released 5 records of 5 people" in done.out, done.err
