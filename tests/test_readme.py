"""What README.md and the documents of running show is true: their examples run, their numbers are the constants."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support import canary

import tokumei
from tokumei.pipelines import clean, synthesize
from tokumei.schemas import errors, policy_file
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.register import SMALL_FILE
from tokumei.transforms.formats import avro_limits, streams
from tokumei.transforms.formats.batches import MAX_ROWS
from tokumei.transforms.storage import policy_folder

ROOT = Path(__file__).parents[1]
README, RUNNING, DEPLOYING = (
    (ROOT / folder / "README.md").read_text() for folder in ("", "pipelines", "deploy")
)
(POLICY,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
EXAMPLES = re.findall(r"```python\n(.*?)```", RUNNING, re.DOTALL)
TOKUMEI = str(Path(sys.executable).with_name("tokumei"))


def run(folder, *command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """A folder in which the quick start was followed, line by line."""
    folder = tmp_path_factory.mktemp("started")
    (folder / "my-policy.yaml").write_text(POLICY)
    section = README[README.index("## Quick start") : README.index("## The policy")]
    lines = re.findall(r"^ {4}\.venv/bin/tokumei ([^#\n]+)", section, re.MULTILINE)
    assert [line.split()[0] for line in lines] == ["synthesize", "check", "anonymize"]
    for line in lines:
        run(folder, TOKUMEI, *line.split())
    return folder


def test_the_policy_is_valid():
    policy = parse_policy(POLICY, "README.md")
    assert policy.tables["residents"].quasi_identifiers == ("生年月日", "住所")


def test_the_quick_start_makes_a_release(started):
    (release,) = (started / "out" / "releases").iterdir()
    written = re.search(r"```\nout/(.*?)```", README, re.DOTALL)[0]
    for name in ("manifest.json", "report.html", "report.json", "notice.", "public-report."):
        assert name in written and [*release.glob(f"{name}*")]
    assert [*(release / "data" / "residents").glob("part-*.parquet")]
    for name in ("index.html", "book.json", "entries.avro"):
        assert name in written and (started / "out" / "register" / name).is_file()


def test_the_example_in_python_works(started):
    example, _ = EXAMPLES
    printed = run(started, sys.executable, "-c", example)
    assert re.search(r"^\d+ people in .*/out/releases/", printed, re.MULTILINE) and "k was 10" in printed
    assert set(re.search(r"from tokumei import (.*)", example)[1].split(", ")) <= set(tokumei.__all__)


def test_the_example_in_python_for_errors_works(started, tmp_path):
    _, example = EXAMPLES
    unmet = POLICY.replace("k: 10\n", "k: 100000\n").replace("path: data", f"path: {started}/data")
    (tmp_path / "my-policy.yaml").write_text(unmet)
    printed = run(tmp_path, sys.executable, "-c", example)
    assert printed.startswith("error [requirement.unmet] tables.residents\n  what: ")


def test_a_company_corrects_the_entry_of_its_release(started):
    section = RUNNING[RUNNING.index("## Register") : RUNNING.index("## Synthetic files")]
    lines = re.findall(r"^ {4}tokumei register ([^#\n]+)", section, re.MULTILINE)
    enter, show, erase, withdraw, check = (line.split() for line in lines)
    shown = run(started, TOKUMEI, "register", *show)
    entry = re.search(r"entry (\S+) ", shown)[1]
    release = re.search(r"release ([^),]+)", shown)[1]
    named = [
        [name if word == "ID" else word for word in words]
        for name, words in ((entry, erase), (release, withdraw))
    ]
    for action in (enter, *named, check):
        run(started, TOKUMEI, "register", *action)


def test_every_exit_status_is_told():
    told = {int(status) for status in re.findall(r"^\| (\d) \| ", README, re.MULTILINE)}
    assert told == {
        0,
        *(kind.status for kind in (errors.TokumeiError, *errors.TokumeiError.__subclasses__())),
    }


def mib(size):
    return f"{size >> 20} MiB"


def test_limits_are_told_from_the_constants():
    told = " ".join(RUNNING.split())
    (inputs,) = re.findall(r"^INPUTS \?= (\d+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for text in (
        f"an Avro block of over {mib(streams.MAX_RECORD)} (unpacked), a policy over {mib(policy_file.MAX_BYTES)}, a"
        f" hierarchy file over {mib(policy_folder.MAX_FILE_BYTES)}",
        f"A file of fewer than {SMALL_FILE:,} is not registered",
        f"has under {SMALL_FILE:,} people; the reason is required",
        f"older than so many days (default {clean.DAYS}, at least 1)",
        f"| 1 to {synthesize.MAX_ROWS:,};",
        f"`make fuzz` gives {int(inputs):,} mutated policies",
        f"in {len(canary.ENCODINGS)} encodings, Base64, hexadecimal and {len(canary.HASHES)} hashes",
    ):
        assert text in told, text
    assert avro_limits.MAX_UNPACKED == streams.MAX_RECORD  # both are "64 MiB (unpacked)"


def test_how_many_records_are_treated_together_is_told_from_the_constant():
    records = f"{MAX_ROWS:,}"
    assert f"one for each {records} records" in DEPLOYING and f"| {records} records or 64 MiB |" in DEPLOYING
