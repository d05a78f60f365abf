"""The versions that deploy/ installs agree with the package's own."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_engines_are_of_the_package_s_beam_version():
    lines = (ROOT / "deploy" / "versions.env").read_text().splitlines()
    versions = dict(line.split("=") for line in lines if not line.startswith("#"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"apache-beam=={versions['BEAM']}" in project["dependencies"]
