"""The script that runs the cases: it sees what a case released, and says where that is not what was expected."""

import json

import pytest
from field.cases import main
from support.helpers import policy_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "cases").mkdir()
    for name, content in {
        "X1": "id,shop\n1,A\n2,A\n3,\n",
        "X2": "id,item\n1,A\n",
        "X3": "id,shop\n1,B\n2,B\n",
    }.items():
        case = tmp_path / "cases" / name
        case.mkdir()
        (case / "data.csv").write_text(content)
        (case / "policy.yaml").write_text(json.dumps(shops()))
    return tmp_path / "cases"


def shops():
    kept = {"keep": True, "because": "試験"}
    return policy_of({"id": kept, "shop": kept})


def ran(folder, capsys, expected, *args):
    listed = folder.parent / "expected.yaml"
    listed.write_text(json.dumps(expected))
    status = main([str(folder), "--expected", str(listed), *args])
    return status, capsys.readouterr().out


def test_a_case_that_ends_as_listed_is_told_so_and_one_that_is_not_listed_is_shown(folder, capsys):
    status, told = ran(
        folder,
        capsys,
        {
            "X1": {
                "check": True,
                "ends": [{"exit": 4}, {"exit": 0, "released": {"t.shop": {"A": 2, "": 1}}}],
            },
            "X2": {"ends": [{"exit": 3, "says": ["missing: shop"], "silent": ["unexpected"]}]},
        },
    )
    assert status == 0
    assert "X1    as expected exit 0" in told
    assert "X2    as expected exit 3" in told
    assert "X3    not listed  exit 0" in told
    assert "t.shop = B ×2" in told
    assert "2 as expected, 1 not listed" in told


@pytest.mark.parametrize(
    ("end", "missed"),
    [
        ({"exit": 3}, "expected: exit 3"),
        ({"exit": 0, "released": {"t.shop": {"A": 3}}}, "expected: t.shop = A ×3"),
        ({"exit": 0, "released": {"t.item": {"A": 2}}}, "expected: t.item = A ×2"),
        ({"exit": 0, "says": ["2 people"]}, "expected: says 2 people"),
        ({"exit": 0, "silent": ["3 people"]}, "expected: does not say 3 people"),
        ({"exit": 0, "like": {"t.shop": "A"}}, "expected: t.shop is like A"),
        ({"exit": 0, "alike": ["t.id", "t.shop"]}, "expected: t.id and t.shop hold the same values"),
    ],
)
def test_a_case_that_ends_otherwise_is_told_with_what_was_expected(folder, capsys, end, missed):
    status, told = ran(folder, capsys, {"X1": {"ends": [end]}}, "--only", "X1")
    assert status == 1
    assert "X1    DIFFERS" in told
    assert missed in told


def test_a_folder_without_cases_and_an_unknown_case_are_no_success(folder, capsys):
    assert ran(folder / "X1", capsys, {})[0] == 1
    assert ran(folder, capsys, {}, "--only", "X9")[0] == 1
