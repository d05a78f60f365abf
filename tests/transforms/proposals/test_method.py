"""The policy that a proposal implies."""

import json
from types import SimpleNamespace

import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, QI, policy_of

from tokumei.schemas.errors import InputError
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.screening import WantedMethod
from tokumei.transforms.planning.prepare import rules_of
from tokumei.transforms.proposals.method import implied_policy, unreleased

COLUMNS = {
    "id": {"treat": [PSEUDONYM]},
    "name": {"title": "氏名", "treat": [{"criterion": 1, "method": "delete"}]},
    "age": {
        "type": "integer",
        "title": "年齢",
        "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}],
    },
    "note": {"title": "区分", **KEEP_ALL},
}


def made(**more):
    return parse_policy(json.dumps(policy_of(COLUMNS, person="id", **more)), "policy")


def wanted(*items):
    return WantedMethod(policy="policy.yaml", items=dict(items))


def test_what_is_not_wanted_is_dropped_and_what_is_wanted_so_fine_is_fixed():
    columns = implied_policy(made(), wanted(("年齢", 2))).tables["t"].columns
    assert columns["note"].drop and columns["note"].because and columns["id"].drop
    assert [step.method for step in columns["age"].treat] == ["recode", "generalize"]
    assert columns["age"].treat[0].level == 2 and columns["age"].treat[1].hierarchy.kind == "suppress"


def test_the_value_itself_is_level_0():
    (step,) = implied_policy(made(), wanted(("age", 0), ("区分", "policy"))).tables["t"].columns["age"].treat
    assert step.method == "generalize" and step.hierarchy.kind == "suppress"


def test_left_free_the_search_chooses():
    columns = implied_policy(made(), wanted(("年齢", 2)), as_wanted=False).tables["t"].columns
    assert columns["age"].treat[0].hierarchy.kind == "intervals" and columns["note"].drop


def test_items_that_cannot_be():
    assert len(unreleased(made(), wanted(("氏名", "policy"), ("年齢", 1)))) == 1
    for items in ([("住所", 1)], [("区分", 1)]):
        with pytest.raises(InputError, match=r"screening\."):
            implied_policy(made(), wanted(*items))


def test_a_method_is_told_from_another_whatever_the_file_is_called():
    def method(lines=(), **changes):
        content = policy_of(COLUMNS)
        for key, change in changes.items():
            content[key] = {**content[key], **change}
        chain = SimpleNamespace(hierarchies=[SimpleNamespace(where="levels.csv", rows=dict(lines))])
        planned = {"t": SimpleNamespace(chains={"age": chain})}
        return rules_of(parse_policy(json.dumps(content), "policy"), planned)

    table = policy_of(COLUMNS)["tables"]["t"]
    elsewhere = {**table, "source": {"path": "elsewhere.csv", "format": "csv"}}
    same = (
        {"file": {"name": "別の名簿"}},
        {"tables": {"t": elsewhere}},
        {"requirements": {"suppression_limit": made().requirements.suppression_limit}},
    )
    assert {method(), *(method(**changes) for changes in same)} == {method()}
    finer = {**table["columns"], "age": {**table["columns"]["age"], "title": "別"}}
    other = ({"requirements": {"k": 3}}, {"tables": {"t": {**table, "columns": finer}}})
    assert len({method(), *(method(**changes) for changes in other)}) == 3
    assert len({method(), method({"20": ("20-29",)}), method({"20": ("20-24",)})}) == 3
