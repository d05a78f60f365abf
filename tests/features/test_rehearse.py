"""A rehearsal does all that a run does but publish, and leaves a report in a private folder alone."""

import json
import stat

import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, QI, policy_of

from tokumei.schemas.errors import PolicyError
from tokumei.transforms.release.rehearsal import private_folder

COLUMNS = {
    "id": {"treat": [PSEUDONYM]},
    "age": {"type": "integer", "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}]},
    "note": KEEP_ALL,
}
FILES = {
    "data.csv": "id,age,note\n" + "".join(f"CANARY{i},{20 + i % 40},{'ab'[i % 2]}\n" for i in range(120))
}


@pytest.fixture
def rehearse(run, tmp_path):
    def go(policy, *args, files=FILES):
        done = run(policy, files, job="rehearse", args=("--report-folder", str(tmp_path / "r"), *args))
        found = tmp_path / "r" / "report.json"
        report = json.loads(found.read_text()) if found.exists() else None
        return done, report

    return go


def policy(**more):
    return policy_of(COLUMNS, k=5, person="id", **more)


def left(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_a_rehearsal_leaves_its_report_alone(rehearse, tmp_path):
    done, report = rehearse(policy())
    assert done.status == 0, done.err
    assert left(tmp_path / "r") == ["report.html", "report.json"] and not (tmp_path / "out").exists()
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o700
    with pytest.raises(PolicyError, match="this is a file"):
        private_folder(str(tmp_path / "r" / "report.json"))
    assert "CANARY" not in "".join(p.read_text() for p in (tmp_path / "r").iterdir()) + done.out
    assert "120 records of 120 people would be released; nothing is written or published" in done.out
    told = report["rehearsal"]
    classes = report["classes"]
    assert 1 < len(classes) <= 10 and min(c["people"] for c in classes) >= 5
    assert told["expected"]["seconds"] > 0 and told["expected"]["peak_mib"] > 0
    assert len(report["tables"][0]["recoding"]["alternatives"]) == 4  # all ways are compared
    page = (tmp_path / "r" / "report.html").read_text()
    assert "これは予行の報告である" in page and "グループの例" in page


def test_choices_are_compared_in_one_table(rehearse, tmp_path):
    (tmp_path / "other.yaml").write_text(
        json.dumps(policy_of({**COLUMNS, "age": {"drop": True, "because": "不要"}}, k=5, person="id"))
    )
    done, report = rehearse(policy(), "--try", "k=3,200", "--versus", str(tmp_path / "other.yaml"))
    assert done.status == 0, done.err
    names = [c["name"] for c in report["rehearsal"]["choices"]]
    assert names == ["方針のとおり", "k=3", "k=200", "other.yaml"]
    by_name = {c["name"]: c for c in report["rehearsal"]["choices"]}
    assert by_name["k=3"]["loss"] <= by_name["方針のとおり"]["loss"] and by_name["other.yaml"]["loss"] is None
    assert by_name["k=200"]["refused"] == "requirement.unmet", by_name["k=200"]
    for name in names[1:]:
        assert name in done.out and name in (tmp_path / "r" / "report.html").read_text()
    assert left(tmp_path / "r") == ["report.html", "report.json"]


def test_a_finished_product_is_not_rehearsed(run, rehearse, tmp_path):
    assert run(policy(), FILES).status == 0
    before = left(tmp_path / "out")
    done, report = rehearse(policy(), "--output", str(tmp_path / "out"), files={})
    assert done.status == 4 and "rehearsal.finished" in done.err and "43条5項" in done.err and report is None
    done, report = rehearse(policy(limit=0.1), "--output", str(tmp_path / "out"), files={})
    assert done.status == 0 and report is not None and left(tmp_path / "out") == before


def test_the_report_names_the_release_that_would_be_made(run, rehearse, tmp_path):
    """That a rehearsal compares all ways, asked or not, is no other work."""
    done, report = rehearse(policy(), "-v")
    assert "counters of the engine: " in done.err and "profile_records.t 120" in done.err
    assert run(policy(), FILES).status == 0
    assert [p.name for p in (tmp_path / "out" / "releases").iterdir()] == [report["release_id"]]


def test_what_would_be_refused_for_what_it_exposes_is_reported_first(rehearse):
    made = policy()
    made["requirements"]["exposure"] = {"refuse": ["labels"]}
    files = {"data.csv": FILES["data.csv"].replace("CANARY7,27,b", "CANARY7,27,c")}
    done, report = rehearse(made, files=files)
    assert done.status == 4 and "requirement.exposure" in done.err
    assert [f["kind"] for f in report["exposure"]["findings"] if f["refused"]] == ["labels"]


def test_a_folder_that_others_may_look_into_is_refused(rehearse, tmp_path):
    (tmp_path / "r").mkdir(mode=0o755)
    (tmp_path / "r").chmod(0o755)
    done, report = rehearse(policy())
    assert done.status == 2 and "usage.report_folder" in done.err and report is None


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("k", "--try\n  what: a requirement and its values are to be given, of k,"),
        ("k=5,x", "--try k=x\n  what: must be a whole number\n  fix:  write digits only"),
        ("k=0", "--try k=0\n  what: must be at least 2\n"),
        ("file=1", "--try\n  what: a requirement and its values"),
        (
            "recoding=none",
            "--try recoding=none\n  what: not an allowed value\n  fix:  use one of 'full_domain'",
        ),
    ],
)
def test_what_cannot_be_tried_is_refused(rehearse, wrong, says):
    """The line that was named once is of no file that anybody has."""
    done, _ = rehearse(policy(), "--try", wrong)
    assert done.status == 2 and f"error [usage.try] {says}" in done.err, done.err


def test_a_requirement_that_cannot_be_is_told_by_what_was_tried(rehearse):
    done, _ = rehearse(policy(), "--try", "k=0")
    assert done.status == 2 and done.err.startswith(
        "error [usage.try] --try k=0\n  what: must be at least 2\n"
    )


def test_a_sample_is_said_to_be_one(rehearse, monkeypatch):
    from tokumei.transforms.formats import splits

    monkeypatch.setattr(splits.plan_splits, "__defaults__", (400,))
    done, report = rehearse(policy(), "--sample", "3")
    assert done.status == 0, done.err
    assert (
        "a sample: of each file of several stretches (32 MiB each) one in 3 is read" in done.out
        and report["rehearsal"]["sample"] == 3
    )
    assert 0 < report["tables"][0]["records_in"] < 120


def test_who_knows_the_method_can_narrow_some_ways(rehearse):
    """B16c: a star beside the one large city hides two islands, and no more."""
    rows = [(25, "港区")] * 100 + [(25, "青ヶ島村")] * 3 + [(25, "御蔵島村")] * 2
    text = "id,age,town\n" + "".join(f"p{i},{a},{t}\n" for i, (a, t) in enumerate(rows))
    suppress = {"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}
    made = policy_of({"id": COLUMNS["id"], "age": suppress, "town": suppress}, k=5, limit=0.05, person="id")
    made["requirements"]["recoding"] = "cells"
    done, report = rehearse(made, files={"data.csv": text})
    assert done.status == 0, done.err
    found = report["tables"][0]["recoding"]
    assert found["narrowed"] == {"people": 5, "to_one": 0, "by_values": None}
    ways = {way["name"]: way["narrowed"]["people"] for way in found["alternatives"]}
    assert ways["full_domain"] == 0 and ways["cells"] == 5
    assert "絞り込める人は5人" in (done.root.parent / "r" / "report.html").read_text()
