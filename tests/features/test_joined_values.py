"""What one table deletes of a person does not stand in another table of the same people, under any name."""

import json

import pytest
from support.helpers import FILE

PEOPLE = 60
LINK = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]}
KEPT = {"keep": True, "because": "試験"}


def policy_of(criterion=2, **column):
    deleted = {"treat": [{"criterion": criterion, "method": "delete"}]}
    return {
        "version": 1,
        "regime": "private",
        "file": FILE,
        "tables": {
            "members": {
                "source": {"path": "members.csv", "format": "csv"},
                "person": "id",
                "rows_per_person": "one",
                "columns": {"id": LINK, "保険": deleted, "区分": KEPT},
            },
            "lines": {
                "source": {"path": "lines.csv", "format": "csv"},
                "person": "id",
                "rows_per_person": "several",
                "columns": {"id": LINK, "c": {**KEPT, **column}},
            },
        },
        "requirements": {"k": 5, "because": "試験", "suppression_limit": 0.02},
    }


def number(i):
    return f"AB{7919 * i + 100_003:08d}X"


def files(value, cell):
    members = ["id,保険,区分", *(f"{i},{value(i)},{'甲乙'[i % 2]}" for i in range(PEOPLE))]
    lines = ["id,c", *(f"{i % PEOPLE},{cell(i % PEOPLE, i)}" for i in range(3 * PEOPLE))]
    return {"members.csv": "\n".join(members) + "\n", "lines.csv": "\n".join(lines) + "\n"}


def once(i, line):
    """One record in the whole file has it."""
    return number(i) if line == 100 else f"品{line % 7}"


def kana(i):
    return "アカサタナハマヤ"[i % 8] + "イキシチニヒミリ"[i // 8] + "ラリルレロ"[i % 5]


SENTENCES = {  # the value of a person, and a sentence about the same
    "a code": (number, lambda i: f"保険の番号は{number(i)}でした"),
    "a code with gaps": (number, lambda i: f"番号 {number(i)[:2]} {number(i)[2:6]}-{number(i)[6:]} を確認"),
    "beside letters": (number, lambda i: f"No{number(i)}を確認"),
    "full width": (
        number,
        lambda i: f"番号{number(i)}".translate({ord(c): ord(c) + 0xFEE0 for c in "ABX0123456789"}),
    ),
    "long digits": (lambda i: 7919 * i + 10**9, lambda i: f"会員{7919 * i + 10**9}が来店"),
    "zeros before": (lambda i: f"{7919 * i + 10**9:014d}", lambda i: f"会員 {7919 * i + 10**9} 来店"),
    "telephone": (
        lambda i: f"090{7919 * i + 10**7:08d}",
        lambda i: f"折返し090-{(7919 * i + 10**7) // 10**4:04d}-{(7919 * i + 10**7) % 10**4:04d}へ",
    ),
    "kanji": (lambda i: f"富士い{chr(0x4E00 + i)}", lambda i: f"旧姓は富士 い{chr(0x4E00 + i)}である"),
    "a place": (lambda i: f"架空市北町{i + 1}番地の{i}", lambda i: f"架空市北町{i + 1}番地の{i}に転居"),
    "kana": (kana, lambda i: f"愛称 {kana(i)}、来店"),
    "Latin letters": (
        lambda i: f"moto{chr(97 + i // 26)}{chr(97 + i % 26)}",
        lambda i: f"as MOTO{chr(65 + i // 26)}{chr(65 + i % 26)} today",
    ),
    "longer than what is compared": (
        lambda i: f"相談の記録その{i}" + "長い話" * 40,
        lambda i: f"写し（相談の記録その{i}" + "長い話" * 40 + "）",
    ),
}


@pytest.mark.parametrize("what", SENTENCES)
@pytest.mark.parametrize("line", ["all", "one"])
def test_inside_a_sentence_it_stops_the_release_too(run, what, line):
    value, sentence = SENTENCES[what]

    def cell(i, at):
        return sentence(i) if line == "all" or at == 100 else f"品{at % 7}"

    done = run(policy_of(1), files(value, cell), args=["--json"])
    told = json.loads(done.err.splitlines()[-1])
    assert (done.status, told["code"], told["where"]) == (4, "verification.leak", "tables.lines.columns.c")
    assert f"{3 * PEOPLE if line == 'all' else 1} record(s) with a value of the same person" in told["what"]
    assert not any(str(value(i)) in done.err for i in range(PEOPLE))


HARMLESS = {  # the value of a person, and a sentence in which something else equals it or a part of it
    "anothers": (
        lambda i: f"富士い{chr(0x4E00 + i)}",
        lambda i: f"隣の富士い{chr(0x4E00 + (i + 7) % PEOPLE)}氏 {i}",
    ),
    "a label of many": (lambda i: f"富士い{chr(0x4E00 + i)}", lambda i: "店は富士い一と富士い丁"),
    "in longer digits": (lambda i: 20_011 + 13 * i, lambda i: f"伝票{20_011 + 13 * i}{i + 10}を確認"),
    "one short number by chance": (
        lambda i: 20_011 + 13 * i,
        lambda i: f"伝票{20_011 + 13 * i if i == 3 else 90_001 + i}を確認",
    ),
    "in longer kana": (kana, lambda i: f"ア{kana(i)}ンを購入{i}"),
    "in a longer word": (
        lambda i: f"moto{chr(97 + i // 26)}",
        lambda i: f"the moto{chr(97 + i // 26)}rbike {i}",
    ),
    "a beginning": (number, lambda i: f"番号{number(i)[:7]}を確認{i}"),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_is_no_value_of_the_person_in_a_sentence_is_released(run, what):
    value, sentence = HARMLESS[what]
    done = run(
        policy_of(3),
        files(value, lambda i, at: sentence(i) if at < PEOPLE or what == "a label of many" else "品"),
    )
    assert done.status == 0, done.err


CARRIED = {
    "as it is": (number, lambda i, _: number(i), {}),
    "once": (number, once, {}),
    "apart": (number, lambda i, _: f"{number(i)[:4]}-{number(i)[4:]}", {}),
    "full width": (
        number,
        lambda i, _: number(i).translate({ord(c): ord(c) + 0xFEE0 for c in "ABX0123456789"}),
        {},
    ),
    "long digits": (lambda i: 7919 * i + 10**9, lambda i, _: 7919 * i + 10**9, {}),
    "an integer": (lambda i: f"{7919 * i + 10**9:012d}", lambda i, _: 7919 * i + 10**9, {"type": "integer"}),
    "five digits": (lambda i: 20_011 + 13 * i, lambda i, _: 20_011 + 13 * i, {}),
    "kanji": (lambda i: f"富士い{chr(0x4E00 + i)}", lambda i, _: f"富士い{chr(0x4E00 + i)}", {}),
}


@pytest.mark.parametrize(
    ("how", "criterion"), [*((how, 2) for how in CARRIED), ("as it is", 1), ("as it is", 3)]
)
def test_a_value_that_is_deleted_in_a_joined_table_stops_the_release(run, how, criterion):
    value, cell, column = CARRIED[how]
    done = run(policy_of(criterion, **column), files(value, cell), args=["--json"])
    told = json.loads(done.err.splitlines()[-1])
    assert (done.status, told["code"], told["where"]) == (4, "verification.leak", "tables.lines.columns.c")
    assert "another table deletes" in told["what"]
    assert not any(str(value(i)) in done.err for i in range(PEOPLE))


INNOCENT = {
    "others": lambda i, line: f"品{line % 9}",
    "a label of many": lambda i, _: number(3),
    "anothers": lambda i, line: number((i + 7) % PEOPLE) if line == 100 else "品",
    "blank": lambda i, _: "",
}


@pytest.mark.parametrize("what", INNOCENT)
def test_what_the_person_has_not_is_none_of_its_values(run, what):
    allowed = {"source_values_allowed": {"because": "試験"}} if what == "anothers" else {}
    done = run(policy_of(**allowed), files(number, INNOCENT[what]))
    assert done.status == 0, done.err


def test_it_is_allowed_with_a_reason_that_the_report_tells(run):
    allowed = {"source_values_allowed": {"because": "受領者も知る番号である"}}
    done = run(policy_of(**allowed), files(number, lambda i, _: number(i)))
    assert done.status == 0, done.err
    report = json.loads(next(done.root.glob("**/report.json")).read_text("utf-8"))
    matches = next(t for t in report["tables"] if t["name"] == "lines")["leak_scan"]["matches"]
    [match] = [m for m in matches if m["sought"] == "同じ人の、ほかの表で削除する値"]
    assert (match["compared"], match["matched"]) == (3 * PEOPLE, 3 * PEOPLE)
    assert match["because"] == "受領者も知る番号である"


def born(i):
    return f"{1931 + i}-{i % 12 + 1:02d}-{(7 * i) % 28 + 1:02d}"


@pytest.mark.parametrize("shown", [{}, {"type": "date"}], ids=["text", "date"])
@pytest.mark.parametrize("fate", [{}, {"type": "date"}], ids=["text", "date"])
def test_birth_dates_are_no_days_of_another_table(run, fate, shown):
    """The one table has no 生年月日 any more, the other has it as 日付: a birth is not a day on which somebody came."""
    policy = policy_of(criterion=1, **shown)
    columns = policy["tables"]["members"]["columns"]
    columns["生年月日"] = {**columns.pop("保険"), **fate}
    stops, passes = (
        {name: text.replace("保険", "生年月日") for name, text in made.items()}
        for made in (
            files(born, lambda i, line: born(i)),
            files(born, lambda i, line: born((i + 7) % PEOPLE)),
        )
    )
    done = run(policy, stops)
    assert done.status == 4 and "a value of the same person that another table deletes" in done.err, done.err
    done = run(policy, passes, output="passes")
    assert done.status == 0, done.err
