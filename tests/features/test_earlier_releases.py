"""Releases over time: one beside another shows nobody, or k people."""

import json
import random
from collections import Counter, defaultdict

import pyarrow.parquet as pq
from support.helpers import KEEP_ALL, PSEUDONYM, QI, policy_of

AGE = {"type": "integer", "treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10, 20]}}]}
TOWN = {"treat": [{**QI, "hierarchy": {"kind": "prefix", "keep": [1]}}]}
COMPARED = {"earlier_releases": {"action": "refuse"}}


def people(n=400, seed=1, first=0):
    draw = random.Random(seed)
    return [
        (
            f"p{first + i}",
            draw.randint(20, 59),
            f"{draw.choice('AB')}{draw.randint(0, 9)}",
            draw.choice("uvwxyz"),
        )
        for i in range(n)
    ]


def file_of(rows):
    return {"data.csv": "\n".join(["id,age,town,illness", *(",".join(map(str, row)) for row in rows)]) + "\n"}


def policy(k=5, person="id", **requirements):
    columns = {
        "id": {"treat": [PSEUDONYM]},
        "age": AGE,
        "town": TOWN,
        "illness": {**KEEP_ALL, "sensitive": True},
    }
    plain = policy_of(columns, k=k, limit=0.1, person=person)
    plain["file"]["sensitive"] = True
    plain["requirements"] |= requirements
    return plain


def classes_of(release):
    """Return the multiset of illnesses of each class of a release, as a reader sees it."""
    found = defaultdict(Counter)
    for part in release.rglob("*.parquet"):
        for row in pq.read_table(part).to_pylist():
            found[row["age"], row["town"]][row["illness"]] += 1
    return found


def ledger(done):
    found = [*done.root.glob("private/releases/*/releases.json")]
    assert len(found) == 1
    return json.loads(found[0].read_text())


def test_every_release_keeps_its_levels_and_counts(run):
    done = run(policy(), file_of(people()))
    assert done.status == 0, done.err
    kept = ledger(done)
    assert len(kept["releases"]) == 1 and kept["recodings"][0]["people"] is None
    assert sum(numbers[0] for numbers in kept["recodings"][0]["counts"]) == done.report["people"]
    assert (done.root / "private").stat().st_mode & 0o077 == 0


def test_who_came_alone_is_refused_and_advice_is_given(run):
    """Found by an attack: of two nights the difference was the whole record of who came."""
    rows = people()
    assert run(policy(**COMPARED), file_of(rows)).status == 0
    done = run(policy(**COMPARED), file_of([*rows, ("p9999", 30, "A1", "v")]))
    assert done.status == 4 and len(done.releases) == 1
    assert "1 classes show fewer than 5 people who came, left or changed" in done.err
    assert "hold_back" in done.err and "frozen" in done.err
    assert "p9999" not in done.err
    # The same policy on the same file again does nothing.
    assert run(policy(**COMPARED), file_of(rows)).status == 0


def test_k_people_of_a_class_may_come_together(run):
    rows = people()
    assert run(policy(**COMPARED), file_of(rows)).status == 0
    done = run(policy(**COMPARED), file_of([*rows, *((f"q{i}", 30, "A1", "v") for i in range(5))]))
    assert done.status == 0, done.err
    assert len(ledger(done)["releases"]) == 2


def test_a_record_that_changed_is_one_who_left_and_one_who_came(run):
    rows = people()
    assert run(policy(**COMPARED), file_of(rows)).status == 0
    changed = [(*rows[0][:3], "z" if rows[0][3] != "z" else "u"), *rows[1:]]
    done = run(policy(**COMPARED), file_of(changed))
    assert done.status == 4
    assert "1 classes show fewer" in done.err and "(2 people)" in done.err


def nightly(first, **more):
    return policy(recoding={"frozen": first}, earlier_releases={"action": "hold_back"}, **more)


def test_frozen_levels_are_applied_and_nothing_is_searched_for(run):
    rows = people()
    assert run(policy(**COMPARED), file_of(rows), args=["--release-id", "first"]).status == 0
    done = run(policy(recoding={"frozen": "first"}), file_of(people(seed=2)))
    assert done.status == 0, done.err
    levels = [[level["level"] for level in r["tables"][0]["recoding"]["levels"]] for r in reports(done)]
    assert levels[0] == levels[1]
    assert reports(done)[1]["tables"][0]["recoding"]["nodes_checked"] == 1


def test_frozen_levels_that_do_not_hold_any_more_are_refused(run):
    assert run(policy(**COMPARED), file_of(people()), args=["--release-id", "first"]).status == 0
    done = run(policy(recoding={"frozen": "first"}), file_of(people(30, seed=2)))
    assert done.status == 4
    assert "requirement.frozen" in done.err and "the file has drifted" in done.err


def reports(done):
    return [json.loads(p.read_text()) for p in sorted(done.root.glob("releases/*/report.json"))]


def test_nights_with_people_held_back(run):
    """Six nights, in which one or two come and leave: no comparison of any two shows fewer than five."""
    draw, rows = random.Random(3), people(300)
    assert run(policy(**COMPARED), file_of(rows), args=["--release-id", "n0"]).status == 0
    for night in range(1, 7):
        del rows[draw.randrange(len(rows))]
        rows += people(2, seed=night, first=1000 * night)
        done = run(nightly("n0", suppression_limit=0.3), file_of(rows), args=["--release-id", f"n{night}"])
        assert done.status == 0, done.err
    assert len(ledger(done)["releases"]) == 7
    shown = [classes_of(done.root / "releases" / f"n{night}") for night in range(7)]
    assert all(sum(c.total() for c in night.values()) > 250 for night in shown)
    assert shown[0] != shown[6]  # people went, and others with them
    for one in shown:
        for other in shown:
            for label in {*one, *other}:
                came, left = one[label] - other[label], other[label] - one[label]
                for changed in (came.total(), left.total(), abs(came.total() - left.total())):
                    assert changed == 0 or changed >= 5
