"""Released data are searched: what criteria 1 to 3 removed must not stand elsewhere, nor numbers that are codes."""

import csv
import io
import random

import pytest
from support.helpers import EXAMPLE, policy_of

PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}
KEEP = {"keep": True, "because": "試験"}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
CODE = {"treat": [{"criterion": 2, "method": "delete"}]}
SUPPRESS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}
COLUMNS = {"id": PSEUDONYM, "name": DELETED, "code": CODE, "note": KEEP, "town": SUPPRESS}
SURNAMES, NAMES = ("佐藤", "長谷川", "千葉", "田中", "五十嵐"), ("太郎", "花子", "健次郎", "美咲", "一")


def people(notes=(), count=200, **more):
    """``count`` people; the first get the given notes."""
    rows = [
        {
            "id": f"C{i:07d}",
            "name": f"{SURNAMES[i % 5]} {NAMES[i // 5 % 5]}{i // 25 or ''}",
            "code": f"{10**10 + 7 * i:011d}",
            "note": notes[i] if i < len(notes) else f"備考 {i % 7}",
            "town": "A",
            **{name: make(i) for name, make in more.items()},
        }
        for i in range(count)
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return {"data.csv": text.getvalue()}


def leaky(done, *told):
    assert done.status == 4 and "verification.leak" in done.err, done.err
    assert all(text in done.err for text in told), done.err
    assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))
    assert not (done.root / "register").exists()


def planted(notes):
    """A kept column for every note, which stands in its first record alone; and the policy's columns."""
    columns = {**COLUMNS, **{f"note{i}": KEEP for i in range(len(notes))}}
    files = people(**{f"note{i}": lambda row, note=note: "" if row else note for i, note in enumerate(notes)})
    return columns, files


def test_a_source_value_in_a_kept_column_stops_the_run(run):
    """In a sentence, in other spaces, inside another code, in full-width digits; and another person's."""
    notes = [
        "佐藤太郎様から電話あり",
        "佐藤　太郎",
        "O-c0000000-17",
        "番号 １００００ー０００００－０ 確認",
        "長谷川太郎",
    ]
    columns, files = planted(notes)
    done = run(policy_of(columns, person="id"), files)
    own = [
        f"note{i}: 1 record(s) with their own value of {of}"
        for i, of in enumerate(["name"] * 2 + ["id", "code"])
    ]
    other = "note4: 1 record(s) with another record's value of name"
    leaky(done, "tables.t.columns.note0", *own, other, "source_values_allowed: {because: …}")
    assert not any(note in done.err for note in [*notes, "太郎", "0000000"])


def test_the_text_treated_or_its_leak_allowed_is_released(run):
    files = people(["佐藤太郎様から電話あり"])
    treated = run(policy_of({**COLUMNS, "note": {"type": "text"}}, person="id"), files)
    assert treated.status == 0 and set(treated.rows()[0]) == {"id", "town"}
    allowed = {**KEEP, "source_values_allowed": {"because": "本人が公表した氏名である"}}
    done = run(policy_of({**COLUMNS, "note": allowed}, person="id"), output="allowed")
    assert done.status == 0, done.err
    (match,) = done.report["tables"][0]["leak_scan"]["matches"]
    assert match == {
        "column": "note",
        "sought": "その人のname",
        "compared": 1,
        "matched": 1,
        "because": "本人が公表した氏名である",
    }
    assert "本人が公表した氏名である" in (done.release / "report.html").read_text()


def test_a_number_that_is_a_code_stops_the_run_whatever_column_it_came_from(run):
    notes = [
        "番号は６２１４－９８３２－０２５７",
        "免許 309012345620 を確認",
        "カード4111 1111 1111 1111で決済",
        "旅券番号：TR1234567",
        "621498320257",
    ]
    columns, files = planted(notes)
    done = run(policy_of(columns, person="id"), files)
    kinds = ["My Number", "driver's licence number", "payment card number", "passport number"]
    leaky(done, *(f"note{i}: 1 value(s) hold: {kind}" for i, kind in enumerate(kinds)), "codes_allowed")
    assert not any(note in done.err for note in notes)
    told = {**KEEP, "codes_allowed": {"because": "架空の番号である"}}
    columns |= {f"note{i}": told for i in range(len(notes))}
    allowed = run(policy_of(columns, person="id"), output="allowed")
    assert allowed.status == 0, allowed.err
    matches = allowed.report["tables"][0]["leak_scan"]["matches"]
    assert {m["because"] for m in matches} == {"架空の番号である"} and len(matches) >= len(notes)


def test_a_label_that_meets_a_surname_is_no_leak(run):
    columns = {**COLUMNS, "name": DELETED, "prefecture": KEEP}
    files = people(prefecture=lambda i: "長谷川市" if i % 3 else "東京都", count=400)
    files["data.csv"] = files["data.csv"].replace("長谷川 太郎,", "長谷川,")  # a surname alone
    done = run(policy_of(columns, person="id"), files)
    assert done.status == 0, done.err


def test_other_numbers_are_no_codes(run):
    """Order and product numbers, amounts and times: what a file is full of."""
    draw = random.Random(5)
    columns = {
        **COLUMNS,
        "order": KEEP,
        "jan": KEEP,
        "amount": {**KEEP, "type": "integer"},
        "long": {**KEEP, "type": "integer"},
        "stamp": KEEP,
        "day": KEEP,
    }
    files = people(
        count=1500,
        order=lambda _: f"{draw.randrange(10**12):012d}",
        jan=lambda _: f"49{draw.randrange(10**11):011d}",
        amount=lambda _: draw.randrange(10**8),
        long=lambda _: draw.randrange(10**15),
        stamp=lambda _: f"2026-{draw.randrange(1, 13):02d}-03 12:{draw.randrange(60):02d}:00",
        day=lambda _: f"2026{draw.randrange(1, 13):02d}{draw.randrange(1, 29):02d}",
    )
    done = run(policy_of(columns, person="id"), files)
    assert done.status == 0, done.err
    (scan,) = [table["leak_scan"] for table in done.report["tables"]]
    assert {m["column"] for m in scan["matches"]} == {"order", "long"}
    assert all(m["because"] is None and m["matched"] < 0.2 * m["compared"] for m in scan["matches"])
    # A column of such numbers is another thing: it is no chance that all of them pass.
    full = people(count=1500, **{"order": lambda i: my_number(10**10 + 977 * i)})
    stopped = run(policy_of({**COLUMNS, "order": KEEP}, person="id"), full, output="codes")
    leaky(stopped, "1,500 value(s) hold: My Number")


def my_number(base):
    digits = [int(c) for c in f"{base:011d}"]
    rest = sum(d * w for d, w in zip(digits, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
    return f"{base:011d}{0 if rest <= 1 else 11 - rest}"


def test_an_address_with_nothing_but_its_municipality_tells_no_more_than_the_release(run):
    columns = {
        "home": {"treat": [{"criterion": 1, "method": "address", "level": "city"}]},
        "branch": KEEP,
    }
    rows = "".join("東京都千代田区,東京都千代田区支店\n" for _ in range(4))
    assert run(policy_of(columns), {"data.csv": "home,branch\n" + rows}).status == 0
    leak = (
        rows
        + "東京都千代田区丸の内1-2,東京都千代田区丸の内１丁目２\n東京都千代田区丸の内1-2,東京都 千代田区丸の内1-2\n"
    )
    stopped = run(policy_of(columns), {"data.csv": "home,branch\n" + leak}, output="leak")
    leaky(stopped, "1 record(s) with their own value of home")


def test_what_cannot_carry_text_is_not_searched_and_nothing_more_is_read(run):
    columns = {
        **COLUMNS,
        "note": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "group"}]},
    }
    done = run(policy_of(columns, person="id"), people())
    (scan,) = [table["leak_scan"] for table in done.report["tables"]]
    assert (scan["sought"], scan["carriers"], scan["matches"]) == ([], [], [])
    assert scan["numbers"] == ["note", "town"]


def test_the_real_master_has_no_false_alarm(run):
    """Everything of the customer master that may be kept is kept."""
    text = (EXAMPLE / "customer.csv").read_text("utf-8-sig")
    names = text.split("\n", 1)[0].strip().split(",")
    columns = dict.fromkeys(names, KEEP)
    columns |= {"customer_id": PSEUDONYM, "customer_name": DELETED, "address": DELETED, "postal_cd": DELETED}
    columns["birth_day"] = {"type": "date", "treat": [{"criterion": 1, "method": "year_month"}]}
    source = {"encoding": "utf-8"}
    done = run(policy_of(columns, person="customer_id", source=source), {"data.csv": text})
    assert done.status == 0, done.err


@pytest.mark.parametrize("name", ["123456789018", "花子 03-3580-1111", "taro@example.jp"])
def test_names_of_columns_are_released_too(run, name):
    """A pivoted table has people for columns; neither message nor log repeats the name."""
    named = policy_of({"id": PSEUDONYM, name: KEEP})
    titled = policy_of({"id": PSEUDONYM, "x": {**KEEP, "title": name}})
    for policy, header in ((named, name), (titled, "x")):
        done = run(policy, {"data.csv": f"id,{header}\n" + "".join(f"{i},1\n" for i in range(9))})
        assert done.status == 2 and "column.code_in_name" in done.err and name not in done.err
    allowed = policy_of({"id": PSEUDONYM, name: {**KEEP, "codes_allowed": {"because": "架空"}}})
    assert run(allowed, {"data.csv": f"id,{name}\n" + "".join(f"{i},1\n" for i in range(9))}).status == 0
