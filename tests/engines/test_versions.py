"""The versions that deploy/ installs agree with those that are tested."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_engines_are_of_the_tested_beam_version():
    lines = (ROOT / "deploy" / "versions.env").read_text().splitlines()
    versions = dict(line.split("=") for line in lines if not line.startswith("#"))
    (beam,) = re.findall(r"^apache-beam==([\w.]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert beam == versions["BEAM"]
