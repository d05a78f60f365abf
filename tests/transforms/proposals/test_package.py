"""The package of a case: all or nothing, the same again, never another in its place."""

import hashlib

import pytest

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.transforms.proposals.package import (
    digest_of,
    folder_name,
    make_package,
    package_folder,
    sums_of,
    unlike_package,
)
from tokumei.transforms.storage.local import LocalStore

PAPERS = {"表示.txt": "行政機関等匿名加工情報\n"}


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def release(tmp_path):
    base = tmp_path / "releases" / "r1"
    base.mkdir(parents=True)
    names = ("part-1.csv", "notice.md", "public-report.html", "public-report.json", "report.json")
    for name in names:
        (base / name).write_text(name)
    part, *documents = ({"path": name, "sha256": sha(name)} for name in names)
    listed = {document["path"]: document["sha256"] for document in documents}
    return base, {"tables": {"t": {"files": [part]}}, "documents": listed}


def make(tmp_path, release, papers=PAPERS):
    base, manifest = release
    sums = sums_of(manifest, papers)
    folder = package_folder(LocalStore(), str(tmp_path), "案1")
    make_package(LocalStore(), folder, str(base), sums, papers)
    return tmp_path / "packages" / "案1", digest_of(sums)


def test_a_package_that_is_not_as_it_was_handed_over(tmp_path, release):
    folder, digest = make(tmp_path, release)

    def unlike():
        return unlike_package(LocalStore(), str(folder), digest)

    assert unlike() is None
    extra, part = folder / "more.csv", folder / "part-1.csv"
    extra.write_text("1")
    assert unlike() == "changed"
    extra.unlink()
    part.write_text("other")
    assert unlike() == "changed"
    part.unlink()
    assert unlike() == "emptied"
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(line for line in sums.read_text().splitlines(True) if "part-1" not in line))
    assert unlike() == "changed"
    sums.unlink()
    assert unlike() == "emptied"


def test_what_may_leave_the_house_and_the_papers(tmp_path, release):
    folder, digest = make(tmp_path, release)
    assert {p.name for p in folder.iterdir()} == {
        *PAPERS,
        "SHA256SUMS",
        "part-1.csv",
        "notice.md",
        "public-report.html",
        "public-report.json",
    }
    assert sha((folder / "SHA256SUMS").read_text()) == digest
    assert make(tmp_path, release) == (folder, digest)  # again: nothing changes


def test_what_a_killed_command_left_is_completed(tmp_path, release):
    folder, digest = make(tmp_path, release)
    (folder / "SHA256SUMS").unlink()
    (folder / "part-1.csv").unlink()
    assert make(tmp_path, release)[1] == digest and (folder / "SHA256SUMS").exists()


def test_nothing_else_is_in_it(tmp_path, release):
    folder, _ = make(tmp_path, release)
    (folder / "SHA256SUMS").unlink()
    (folder / "notes.txt").write_text("x")
    with pytest.raises(RequirementError, match=r"provide\.package"):
        make(tmp_path, release)
    assert not (folder / "SHA256SUMS").exists()


def test_never_another_in_its_place(tmp_path, release):
    make(tmp_path, release)
    with pytest.raises(RequirementError, match=r"provide\.package"):
        make(tmp_path, release, {"表示.txt": "別"})


def test_a_file_that_is_not_as_it_was_published_is_never_handed_over(tmp_path, release):
    (release[0] / "part-1.csv").write_text("changed")
    with pytest.raises(InputError, match=r"release\.damaged"):
        make(tmp_path, release)
    assert not (tmp_path / "packages/案1/SHA256SUMS").exists()


def test_a_case_names_a_folder_and_no_other_place():
    assert folder_name("R7-案1.a") == "R7-案1.a"
    strange = [folder_name(case) for case in ("../x", "a/b", ".", "_x", "a" * 99, " ")]
    assert all(name.startswith("_") and len(name) == 25 for name in strange) and len(set(strange)) == 6
