"""A later delivery replaces an earlier one where the policy says so; else a second release of the same people is refused."""

import copy
import json

import pytest
from support.helpers import KEEP_ALL, policy_of

from tokumei.pipelines.cli import main
from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.register import Book
from tokumei.transforms.release import publish
from tokumei.transforms.storage.local import LocalStore

BECAUSE = "同じ日の提供が訂正されたため"
POLICY = policy_of({"a": KEEP_ALL}, path="in/${date|YYYYMMDD}-*.csv", parameters={"date": {"type": "date"}})
REPLACES = copy.deepcopy(POLICY)
REPLACES["tables"]["t"]["source"]["expect"] = {"rows": [1, 99]}
REPLACES["output"] = {"replaces": {"because": BECAUSE}}
TONIGHT = ("--date", "2026-11-30")
HALF = {"in/20261130-1.csv": "a\n" + "x\n" * 4}
WHOLE = {"in/20261130-2.csv": "a\n" + "y\n" * 3}


def book_in(root):
    return Book.model_validate_json((root / "register/book.json").read_text())


def in_force(done):
    return [p.name for p in done.releases if not (p / "withdrawn.json").exists()]


def whole(root, capsys):
    statuses = [main(["verify", str(root)]), main(["register", "check", str(root)])]
    told = capsys.readouterr()
    assert statuses == [0, 0], told.out + told.err
    return told.out


def test_another_delivery_of_the_same_night_is_refused(run):
    first = run(POLICY, HALF, args=TONIGHT)
    assert first.status == 0
    second = run(POLICY, WHOLE, args=TONIGHT)
    assert second.status == 5 and "[release.delivered]" in second.err and "replaces" in second.err
    assert second.releases == first.releases
    assert (
        run(POLICY, {"in/20261201-1.csv": HALF["in/20261130-1.csv"]}, args=("--date", "2026-12-01")).status
        == 0
    )
    assert len(run(POLICY, args=("--date", "2026-12-01")).releases) == 2
    named = run(POLICY, args=(*TONIGHT, "--release-id", "another"))  # who names a release means another
    assert named.status == 0 and len(named.releases) == 3


def test_without_parameters_each_content_is_a_release(run):
    policy = policy_of({"a": KEEP_ALL}, path="in/*.csv")
    assert run(policy, HALF).status == 0
    assert len(run(policy, WHOLE).releases) == 2


def test_it_replaces_the_earlier_where_the_policy_says_so(run, capsys):
    first = run(REPLACES, HALF, args=TONIGHT)
    (half,) = [path.name for path in first.releases]
    notice = (first.root / "releases" / half / "notice.md").read_bytes()
    manifest = (first.root / "releases" / half / "manifest.json").read_bytes()
    second = run(REPLACES, WHOLE, args=TONIGHT)
    assert second.status == 0 and f"replaces: release {half}" in second.out
    (name,) = in_force(second)
    release, earlier = second.root / "releases" / name, second.root / "releases" / half
    told = json.loads((release / "manifest.json").read_text())
    assert [(w["release_id"], w["because"], w["replaced_by"]) for w in told["replaces"]] == [
        (half, BECAUSE, name)
    ]
    assert json.loads((earlier / "withdrawn.json").read_text()) == told["replaces"][0]
    assert (earlier / "manifest.json").read_bytes() == manifest
    marked = (earlier / "notice.md").read_text()
    assert marked.startswith("> **【取下げ】") and f"これに代わるもの: リリース {name}" in marked
    assert BECAUSE in marked and marked.encode().endswith(notice)
    page = (earlier / "notice.html").read_text()
    assert f"<p>これに代わるもの：リリース {name}</p>" in page and f"<p>理由：{BECAUSE}</p>" in page
    (entry,) = book_in(second.root).current
    assert (entry.release_id, entry.product_people, entry.version) == (name, 7, 2)  # one version says both
    assert [w.model_dump() for w in entry.withdrawn] == told["replaces"]
    page = (second.root / "register/index.html").read_text()
    assert f"リリース {half}" in page and f"（リリース {name} に差替え）" in page
    assert json.loads((release / "report.json").read_text())["replaces"] == [half]
    assert f"<dt>差し替えたリリース</dt><dd><code>{half}</code>" in (release / "report.html").read_text()
    assert f"{half}: whole, withdrawn" in whole(second.root, capsys)
    assert main(["register", "show", str(second.root)]) == 0
    assert f"replaced by {name}" in capsys.readouterr().out


def test_a_replaced_release_that_is_not_withdrawn_is_told(run, capsys):
    half = run(REPLACES, HALF, args=TONIGHT).release
    second = run(REPLACES, WHOLE, args=TONIGHT)
    (half / "withdrawn.json").unlink()
    (name,) = {path.name for path in second.releases} - {half.name}
    assert main(["verify", str(second.root), "--release-id", name]) == 3
    assert f"was replaced by {name}, and is not withdrawn" in capsys.readouterr().out
    assert run(REPLACES, args=TONIGHT).status == 0  # the same command mends it
    assert (half / "withdrawn.json").exists()
    assert main(["verify", str(second.root), "--release-id", name]) == 0


def test_what_was_replaced_does_not_come_back(run):
    run(REPLACES, HALF, args=TONIGHT)
    second = run(REPLACES, WHOLE, args=TONIGHT)
    (second.root.parent / "in/20261130-2.csv").unlink()
    again = run(REPLACES, args=TONIGHT)
    assert again.status == 5 and "[release.withdrawn]" in again.err and "replaced by r-" in again.err
    assert in_force(again) == in_force(second)


def test_another_night_and_other_rules_replace_nothing(run):
    run(REPLACES, HALF, args=TONIGHT)
    other = copy.deepcopy(REPLACES)
    other["requirements"]["k"] = 3
    assert run(other, args=TONIGHT).status == 0
    last = run(REPLACES, {"in/20261201-1.csv": "a\n" + "z\n" * 5}, args=("--date", "2026-12-01"))
    assert last.status == 0 and len(in_force(last)) == 3


def test_that_it_replaces_is_no_part_of_the_work(run):
    first = run(POLICY, HALF, args=TONIGHT)
    again = run(REPLACES, args=TONIGHT)
    assert again.status == 0 and "already released" in again.out and again.releases == first.releases


def test_the_same_work_under_another_name_replaces_nothing(run):
    run(REPLACES, HALF, args=TONIGHT)
    assert len(in_force(run(REPLACES, args=(*TONIGHT, "--release-id", "again")))) == 2


def test_one_that_is_withdrawn_by_hand_is_replaced_by_nothing(run, capsys):
    first = run(POLICY, HALF, args=TONIGHT)
    (half,) = [path.name for path in first.releases]
    main(["register", "withdraw", str(first.root), "--release-id", half, "--because", "誤り"])
    second = run(POLICY, WHOLE, args=TONIGHT)
    assert second.status == 0 and len(in_force(second)) == 1
    assert (
        json.loads((second.root / "releases" / in_force(second)[0] / "manifest.json").read_text())["replaces"]
        == []
    )


def test_half_a_delivery_can_replace_nothing():
    wrong = copy.deepcopy(REPLACES)
    del wrong["tables"]["t"]["source"]["expect"]
    with pytest.raises(PolicyError, match="half a delivery") as found:
        parse_policy(json.dumps(wrong), "p.yaml", {"date": "2026-11-30"})
    assert "tables.t.source" in found.value.where


def test_a_release_that_came_meanwhile_stops_the_run(run, monkeypatch):
    """Both were planned while nothing was released: the second finds the first just before its manifest."""
    run(REPLACES, HALF, args=("--date", "2026-11-29"))  # nothing there: exit 3, but the folder is
    real, others = publish.check_parts, []

    def meanwhile(store, parts):
        if not others:
            others.append(True)
            others.append(run(REPLACES, WHOLE, args=TONIGHT).status)
        return real(store, parts)

    monkeypatch.setattr(publish, "check_parts", meanwhile)
    done = run(REPLACES, HALF, args=TONIGHT)
    assert others == [True, 0]
    assert done.status == 1 and "[release.delivered_meanwhile]" in done.err and len(done.releases) == 1
    assert run(REPLACES, args=TONIGHT).status == 0


class Killed(BaseException):
    """The process dies."""


@pytest.mark.parametrize("again", [WHOLE, {"in/20261130-3.csv": "a\n" + "z\n" * 2}])
def test_killed_anywhere_after_its_manifest_the_next_run_finishes(run, monkeypatch, capsys, tmp_path, again):
    """The next run is of the same content, or of a third, which replaces both."""
    run(REPLACES, HALF, args=TONIGHT)
    real, left = {name: getattr(LocalStore, name) for name in ("create", "replace")}, [0]
    published = []

    def dying(name):
        def change(self, uri, *args):
            if published and not left[0]:
                raise Killed
            left[0] -= bool(published)
            done = real[name](self, uri, *args)
            if uri.endswith("manifest.json"):
                published.append(uri)
            return done

        return change

    base = tmp_path / "out"
    kept = {p: p.read_bytes() for p in base.rglob("*") if p.is_file()}
    for steps in range(12):
        for path in [p for p in base.rglob("*") if p.is_file() and p not in kept]:
            path.unlink()
        for path, data in kept.items():
            path.write_bytes(data)
        for path in (tmp_path / "in").glob("*-3.csv"):
            path.unlink()
        published.clear()
        left[0] = steps
        for name in real:
            monkeypatch.setattr(LocalStore, name, dying(name))
        try:
            run(REPLACES, WHOLE, args=TONIGHT)
            died = False
        except Killed:
            died = True
        for name, method in real.items():
            monkeypatch.setattr(LocalStore, name, method)
        done = run(REPLACES, again, args=TONIGHT)
        assert done.status == 0, done.err
        (name,) = in_force(done)
        (entry,) = book_in(done.root).current
        assert entry.release_id == name
        assert {w.release_id for w in entry.withdrawn} == {p.name for p in done.releases} - {name}
        whole(done.root, capsys)
        if not died:
            break
    else:
        pytest.fail("it never came to its end")
