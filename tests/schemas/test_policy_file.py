"""Reading policies: exact lines and paths, plain data as written, a schema for editors, and nothing but PolicyError."""

import copy
import json
import re

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.helpers import EXAMPLE

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_errors import dotted
from tokumei.schemas.policy_file import MAX_BYTES, parse_policy, read_policy_file

DEMO = EXAMPLE / "policy.yaml"
DEMO_TEXT = DEMO.read_text("utf-8")
TYPED = json.loads(json.dumps(yaml.safe_load(DEMO_TEXT), default=str))

GOOD = """\
# a comment
version: 1
regime: private
file:
  name: ファイル
  body: 会社
  department: 課
  purpose: 目的
  how_provided: 手渡し

reference_date: 2026-04-01
tables:
  people:
    source: {path: p.csv, format: csv}
    rows_per_person: one
    columns:
      年齢:
        type: integer
        treat:
          - criterion: 4
            method: top_code
            at: 90
            label: 90歳以上
          - {criterion: 5, method: generalize, hierarchy: {kind: intervals, widths: [5, 10]}}
      a.b:
        keep: true
        because: 試験
      "x y":
        drop: yes
        because: 2026-01-01
requirements:
  k: 2
  because: 試験
"""
AGE = "tables.people.columns.年齢"


def refused(text):
    with pytest.raises(PolicyError) as caught:
        parse_policy(text, "p.yaml")
    return caught.value


def test_what_is_written_is_what_is_read():
    policy = parse_policy(GOOD, "p.yaml")
    table = policy.tables["people"]
    assert list(table.columns) == ["年齢", "a.b", "x y"]
    assert table.columns["x y"].drop is True and table.columns["x y"].because == "2026-01-01"
    assert table.columns["年齢"].treat[0].at == 90 and table.columns["年齢"].treat[1].hierarchy.widths == (
        5,
        10,
    )
    assert policy.reference_date.isoformat() == "2026-04-01"
    assert table.released == ("年齢", "a.b") and table.quasi_identifiers == ("年齢",)


def test_yaml_json_a_mark_and_other_line_ends_read_the_same(tmp_path):
    expected = parse_policy(DEMO_TEXT, "p.yaml")
    path = tmp_path / "p.yaml"
    variants = [
        DEMO_TEXT.encode("utf-8-sig"),
        DEMO_TEXT.replace("\n", "\r\n").encode(),
        json.dumps(TYPED).encode(),  # with escapes, in one line
        yaml.safe_dump(TYPED, allow_unicode=True, sort_keys=False).encode(),
    ]
    for content in variants:
        path.write_bytes(content)
        assert read_policy_file(path) == expected
    assert parse_policy(GOOD.replace("ファイル", '"\\ud83d\\ude00"'), "p").file.name == "😀"


@pytest.mark.parametrize(
    ("old", "new", "code", "where"),
    [
        ("version: 1", "version: 2", "policy.value", "p.yaml:2 version"),
        ("version: 1", "version: true", "policy.value", "p.yaml:2 version"),
        ("version: 1", "version: 1.0", "policy.value", "p.yaml:2 version"),
        ("version: 1\n", "", "policy.missing_key", "p.yaml:2 version"),
        ("  name: ファイル\n", "", "policy.missing_key", "p.yaml:4 file.name"),
        ("  name: ファイル", "  name: 1", "policy.type", "p.yaml:5 file.name"),
        ("  name: ファイル", "  name:", "policy.blank", "p.yaml:5 file.name"),
        ("  name: ファイル", "  name: a\n  nama: b", "policy.unknown_key", "p.yaml:6 file.nama"),
        ("  body: 会社", "  name: 会社", "policy.duplicate_key", "p.yaml:6 file.name"),
        ("2026-04-01", "2026-04-31", "policy.date", "p.yaml:11 reference_date"),
        ("  people:", "  人々:", "table.name", "p.yaml:13 tables.人々"),
        ("format: csv", "format: xls", "policy.value", "p.yaml:14 tables.people.source.format"),
        ("one", "two", "policy.value", "p.yaml:15 tables.people.rows_per_person"),
        ("at: 90", "at: 1:30", "policy.number", f"p.yaml:22 {AGE}.treat[0].at"),
        ("at: 90", 'at: "90"', "policy.type", f"p.yaml:22 {AGE}.treat[0].at"),
        ("at: 90", "att: 90", "policy.missing_key", f"p.yaml:20 {AGE}.treat[0].at"),
        ("label: 90歳以上", "label: '{}'", "treat.label", f"p.yaml:23 {AGE}.treat[0].label"),
        ("top_code", "topcode", "policy.method", f"p.yaml:20 {AGE}.treat[0]"),
        ("criterion: 4", "criterion: 2", "policy.value", f"p.yaml:20 {AGE}.treat[0].criterion"),
        ("type: integer", "type: boolean", "treat.type", f"p.yaml:20 {AGE}.treat[0]"),
        ("[5, 10]", "[5, ten]", "policy.type", f"p.yaml:24 {AGE}.treat[1].hierarchy.widths[1]"),
        ("[5, 10]", "[5, 12]", "hierarchy.widths", f"p.yaml:24 {AGE}.treat[1].hierarchy.widths"),
        ("kind: intervals", "kind: interval", "policy.kind", f"p.yaml:24 {AGE}.treat[1].hierarchy"),
        ("widths:", "kind:", "policy.duplicate_key", f"p.yaml:24 {AGE}.treat[1].hierarchy.kind"),
        ("keep: true\n        because", "keep: true\n        becauze", "policy.unknown_key",
         'p.yaml:27 tables.people.columns."a.b".becauze'),
        ("keep: true", "keep: false", "column.undecided", 'p.yaml:25 tables.people.columns."a.b"'),
        ("drop: yes", "drop: 1", "policy.type", 'p.yaml:29 tables.people.columns."x y".drop'),
        ("k: 2", "k: 1", "policy.range", "p.yaml:32 requirements.k"),
        ("  k: 2", "  k: 2\n   l: 3", "policy.yaml", "p.yaml:33"),
        ("  k: 2", "  k: [2", "policy.yaml", "p.yaml:33"),
        ("  k: 2", "  k: *two", "policy.yaml", "p.yaml:32"),
        ("  k: 2", "  k: !!int 2", "policy.yaml", "p.yaml:32"),
        ("  k: 2", "  k: 2\n\tl: 3", "policy.yaml", "p.yaml:33"),
        ("  k: 2", "  k: 2\n  because: \x07", "policy.yaml", "p.yaml:33"),
        ("  k: 2", '  k: "\\0"', "policy.text", "p.yaml:32 requirements.k"),
        ("  k: 2", "  ? {k: 2}\n  : 3", "policy.key", "p.yaml:32 requirements"),
    ],
)  # fmt: skip
def test_line_and_path_of_an_error_are_exact(old, new, code, where):
    assert GOOD.count(old) == 1 or old in {"k: 2", "criterion: 4"}
    error = refused(GOOD.replace(old, new, 1))
    assert (error.code, error.where) == (code, where)


def test_every_mistake_of_a_file_is_told_with_its_place():
    error = refused(
        GOOD.replace("name: ファイル", "name: 1").replace("at: 90", "at: x").replace("k: 2", "k: 1")
    )
    assert error.where == "p.yaml:5 file.name"
    also = re.findall(r"^  also \[[a-z_.]+\] (\S+ \S+): (.*?)\. ", error.fix, re.MULTILINE)
    assert also == [
        (f"p.yaml:22 {AGE}.treat[0].at", "must be a number"),
        ("p.yaml:32 requirements.k", "must be at least 2"),
    ]


def test_an_item_that_is_wrong_is_not_also_called_missing():
    error = refused(GOOD.replace("[5, 10]", "[five]"))
    assert error.where.endswith("widths[0]") and "also" not in error.fix


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((), ""),
        (("tables", "t", "columns", "年齢", "treat", 0, "at"), "tables.t.columns.年齢.treat[0].at"),
        (("columns", "a.b"), 'columns."a.b"'),
        (("columns", ""), 'columns.""'),
        (("columns", "a\nb"), 'columns."a\\nb"'),
        (("columns", "a[0]"), 'columns."a[0]"'),
        (("columns", "\u202e"), 'columns."\\u202e"'),
        (("columns", "x" * 99), "columns." + "x" * 64 + "…"),
    ],
)
def test_dotted_paths_stay_readable(place, text):
    assert dotted(place) == text


def test_size_and_depth_are_limited(tmp_path):
    path = tmp_path / "p.yaml"
    path.write_bytes(GOOD.encode() + b"#" * (MAX_BYTES - len(GOOD.encode())))
    assert read_policy_file(path) == parse_policy(GOOD, "p")
    path.write_bytes(path.read_bytes() + b"#")
    with pytest.raises(PolicyError) as caught:
        read_policy_file(path)
    assert caught.value.code == "policy.size"
    assert refused("a: " + "[" * 19 + "]" * 19).code == "policy.missing_key"  # deep, but allowed
    assert refused("a: " + "[" * 20 + "]" * 20).code == "policy.depth"


# The JSON Schema that editors get, and a validator of the parts of JSON Schema that it uses.

SCHEMA = Policy.model_json_schema()
_KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float),
          "null": type(None)}  # fmt: skip
_TESTS = {
    "const": lambda v, x: v == x,
    "enum": lambda v, x: v in x,
    "minimum": lambda v, x: v >= x,
    "exclusiveMinimum": lambda v, x: v > x,
    "maximum": lambda v, x: v <= x,
    "exclusiveMaximum": lambda v, x: v < x,
    "pattern": lambda v, x: re.search(x, v) is not None,
    "minLength": lambda v, x: len(v) >= x,
    "maxLength": lambda v, x: len(v) <= x,
    "minItems": lambda v, x: len(v) >= x,
    "minProperties": lambda v, x: len(v) >= x,
    "required": lambda v, x: set(x) <= set(v),
    "anyOf": lambda v, x: any(fits(v, s) for s in x),
    "oneOf": lambda v, x: sum(fits(v, s) for s in x) == 1,
    "items": lambda v, x: all(fits(one, x) for one in v),
    "type": lambda v, x: isinstance(v, _KINDS[x]) and (x == "boolean" or not isinstance(v, bool)),
}
_SILENT = {"properties", "additionalProperties", "patternProperties", "title", "description", "default", "$defs",
           "discriminator", "format"}  # fmt: skip


def fits(value, schema):
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")])
    assert set(schema) <= set(_TESTS) | _SILENT, schema
    if "type" in schema and not _TESTS["type"](value, schema["type"]):
        return False
    if not all(_TESTS[key](value, limit) for key, limit in schema.items() if key in _TESTS):
        return False
    return not isinstance(value, dict) or all(_property_fits(k, v, schema) for k, v in value.items())


def _property_fits(key, value, schema):
    if key in schema.get("properties", {}):
        return fits(value, schema["properties"][key])
    patterns = schema.get("patternProperties", {})
    if patterns:
        return any(re.search(pattern, key) and fits(value, s) for pattern, s in patterns.items())
    others = schema.get("additionalProperties", True)
    return others if isinstance(others, bool) else fits(value, others)


def test_the_schema_takes_the_demo_and_refuses_what_reading_refuses():
    assert fits(TYPED, SCHEMA)
    columns = ("tables", "customer", "columns")
    for place, value in [
        (("version",), 2),
        (("regim",), "private"),
        (("file", "name"), " "),
        (("requirements", "k"), 1),
        (("requirements", "k"), "10"),
        (("requirements", "suppression_limit"), 1.01),
        ((*columns, "age", "treat", 0, "at"), "80"),
        ((*columns, "age", "treat", 0, "label"), "{}歳以上"),
        ((*columns, "age", "treat", 1, "hierarchy", "kind"), "interval"),
        ((*columns, "age", "treat", 1, "hierarchy", "widths"), []),
        ((*columns, "age", "type"), "int"),
        ((*columns, "age", "treat", 0, "criterion"), 3),
        (("tables", "顧客"), TYPED["tables"]["customer"]),
        (("tables", "customer", "source", "path"), ""),
        (("output", "format"), "ods"),
    ]:
        data = copy.deepcopy(TYPED)
        node = data
        for part in place[:-1]:
            node = node[part]
        node[place[-1]] = value
        assert not fits(data, SCHEMA), place
        refused(json.dumps(data))


def test_every_object_of_the_schema_is_closed_and_every_key_of_the_file_items_described():
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    assert all(s["additionalProperties"] is False for s in objects if s.get("type") == "object")
    items = SCHEMA["$defs"]["FileItems"]["properties"]
    assert all("description" in one for one in items.values())


# Whatever is given, a policy or a PolicyError comes out.

NOISE = ["Input should", "should have", "should match", "Traceback", "correct the value; see"]


def read_or_refuse(text):
    try:
        return parse_policy(text, "p.yaml")
    except PolicyError as error:
        assert error.where.startswith("p.yaml") and "\n" not in error.where
        assert error.what.strip() and error.fix.strip()
        assert not any(noise in error.what + error.fix for noise in NOISE), error.message()
        return None


@given(st.text())
def test_any_text(text):
    assert read_or_refuse(text) is None


@given(st.text("{}[]:,-?&*!|>'\"%@`#<=~ \n\t0123456789.eE_+abcnullyestruefalse\\\0é\ud800", max_size=40))
def test_any_text_of_signs_that_mean_something_in_yaml(text):
    read_or_refuse(text)
    read_or_refuse(GOOD.replace("試験", text, 1))
    read_or_refuse(GOOD + text)


@given(st.binary(max_size=60))
def test_any_bytes(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    with pytest.raises(PolicyError):
        read_policy_file(path)


@settings(max_examples=150)
@given(st.data())
def test_the_demo_with_lines_lost_moved_or_damaged(data):
    lines = DEMO_TEXT.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        i = data.draw(st.integers(0, len(lines) - 1))
        do = data.draw(st.sampled_from(["lose", "repeat", "indent", "swap", "cut", "insert"]))
        line = lines[i]
        at = data.draw(st.integers(0, len(line)))
        lines[i : i + 1] = {
            "lose": lambda line=line, at=at: [],
            "repeat": lambda line=line, at=at: [line, line],
            "indent": lambda line=line, at=at: [" " * (at % 5) + line],
            "swap": lambda line=line, at=at: [lines[at % len(lines)]],
            "cut": lambda line=line, at=at: [line[:at]],
            "insert": lambda line=line, at=at: [line[:at], data.draw(st.characters()), line[at:]],
        }[do]() or [""]
    read_or_refuse("".join(lines))


def places(node, place=()):
    yield place
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield from places(value, (*place, key))


PLACES = list(places(TYPED))
ANYTHING = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(10**18) + 1, 10**18 - 1),
        st.floats(-1e15, 1e15, allow_subnormal=False),
        st.text(max_size=5),
        st.sampled_from(["2026-02-30", "{}", "csv", "gs://x", "s3://x", "delete", "*", "10"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


@example(("version",), True)
@example(("tables", "customer", "columns", "age", "treat", 0, "criterion"), 4.0)
@settings(max_examples=300)
@given(st.sampled_from(PLACES), ANYTHING)
def test_the_demo_with_anything_anywhere(place, value):
    data = {"policy": copy.deepcopy(TYPED)}
    node, last = data, "policy"
    for part in place:
        node, last = node[last], part
    node[last] = value
    policy = read_or_refuse(json.dumps(data["policy"]))
    if policy is not None:
        assert fits(data["policy"], SCHEMA)


@settings(max_examples=100)
@given(st.sampled_from([p for p in PLACES if p and isinstance(p[-1], str)]), st.text(max_size=8))
def test_the_demo_with_a_key_of_any_name(place, name):
    data = copy.deepcopy(TYPED)
    node = data
    for part in place[:-1]:
        node = node[part]
    node[name] = node.pop(place[-1])
    read_or_refuse(json.dumps(data))
