"""`tokumei register withdraw`: withdrawn.json, notice, book and page agree; killed anywhere, again finishes."""

import json
import os
import shutil

import pytest
from support.helpers import KEEP_ALL, policy_of
from support.pages import Page
from support.registers import assert_agree, told

from tokumei.pipelines.cli import main
from tokumei.transforms.release.manifest import WITHDRAWN
from tokumei.transforms.storage.local import LocalStore

POLICY = policy_of({"a": KEEP_ALL})
ROWS = "a\n1\n2\n3\n"


@pytest.fixture
def said(tmp_path, capsys):
    """Run a job over the output; returns status, stdout and stderr."""

    def go(job, *args, output="out"):
        capsys.readouterr()
        words = job.split()
        status = main([*words, str(tmp_path / output), *args])
        return status, *capsys.readouterr()

    return go


@pytest.fixture
def done(run):
    """Two releases of one file: r1, superseded by r2."""
    run(POLICY, {"data.csv": ROWS}, args=("--release-id", "r1"))
    return run(POLICY, args=("--release-id", "r2"))


def files(root):
    found = (path for path in sorted(root.rglob("*")) if path.is_file() and path.suffix != ".lock")
    return {path: path.read_bytes() for path in found}


def book(root):
    read, shown = told(LocalStore(), str(root / "register"))
    assert_agree(shown, read, Page)
    return read


def whole(said, output="out"):
    assert said("register check", output=output)[0] == 0
    status, out, err = said("verify", output=output)
    assert status == 0, (out, err)
    return out


def test_everything_says_that_a_release_is_withdrawn(done, said, run):
    releases = done.root / "releases"
    before = files(releases / "r2")
    status, out, err = said("register withdraw", "--release-id", "r2", "--because", "誤りの*ある*列")
    assert (status, err) == (0, "") and "(current, no release, release r2 withdrawn" in out
    withdrawal = json.loads((releases / "r2" / "withdrawn.json").read_text())
    assert (withdrawal["release_id"], withdrawal["because"]) == ("r2", "誤りの*ある*列")
    notice = releases / "r2" / "notice.md"
    assert notice.read_text().startswith("> **【取下げ】") and notice.read_text().endswith(
        before[notice].decode()
    )
    assert "誤りの\\*ある\\*列" in notice.read_text()
    page = releases / "r2" / "notice.html"
    said_first = page.read_text().partition("<main>\n")[2]
    assert said_first.startswith('<div class="withdrawn">\n<p><strong>【取下げ】')
    assert "<p>理由：誤りの*ある*列</p>\n</div>\n<h1>" in said_first
    after = files(releases / "r2")
    assert {path for path in after if after[path] != before.get(path)} == {
        notice,
        page,
        notice.parent / "withdrawn.json",
    }
    (entry,) = book(done.root).current
    assert entry.release_id is entry.product_people is entry.how_provided is None and not entry.product_items
    assert [gone.because for gone in entry.withdrawn] == ["誤りの*ある*列"] and entry.version == 3
    assert "【取下げ】</strong>リリース r2" in (done.root / "register" / "index.html").read_text()
    assert "r2: whole, withdrawn 20" in (out := whole(said)) and "r1: whole, 3" in out
    again = run(POLICY, args=("--release-id", "r2"))
    assert again.status == 5 and "[release.withdrawn]" in again.err and "already released" not in again.out
    assert files(releases / "r2") == after


def test_again_changes_nothing_and_the_first_reason_stays(done, said):
    said("register withdraw", "--release-id", "r2", "--because", "一")
    before = files(done.root)
    status, out, _ = said("register withdraw", "--release-id", "r2", "--because", "二")
    assert status == 0 and "一" in out and "二" not in out and files(done.root) == before


def test_a_superseded_release_leaves_the_one_in_force(done, said, run):
    assert said("register withdraw", "--release-id", "r1", "--because", "誤り")[0] == 0
    (entry,) = book(done.root).current
    assert (entry.release_id, entry.product_people) == ("r2", 3)
    assert run(POLICY, args=("--release-id", "r2")).status == 0
    assert run(POLICY, args=("--release-id", "r3")).status == 0
    assert said("register withdraw", "--release-id", "r3", "--because", "また")[0] == 0
    (entry,) = book(done.root).current
    assert entry.release_id is None and [gone.release_id for gone in entry.withdrawn] == ["r1", "r3"]
    assert "r1: whole, withdrawn" in whole(said)


def test_an_erased_entry_stays_erased(done, said):
    (entry,) = book(done.root).current
    said("register erase", "--entry", entry.entry_id, "--no-longer-held", "--because", "廃止")
    assert said("register withdraw", "--release-id", "r2", "--because", "誤り")[0] == 0
    assert book(done.root).current == ()
    assert book(done.root).newest(entry.entry_id).status == "erased"
    whole(said)


class Killed(BaseException):
    """The process dies."""


def dying(name, left):
    """A method of the store that dies before the change of a file that nobody is left for."""
    real = getattr(LocalStore, name)

    def change(self, *args):
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(self, *args)

    return change


def test_killed_anywhere_again_finishes(done, said, run, monkeypatch):
    """The process dies before its n-th change of a file: what is left is told, and completed."""
    changes = 1 + 2 + 1 + 4  # withdrawn.json, the notice and its page, the book and what is derived from it
    for after in range(changes + 1):
        output = f"out{after}"
        shutil.copytree(done.root, done.root.with_name(output))
        left = [after]
        with monkeypatch.context() as patch:
            for name in ("create", "replace"):
                patch.setattr(LocalStore, name, dying(name, left))
            status, *_ = said("register withdraw", "--release-id", "r2", "--because", "誤り", output=output)
        assert status == (1 if after < changes else 0)
        if 0 < after < 4:
            assert "register.withdrawal_differs" in said("register check", output=output)[2]
            assert said("verify", output=output)[0] == 3
        if after:  # whatever else is left, nobody takes the release for one in force
            again = run(POLICY, args=("--release-id", "r2"), output=output)
            assert again.status == 5 and "[release.withdrawn]" in again.err
        assert said("register withdraw", "--release-id", "r2", "--because", "二度目", output=output)[0] == 0
        (entry,) = book(done.root.with_name(output)).current
        assert [gone.because for gone in entry.withdrawn] == ["誤り" if after else "二度目"]
        whole(said, output)


def test_a_run_that_completes_a_release_meanwhile_keeps_the_banner(done, said, monkeypatch):
    """Between the notice being read and written again, somebody withdraws the release."""
    from tokumei.transforms.release.shown import show_document

    base = str(done.root / "releases" / "r2")
    notice = done.root / "releases" / "r2" / "notice.md"
    text = notice.read_bytes()
    os.unlink(notice)
    real, store = LocalStore.replace, LocalStore()

    def replace(self, uri, data, version):
        monkeypatch.setattr(LocalStore, "replace", real)
        assert said("register withdraw", "--release-id", "r2", "--because", "誤り")[0] == 0
        return real(self, uri, data, version)

    monkeypatch.setattr(LocalStore, "replace", replace)
    show_document(store, base, "notice.md", text)
    assert notice.read_text().startswith("> **【取下げ】")
    whole(said)


def test_what_somebody_changed_is_told(done, said):
    said("register withdraw", "--release-id", "r2", "--because", "誤り")
    folder = done.root / "releases" / "r2"
    (folder / "notice.md").write_bytes(next((folder / "documents").rglob("notice.md")).read_bytes())
    assert "notice.md is not as it was written" in said("verify")[1]
    (folder / "notice.html").write_bytes(next((folder / "documents").rglob("notice.html")).read_bytes())
    assert "notice.html is not as it was written" in said("verify")[1]
    (folder / "withdrawn.json").unlink()
    assert "does not tell of the release's withdrawal" in said("verify")[1]
    assert "register.withdrawal_differs" in said("register check")[2]
    assert said("register withdraw", "--release-id", "r2", "--because", "別")[0] == 0  # as the book has it
    assert json.loads((folder / "withdrawn.json").read_text())["because"] == "誤り"
    whole(said)
    (folder / "withdrawn.json").write_text("{}")
    for job in ("verify", "register check"):
        assert "[release.damaged]" in said(job)[2]


@pytest.mark.parametrize(
    ("args", "status", "word"),
    [
        (("--release-id", "r9", "--because", "x"), 3, "release.none"),
        (("--release-id", "r2", "--because", " "), 2, "blank"),
        (("--release-id", "r2"), 2, "--because"),
        (("--because", "x"), 2, "--release-id"),
    ],
)
def test_a_withdrawal_needs_a_release_and_a_reason(done, said, args, status, word):
    before = files(done.root)
    found, _, err = said("register withdraw", *args)
    assert found == status and word in err and files(done.root) == before


def test_a_release_that_no_book_knows_is_completed_first(done, said, run):
    (done.root / "register" / "book.json").unlink()
    status, _, err = said("register withdraw", "--release-id", "r2", "--because", "x")
    assert status == 3 and "register.unknown_release" in err
    assert not (done.root / "releases" / "r2" / WITHDRAWN).exists()
    assert run(POLICY, args=("--release-id", "r2")).status == 0
    assert said("register withdraw", "--release-id", "r2", "--because", "x")[0] == 0


def test_a_release_on_cloud_storage_is_withdrawn_too(bucket, run, said, tmp_path, capsys):
    (tmp_path / "data.csv").write_text(ROWS)
    (tmp_path / "p.yaml").write_text(json.dumps(POLICY, ensure_ascii=False))
    out = f"{bucket.uri}/out"
    assert main(["anonymize", str(tmp_path / "p.yaml"), "--output", out, "--release-id", "g"]) == 0
    assert main(["register", "withdraw", out, "--release-id", "g", "--because", "誤り"]) == 0
    assert bucket.get("out/releases/g/notice.md").decode().startswith("> **【取下げ】")
    assert main(["register", "check", out]) == main(["verify", out]) == 0
