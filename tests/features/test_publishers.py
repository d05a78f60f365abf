"""Two processes publish many releases into one output at once: its register loses and doubles nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.helpers import policy_of

from tokumei.schemas.register import Book
from tokumei.transforms.register.views import VIEWS
from tokumei.transforms.storage.places import open_store

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("place", "each"), [("local", 50), ("gcs", 8)])
def test_two_publishers_at_once(run, tmp_path, request, place, each):
    first = run(
        policy_of({"a": {"keep": True, "because": "試験"}}), {"data.csv": "a\n1\n2\n3\n"}, output="first"
    )
    assert first.status == 0, first.err
    (tmp_path / "report.json").write_bytes((first.release / "report.json").read_bytes())
    output = str(tmp_path / "out") if place == "local" else f"{request.getfixturevalue('bucket').uri}/out"
    script = [sys.executable, str(ROOT / "tests" / "faults" / "publishers.py"), str(tmp_path), output]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    names = ("a", "b")
    both = [
        subprocess.Popen([*script, name, str(each)], env=env, stderr=subprocess.PIPE, text=True)
        for name in names
    ]
    for publisher in both:
        _, err = publisher.communicate(timeout=500)
        assert publisher.returncode == 0, err
    store = open_store(output)
    book = Book.model_validate_json(store.read(f"{output}/register/book.json")[0])
    wanted = sorted(f"{name}-{i}" for name in names for i in range(each))
    assert sorted(entry.release_id for entry in book.entries) == wanted
    shared = [entry for entry in book.entries if entry.name == "共有ファイル"]
    assert sorted(entry.version for entry in shared) == list(range(1, each + 1))
    assert sorted(entry.number for entry in book.current) == list(range(1, each + 2))
    for name, derive in VIEWS.items():
        assert store.read(f"{output}/register/{name}")[0] == derive(book)
    assert store.folders(f"{output}/releases") == wanted
    for release in wanted:
        manifest = json.loads(store.read(f"{output}/releases/{release}/manifest.json")[0])
        (file,) = manifest["tables"]["t"]["files"]
        assert store.read(f"{output}/releases/{release}/{file['path']}")[0] == release.encode()
