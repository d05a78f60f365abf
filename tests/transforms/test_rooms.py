"""transforms/README.md names the rooms in their order, and every stage."""

import ast
import re
from pathlib import Path

from test_house import ROOMS

TRANSFORMS = Path(__file__).parents[2] / "transforms"
TEXT = (TRANSFORMS / "README.md").read_text()


def said(room):
    """The first paragraph of a room's docstring."""
    words = ast.get_docstring(ast.parse((TRANSFORMS / room / "__init__.py").read_text()))
    return " ".join(words.split("\n\n")[0].split())


def test_the_rooms_are_told_in_their_order_by_their_own_words():
    told = re.findall(r"^\| \[`(\w+)/`\]\(\1/\) \| (.*) \|$", TEXT, re.MULTILINE)
    assert told == [(room, said(room)) for room in ROOMS.split()]


def test_every_stage_is_told():
    stages = {
        node.name
        for path in (TRANSFORMS / "stages").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and ast.unparse(node).find("(beam.PTransform)") > 0
    }
    assert {name for name in stages if not name.startswith("_") and f"`{name}`" not in TEXT} == set()


def test_every_place_that_is_named_is_there():
    for place in re.findall(r"`([a-z_]+/(?:[a-z_]+(?:/|\.py))?)`", TEXT):
        assert any(
            (base / place).exists() for base in (TRANSFORMS, TRANSFORMS.parent, TRANSFORMS / "report")
        ), place
