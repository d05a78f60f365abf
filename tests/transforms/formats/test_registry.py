"""One registry of formats: nothing else names one, and a new one is a module and a line."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

from tokumei.schemas.formats import DEFAULT_OUTPUT, OUTPUT_FORMATS, SOURCE_FORMATS
from tokumei.transforms import synthesis
from tokumei.transforms.formats.registry import FORMATS, WRITERS
from tokumei.transforms.synthesis import write

ROOT = Path(__file__).parents[3]
FLOORS = ("schemas", "transforms", "pipelines")
# Where formats are registered; the generator of synthetic files has a list of its own of what it can write.
HOMES = {
    "schemas/formats.py",
    "schemas/hierarchy_base.py",  # the example of a table
    "transforms/figures/views/site.py",  # pages for everybody, beside them their data
    "transforms/formats/registry.py",
    "transforms/synthesis/__init__.py",
    "transforms/synthesis/write.py",
}
_ANY = "|".join({*SOURCE_FORMATS, *OUTPUT_FORMATS} - {"fixed"})  # also a type of Avro, and a word
# A name alone, as a suffix, or as a word of a message; not in the name of some file or error.
NAMED = re.compile(rf"\A\.?({_ANY})\Z|(?<![\w./])({_ANY})(?![\w.])")


def strings(path):
    """Yield the strings of a module that are no docstrings, with their lines."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.lineno, node.value


def test_what_is_declared_is_what_is_registered():
    assert FORMATS.keys() == SOURCE_FORMATS.keys()
    assert WRITERS.keys() == OUTPUT_FORMATS.keys()
    assert DEFAULT_OUTPUT in OUTPUT_FORMATS
    assert set(synthesis.SYNTHETIC_FORMATS) == write._SINKS.keys() <= SOURCE_FORMATS.keys()


def test_nothing_else_names_a_format():
    named = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for floor in FLOORS
        for path in sorted((ROOT / floor).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in HOMES
        for line, text in strings(path)
        if NAMED.search(text)
    ]
    assert named == []


PIPED = '''
"""Lines whose fields are separated by ``|``, under a line of names."""

import numpy as np
import pyarrow as pa

from tokumei.transforms.formats.batches import Rows
from tokumei.transforms.formats.columns import Header, refuse_other_columns
from tokumei.transforms.formats.streams import open_text


def plan(source, file, store, target):
    start = 0
    for line in _lines(file, store, 0, file.size):
        yield start, start + len(line)  # a record each
        start += len(line)


def header(source, file, store):
    return Header(next(_lines(file, store, 0, file.size)).decode().rstrip().split("|"))


def rows(split, source, columns, store, declared):
    names = header(source, split.file, store).names
    refuse_other_columns(names, declared, split.file.uri)
    for line in _lines(split.file, store, split.start, split.end):
        if split.start:
            record = dict(zip(names, line.decode().rstrip().split("|"), strict=True))
            yield Rows({n: pa.array([record[n]]) for n in columns}, np.array([1]), (), 1, {})


def begins(split, source, store, numbers):
    yield from (split.start for _ in numbers)


def _lines(file, store, start, end):
    with open_text(file, store, start, end) as stream:
        yield from stream.read(end - start).splitlines(keepends=True)
'''


def add_line(path, after, line):
    text = path.read_text()
    assert text.count(after) == 1
    path.write_text(text.replace(after, f"{after}\n{line}"))


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A copy of the package to which the registry's recipe was applied: a module, registered and described."""
    copy = tmp_path_factory.mktemp("house")
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, copy / "tokumei" / floor, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tokumei" / "__init__.py", copy / "tokumei")
    formats = copy / "tokumei/transforms/formats"
    (formats / "piped.py").write_text(PIPED)
    registry = formats / "registry.py"
    registry.write_text(registry.read_text().replace("import avro, csv,", "import avro, csv, piped,"))
    add_line(registry, '    "csv": csv,', '    "piped": piped,')
    add_line(
        copy / "tokumei/schemas/formats.py",
        "SOURCE_FORMATS = {",
        '    "piped": SourceFormat(text=True),',
    )
    return copy


def python(house, *args):
    return subprocess.run(
        [sys.executable, *args],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_new_format_is_one_module_and_one_line(house, tmp_path):
    lines = ["name|age|note", *(f"p{i}|{20 + i % 3}|" for i in range(30)), "last|old|"]
    (tmp_path / "data.txt").write_text("\n".join(lines) + "\n")
    policy = policy_of(
        {
            "name": {"drop": True, "because": "試験"},
            "age": {"type": "integer", "treat": [{"criterion": 5, "method": "generalize"}]},
            "note": {"keep": True, "because": "試験"},
        },
        path="data.txt",
        source={"format": "piped"},
        rejects={"limit": 1},
    )
    policy["tables"]["t"]["columns"]["age"]["treat"][0]["hierarchy"] = {"kind": "suppress"}
    (tmp_path / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    done = python(
        house,
        "-m",
        "tokumei.pipelines.anonymize",
        str(tmp_path / "policy.yaml"),
        "--output",
        str(tmp_path / "out"),
    )
    assert done.returncode == 0, done.stderr
    (manifest,) = (tmp_path / "out" / "releases").glob("*/manifest.json")
    released = [row for part in manifest.parent.rglob("*.parquet") for row in pq.read_table(part).to_pylist()]
    assert sorted(row["age"] for row in released) == sorted(str(20 + i % 3) for i in range(30))
    assert {row["note"] for row in released} == {None}  # null texts are the same for every format
    schema = json.loads(python(house, "-m", "tokumei.pipelines.cli", "schema").stdout)
    assert "piped" in schema["$defs"]["Source"]["properties"]["format"]["enum"]
    policy["rejects"] = {"limit": 0}
    (tmp_path / "policy.yaml").write_text(json.dumps(policy, ensure_ascii=False))
    refused = python(
        house,
        "-m",
        "tokumei.pipelines.anonymize",
        str(tmp_path / "policy.yaml"),
        "--output",
        str(tmp_path / "none"),
    )
    assert (
        refused.returncode == 3
        and f"data.txt line 32 (byte {len(chr(10).join(lines[:-1])) + 1})" in refused.stderr
    )


def test_a_new_format_is_read_by_splits(house, tmp_path):
    path = tmp_path / "data.txt"
    path.write_text("a|b\n1|x\n2|y\n3|z\n")
    script = dedent(
        f"""
        import tokumei
        from tokumei.schemas.source import Source
        from tokumei.transforms.formats.reader import read_header, read_split
        from tokumei.transforms.formats.splits import plan_splits
        from tokumei.transforms.storage.local import LocalStore

        store, source = LocalStore(), Source(path={str(path)!r}, format="piped")
        (file,) = store.glob(source.path)
        splits = list(plan_splits("t", source, file, store))
        read = [
            batch.batch.to_pylist()
            for split in splits
            for batch in read_split(split, source, {{"a": "integer"}}, store, declared=["a", "b"])
        ]
        print(len(splits), read_header(source, file, store).names, read)
        """
    )
    done = python(house, "-c", script)
    assert done.stdout == "4 ['a', 'b'] [[{'a': 1}], [{'a': 2}], [{'a': 3}]]\n", done.stderr
