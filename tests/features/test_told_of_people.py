"""Addresses and birth dates of people of the files do not leave the house inside sentences about others."""

import json

import pytest
from support.helpers import FILE

PEOPLE = 60
LINK = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]}
KEPT = {"keep": True, "because": "試験"}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
AGE = {
    "type": "date",
    "treat": [
        {"criterion": 1, "method": "age"},
        {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "intervals", "widths": [50]}},
    ],
}
CITY = {"treat": [{"criterion": 1, "method": "address", "level": "city"}]}


def policy_of(columns, note, rows="several"):
    table = {"rows_per_person": "one", "person": "id", "source": {"path": "people.csv", "format": "csv"}}
    lines = {"rows_per_person": rows, "person": "id", "source": {"path": "lines.csv", "format": "csv"}}
    return {
        "version": 1,
        "regime": "private",
        "file": FILE,
        "reference_date": "2026-04-01",
        "tables": {
            "people": {**table, "columns": {"id": LINK, **columns}},
            "lines": {**lines, "columns": {"id": LINK, "記録": {**KEPT, **note}}},
        },
        "requirements": {"k": 2, "because": "試験", "suppression_limit": 0.0},
    }


TOWNS = ["芝浦", "児島元浜町", "上用賀", "大字下山", "中央"]
STEPS = ["4-16-10", "2-3-1", "11-2-305", "9-8-7-201", "5-44"]


def address(i):
    return f"東京都港区{TOWNS[i % 5]}{i + 1}-{STEPS[i % 5]}"


def born(i):
    return f"{1931 + i}-{i % 12 + 1:02d}-{(7 * i) % 28 + 1:02d}"


def files(*notes):
    """The first lines, of other people than those that they tell of, say what is given."""
    people = ["id,住所,生年月日", *(f"{i},{address(i)},{born(i)}" for i in range(PEOPLE))]
    lines = [
        "id,記録",
        *(f"{PEOPLE - 1 - i},{notes[i] if i < len(notes) else f'通常{i % 7}'}" for i in range(PEOPLE)),
    ]
    return {"people.csv": "\n".join(people) + "\n", "lines.csv": "\n".join(lines) + "\n"}


def told(done):
    return json.loads(done.err.splitlines()[-1])


HOMES = [  # of people 0 to 4
    "芝浦1-4-16-10に訪問",
    "隣家（芝浦１丁目４番１６号）より苦情",
    "東京都港区芝浦1丁目4-16-10の家族",
    "相談者は児島元浜町2丁目2番3号1室に在住",
    "転居先は上用賀三丁目11番2号である",
    "上用賀3-11-2 305号室へ送付",
    "大字下山4の9の8に届けた",
    "実家：中央5-5-44",
]


@pytest.mark.parametrize("note", HOMES)
@pytest.mark.parametrize("fate", [DELETED, CITY], ids=["deleted", "its city"])
def test_the_address_of_another_person_in_a_sentence_stops_the_run(run, note, fate):
    done = run(policy_of({"住所": fate, "生年月日": DELETED}, {}), files(note), args=["--json"])
    assert (done.status, told(done)["code"]) == (4, "verification.leak"), done.err
    assert "記録: 1 record(s) with the address of somebody in the files" in told(done)["what"]
    assert not any(town in done.err for town in TOWNS)


BIRTHS = [  # of person 0, 1931-01-01, or 19, 1950-08-22
    "妹は1931年1月1日生まれ",
    "妻（昭和25年8月22日生）が来所",
    "生年月日：S25.8.22の方",
    "誕生日は1950/08/22と聞く",
    "Born on 22 August 1950",
    "同居人 生年月日 19500822",
    "DOB 1950-8-22",
    "父は昭和6年元日、1931.1.1生",
]


@pytest.mark.parametrize("note", BIRTHS)
@pytest.mark.parametrize("fate", [DELETED, AGE], ids=["deleted", "its age"])
def test_the_birth_date_of_another_person_in_a_sentence_stops_the_run(run, note, fate):
    done = run(policy_of({"住所": DELETED, "生年月日": fate}, {}), files(note), args=["--json"])
    assert (done.status, told(done)["code"]) == (4, "verification.leak"), done.err
    assert "記録: 1 record(s) with the birth date of somebody in the files" in told(done)["what"]
    assert "1950" not in done.err


HARMLESS = [
    "1950年8月22日に受診",
    "受付 1950-08-22",
    "生活費は1950-8-22の分まで",
    "1950年8月23日生まれ",
    "誕生日に来所、次は1950年",
    "芝浦の1-4-99に訪問",
    "芝浦1-4",
    "上用賀2-3-1に訪問",
    "三芝浦1-4-1の店",
    "芝浦で1人、4日、16回、10円",
]


def test_other_days_and_places_are_released_and_the_report_tells_what_was_sought(run):
    done = run(policy_of({"住所": DELETED, "生年月日": DELETED}, {}), files(*HARMLESS))
    assert done.status == 0, done.err
    scans = {table["name"]: table["leak_scan"] for table in done.report["tables"]}
    several = sum(1 for i in range(PEOPLE) if i % 5 in {0, 1, 2, 3})  # with a room, and so a second form
    assert scans["lines"]["names"]["addresses"] == PEOPLE + several
    assert scans["people"]["names"] is None


def test_what_many_say_is_a_label(run):
    """An office where somebody of the file lives too."""
    done = run(policy_of({"住所": DELETED, "生年月日": DELETED}, {}), files(*["芝浦1-4-16-10で受付"] * 20))
    assert done.status == 0, done.err


def test_it_is_allowed_with_a_reason(run):
    allowed = {"source_values_allowed": {"because": "施設の所在地であり、個人の住所ではない"}}
    done = run(policy_of({"住所": DELETED, "生年月日": DELETED}, allowed), files(HOMES[0], BIRTHS[0]))
    assert done.status == 0, done.err
    [scan] = [table["leak_scan"] for table in done.report["tables"] if table["name"] == "lines"]
    assert {(m["sought"], m["matched"]) for m in scan["matches"]} == {
        ("ファイルにある人の住所", 1),
        ("ファイルにある人の生年月日", 1),
    }
