"""Every error that a user can meet is told in Japanese where the locale is Japanese, and else in English."""

import ast
import io
import json
import re
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from support import bad_policies

from tokumei.pipelines.cli import main
from tokumei.schemas import errors
from tokumei.schemas.messages import japanese_messages, told_to
from tokumei.schemas.treatment_base import Treatment
from tokumei.schemas.treatments import Pseudonym

ROOT = Path(__file__).parents[2]
FLOORS = ("schemas", "transforms", "pipelines")
RAISED = {
    "broken",
    *(kind.__name__ for kind in (errors.TokumeiError, *errors.TokumeiError.__subclasses__())),
}
ERROR = errors.PolicyError(
    "policy.missing", where="p.yaml", what="cannot be read: No such file", fix="check the path"
)
# Codes that stand in tuples and settings, or are put together.
PUT_TOGETHER = {
    *(
        f"policy.{name}"
        for name in ("attack", "blank", "date", "depth", "kind", "method", "missing_key", "model", "range")
    ),
    *(f"policy.{name}" for name in ("parameter_name", "type", "unknown_key", "value")),
    *(f"column.{name}" for name in ("birth_date", "identification_code", "identifying", "linking_code")),
    *(
        f"store.{name}"
        for name in ("credentials", "directory", "file", "links", "missing", "permission", "special")
    ),
    *(f"register.{name}" for name in ("busy", "damaged", "format")),
    *(f"earlier_releases.{name}" for name in ("busy", "format")),
    *(f"ledger.{name}" for name in ("as_of", "future", "not_yet", "order", "refused")),
    *(f"output.{name}" for name in ("neutralize_formulas", "byte_order_mark", "encoding")),
    *(f"engine.{name}" for name in ("memory", "slots", "docker", "worker", "worker_lost")),
    *("input.bzip2", "input.gzip", "engine.lost", "run.stopped", "output.avro_name", "output.directory"),
    *(
        "fee.hours",
        "provide.release",
        "screening.serial",
        "source.expect_name",
        "store.unavailable",
        "table.name",
    ),
    *("treat.label", "treat.template"),
}


def codes():
    """The codes that the floors raise under a name of their own."""
    found = set()
    for path in (path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                code = node.args[0].value
                if name in RAISED and isinstance(code, str) and re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)?", code):
                    found.add(code)
    return found


def last_methods():
    assert issubclass(Pseudonym, Treatment) and Pseudonym.last  # its module has all methods
    kinds = [Treatment]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        if kind.last and "method" in kind.model_fields and kind.name() != "delete":
            yield f"treat.{kind.name()}_last"


def test_every_code_is_told_and_no_other():
    raised = codes() | PUT_TOGETHER | {*last_methods()}
    assert len(raised) > 380
    assert raised - {*japanese_messages()} == set(), "these are told in English alone"
    assert {*japanese_messages()} - raised == set(), "nobody raises these"


@pytest.mark.parametrize("code", sorted(japanese_messages()))
def test_what_is_told_is_japanese_and_says_what_to_do(code):
    for text in japanese_messages()[code]:
        assert re.search("[ぁ-ん]", text) and not text.endswith("。"), text
        assert text == text.strip() and "  " not in text and not re.search(r"[,;!?]", text), text


@pytest.mark.parametrize(
    ("environment", "japanese"),
    [
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "ja_JP.UTF-8"}, True),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, True),
        ({"LANG": "C", "LC_MESSAGES": "ja"}, True),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP.eucJP"}, True),
    ],
)
def test_the_locale_decides(environment, japanese):
    told = told_to(ERROR, environment)
    assert told == (
        "誤り [policy.missing] p.yaml\n  内容: 方針のファイルを読めない\n  対処: 場所と権限を確かめる\n"
        "  詳細（英語）: cannot be read: No such file\n    check the path"
        if japanese
        else ERROR.message()
    )


def test_a_code_that_nobody_translated_is_told_in_english():
    error = errors.InputError("new.code", where="x", what="y", fix="z")
    assert told_to(error, {"LANG": "ja_JP.UTF-8"}) == error.message()


def test_the_command_speaks_japanese_and_its_json_does_not(monkeypatch, tmp_path):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    said = {}
    for args in ((), ("--json",)):
        stream = io.StringIO()
        with redirect_stderr(stream):
            assert main(["check", str(tmp_path / "none.yaml"), *args]) == 2
        said[args] = stream.getvalue()
    assert said[()].startswith("誤り [policy.missing] ") and "\n  対処: 場所と権限を確かめる\n" in said[()]
    told = json.loads(said[("--json",)])
    assert told["code"] == "policy.missing" and told["what"].isascii()


def test_the_bad_policy_of_the_tests_is_told_without_its_values(monkeypatch, tmp_path):
    (tmp_path / "data.csv").write_text(bad_policies.DATA)
    base = json.loads(json.dumps(bad_policies.BASE))
    del base["tables"]["t"]["columns"]["town"]
    (tmp_path / "p.yaml").write_text(json.dumps(base, ensure_ascii=False))
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    stream = io.StringIO()
    with redirect_stderr(stream):
        assert main(["check", str(tmp_path / "p.yaml")]) == 3
    assert (
        stream.getvalue().startswith("誤り [input.columns] ") and bad_policies.CANARY not in stream.getvalue()
    )


def test_other_errors_of_a_policy_are_told_in_japanese_too(monkeypatch, tmp_path, capsys):
    keys = "".join(f"wrong{n}: 1\n" for n in range(30))
    (tmp_path / "p.yaml").write_text(f"version: 1\nregime: both\n{keys}")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert main(["check", str(tmp_path / "p.yaml")]) == 2
    told = capsys.readouterr().err
    found = re.findall(
        r"^  ほか \[(\S+)\] (\S+ \S+)\n    内容: (.*)\n    対処: (.*)\n    詳細", told, re.MULTILINE
    )
    assert len(found) > 5 and "also" not in told
    for code, place, what, fix in found:
        assert (what, fix) == tuple(japanese_messages()[code]) and place.startswith(f"{tmp_path}/p.yaml:")
    assert re.search(r"\n  ほかに\d+件\n$", told)
