"""Tables that a reader can join: joined here too, from the released files alone, by nothing of the house."""

import itertools
import json
import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from support.helpers import FILE, KEEP_ALL, SUPPRESS

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.joined import joined_tables
from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.decisions.removal import Taken
from tokumei.transforms.joined.removal import JoinedRemoval
from tokumei.transforms.planning import prepare
from tokumei.transforms.recode import together

LINK = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member"}]}
AGE = {
    "type": "integer",
    "treat": [
        {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}}
    ],
}
AREA = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "prefix", "keep": [1]}}]}
ANY = {"treat": [SUPPRESS]}
BECAUSE = "別の提供先にだけ渡すため"


def table(name, columns, rows="one", **more):
    return {
        "source": {"path": f"{name}.csv", "format": "csv"},
        "person": "id",
        "rows_per_person": rows,
        "columns": {"id": LINK, **columns},
        **more,
    }


def policy_of(tables, *, k=5, limit=0.05, **requirements):
    return {
        "version": 1,
        "regime": "private",
        "file": FILE | {"sensitive": True},
        "tables": tables,
        "requirements": {"k": k, "because": "試験", "suppression_limit": limit, **requirements},
    }


def text(header, rows):
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def joined(done, columns):
    """What a reader finds: class → pseudonyms of its people; columns: table → quasi-identifiers."""
    found = {name: defaultdict(set) for name in columns}
    for name, names in columns.items():
        for row in done.rows(name):
            found[name][row["id"]].add(tuple(row[c] for c in names))
    people = set().union(*found.values())
    classes = defaultdict(set)
    for person in people:
        for one in itertools.product(*(of.get(person, [None]) for of in found.values())):
            classes[one].add(person)
    return classes


def smallest(done, columns):
    return min(map(len, joined(done, columns).values()))


def members_and_receipts(n=400):
    draw = random.Random(1)
    members = [(f"M{i:04}", draw.randint(20, 79), draw.choice(["A1", "A2", "B1", "B2"])) for i in range(n)]
    members[0] = ("M0000", 33, "Z9")  # alone in the area
    receipts = [
        (f"M{draw.randint(0, n - 1):04}", draw.choice("ST"), draw.randint(1, 9)) for _ in range(2 * n)
    ]
    return {
        "members.csv": text("id,age,area", members),
        "receipts.csv": text("id,shop,amount", receipts),
    }


def test_classes_hold_over_members_and_receipts_and_absence_from_them(run):
    columns = {
        "members": {"age": AGE, "area": AREA},
        "receipts": {"shop": ANY, "amount": {"type": "integer"} | KEEP_ALL},
    }
    policy = policy_of(
        {
            "members": table("members", columns["members"]),
            "receipts": table("receipts", columns["receipts"], "several"),
        },
        metric={"queries": [{"mean": "age", "by": ["area"]}, {"counts": ["shop"]}]},
    )
    files = members_and_receipts()
    done = run(policy, files)
    assert done.status == 0, done.err
    asked = [[q["title"] for q in t["recoding"]["queries"]] for t in done.report["tables"]]
    assert asked == [["ageの平均（areaごと）"], ["shopの度数"]]
    found = {"members": ["age", "area"], "receipts": ["shop"]}
    assert smallest(done, found) >= 5
    (told,) = done.report["joined"]
    assert told["smallest_after"] == smallest(done, found)
    assert told["smallest_before"] < 5
    # Some members have no receipts, and are a class of their own.
    released = {name: {row["id"] for row in done.rows(name)} for name in found}
    absent = released["members"] - released["receipts"]
    assert absent
    # Who is left out is left out of both: people and records of both tables add up.
    assert told["people_after"] == len(released["members"] | released["receipts"]) == done.manifest["people"]
    assert told["people_before"] - told["people_short"] == told["people_after"]
    assert told["people_short"] > 0
    gone = done.report["tables"][0]["records_suppressed"]
    assert gone == 400 - len(done.rows("members")) == told["people_short"]
    assert "members + receipts joined: the smallest class holds" in done.out
    page = (done.release / "report.html").read_text()
    assert "membersとreceipts" not in page
    assert "同じ人に同じ仮ID（連結符号「member」）がある" in page
    assert f"最も小さいグループ（members＋receiptsを結合）</dt><dd>{told['smallest_after']}人" in page
    (public,) = json.loads((done.release / "public-report.json").read_text())["joined"]
    people, least = told["people_after"], told["smallest_after"]
    assert public == {"titles": ["members", "receipts"], "people": people, "smallest_class": least}
    assert f"最も少ない組合せで{least}人" in (done.release / "public-report.html").read_text()


def test_a_table_that_loses_far_more_than_the_limit_says_so(run):
    """Two people of two hundred are alone in their area, and half of all receipts are theirs."""
    members = [(f"M{i:04}", 30, "Z9" if i < 2 else "A1") for i in range(200)]
    receipts = [(f"M{i % 2 if i < 200 else i - 198:04}", "S", 1) for i in range(396)]
    files = {"members.csv": text("id,age,area", members), "receipts.csv": text("id,shop,amount", receipts)}
    columns = {"age": {"type": "integer"} | KEEP_ALL, "area": ANY}
    receipt = {"shop": KEEP_ALL, "amount": {"type": "integer"} | KEEP_ALL}
    policy = policy_of(
        {"members": table("members", columns), "receipts": table("receipts", receipt, "several")}
    )
    policy["requirements"]["suppression_limit"] = 0.02
    done = run(policy, files)
    assert done.status == 0, done.err
    lost = {t["name"]: t["left_out"] for t in done.report["tables"]}
    assert lost["members"] is None and lost["receipts"]["records"] == 200 / 396
    assert "warning: 51% of the table's records, and 1% of its people, are left out; suppression" in done.out
    (warning,) = done.report["warnings"]
    assert "「receipts」" in warning and warning in (done.release / "report.html").read_text()


def test_who_is_left_out_of_members_has_no_receipts(run):
    """A member alone in a class, and one whose record criterion 4 drops: neither has receipts any more."""
    members = [(f"M{i}", "A1", "") for i in range(20)] + [("ALONE", "B1", ""), ("RARE", "A1", "x")]
    receipts = [(who, item) for who, *_ in members for item in ("tea", "rice")]
    rare = {"treat": [{"criterion": 4, "method": "rare_values", "values": ["x"], "action": "record"}]}
    policy = policy_of(
        {
            "members": table("members", {"area": ANY, "flag": rare}),
            "receipts": table("receipts", {"item": KEEP_ALL}, "several"),
        },
        limit=0.1,
    )
    done = run(
        policy, {"members.csv": text("id,area,flag", members), "receipts.csv": text("id,item", receipts)}
    )
    assert done.status == 0, done.err
    assert {len(done.rows("members")), len({row["id"] for row in done.rows("receipts")})} == {20}
    assert len(done.rows("receipts")) == 40
    (told,) = done.report["joined"]
    assert (told["people_short"], told["people_dropped"], told["people_after"]) == (1, 1, 20)


def test_a_member_without_receipts_is_singled_out_by_that_and_left_out(run):
    members = [(f"M{i}", "A1") for i in range(20)]
    policy = policy_of(
        {
            "members": table("members", {"area": ANY}),
            "receipts": table("receipts", {"item": KEEP_ALL}, "several"),
        },
        limit=0.1,
    )
    receipts = [(who, "tea") for who, _ in members[:-1]]
    files = {"members.csv": text("id,area", members), "receipts.csv": text("id,item", receipts)}
    done = run(policy, files)
    assert len(done.rows("members")) == 19
    refused = run(
        policy_of(policy["tables"]) | {"requirements": {"k": 5, "because": "試験"}}, files, output="no"
    )
    assert refused.status == 4
    assert "tables.members + tables.receipts" in refused.err
    assert not (refused.root / "releases").exists() or not list(refused.root.rglob("manifest.json"))


def test_six_tables_that_each_hold_five_and_joined_single_out_everybody(run):
    """As six tables of a bank: every table alone is made of classes of 5 and more."""
    draw, n = random.Random(2), 300
    names = ["clients", "accounts", "cards", "loans", "orders", "visits"]
    values = {name: [f"{draw.choice('ABC')}{draw.choice('123')}" for _ in range(n)] for name in names}
    rows = {name: [(f"C{i}", values[name][i]) for i in range(n)] for name in names}
    assert all(min(Counter(values[name]).values()) >= 5 for name in names)
    alone = Counter(zip(*values.values(), strict=True))
    assert sum(1 for size in alone.values() if size == 1) > 0.9 * n
    policy = policy_of({name: table(name, {"kind": AREA}) for name in names})
    done = run(policy, {f"{name}.csv": text("id,kind", rows[name]) for name in names})
    assert done.status == 0, done.err
    assert smallest(done, {name: ["kind"] for name in names}) >= 5
    (told,) = done.report["joined"]
    assert (told["tables"], told["smallest_before"]) == (names, 1)
    assert any(row["kind"] != "*" for name in names for row in done.rows(name))


def test_diversity_holds_in_the_joined_classes(run):
    """Each area and each ward has two diseases; joined, a ward of an area has one."""
    cells = [("A1", "W1", "flu"), ("A1", "W2", "cold"), ("B1", "W1", "cold"), ("B1", "W2", "flu")]
    people = [(f"P{i}", *cells[i % 4]) for i in range(80)]
    protect = {
        "sensitive": True,
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
        **KEEP_ALL,
    }
    policy = policy_of(
        {"clinic": table("clinic", {"area": AREA, "disease": protect}), "home": table("home", {"ward": ANY})}
    )
    files = {
        "clinic.csv": text("id,area,disease", [(who, area, ill) for who, area, _, ill in people]),
        "home.csv": text(
            "id,ward", [(who, ward) for who, _, ward, _ in people] + [(f"Q{i}", "W1") for i in range(9)]
        ),
    }
    done = run(policy, files)
    assert done.status == 0, done.err
    classes = joined(done, {"clinic": ["area"], "home": ["ward"]})
    ill = {row["id"]: row["disease"] for row in done.rows("clinic")}
    assert all(len({ill[who] for who in people}) == 2 for one, people in classes.items() if one[0])
    # Nobody of a class that is in no clinic has a disease to be told.
    assert sum(len(people) for one, people in classes.items() if one[0] is None) == 9
    (told,) = done.report["joined"]
    (model,) = [m for m in told["models"] if m["column"]]
    assert (model["column"], model["before"], model["after"]) == ("clinic.disease", "1", "2")
    apart = {name: one | {"joined": False, "because": BECAUSE} for name, one in policy["tables"].items()}
    done = run(policy | {"tables": apart}, files, output="apart")
    classes = joined(done, {"clinic": ["area"], "home": ["ward"]})
    assert any(len({ill_of(done)[who] for who in people}) == 1 for one, people in classes.items() if one[0])


def ill_of(done):
    return {row["id"]: row["disease"] for row in done.rows("clinic")}


def test_a_table_taken_out_of_the_join_is_told_with_its_reason(run):
    policy = policy_of(
        {
            "members": table("members", {"age": AGE, "area": AREA}),
            "receipts": table(
                "receipts",
                {"shop": KEEP_ALL, "amount": {"type": "integer"} | KEEP_ALL},
                "several",
                joined=False,
                because=BECAUSE,
            ),
        }
    )
    done = run(policy, members_and_receipts())
    assert done.status == 0, done.err
    assert done.report["joined"] == []
    assert done.report["apart"] == [
        {"table": "receipts", "title": "receipts", "link": "member", "because": BECAUSE}
    ]
    assert BECAUSE in (done.release / "report.html").read_text()
    assert len(done.rows("receipts")) == 800


MONTHLY = {
    "id": {"treat": [{**LINK["treat"][0], "per": "month", "time": "day"}]},
    "day": KEEP_ALL | {"type": "date"},
}


def test_pseudonyms_of_a_month_join_tables_without_classes_and_those_taken_out():
    """No class over both can be small where there is none, and who takes a table out gives the reason."""
    for columns, apart in (({"v": KEEP_ALL}, {}), ({"q": ANY}, {"joined": False, "because": BECAUSE})):
        assert parsed(
            {"a": table("a", columns | MONTHLY, **apart), "b": table("b", {"w": KEEP_ALL} | MONTHLY)}
        )


def parsed(tables, **requirements):
    return parse_policy(json.dumps(policy_of(tables, **requirements)), "policy")


HOME = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "home"}]}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
HOMES = table("homes", {}) | {"columns": {"id": HOME, "area": AREA}}
HOMES_KEPT = table("homes", {}) | {"columns": {"id": HOME, "area": KEEP_ALL}}
MEMBERS = table("members", {"area": AREA, "origin": {"treat": [{"criterion": 1, "method": "delete"}]}})


@pytest.mark.parametrize(
    ("tables", "requirements", "code"),
    [
        ([table("a", {"q": ANY}, joined=False), table("b", {"q": ANY})], {}, "table.because"),
        ([table("a", {"q": ANY}, joined=False, because="x")], {}, "table.joined"),
        ([MEMBERS, table("b", {"origin": KEEP_ALL})], {}, "policy.joined_deleted"),
        ([table("a", {"q": ANY}), table("b", {"q": ANY})], {"recoding": "local"}, "policy.joined_recoding"),
        ([table("a", {"q": ANY}), table("b", {"v": KEEP_ALL})], {"nulls": "wildcard"}, "policy.joined_nulls"),
        (
            [
                table("a", {"q": ANY}, population={"source": {"path": "p.csv", "format": "csv"}}),
                table("b", {"v": KEEP_ALL}),
            ],
            {"models": [{"model": "k_map", "k": 20}]},
            "policy.joined_population",
        ),
        (
            [table("a", {"q": ANY} | MONTHLY), table("b", {"v": KEEP_ALL} | MONTHLY)],
            {},
            "policy.joined_period",
        ),
        ([HOMES, table("b", {"home": HOME, "q": ANY})], {}, "policy.joined_codes"),
        ([table("b", {"home": HOME, "q": ANY}), HOMES], {}, "policy.joined_codes"),
        ([table("b", {"home": HOME, "area": DELETED}), HOMES_KEPT], {}, "policy.joined_deleted"),
        ([table("b", {"introducer": LINK, "q": ANY})], {}, "policy.joined_codes"),
        ([table("b", {"introducer": LINK}), table("a", {"q": ANY})], {}, "policy.joined_codes"),
        # Both are of a person; the receipt tells which of their records belong together.
        ([table("a", {"q": ANY, "home": HOME}, "several")] * 2, {}, "policy.joined_codes"),
    ],
)
def test_a_policy_of_joined_tables_says_what_it_means(run, tables, requirements, code):
    policy = policy_of({f"t{i}": one for i, one in enumerate(tables)}, **requirements)
    policy["file"] |= {"people": "member"}
    done = run(policy)
    assert done.status == 2
    assert f"[{code}]" in done.err


@pytest.mark.parametrize(
    "other",
    [
        {"origin": ANY},  # a quasi-identifier: counted in the joined classes
        {"origin": {"treat": [{"criterion": 4, "method": "rare_categories", "action": "cell"}]}},
        {"born": KEEP_ALL},
    ],
)
def test_what_is_deleted_may_stand_elsewhere_where_that_is_harmless(other):
    policy_file = {"members": MEMBERS, "b": table("b", other)}
    assert parsed(policy_file).tables["b"].joined


@pytest.mark.parametrize(
    "tables",
    [
        [table("b", {"home": HOME, "q": ANY}), HOMES | {"joined": False, "because": BECAUSE}],
        [table("b", {"home": HOME, "v": KEEP_ALL}), HOMES_KEPT],  # no class anywhere
        [table("b", {"introducer": LINK}), table("a", {"v": KEEP_ALL})],
        [table("b", {"introducer": LINK, "q": ANY}, joined=False, because=BECAUSE)],
        [table("b", {"home": HOME, "q": ANY}), table("a", {"home": HOME, "q": ANY}, "several")],
    ],
)
def test_other_codes_may_join_tables_for_a_reason_or_where_nothing_is_counted(tables):
    policy = policy_of({f"t{i}": one for i, one in enumerate(tables)})
    policy["file"] |= {"people": "member"}
    assert parse_policy(json.dumps(policy), "policy")


@pytest.mark.parametrize(("home", "told"), [(HOME, True), (DELETED, False)])
def test_the_report_says_that_codes_of_households_show_who_belongs_together(run, home, told):
    rows = text("id,home,sex", [(f"M{i:02}", f"H{i // 2}", "ab"[i % 2]) for i in range(20)])
    done = run(policy_of({"members": table("members", {"home": home, "sex": ANY})}), {"members.csv": rows})
    assert done.status == 0, done.err
    assert any("世帯の構成" in limit for limit in done.report["limits"]) == told


def test_facts_are_not_counted_over_a_join_by_other_codes():
    tables = {"b": table("b", {"home": HOME, "v": KEEP_ALL}, "several"), "homes": HOMES_KEPT}
    policy = policy_of(tables)
    policy["file"] |= {"people": "member"}
    policy["histories"] = [{"known": 1, "because": "試験", "facts": [{"table": "b", "columns": ["v"]}]}]
    with pytest.raises(PolicyError, match="link home"):
        parse_policy(json.dumps(policy), "policy")


def test_pseudonyms_of_each_table_join_none():
    apart = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "member", "per": "table"}]}
    tables = {name: table(name, {"id": apart, "q": ANY}) for name in ("a", "b")}
    assert joined_tables(parsed(tables, recoding="local").tables) == {}


def test_tables_of_other_links_are_not_joined(run):
    other = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "household"}]}
    homes = table("homes", {"area": ANY}) | {"columns": {"id": other, "area": ANY}}
    policy = policy_of({"members": table("members", {"age": ANY}), "homes": homes}) | {
        "file": FILE | {"sensitive": True, "people": "member"}
    }
    files = {
        "members.csv": text("id,age", [(f"M{i}", "a") for i in range(9)]),
        "homes.csv": text("id,area", [(f"M{i}", "b") for i in range(4, 13)]),
    }
    done = run(policy, files)
    assert done.status == 0, done.err
    assert (done.report["joined"], done.report["apart"]) == ([], [])


def test_combinations_that_become_rare_because_others_are_left_out_are_settled(run):
    """Eight share a shop and an hour; four of them have no member record, too few for a class of their own."""
    members = [(f"M{i}", "A1") for i in range(30)]
    receipts = [(f"M{i}", "S", "9") for i in range(30)] + [(f"M{i}", "T", "8") for i in range(4)]
    receipts += [(f"GUEST{i}", "T", "8") for i in range(4)]
    columns = {"shop": KEEP_ALL, "hour": KEEP_ALL}
    pairs = [
        {
            "criterion": 4,
            "columns": ["shop", "hour"],
            "size": 2,
            "people": 5,
            "action": "cell",
            "because": "試験",
        }
    ]
    policy = policy_of(
        {
            "members": table("members", {"area": ANY}),
            "receipts": table("receipts", columns, "several", combinations=pairs),
        },
        limit=0.2,
    )
    done = run(
        policy, {"members.csv": text("id,area", members), "receipts.csv": text("id,shop,hour", receipts)}
    )
    assert done.status == 0, done.err
    found = Counter((row["shop"], row["hour"]) for row in done.rows("receipts"))
    assert found["S", "9"] == 30
    assert ("T", "8") not in found
    assert len(done.rows("receipts")) == 34


def test_who_stands_in_one_table_though_left_out_of_another_stops_the_run(run, monkeypatch):
    members = [(f"M{i}", "A1") for i in range(20)] + [("ALONE", "B1")]
    policy = policy_of(
        {
            "members": table("members", {"area": ANY}),
            "receipts": table("receipts", {"item": KEEP_ALL}, "several"),
        },
        limit=0.1,
    )
    real, expected = JoinedRemoval.apply, JoinedRemoval.expected

    def forgets_receipts(self, plan, chunk, treated):
        if plan.name == "receipts":
            return dict(treated), Taken((), (0, 0))
        return real(self, plan, chunk, treated)

    monkeypatch.setattr(JoinedRemoval, "apply", forgets_receipts)
    monkeypatch.setattr(
        JoinedRemoval,
        "expected",
        lambda self, plan: Taken((), (0, 0)) if plan.name == "receipts" else expected(self, plan),
    )
    files = {
        "members.csv": text("id,area", members),
        "receipts.csv": text("id,item", [(who, "tea") for who, _ in members]),
    }
    done = run(policy, files)
    assert done.status == 4
    assert "1 people are left out of one table and stand in another" in done.err
    assert not list(done.root.rglob("manifest.json"))


def test_the_search_of_a_table_over_shards_takes_the_levels_of_the_join(run, monkeypatch):
    draw = random.Random(3)
    members = [(f"M{i}", draw.randint(20, 79), draw.choice(["A1", "A2", "B1"])) for i in range(300)]
    policy = policy_of(
        {"members": table("members", {"age": AGE, "area": AREA}), "homes": table("homes", {"ward": ANY})}
    )
    files = {
        "members.csv": text("id,age,area", members),
        "homes.csv": text("id,ward", [(who, draw.choice("WX")) for who, *_ in members]),
    }
    whole = run(policy, files)
    make = prepare.make_plan
    monkeypatch.setattr(prepare, "make_plan", lambda *given: small(*make(*given)))
    spread = run(policy, files, output="spread")
    assert (whole.status, spread.status) == (0, 0), spread.err
    told = [
        [(t["recoding"]["levels"], t["recoding"]["nodes_checked"]) for t in d.report["tables"]]
        for d in (whole, spread)
    ]
    assert told[0] == told[1]
    assert smallest(spread, {"members": ["age", "area"], "homes": ["ward"]}) >= 5


def small(plan, files):
    return replace(plan, tuples_a_worker=100, shards=3), files


def test_more_joined_combinations_than_one_worker_searches_are_refused(run, monkeypatch):
    monkeypatch.setattr(together, "MAX_SEARCHED", 3)
    policy = policy_of(
        {
            "members": table("members", {"age": AGE, "area": AREA}),
            "receipts": table("receipts", {"shop": ANY, "amount": {"type": "integer"} | KEEP_ALL}, "several"),
        }
    )
    done = run(policy, members_and_receipts(40))
    assert done.status == 4
    assert "[requirement.joined_large] tables.members + tables.receipts" in done.err


@pytest.mark.parametrize(("there", "status"), [("same", 4), ("other", 0)])
def test_check_finds_a_deleted_item_under_another_name(run, there, status):
    """The phone number is deleted in one table, and stands as a contact in the other."""
    phones = {f"M{i:02}": f"03-{1000 + 37 * i}" for i in range(40)}
    contacts = {"same": phones, "other": {who: f"店{i % 7}" for i, who in enumerate(phones)}}[there]
    note = {"keep": True, "because": "試験"}
    policy = policy_of(
        {
            "members": table("members", {"phone": {"drop": True, "because": "試験"}, "age": ANY}),
            "orders": table("orders", {"note": note}),
        }
    )
    files = {
        "members.csv": text("id,phone,age", [(who, phone, "a") for who, phone in phones.items()]),
        "orders.csv": text("id,note", [(who, contacts[who]) for who in reversed(phones)]),
    }
    done = run(policy, files, job="check")
    assert done.status == status, done.err
    if status:
        assert "verification.joined_deleted" in done.err and "note" in done.err
        assert not any(phone in done.err for phone in phones.values())


def test_who_is_left_out_for_totals_stands_in_no_other_table(run):
    """No quasi-identifier, no combination and no dropping method: bounds alone leave somebody out."""
    bound = {"criterion": 4, "measure": "sum", "column": "amount", "at": 1000, "above": "drop_person"}
    amount = {"type": "integer"} | KEEP_ALL
    receipts = [(f"M{i}", 5000 if i == 3 else 10) for i in range(8)]
    policy = policy_of(
        {
            "members": table("members", {"flag": KEEP_ALL}),
            "receipts": table(
                "receipts", {"amount": amount}, "several", totals=[{**bound, "because": "試験"}]
            ),
        },
        k=2,
    )
    members = [(f"M{i}", "a") for i in range(10)]
    done = run(policy, {"members.csv": text("id,flag", members), "receipts.csv": text("id,amount", receipts)})
    assert done.status == 0, done.err
    assert [len(done.rows("members")), len(done.rows("receipts"))] == [9, 7]
