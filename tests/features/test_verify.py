"""`tokumei verify`: a release that is not as it was published is told, file by file."""

import json
import shutil

import pytest
from support.helpers import policy_of

from tokumei.pipelines.cli import main

KEEP = {"keep": True, "because": "試験"}
ROWS = "a\n1\n2\n3\n"


@pytest.fixture
def done(run):
    return run(policy_of({"a": KEEP}), {"data.csv": ROWS})


def verified(capsys, *args):
    capsys.readouterr()
    status = main(["verify", *map(str, args)])
    return status, *capsys.readouterr()


def part_of(release):
    (found,) = release.rglob("part-*")
    return found


def same_size(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_whole_release_is_told_with_its_counts_and_left_as_it_is(done, capsys):
    before = {path: path.read_bytes() for path in done.root.rglob("*") if path.is_file()}
    status, out, _ = verified(capsys, done.root)
    assert (status, out) == (0, f"{done.release.name}: whole, 3 records in 1 part(s), 6 documents\n")
    assert {path: path.read_bytes() for path in done.root.rglob("*") if path.is_file()} == before


CHANGES = {
    "a part of the same size": (lambda r: same_size(part_of(r)), "is not as it was written"),
    "a part cut short": (lambda r: part_of(r).write_bytes(b""), "is not as it was written"),
    "a part lost": (lambda r: part_of(r).unlink(), "is missing"),
    "the notice": (lambda r: (r / "notice.md").write_text("何も"), "is not as it was written"),
    "a report lost": (lambda r: (r / "public-report.html").unlink(), "is missing"),
    "a document of the attempt": (
        lambda r: same_size(next((r / "documents").rglob("report.json"))),
        "is not as it was written",
    ),
    "a file beside": (lambda r: (r / "names.csv").write_text("氏名"), "is not listed"),
    "data beside": (lambda r: (r / "data" / "more.parquet").write_bytes(b"x"), "is not listed"),
    "a part of another attempt": (
        lambda r: shutil.copy(part_of(r), part_of(r).with_name(f"part-{'a' * 12}-{1:024x}.csv")),
        "is not listed",
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_not_as_it_was_published_is_told(done, capsys, change):
    alter, word = change
    alter(done.release)
    status, out, err = verified(capsys, done.root)
    assert status == 3 and "error [release.damaged]" in err and "1 file(s)" in err
    assert "if its run died, run the same tokumei anonymize again" in err
    assert f" {word}" in out and f"{done.release.name}: NOT whole" in out


def rewritten(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def test_manifest_report_and_register_must_tell_the_same(done, capsys):
    manifest = done.release / "manifest.json"
    before = manifest.read_text()
    for fields, word in (({"people": 4}, "counts other people"), ({"release_id": "other"}, "of another")):
        rewritten(manifest, **fields)
        status, out, _ = verified(capsys, done.root)
        assert status == 3 and word in out
    manifest.write_text(before)
    book = done.root / "register" / "book.json"
    entries = json.loads(book.read_text())["entries"]
    rewritten(book, entries=[{**entries[0], "product_people": 5}])
    assert "another number of people" in verified(capsys, done.root)[1]
    rewritten(book, entries=[{**entries[0], "release_id": None}])
    assert "is in no register book" in verified(capsys, done.root)[1]


@pytest.mark.parametrize("fields", [{"tables": []}, {"tables": {"data": {"files": [{}]}}}, {"documents": 1}])
def test_a_damaged_manifest_is_an_error_of_input(done, capsys, fields):
    rewritten(done.release / "manifest.json", **fields)
    status, _, err = verified(capsys, done.root)
    assert status == 3 and "error [release.damaged]" in err and "manifest.json" in err


def test_every_release_is_read_whatever_another_is(done, run, capsys):
    """Two releases of one output: the first is damaged, and the second is read all the same."""
    part_of(done.release).unlink()
    run(policy_of({"a": KEEP}), args=("--release-id", "zz"))
    status, out, _ = verified(capsys, done.root)
    assert status == 3 and "zz: whole" in out
    assert verified(capsys, done.root, "--release-id", "zz")[0] == 0


@pytest.mark.parametrize("args", [["nowhere"], ["out", "--release-id", "none"]])
def test_there_must_be_a_release(done, tmp_path, capsys, args):
    status, _, err = verified(capsys, tmp_path / args[0], *args[1:])
    assert status == 3 and err.startswith("error [release.none]")


def test_the_register_check_names_a_release_that_is_gone(done, capsys):
    shutil.rmtree(done.release)
    assert main(["register", "check", str(done.root)]) == 4
    assert "register.release_lost" in capsys.readouterr().err
