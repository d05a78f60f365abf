"""The house rules: imports go down only, kernels know no Beam, modules stay small."""

import ast
import re
import sys
import tomllib
from collections import defaultdict
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = ["schemas", "transforms", "pipelines"]
MODULES = sorted(p for floor in FLOORS for p in (ROOT / floor).rglob("*.py"))
# Rooms that wire PTransforms or hold elements; everything else in transforms/ is a pure kernel.
WIRING = {"stages", "engine"}
# The rooms of transforms/: a line imports from the lines above it, and within a line from the left.
ROOMS = """
    engine storage values detect counting redaction formats hierarchies
    criteria planning decisions
    profile totals combinations risk histories joined recode promises attacks earlier leaks exposure
    pages register ledger figures release loading report proposals preview suggest
    stages
    synthesis
"""
# What carries out a specification has its name: the treatment `noise` is `Noise` in the policy and where it is done.
CARRIED_OUT = {
    ("schemas.treatments", "transforms.criteria"),
    ("schemas.bands", "transforms.criteria"),
    ("schemas.peculiar_values", "transforms.criteria"),
    ("schemas.perturbations", "transforms.criteria"),
    ("schemas.redaction", "transforms.criteria"),
    ("schemas.privacy_models", "transforms.recode"),
}
# Modules of one kind, called by the same names: formats, sections of the report, presets, programs.
ALIKE = {
    "transforms.formats": {"begins", "header", "plan", "rows", "nested", "write"},
    "transforms.report.sections": {"NOTHING", "view"},
    "transforms.synthesis": {"TABLES"},
    "schemas.tables": {"main"},
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms():
    """(importing, imported) rooms of transforms/, and modules of schemas/, without those that import themselves."""
    arrows = defaultdict(set)
    for path in MODULES:
        floor, place, *_ = path.relative_to(ROOT).with_suffix("").parts
        for name in imports(path):
            parts = name.split(".")
            if parts[:2] == ["tokumei", floor] and floor in {"schemas", "transforms"} and parts[2] != place:
                arrows[f"{floor}.{place}"].add(f"{floor}.{parts[2]}")
    return dict(arrows)


def reached(arrows, start):
    found, todo = set(), [start]
    while todo:
        for there in arrows.get(todo.pop(), ()):
            if there not in found:
                found.add(there)
                todo.append(there)
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path):
    floor = FLOORS.index(path.relative_to(ROOT).parts[0])
    above = {f"tokumei.{name}" for name in FLOORS[floor + 1 :]}
    assert not [name for name in imports(path) if ".".join(name.split(".")[:2]) in above]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_everything_is_imported_as_one_package(path):
    """The folders can be seen from a checkout under their own names too: a module would then exist twice."""
    assert not [name for name in imports(path) if name.split(".")[0] in FLOORS]


def test_no_circles():
    arrows = rooms()
    assert [room for room in arrows if room in reached(arrows, room)] == []


def test_rooms_import_downwards():
    order = [f"transforms.{room}" for room in ROOMS.split()]
    assert {
        f"transforms.{p.name}" for p in (ROOT / "transforms").iterdir() if (p / "__init__.py").exists()
    } == {*order}
    arrows = {(a, b) for a, there in rooms().items() for b in there if a in order}
    assert [(a, b) for a, b in sorted(arrows) if order.index(a) < order.index(b)] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_wiring_knows_beam(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "pipelines" or parts[1] in WIRING:
        return
    assert not [name for name in imports(path) if name.split(".")[0] == "apache_beam"]


def public_names(path):
    """The public classes, functions and constants of a module; types of arrays are one thing wherever they stand."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found = [node.name]
        elif isinstance(node, ast.Assign) and not re.match(
            r"TypeVar|ParamSpec|(npt\.)?NDArray", ast.unparse(node.value)
        ):
            found = [n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)]
        elif isinstance(node, ast.AnnAssign):
            found = [node.target.id]
        else:
            continue
        yield from (name for name in found if not name.startswith("_"))


def test_no_name_is_that_of_two_things():
    homes = defaultdict(list)
    for path in MODULES:
        floor, *places = path.relative_to(ROOT).with_suffix("").parts
        if floor in {"schemas", "transforms"}:
            for name in public_names(path):
                if name not in ALIKE.get(".".join([floor, *places[:-1]]), ()):
                    homes[name].append(f"{floor}.{places[0]}")
    twice = {name for name, found in homes.items() if len(found) > 1 and tuple(found) not in CARRIED_OUT}
    assert twice == set()


def constants(tree):
    """The constants (UPPER, _UPPER) that the lines of a module bind, or a part of which they change."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            yield from (name for name in names if name == name.upper())


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_constant_is_bound_once(path):
    """What is bound again below is another thing to whoever stands between."""
    bound = [*constants(ast.parse(path.read_text()))]
    assert {name for name in bound if bound.count(name) > 1} == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_constructors_of_many_fields_name_them(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef):
            how = [ast.unparse(d) for d in node.decorator_list if "dataclass" in ast.unparse(d)]
            fields = [
                f for f in node.body if isinstance(f, ast.AnnAssign) and "ClassVar" not in ast.unparse(f)
            ]
            assert not how or len(fields) <= 5 or "kw_only=True" in how[0], node.name


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_modules_stay_small(path):
    assert len(path.read_text().splitlines()) <= 320


def test_what_is_imported_is_declared():
    """The wheel brings its own dependencies, or names an extra: none may come by chance with others, or the tests'."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [
        text for name, needed in project["optional-dependencies"].items() if name != "dev" for text in needed
    ]
    declared = [*project["dependencies"], *extras]
    names = {re.match(r"[\w.-]+", text)[0].lower() for text in declared}
    homes = dict(packages_distributions())
    homes["pydantic_core"] = ["pydantic"]  # its other half, pinned by it
    used = {name.split(".")[0] for path in MODULES for name in imports(path)} - sys.stdlib_module_names
    undeclared = {
        name
        for name in used - {"tokumei"}
        if not any(home.lower().replace("_", "-") in names for home in homes.get(name, ()))
    }
    assert undeclared == set()


def test_what_is_declared_is_imported():
    """What only tests need is a dev extra: an image would carry it for nothing."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[\w.-]+", text)[0].lower() for text in declared}
    homes = packages_distributions()
    used = {
        home.lower().replace("_", "-")
        for path in MODULES
        for name in imports(path)
        for home in homes.get(name.split(".")[0], ())
    }
    assert names - used == set()


def named(tree):
    """Yield what a module names: variables and attributes that it reads, imports, and texts (jobs, presets).

    A class that registers itself in its head is found by what it serves; it counts as named.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.ClassDef) and node.keywords:
            yield node.name


def test_nothing_is_there_for_tests_alone():
    """Every module, and every public function, class and constant at the top of one, is used by another line."""
    trees = {path: ast.parse(path.read_text()) for path in MODULES}
    facade = ast.parse((ROOT / "tokumei" / "__init__.py").read_text())
    used = {name for tree in (*trees.values(), facade) for name in named(tree)}
    used.add("worker_pool")  # a program that engines elsewhere need: deploy/ starts it
    defined = {path.stem for path in MODULES if not path.stem.startswith(("_", "build_"))}
    for tree in trees.values():
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and any(word.arg == "treats" for word in node.keywords):
                continue  # registered by its head for a method of the policy
            targets = node.targets if isinstance(node, ast.Assign) else [node]
            defined |= {getattr(target, "name", getattr(target, "id", "_")) for target in targets}
    assert {name for name in defined - used if not name.startswith("_")} == set()
