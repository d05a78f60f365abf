"""Hierarchy files beside a policy: bad ones are refused, good ones taken."""

import pytest
from support.bad_policies import CANARY, DATA, GENERALIZE, GONE, TOWN, chain, run_both

from tokumei.transforms.planning.prepare import make_plan

FILES = {
    "missing": (None, {}, "there is no such file"),
    "a directory": (GONE, {}, "is a directory"),
    "empty": ("", {}, "is empty"),
    "without levels": (f"{CANARY}\n", {}, "expected 2"),
    "ragged": (f"x;A;*\n{CANARY};*\n", {}, "h.csv:2"),
    "duplicate": (f"{CANARY};A;*\n{CANARY};B;*\n", {}, "stands twice"),
    "not nesting": (f"{CANARY};A;p;*\nx;A;q;*\n", {}, "do not nest"),
    "of another encoding": (f"{CANARY};A;*\n".encode("cp932"), {}, "is not utf-8"),
    "of another delimiter": (f"{CANARY},A,*\n", {}, "expected 2"),
    "with an open quote": (f'"{CANARY};A;*\nx;A;*\n', {}, "not delimited text"),
    "with an empty level": (f"{CANARY};;*\n", {}, "is empty"),
    "with too few levels": (f"{CANARY};A;*\n", {"method": "recode", "level": 2}, "1 level(s)"),
    "with only *": (f"{CANARY};*\n", {"method": "recode", "level": 1}, "method: delete"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_hierarchy_file_is_refused(run, tmp_path, name):
    content, more, part = FILES[name]
    file = tmp_path / "h.csv"
    if content is GONE:
        file.mkdir()
    elif content is not None:
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    policy = chain("town", {**GENERALIZE, "hierarchy": {"kind": "file", "path": "h.csv"}, **more})
    error = run_both(run, policy, tmp_path)
    assert error["code"] in {"hierarchy.file", "hierarchy.level"}
    assert error["where"].startswith(f"{TOWN}.treat[0]") and "h.csv" in error["where"]
    assert part in error["where"] + error["what"] + error["fix"]


TABLES = {
    "missing": (None, "no file matches"),
    "without a level": (f"value,large\n{CANARY},A\n", "lacks columns: small"),
    "not nesting": (f"value,small,large\n{CANARY},x,p\n乙,x,{CANARY}\n", "do not nest: 1"),
    "with several labels": (f"value,small,large\n{CANARY},x,p\n{CANARY},y,p\n", "1 values of value"),
    "with a blank": (f"value,small,large\n{CANARY},,p\n", "small × 1"),
}
BY_TABLE = {
    "kind": "table",
    "source": {"path": "h.csv", "format": "csv"},
    "columns": ["value", "small", "large"],
}


@pytest.mark.parametrize("name", TABLES)
def test_a_bad_table_of_a_hierarchy_is_refused(run, tmp_path, name):
    content, part = TABLES[name]
    if content is not None:
        (tmp_path / "h.csv").write_text(content)
    error = run_both(run, chain("town", {**GENERALIZE, "hierarchy": BY_TABLE}), tmp_path)
    assert error["code"] == "hierarchy.table" and part in error["what"]
    assert error["where"].startswith(f"{TOWN}.treat[0]") and "h.csv" in error["where"]


def test_a_table_of_a_hierarchy_is_a_part_of_the_work(run, tmp_path):
    """Another table is another release; what the hierarchy does not read of it is not."""
    policy, works = chain("town", {**GENERALIZE, "hierarchy": BY_TABLE}), []
    (tmp_path / "data.csv").write_text(DATA)
    for line in ("x,p,1", "x,p,2", "x,q,1"):
        (tmp_path / "h.csv").write_text(f"value,small,large,price\n東京都千代田区,{line}\n")
        assert run(policy, job="check").status == 0
        works.append(make_plan(str(tmp_path / "policy.yaml"), str(tmp_path / "out"), None)[0].work)
    assert works[0] == works[1] != works[2]


def test_a_good_hierarchy_file_is_taken(run, tmp_path):
    (tmp_path / "h.csv").write_text('東京都千代田区;"東京\n都";*\n')
    hierarchy_file = {"kind": "file", "path": "h.csv"}
    assert (
        run(
            chain("town", {**GENERALIZE, "hierarchy": hierarchy_file}), {"data.csv": DATA}, job="check"
        ).status
        == 0
    )
    level = {"criterion": 1, "method": "recode", "level": 1, "hierarchy": hierarchy_file}
    assert run(chain("town", level), job="check").status == 0
