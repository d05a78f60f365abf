"""The house rules: imports go down only, kernels know no Beam, modules stay small."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ["schemas", "transforms", "pipelines"]
MODULES = sorted(p for floor in FLOORS for p in (ROOT / floor).rglob("*.py"))
# Modules that wire PTransforms or hold elements; everything else in transforms/ is a pure kernel.
WIRING = {"stage.py", "records.py", "chunks.py", "combine.py", "progress.py"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path):
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    above = set(FLOORS[floor + 1 :])
    assert not [name for name in imports(path) if name.split(".")[0] in above]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_wiring_knows_beam(path):
    if path.is_relative_to(ROOT / "pipelines") or path.name in WIRING:
        return
    assert not [name for name in imports(path) if name.split(".")[0] == "apache_beam"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_small(path):
    assert len(path.read_text().splitlines()) <= 400


def test_what_is_imported_is_declared():
    """The wheel brings its own dependencies: none may come by chance with another or with the tests'."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w.-]+", text)[0].lower() for text in declared}
    homes = dict(packages_distributions())
    homes["pydantic_core"] = ["pydantic"]  # its other half, pinned by it
    used = {name.split(".")[0] for path in MODULES for name in imports(path)} - sys.stdlib_module_names
    undeclared = {
        name
        for name in used - set(FLOORS)
        if not any(home.lower().replace("_", "-") in names for home in homes.get(name, ()))
    }
    assert undeclared == set()
