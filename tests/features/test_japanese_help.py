"""Help in Japanese: of every command, all of it, by a table in which nothing else stands."""

import os
import re
import subprocess
import sys
from unicodedata import east_asian_width

import pytest

from tokumei.pipelines import cli
from tokumei.pipelines.launcher import japanese_help as shown
from tokumei.schemas.messages import japanese_help


def help_of(capsys, *command):
    with pytest.raises(SystemExit) as end:
        cli.main([*command, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.fixture
def japanese(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    monkeypatch.setenv("COLUMNS", "80")


def commands(capsys):
    """Every command that has help, with what it prints: the jobs, and the actions of those that have some."""
    yield (), help_of(capsys)
    for job in cli.JOBS:
        text = help_of(capsys, job)
        yield (job,), text
        if " ACTION" in text.partition("\n")[0]:
            for action in re.findall(r"^    (\w+)", text.partition("ACTION\n")[2], re.MULTILINE):
                yield (job, action), help_of(capsys, job, action)


def test_every_text_of_help_has_its_row_and_every_row_its_text(japanese, monkeypatch, capsys):
    asked = set()

    class Asked(dict):
        def get(self, text, default=None):
            asked.add(text)
            return super().get(text, default)

    monkeypatch.setattr(shown, "japanese_help", lambda: Asked(japanese_help()))
    texts = dict(commands(capsys))
    assert len(texts) > 50 and ("register", "withdraw") in texts and ("ledger", "papers") in texts
    assert asked - {*japanese_help()} == set(), "these are told in English"
    assert {*japanese_help()} - asked == set(), "nobody asks for these"
    for command, text in texts.items():
        assert text.startswith(f"使い方: {' '.join(['tokumei', *command])} ") and "\nオプション:\n" in text
        usage = text.partition("\n\n")[0]  # which argparse breaks
        lines = [
            line for line in text.removeprefix(usage).splitlines() if "{" not in line
        ]  # choices stay whole
        for line in lines:
            assert sum(2 if east_asian_width(c) in "WFA" else 1 for c in line) <= 80 - 2, line


@pytest.mark.parametrize("text", sorted(japanese_help()))
def test_rows_are_japanese_and_keep_what_is_typed(text):
    told = japanese_help()[text]
    assert re.search("[ぁ-んァ-ヶ一-龠]", told) and not told.endswith("。") and told == told.strip(), told
    typed = re.compile(r"--[a-z-]+|[A-Z]+[-_][A-Z_-]+|\d+(?:[.,:]\d+)*|[a-z_]+=|gs://|0700|output\.directory")
    kept = {word for word in typed.findall(text) if word not in {"2017", "1"}}
    assert {word for word in kept if word not in told} <= {"1,000", "60", "3"}, told


def test_lines_break_by_width_and_part_no_word_from_its_stop():
    assert shown._lines("方針のoutput.directory、または（既定）。", 12) == [
        "方針の", "output.directory、", "または（既", "定）。",
    ]  # fmt: skip
    assert shown._lines("a b  c", 4) == ["a b", "c"] and shown._lines("", 4) == [""]


def test_elsewhere_it_is_english(monkeypatch, capsys):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    text = help_of(capsys, "clean")
    assert text.startswith("usage: tokumei clean ") and "only say what would be removed" in text


def test_it_imports_no_more_than_the_english_one():
    code = """
import sys
from tokumei.pipelines.cli import main
try:
    main(["--help"])
except SystemExit:
    print(len(sys.modules), sorted(name for name in sys.modules if name.startswith("tokumei.")), file=sys.stderr)
"""
    said = {}
    for locale in ("C", "ja_JP.UTF-8"):
        environment = {**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
        )
        number, _, names = done.stderr.partition(" ")
        said[locale] = int(number), eval(names)
    (english, before), (japanese, after) = said["C"], said["ja_JP.UTF-8"]
    assert {*after} - {*before} == {"tokumei.pipelines.launcher.japanese_help"}
    assert japanese - english < 40
