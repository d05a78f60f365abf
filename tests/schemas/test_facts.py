"""Facts about a method stand in its class: nobody else keeps a list of methods."""

import ast
from pathlib import Path

import pytest

import tokumei.transforms.criteria  # noqa: F401 - registers all classes
from tokumei.schemas.treatments import METHODS, Year
from tokumei.transforms.criteria.base import CRITERIA, Criterion, Fixed, PerRecord

ROOT = Path(__file__).parents[2]
NAMES = {method.name() for method in METHODS}
CLASSES = {method.__name__ for method in METHODS}
MODULES = sorted(p for floor in ("schemas", "transforms", "pipelines") for p in (ROOT / floor).rglob("*.py"))


def texts(node):
    """The texts of a list, set, tuple or mapping; None where it holds anything else, or nothing."""
    elements = getattr(node, "keys" if isinstance(node, ast.Dict) else "elts", None)
    if not elements or not all(isinstance(e, ast.Constant) and isinstance(e.value, str) for e in elements):
        return None
    return {e.value for e in elements}


def compares_method(node):
    """Whether a method's name is compared: ``step.method == …``, ``step["method"] in …``."""
    if not isinstance(node, ast.Compare):
        return False
    sides = [node.left, *node.comparators]
    return any(
        (isinstance(side, ast.Attribute) and side.attr == "method")
        or (
            isinstance(side, ast.Subscript)
            and isinstance(side.slice, ast.Constant)
            and side.slice.value == "method"
        )
        for side in sides
    )


def asks_for_several(node):
    """Whether an object is asked for several methods' classes at once: ``isinstance(step, Noise | RankSwap)``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"):
        return False
    kinds = [n.attr if isinstance(n, ast.Attribute) else getattr(n, "id", "") for n in ast.walk(node.args[1])]
    return len([kind for kind in kinds if kind in CLASSES]) > 1


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_lists_methods(path):
    lists = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text()))
        if ((found := texts(node)) is not None and found <= NAMES)
        or compares_method(node)
        or asks_for_several(node)
    ]
    assert lists == []


@pytest.mark.parametrize(
    "listing",
    [
        'READING = {"address", "age"}',
        'DAYS = frozenset({"year", "year_month"})',
        'CLASSES = {"noise": Noise}',
        'if step.method == "address": pass',
        'if step["method"] in READING: pass',
        "isinstance(step, Noise | RankSwap)",
        "isinstance(step, (t.Recode, t.Generalize))",
    ],
)
def test_a_list_of_methods_is_seen(listing):
    nodes = list(ast.walk(ast.parse(listing)))
    assert any(
        compares_method(n) or asks_for_several(n) or (texts(n) or {"no method"}) <= NAMES for n in nodes
    )


def test_every_method_is_carried_out_by_one_class_for_each_criterion():
    assert set(CRITERIA) == {(method, number) for method in METHODS for number in method.numbers()}
    classes = {method.name(): {CRITERIA[method, n] for n in method.numbers()} for method in METHODS}
    several = {name: len(kinds) for name, kinds in classes.items() if len(kinds) > 1}
    assert several == {"delete": 3}  # codes of 二号 and 三号 are told by sentences of their own


@pytest.mark.parametrize(("method", "number"), CRITERIA, ids=str)
def test_a_method_and_the_class_that_carries_it_out_agree(method, number):
    kind = CRITERIA[method, number]
    assert issubclass(kind, PerRecord) == method.per_record
    assert (kind.profile is not Criterion.profile) == method.data_driven


def test_a_method_has_no_second_class():
    with pytest.raises(TypeError, match="year has two classes"):
        type("Again", (Fixed,), {}, treats=Year)
