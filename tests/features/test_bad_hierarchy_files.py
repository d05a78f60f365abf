"""Hierarchy files beside a policy: bad ones are refused, good ones taken."""

import pytest
from support.bad_policies import CANARY, DATA, GENERALIZE, GONE, TOWN, chain, run_both

FILES = {
    "missing": (None, {}, "there is no such file"),
    "a directory": (GONE, {}, "is a directory"),
    "empty": ("", {}, "is empty"),
    "without levels": (f"{CANARY}\n", {}, "expected 2"),
    "ragged": (f"x;A;*\n{CANARY};*\n", {}, "h.csv:2"),
    "duplicate": (f"{CANARY};A;*\n{CANARY};A;*\n", {}, "stands twice"),
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
