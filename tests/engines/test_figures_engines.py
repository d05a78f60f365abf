"""Yearly figures on every engine: the same pages, to the byte."""

import subprocess
import sys

import pytest
from support.ledgers import write_ledgers

from tokumei.transforms.synthesis.agencies import agencies


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledgers")
    few = [body for body in agencies(60, seed=2) if body.files < 8][:6]
    write_ledgers(folder / "out", few, seed=2)
    return folder


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
    done = statistics(ledgers, "expected", [])
    assert (done.returncode, done.stderr) == (0, "")
    return pages_of(ledgers / "expected")


def test_the_pages_are_the_same(engine, ledgers, expected_pages, tmp_path):
    done = statistics(ledgers, str(tmp_path / "pages"), engine.args)
    assert (done.returncode, done.stderr) == (0, "")
    assert pages_of(tmp_path / "pages") == expected_pages
