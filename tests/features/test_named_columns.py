"""Columns whose names say something personal, end to end: what values show, which no policy tells."""

import pytest
from support.helpers import PSEUDONYM, policy_of

NAMES = [f"{a}{b} {c}{d}" for a in "佐山田高" for b in "藤本中橋" for c in "太花一" for d in "郎子美"][:60]


def lines(name, values):
    return f"id,{name},x\n" + "".join(f"{i},{value},1\n" for i, value in enumerate(values))


FILE = lines("氏名", NAMES)
KEEP = {"keep": True, "because": "試験"}
ID = {"treat": [PSEUDONYM]}
TOLD = {"because": "試験：値を見た"}


def recoded(level=1, **hierarchy):
    return {"treat": [{"criterion": 1, "method": "recode", "level": level, "hierarchy": hierarchy}]}


def policy(column, name="氏名", **more):
    return policy_of({"id": ID, name: column, "x": KEEP}, person="id", **more)


@pytest.mark.parametrize(
    ("name", "column", "values"),
    [
        ("氏名", recoded(kind="prefix", keep=[5]), NAMES),
        ("TEL", recoded(kind="mask", hide=[4]), [f"03-3580-{1000 + i}" for i in range(60)]),
    ],
    ids=["prefix", "mask"],
)
def test_what_leaves_most_of_nearly_all_values_is_not_published(run, name, column, values):
    done = run(policy(column, name), {"data.csv": lines(name, values)})
    assert done.status == 4 and "verification.leak" in done.err and not done.releases
    assert (
        "60 of 60 people have values that are released as they were, or nearly" in done.err
        and "name_allowed" in done.err
    )


def test_what_a_file_says_of_each_name_is_measured(run):
    same = "".join(f"{name};{name};*\n" for name in NAMES)
    column = recoded(kind="file", path="h.csv")
    assert run(policy(column), {"data.csv": FILE, "h.csv": same}).status == 4
    first = "".join(f"{name};{name[0]};*\n" for name in NAMES)
    done = run(policy(column), {"data.csv": FILE, "h.csv": first}, output="first")
    assert done.status == 0, done.err
    assert {row["氏名"] for row in done.rows()} == {name[0] for name in NAMES}


def test_people_are_counted_and_not_their_values(run):
    """One short value is kept, of 40 different ones: but 15 of 54 people have it."""
    long = [f"佐々木{a}{b}左衛門之介 {c}" for a in "太花一次" for b in "郎子美三四" for c in "甲乙"][:39]
    done = run(
        policy(recoded(kind="prefix", keep=[3])), {"data.csv": lines("氏名", [*long, *["林 一"] * 15])}
    )
    assert done.status == 4 and "15 of 54 people have values that are released as they were" in done.err, (
        done.err
    )


def test_what_few_people_keep_is_no_column_that_is_kept(run):
    """A short name is a whole name with two characters too; it is one of many."""
    text = FILE + "90,李,1\n91,林,1\n"
    done = run(policy(recoded(kind="prefix", keep=[1])), {"data.csv": text})
    assert done.status == 0, done.err


def test_check_says_it_of_the_first_records(run, capsys, tmp_path):
    from tokumei.pipelines.cli import main

    run(policy(recoded(kind="prefix", keep=[5])), {"data.csv": FILE})
    assert main(["check", str(next(tmp_path.rglob("policy.yaml")))]) == 4
    assert "released as they were, or nearly" in capsys.readouterr().err


def test_a_reason_is_not_believed_where_values_say_what_the_name_says(run):
    cards = [f"AB{12345678 + i}CD" for i in range(60)]
    text = lines("zairyu", cards)
    done = run(policy({**KEEP, "name_allowed": TOLD}, "zairyu"), {"data.csv": text})
    assert done.status == 4 and "60 of 60 people have values that look as its name says" in done.err, done.err
    assert not done.releases and "name_allowed:" not in done.err


def test_a_true_reason_stands_in_the_report(run):
    text = lines("koyo", [("正規", "非正規", "無職")[i % 3] for i in range(60)])
    done = run(policy({**KEEP, "name_allowed": TOLD}, "koyo"), {"data.csv": text})
    assert done.status == 0, done.err
    (told,) = (m for m in done.report["tables"][0]["leak_scan"]["matches"] if m["column"] == "koyo")
    assert told["because"] == TOLD["because"] and told["matched"] == 0 and told["compared"] == 60
    assert TOLD["because"] in (done.release / "report.html").read_text()
