"""Yearly figures on every engine: the same pages, and the same refusal of a ledger that was changed."""

import subprocess
import sys

import pytest
from support.ledgers import write_ledgers

from tokumei.transforms.synthesis.agencies import agencies


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledgers")
    few = [body for body in agencies(60, seed=2) if body.files < 8][:6]
    return folder, write_ledgers(folder / "out", few, seed=2)


def statistics(folder, pages, args):
    command = [sys.executable, "-m", "tokumei.pipelines.cli", "statistics", "out", "--year", "2018"]
    return subprocess.run(
        [*command, "--as-of", "2019-03-31", "--pages", pages, *args],
        cwd=folder, check=False, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


def pages_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.fixture(scope="session")
def expected_pages(ledgers):
    folder, _ = ledgers
    done = statistics(folder, "expected", [])
    assert (done.returncode, done.stderr) == (0, "")
    return pages_of(folder / "expected")


def test_the_pages_are_the_same(engine, ledgers, expected_pages, tmp_path):
    folder, _ = ledgers
    done = statistics(folder, str(tmp_path / "pages"), engine.args)
    assert (done.returncode, done.stderr) == (0, "")
    assert pages_of(tmp_path / "pages") == expected_pages


def test_a_changed_ledger_is_refused_alike(engine, ledgers, tmp_path):
    folder, journals = ledgers
    (name,) = {uri for uri, _ in journals[2].segments()}
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[:-20])
    try:
        done = statistics(folder, str(tmp_path / "pages"), engine.args)
    finally:
        (folder / name).write_bytes(data)
    assert done.returncode == 3 and done.stderr.startswith("error [ledger.damaged"), done.stderr
    assert not (tmp_path / "pages").exists()
