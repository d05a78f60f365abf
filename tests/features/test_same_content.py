"""Inputs are known by what they hold: a touch or a copy is the same work, another content never is."""

import copy
import gzip
import json
import os
import shutil

import pytest
from support.helpers import KEEP_ALL, policy_of

from tokumei.schemas.errors import InputError
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.storage import content
from tokumei.transforms.storage.local import LocalStore

ROWS = "a\n" + "x\n" * 9
POLICY = policy_of({"a": KEEP_ALL}, path="in/*.csv")
DATED = {
    **POLICY,
    "parameters": {"date": {"type": "date"}, "env:TOKUMEI_INBOX": {"pattern": ".*", "default": "in"}},
}
DATED["tables"] = copy.deepcopy(POLICY["tables"])
DATED["tables"]["t"]["source"]["path"] = "${env:TOKUMEI_INBOX}/*.csv"


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/x.csv").write_text(ROWS)
    (tmp_path / "in/y.csv").write_text(ROWS.replace("x", "y"))
    return tmp_path / "in"


def work(inbox, policy=POLICY, **settings):
    path = inbox.parent / "p.yaml"
    path.write_text(json.dumps(policy))
    return make_plan(str(path), str(inbox.parent / "out"), None, settings)[0].work


def touched(inbox):
    os.utime(inbox / "x.csv", (0, 0))


def copied(inbox):
    shutil.copy(inbox / "x.csv", inbox / "z.csv")
    (inbox / "x.csv").unlink()


def swapped(inbox):
    (inbox / "x.csv").rename(inbox / "0.csv")
    (inbox / "y.csv").rename(inbox / "x.csv")


@pytest.mark.parametrize("change", [touched, copied, swapped])
def test_the_same_content_is_the_same_work(inbox, change):
    before = work(inbox)
    change(inbox)
    assert work(inbox) == before


def rewritten(inbox):
    """Another content, of the same size and the same time, as `cp -p` or a restored backup leaves it."""
    path = inbox / "x.csv"
    before = path.stat()
    path.write_text(ROWS.replace("x", "z", 1))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def twice(inbox):
    shutil.copy(inbox / "x.csv", inbox / "z.csv")


def gone(inbox):
    (inbox / "y.csv").unlink()


@pytest.mark.parametrize("change", [rewritten, twice, gone])
def test_another_content_is_other_work(inbox, change):
    before = work(inbox)
    change(inbox)
    assert work(inbox) != before


def test_columns_in_names_of_folders_are_content(tmp_path):
    policy = policy_of({"a": KEEP_ALL, "ward": KEEP_ALL}, path="in/*/x.csv")
    works = []
    for ward in ("minato", "chuo", "minato"):
        shutil.rmtree(tmp_path / "in", ignore_errors=True)
        (tmp_path / f"in/ward={ward}").mkdir(parents=True)
        (tmp_path / f"in/ward={ward}/x.csv").write_text(ROWS)
        works.append(work(tmp_path / "in", policy))
    assert works[0] == works[2] != works[1]


def test_another_date_is_another_release_and_another_inbox_is_not(inbox, monkeypatch):
    first, second = (work(inbox, DATED, date=f"2026-11-{day}") for day in (29, 30))
    assert first != second
    inbox.rename(inbox.parent / "moved")
    monkeypatch.setenv("TOKUMEI_INBOX", "moved")
    assert work(inbox, DATED, date="2026-11-29") == first


def test_what_another_table_holds_is_not_the_same(tmp_path):
    policy = policy_of({"a": KEEP_ALL}, path="in/t.csv")
    policy["file"] = {**policy["file"], "people": "t"}
    policy["tables"]["u"] = copy.deepcopy(policy["tables"]["t"])
    policy["tables"]["u"]["source"]["path"] = "in/u.csv"
    (tmp_path / "in").mkdir()
    works = []
    for t, u in (("x", "y"), ("y", "x")):
        (tmp_path / "in/t.csv").write_text(ROWS.replace("x", t))
        (tmp_path / "in/u.csv").write_text(ROWS.replace("x", u))
        works.append(work(tmp_path / "in", policy))
    assert works[0] != works[1]


def test_a_touched_delivery_is_not_released_again(run, inbox):
    first = run(POLICY)
    assert first.status == 0 and len(first.releases) == 1
    touched(inbox)
    again = run(POLICY)
    assert again.status == 0 and "already released: same policy, same inputs" in again.out
    assert again.releases == first.releases
    rewritten(inbox)
    assert run(POLICY).status == 0 and len(run(POLICY).releases) == 2


def test_every_byte_counts_once(tmp_path, monkeypatch):
    """Blocks are told apart by place: no file that has them in another order, or cut otherwise, is the same."""
    monkeypatch.setattr(content, "_BLOCK", 4)
    texts = [b"", b"a", b"abcd", b"abcde", b"abcdabcd", b"abcdefgh", b"efghabcd", b"abcdefgi", b"abcdefgh\0"]
    texts.append(gzip.compress(b"abcd", mtime=0))
    for i, text in enumerate(texts):
        (tmp_path / f"{i:02}").write_bytes(text)
    store = LocalStore()
    found = content.digests_of(store, store.glob(str(tmp_path / "*")))
    assert len(set(found)) == len(texts)
    assert content.digests_of(store, store.glob(str(tmp_path / "*"))) == found


def test_a_file_that_changes_while_it_is_looked_at_stops_the_run(tmp_path):
    store, path = LocalStore(), tmp_path / "x"
    path.write_bytes(b"abc")
    file = store.stat(str(path))
    path.write_bytes(b"abcd")
    with pytest.raises(InputError, match="changed"):
        content.digests_of(store, [file])
