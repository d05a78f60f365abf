"""Who came and who left over many releases, against sets of people; and who is held back, against all pairs."""

import itertools
import random

import numpy as np
import polars as pl
import pytest

from tokumei.schemas.kept_releases import KeptRecoding, KeptReleases, ReleaseRecord
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.earlier.changes import InClasses, merge_standing, tell_changes
from tokumei.transforms.earlier.hold import hold_back
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_people, packed_classes, past_of, with_record
from tokumei.transforms.engine.run_key import RunKey

KEY = RunKey(bytes(32))
NOBODY = pl.DataFrame(schema={"e0": pl.String, KEPT_COUNTS: pl.List(pl.Int64)})


def standing(people):
    """People as (number, class, what is shown of them)."""
    rows = np.array(sorted(people), np.int64).reshape(-1, 3)
    classes = rows[:, 1].astype(np.uint64)
    pairs = joint_keys(rows[:, 0].astype(np.uint64), rows[:, 1])
    return InClasses(classes, pairs, joint_keys(pairs, rows[:, 2]), np.ones(len(rows), np.int64))


def record(release, people, salt="00" * 32):
    recoding = KeptRecoding(
        table="t",
        way="full_domain",
        declared={"a": ""},
        levels={},
        removed={},
        releases=(release,),
        classes=packed_classes(NOBODY),
        exact=True,
        people=kept_people(release, standing(people)),
    )
    return ReleaseRecord(entry_id="e", release_id=release, salt=salt, tables=(recoding,))


def kept_of(nights):
    kept = KeptReleases()
    for i, people in enumerate(nights):
        kept = with_record(kept, record(f"n{i}", people))
    return KeptReleases.model_validate_json(kept.model_dump_json())


def past(nights):
    return past_of(kept_of(nights).recodings[0].people)


def shown(one, other, k):
    """Count the classes that show fewer than k people to whoever has two releases."""
    found = 0
    for number in {who[1] for who in one | other}:
        a, b = ({who for who in night if who[1] == number} for night in (one, other))
        numbers = (len(a - b), len(b - a), abs(len(a) - len(b)))
        found += any(0 < n < k for n in numbers)
    return found


def nights_of(seed, nights, people=120, classes=4):
    """Yield who is in a file that changes: people leave, come, move, and get another record."""
    draw = random.Random(seed)
    now = {(i, draw.randrange(classes), 0) for i in range(people)}
    number = itertools.count(people)
    for _ in range(nights):
        yield frozenset(now)
        for who in draw.sample(sorted(now), draw.choice([0, 1, 2, 7])):
            now.discard(who)
            if draw.random() < 0.4:
                now.add((who[0], draw.randrange(classes), draw.randrange(3)))
        now |= {(next(number), draw.randrange(classes), 0) for _ in range(draw.choice([0, 1, 1, 6]))}


@pytest.mark.parametrize("seed", range(3))
def test_changes_are_those_of_the_sets(seed):
    *before, now = nights_of(seed, 6)
    found = tell_changes(standing(now), past(before), 4, len(before))
    assert found.came == len(now - before[-1]) and found.left == len(before[-1] - now)
    assert found.stayed == len(now & before[-1])
    classes = {
        c
        for night in before
        for c in range(4)
        if shown({w for w in night if w[1] == c}, {w for w in now if w[1] == c}, 4)
    }
    assert found.classes == len(classes)


@pytest.mark.parametrize("seed", range(4))
def test_no_two_nights_show_fewer_than_k(seed):
    k, released, held = 3, [], 0
    for file in nights_of(seed, 25):
        kept = file
        if released:
            gone = hold_back(standing(file), past(released), k, KEY)
            pairs = dict(zip(standing(file).pairs.tolist(), sorted(file), strict=True))
            kept = file - {pairs[key] for key in gone.tolist()}
            held += len(gone)
        released.append(kept)
    assert all(shown(*two, k) == 0 for two in itertools.combinations(released, 2))
    assert held < 25 * 120 / 4  # not by leaving everybody out
    newcomers = {who for who in released[-1] if who[0] >= 120}
    assert newcomers


def test_a_new_class_waits_for_k():
    file = {(i, 0, 0) for i in range(10)}
    two, five = ({(100 + i, 1, 0) for i in range(n)} for n in (2, 5))
    assert len(hold_back(standing(file | two), past([file]), 5, KEY)) == 2
    assert len(hold_back(standing(file | five), past([file]), 5, KEY)) == 0
    assert len(hold_back(standing(set()), past([file]), 5, KEY)) == 0


def test_one_who_leaves_takes_others_along():
    file = {(i, 0, 0) for i in range(20)}
    gone = hold_back(standing(file - {(0, 0, 0)}), past([file]), 5, KEY)
    assert len(gone) == 4
    other = hold_back(standing(file - {(0, 0, 0)}), past([file]), 5, RunKey(b"1" * 32))
    assert len(other) == 4 and {*other.tolist()} != {*gone.tolist()}  # drawn by the key


def test_the_same_file_again_holds_nobody_back():
    nights = [*nights_of(1, 2)]
    assert len(hold_back(standing(nights[0]), past([nights[0]] * 3), 5, KEY)) == 0
    assert past([nights[0]] * 3).versions == 1


def test_a_person_is_brought_together_in_any_order():
    rows = [(i % 5, i % 5 % 2, i) for i in range(20)]
    parts = [standing([row]) for row in rows]
    whole = merge_standing(parts)
    again = merge_standing([merge_standing(parts[:7]), merge_standing(parts[7:][::-1])])
    assert len(whole.pairs) == 5 and whole.lines.tolist() == [4] * 5
    assert whole.tokens.tolist() == again.tokens.tolist()
    assert whole.tokens.tolist() != merge_standing(parts[:-1]).tokens.tolist()


def test_a_release_is_taken_in_once():
    nights = [*nights_of(2, 3)]
    kept = kept_of(nights)
    assert with_record(kept, record("n1", nights[1])) is kept
    assert kept.recodings[0].releases == ("n0", "n1", "n2")


def test_people_under_another_key_are_not_compared():
    """Two first releases at the same time have keys of their own."""
    nights = [*nights_of(2, 2)]
    kept = with_record(
        with_record(KeptReleases(), record("a", nights[0])), record("b", nights[1], salt="01" * 32)
    )
    assert kept.salt == "00" * 32 and kept.releases == ("a", "b")
    people = kept.recodings[0].people
    assert people is not None and people.releases == ("a",)
