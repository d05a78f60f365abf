"""The documents in Japanese are true: every command of the tutorial is run, in its order, and does what is said."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tokumei.schemas import errors

ROOT = Path(__file__).parents[2]
README, TUTORIAL = (ROOT / path for path in ("README.ja.md", "pipelines/TUTORIAL.ja.md"))
COMMANDS = re.findall(r"^ {4}(\S.*)$", TUTORIAL.read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A folder in which the tutorial was followed, and what each command printed."""
    folder, printed = tmp_path_factory.mktemp("followed"), {}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        done = subprocess.run(
            command,
            shell=True,
            check=False,
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, (command, done.stderr)
        printed[command] = done.stdout
    return folder, printed


def test_it_goes_from_a_file_to_a_signed_release_and_its_end(followed):
    folder, printed = followed
    jobs = [words[1] if words[0] == "tokumei" else words[0] for words in map(str.split, COMMANDS)]
    assert jobs == [
        *("synthesize", "suggest", "sed", "check", "rehearse", "anonymize"),
        *("openssl", "openssl", "openssl", "openssl", "verify", "register", "register"),
    ]
    said = dict(zip(jobs, printed.values(), strict=False))
    assert "the policy is valid" in said["check"] and "k=20" in said["rehearse"]
    assert "Signature Verified Successfully" in printed[COMMANDS[9]]
    assert "kaiin-1: whole" in said["verify"]
    assert "【要確認】上" not in (folder / "policy.yaml").read_text()


def test_every_file_that_is_named_is_there(followed):
    folder, _ = followed
    table = re.findall(r"^\| ((?:`[^`]+`[^|`]*)+) \|", TUTORIAL.read_text(), re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`([^`]+)`", cell) if "." in name]
    assert named == ["report.html", "notice.html", "notice.md", "public-report.html", "manifest.json"]
    release = folder / "out" / "releases" / "kaiin-1"
    assert all((release / name).is_file() for name in named)
    assert [*(release / "data" / "residents").glob("part-*")] and (folder / "予行" / "report.html").is_file()


def test_every_section_that_is_named_is_in_the_report(followed):
    folder, _ = followed
    sections = re.findall(r"^- 「(.+?)」：", TUTORIAL.read_text(), re.MULTILINE)
    page = (folder / "out" / "releases" / "kaiin-1" / "report.html").read_text()
    titles = re.findall(r"<h2 id=[^>]*>([^<]+)</h2>", page)
    assert len(sections) == 5 and set(sections) <= set(titles)


def test_the_readme_in_japanese_tells_every_exit_status():
    told = {int(status) for status in re.findall(r"^\| (\d) \| ", README.read_text(), re.MULTILINE)}
    kinds = (errors.TokumeiError, *errors.TokumeiError.__subclasses__())
    assert told == {0, *(kind.status for kind in kinds)}


def test_the_readme_in_japanese_guarantees_no_more_than_the_other():
    """Its guarantees are some of those in English, in their order; it never says what law or software cannot."""
    rows = README.read_text().partition("## 保証すること")[2].partition("##")[0]
    assert 10 <= rows.count("\n| ") - 2 <= 16
    assert "再識別できないとは述べません" in rows and "法令は数を定めていません" in rows
