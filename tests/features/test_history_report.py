"""What report, page and command say of histories: true counts, before and after, and what is not protected."""

import csv
import io
import itertools
import json
import random
from collections import Counter, defaultdict
from contextlib import redirect_stdout

import pytest
from support.helpers import Outcome, policy_of
from support.pages import Page

from tokumei.pipelines.cli import main

K = 3
SUPPRESS = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]},
    "item": {
        "title": "商品",
        "treat": [{"criterion": 4, "method": "coarsen", "hierarchy": {"kind": "prefix", "keep": [2, 1]}}],
    },
    "sex": {"title": "性別", "treat": [SUPPRESS]},
    "shop": {"title": "店舗", "keep": True, "because": "試験"},
    "no": {"title": "伝票番号", "type": "integer", "keep": True, "because": "試験"},
    "ill": {"title": "傷病", "keep": True, "because": "試験", "sensitive": True},
}


def lines(people=50):
    """Lines of people who buy what few others buy, in shops of which one is hardly visited; numbered."""
    draw, numbers = random.Random(3), itertools.count(1000)
    for i in range(people):
        for _ in range(draw.randint(1, 6)):
            item = f"{draw.choice('AAB')}{min(int(draw.expovariate(0.9)), 5)}{draw.randint(0, 2)}"
            yield {
                "id": f"p{i:02}",
                "item": draw.choice([item] * 9 + [""]),
                "sex": "女男"[i % 2],
                "shop": "Z" if i < 2 else draw.choice("XXY"),
                "no": next(numbers),
                "ill": draw.choice("甲乙丙丁戊己"),
            }


def write(path, rows):
    with path.open("w") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def release(folder, rows, members=(), **history):
    policy = policy_of(COLUMNS, person="id", rows="several", k=K, limit=0.3)
    policy["tables"]["t"]["title"] = "購買明細"
    facts = [{"table": "t", "columns": [name]} for name in ("item", "shop")]
    declared = {"known": 2, "because": "店頭で見られるため", "facts": facts, "lost_at_most": {"people": 1.0}}
    policy["histories"] = [declared | history]
    if members:
        columns = {
            name: {"title": title, "treat": [SUPPRESS]} for name, title in (("sex", "性別"), ("ward", "区"))
        }
        policy["tables"]["m"] = {
            "title": "会員",
            "source": {"path": "members.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "one",
            "columns": {"id": COLUMNS["id"], **columns},
        }
        write(folder / "members.csv", members)
    (folder / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    write(folder / "data.csv", rows)
    with redirect_stdout(io.StringIO()) as said:
        status = main(["anonymize", str(folder / "policy.yaml"), "--output", str(folder / "out")])
    assert status == 0
    return Outcome(status, said.getvalue(), "", folder / "out")


@pytest.fixture(scope="module")
def rows():
    return list(lines())


@pytest.fixture(scope="module")
def done(rows, tmp_path_factory):
    return release(tmp_path_factory.mktemp("report"), rows)


def held(rows, *columns):
    """The facts of each person, blanks being none."""
    found = defaultdict(set)
    for row in rows:
        found[row["id"]] |= {(c, row[c]) for c in columns if row[c] not in {None, ""}}
    return {person: facts for person, facts in found.items() if facts}


def singled(facts, sizes, k=K):
    """People with a set of so many facts that fewer than k have, and people with one that nobody else has."""
    shared = defaultdict(set)
    for person, of in facts.items():
        for size in sizes:
            for some in itertools.combinations(sorted(of), size):
                shared[some].add(person)
    return {
        name: len(set().union(*(who for who in shared.values() if len(who) < most)))
        for name, most in (("few", k), ("alone", 2))
    }


def of_wholes(facts, k=K):
    count = Counter(frozenset(of) for of in facts.values())
    return {"few": sum(n for n in count.values() if n < k), "alone": sum(n == 1 for n in count.values())}


def test_people_singled_out_are_counted_before_and_after(done, rows):
    (told,) = done.report["histories"]
    before, after = held(rows, "item", "shop"), held(done.rows(), "item", "shop")
    assert (told["people_before"], told["people_after"]) == (len(before), len(after))
    for found, name in zip(told["facts"], ("item", "shop"), strict=True):
        assert found["before"] == singled(held(rows, name), [1])
        assert found["after"] == singled(held(done.rows(), name), [1]) == {"few": 0, "alone": 0}
    for found, sizes in zip(told["sets"], ([1], [1, 2]), strict=True):
        assert found["before"] == singled(before, sizes) and found["before"]["alone"]
        assert found["after"] == singled(after, sizes) == {"few": 0, "alone": 0}
    assert told["whole"]["before"] == of_wholes(before)
    assert told["whole"]["after"] == of_wholes(after) and told["whole"]["after"]["few"]
    sampled = told["sampled"]
    assert sampled["people_before"] == len(before), "so few people are all in the sample"
    assert sampled["before"] == sorted(sampled["before"]) and sampled["after"][:2] == [0, 0]


def test_what_it_took_is_counted_by_level_cell_and_line(done, rows):
    (told,) = done.report["histories"]
    after = {row["no"]: row for row in done.rows()}
    assert len(after) == len(rows)
    distinct = {(row["id"], row["item"], row["shop"]): after[row["no"]] for row in rows}
    by_title = {group["title"]: group for group in told["groups"]}
    levels = Counter(len(row["item"] or "") for (_, item, _), row in distinct.items() if item)
    used = {level["title"]: level["cells"] for level in by_title["商品"]["levels"]}
    assert used == {"一般化なし": levels[3], "先頭2文字": levels[2], "先頭1文字": levels[1]}
    assert by_title["商品"]["deleted"] == levels[0]
    assert by_title["店舗"]["deleted"] == sum(row["shop"] is None for row in distinct.values()) > 0
    blanked = {c: sum(bool(r[c]) and after[r["no"]][c] is None for r in rows) for c in ("item", "shop")}
    assert told["cells_blanked"] == sum(blanked.values())
    counts = {c["name"]: c["steps"][-1]["counts"] for c in done.report["tables"][0]["columns"] if c["steps"]}
    changed = sum(bool(r["item"]) and after[r["no"]]["item"] != r["item"] for r in rows)
    assert (
        counts["item"]["cells_changed"] == changed > blanked["item"] == counts["item"].get("cells_blanked", 0)
    )
    assert counts["shop"] == {"cells_blanked": blanked["shop"]}
    sentence = next(c for c in done.report["tables"][0]["columns"] if c["name"] == "item")["steps"][-1]
    for title, cells in used.items():
        assert (f"{title} {cells}" in sentence["sentence"]) == bool(cells)
        assert (
            str(cells) not in sentence["public_sentence"].replace("先頭2", "").replace("先頭1", "")
            or cells < 4
        )


def test_what_nobody_declared_is_told_with_its_number(done, rows):
    (told,) = done.report["histories"]
    found = {column["column"]: column["after"] for column in told["undeclared"]}
    assert found == {name: singled(held(done.rows(), name), [1]) for name in ("no", "ill")}
    assert found["no"]["alone"] == len({row["id"] for row in rows})


def test_classes_threes_and_the_share_of_a_sensitive_value(rows, tmp_path):
    """A class of another table is a fact; the share that is told is that of the recount, over sets of all sizes."""
    people = [{"id": f"p{i:02}", "sex": "女男"[i % 2], "ward": "東西"[i % 7 > 2]} for i in range(50)]
    at_most = {"share": 0.9, "table": "t", "column": "ill"}
    facts = [{"table": "t", "columns": ["item"]}, {"table": "m", "quasi_identifiers": True}]
    done = release(tmp_path, rows, members=people, known=3, at_most=at_most, facts=facts)
    (told,) = done.report["histories"]
    facts, ill = held(done.rows("t"), "item"), held(done.rows("t"), "ill")
    for row in done.rows("m"):
        facts.setdefault(row["id"], set()).add(("class", (row["sex"], row["ward"])))
    assert singled(facts, [1, 2, 3]) == {"few": 0, "alone": 0}
    assert [sets["after"] for sets in told["sets"]] == [{"few": 0, "alone": 0}] * 3
    assert told["facts"][1]["title"] == "「会員」の準識別子（性別・区）の組合せを1つ"
    assert told["facts"][1]["before"] == singled(
        {p: {f for f in of if f[0] == "class"} for p, of in facts.items()}, [1]
    )
    shared = defaultdict(set)
    for person, of in facts.items():
        for size in (1, 2, 3):
            for some in itertools.combinations(sorted(of), size):
                shared[some].add(person)
    reached = max(max(Counter(v for p in who for v in ill[p]).values()) / len(who) for who in shared.values())
    assert told["at_most"] == {"title": "傷病", "share": 0.9, "reached": reached}
    assert "「商品」「性別・区」の事実をどれでも合わせて3つまで知る者にとって" in told["headline"]
    assert "「傷病」の同じ値を持つ人は、90.0%以下である。" in told["guarantee"]
    assert "加工前は、2つまで知るだけで、" in told["headline"]


def test_page_command_and_public_part_say_it_in_a_sentence(done):
    (told,) = done.report["histories"]
    people, few = told["people_before"], told["sets"][1]["before"]["few"]
    promise = "「商品」「店舗」の事実をどれでも合わせて2つまで知る者にとって、それらのすべてに当てはまる人は、0人か3人以上である。"
    assert told["headline"] == f"{promise}加工前は、{people}人のうち{few}人が3人未満に絞られた。"
    page = Page((done.release / "report.html").read_text())
    assert told["headline"] in page.text("summary") and told["headline"] in page.text("histories")
    cells = page.cells("histories")
    assert cells["「購買明細」の「店舗」を1つ"][1] == "0人（0.0%）"
    whole = told["whole"]["after"]
    title = "その人のすべての事実と、ほかに事実がないこと（履歴の全体）"
    assert cells[f"{title}守るための加工をしていない"][1].startswith(f"{whole['few']}人")
    assert f"{told['people_after']}人のうち{whole['few']}人が3人未満に絞られる" in page.text("histories")
    assert (
        "histories: people of link member: any 2 facts are shared by 3 people or nobody"
        f" (before: {few} of {people} people singled out); {told['loss']:.1%} of detail lost,"
        f" {told['cells_blanked']} cells blanked"
    ) in done.out
    item = told["groups"][0]
    cells = sum(level["cells"] for level in item["levels"]) + item["deleted"]
    assert f"    item: {item['levels'][0]['cells'] / cells:.1%} as fine as before," in done.out
    assert "2つまでの事実が、同じ行（明細）や同じレシート（取引）のもの" in page.text("histories")
    public = json.loads((done.release / "public-report.json").read_text())
    levels = [level["title"] for level in told["groups"][0]["levels"] if level["cells"]]
    assert public["histories"] == [
        {
            "whose": "連結符号「member」の番号の本人",
            "known": 2,
            "k": 3,
            "guarantee": promise,
            "groups": [{"table": "t", "title": "商品", "levels": levels}],
        }
    ]
    assert promise in Page((done.release / "public-report.html").read_text()).text()


def test_limits_say_what_of_histories_is_not_measured(done):
    unmeasured = "同じ人の複数の記録の組合せ（履歴）による特徴は測っていない。"
    assert not any(unmeasured in limit for limit in done.report["limits"])
    assert any("3つ以上の事実を知る者" in limit for limit in done.report["limits"])
