"""Who came and who left over many releases, against sets of people; and who is held back, against all pairs."""

import itertools
import json
import random

import numpy as np
import polars as pl
import pytest
from support.stores import MemoryStore

from tokumei.schemas.errors import InputError
from tokumei.schemas.kept_releases import KeptRecoding, KeptReleases, ReleaseRecord
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.earlier.changes import InClasses, merge_standing, tell_changes
from tokumei.transforms.earlier.hold import hold_back
from tokumei.transforms.earlier.kept import (
    KEPT_COUNTS,
    kept_people,
    ledger_of,
    packed_classes,
    past_of,
    with_record,
)
from tokumei.transforms.engine.run_key import RunKey

KEY = RunKey(bytes(32))
NOBODY = pl.DataFrame(schema={"e0": pl.String, KEPT_COUNTS: pl.List(pl.Int64)})


COLUMNS = "xy"


def standing(people, columns=COLUMNS):
    """People as (number, class, a value of each column)."""
    rows = np.array(sorted(people), np.int64).reshape(-1, 2 + len(COLUMNS))
    pairs = joint_keys(rows[:, 0].astype(np.uint64), rows[:, 1])
    values = {name: rows[:, 2 + i].astype(np.uint64) for i, name in enumerate(COLUMNS) if name in columns}
    return InClasses(rows[:, 1].astype(np.uint64), pairs, values, np.ones(len(rows), np.int64))


def record(release, people, salt="00" * 32, columns=COLUMNS):
    recoding = KeptRecoding(
        table="t",
        way="full_domain",
        declared={"a": ""},
        levels={},
        removed={},
        releases=(release,),
        classes=packed_classes(NOBODY),
        exact=True,
        people=kept_people(release, standing(people, columns)),
    )
    return ReleaseRecord(entry_id="e", release_id=release, salt=salt, tables=(recoding,))


def kept_of(nights):
    kept = KeptReleases()
    for i, people in enumerate(nights):
        kept = with_record(kept, record(f"n{i}", people))
    return KeptReleases.model_validate_json(kept.model_dump_json())


def past(nights):
    return past_of(kept_of(nights).recodings[0].people)


def sizes_shown(one, other):
    """Yield by class how many people whoever has two releases tells apart, by any columns that both have."""
    for number in {who[1] for who in one | other}:
        a, b = ({who for who in night if who[1] == number} for night in (one, other))
        yield number, abs(len(a) - len(b))
        for size in range(len(COLUMNS) + 1):
            for some in itertools.combinations(range(2, 2 + len(COLUMNS)), size):
                then, now = ({(who[0], *(who[i] for i in some)) for who in night} for night in (a, b))
                yield number, len(then - now)
                yield number, len(now - then)
                if size < 2:  # who is the same in several columns at once is not counted
                    yield number, len(now & then)


def shown(one, other, k):
    """Return the classes that show fewer than k people."""
    return {number for number, size in sizes_shown(one, other) if 0 < size < k}


def told_apart(then, now, k):
    """Return who is in a group of fewer than k: of a class, came, left, stayed, or by column changed or did not."""
    found = set()
    for number in {who[1] for who in then | now}:
        a, b = ({who[:2]: who[2:] for who in night if who[1] == number} for night in (then, now))
        groups = [b.keys() - a.keys(), a.keys() - b.keys(), a.keys() & b.keys()]
        for i in range(len(COLUMNS)):
            same = {who for who in a.keys() & b.keys() if a[who][i] == b[who][i]}
            groups += [same, (a.keys() & b.keys()) - same]
        found |= {who for group in groups if 0 < len(group) < k for who in group}
    return found


def nights_of(seed, nights, people=150, classes=3, drawn=False):
    """Yield who is in a file that changes: people leave, come, move, and get another value of a column.

    Args:
        drawn: every night all have another value of the last column, the day on which the file was drawn.
    """
    draw = random.Random(seed)
    now = {(i, draw.randrange(classes), 0, 0) for i in range(people)}
    number = itertools.count(people)
    for night in range(nights):
        if drawn:
            now = {(*who[:-1], night) for who in now}
        yield frozenset(now)
        for who in draw.sample(sorted(now), draw.choice([0, 1, 2, 7])):
            now.discard(who)
            if draw.random() < 0.4:
                now.add((who[0], draw.choice([who[1], draw.randrange(classes)]), draw.randrange(3), who[3]))
        now |= {(next(number), draw.randrange(classes), 0, 0) for _ in range(draw.choice([0, 1, 1, 6]))}


@pytest.mark.parametrize("seed", range(3))
def test_changes_are_those_of_the_sets(seed):
    *before, now = nights_of(seed, 6)
    found = tell_changes(standing(now), past(before), 4, len(before))
    then, here = ({who[:2] for who in night} for night in (before[-1], now))
    assert (found.came, found.left) == (len(here - then), len(then - here))
    assert (found.stayed, found.altered) == (len(now & before[-1]), len(here & then) - len(now & before[-1]))
    assert found.classes
    assert found.classes == len(set().union(*(shown(night, now, 4) for night in before)))
    assert found.people == max(len(told_apart(night, now, 4)) for night in before)


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_no_two_nights_show_fewer_than_k(seed, drawn):
    k, released, held, most = 3, [], 0, 0
    for file in nights_of(seed, 20, drawn=drawn):
        kept = file
        if released:
            gone = hold_back(standing(file), past(released), k, KEY)
            pairs = dict(zip(standing(file).pairs.tolist(), sorted(file), strict=True))
            kept = file - {pairs[key] for key in gone.tolist()}
            assert tell_changes(standing(kept), past(released), k, len(released)).classes == 0
            held, most = held + len(gone), most + len(file)
        released.append(kept)
    assert [two for two in itertools.combinations(released, 2) if shown(*two, k)] == []
    assert held < most / 4  # not by leaving everybody out
    newcomers = {who for who in released[-1] if who[0] >= 150}
    assert newcomers


def test_a_newcomer_is_seen_though_everybody_has_another_date():
    """Found by an attack: where all changed in one column, all had come, and one newcomer was not counted."""
    file = {(i, 0, 0, 0) for i in range(20)}
    tonight = {(i, 0, 0, 1) for i in range(21)}
    assert tell_changes(standing(tonight), past([file]), 5, 1).classes == 1
    assert len(hold_back(standing(tonight), past([file]), 5, KEY)) == 1
    swapped = {(i, 0, 0, 1) for i in range(1, 21)}
    assert tell_changes(standing(swapped), past([file]), 5, 1).classes == 1
    assert tell_changes(standing({(i, 0, 0, 1) for i in range(20)}), past([file]), 5, 1).classes == 0


def test_a_column_that_one_release_lacks_is_not_compared():
    file = {(i, 0, 0, 0) for i in range(20)}
    kept = with_record(KeptReleases(), record("n0", file, columns="x"))
    tonight = {(i, 0, 0, i) for i in range(20)}
    kept = with_record(kept, record("n1", tonight))
    before = past_of(kept.recodings[0].people)
    assert before.versions == 2
    assert tell_changes(standing(tonight), before, 5, 2).classes == 0
    one_other = {(i, 0, 0, i + (i == 3)) for i in range(20)}
    assert tell_changes(standing(one_other), before, 5, 2).classes == 1
    assert tell_changes(standing(one_other, "x"), before, 5, 2).classes == 0


def test_a_new_class_waits_for_k():
    file = {(i, 0, 0, 0) for i in range(10)}
    two, five = ({(100 + i, 1, 0, 0) for i in range(n)} for n in (2, 5))
    assert len(hold_back(standing(file | two), past([file]), 5, KEY)) == 2
    assert len(hold_back(standing(file | five), past([file]), 5, KEY)) == 0
    assert len(hold_back(standing(set()), past([file]), 5, KEY)) == 0


def test_one_who_leaves_takes_others_along():
    file = {(i, 0, 0, 0) for i in range(20)}
    gone = hold_back(standing(file - {(0, 0, 0, 0)}), past([file]), 5, KEY)
    assert len(gone) == 4
    other = hold_back(standing(file - {(0, 0, 0, 0)}), past([file]), 5, RunKey(b"1" * 32))
    assert len(other) == 4 and {*other.tolist()} != {*gone.tolist()}  # drawn by the key


def test_the_same_file_again_holds_nobody_back():
    nights = [*nights_of(1, 2)]
    assert len(hold_back(standing(nights[0]), past([nights[0]] * 3), 5, KEY)) == 0
    assert past([nights[0]] * 3).versions == 1


def test_a_person_is_brought_together_in_any_order():
    rows = [(i % 5, i % 5 % 2, i, 0) for i in range(20)]
    parts = [standing([row]) for row in rows]
    whole = merge_standing(parts)
    again = merge_standing([merge_standing(parts[:7]), merge_standing(parts[7:][::-1])])
    assert len(whole.pairs) == 5 and whole.lines.tolist() == [4] * 5
    assert whole.tokens("x").tolist() == again.tokens("x").tolist()
    assert whole.tokens("x").tolist() != merge_standing(parts[:-1]).tokens("x").tolist()


def test_a_release_is_taken_in_once():
    nights = [*nights_of(2, 3)]
    kept = kept_of(nights)
    assert with_record(kept, record("n1", nights[1])) is kept
    assert kept.recodings[0].releases == ("n0", "n1", "n2")


def test_what_an_older_version_kept_is_read_if_it_can_be_and_else_told():
    """Found by use: it was told to be damaged, and a backup to be put back."""
    store, kept = MemoryStore(), kept_of(nights_of(2, 3))
    ledger, book = ledger_of(store, "out", "e"), kept.model_dump(mode="json")
    assert book["format"] == 3
    for older in (1, 2):
        before = {name: held for name, held in book.items() if name != "unclassed"} | {"format": older}
        store.files[ledger.uri] = (json.dumps(before).encode(), "x")
        assert ledger.read() == kept.model_copy(update={"format": older})
        assert with_record(ledger.read(), record("n3", set())).format == 3
    people = book["recodings"][0]["people"]
    people["tokens"] = people.pop("columns")["x"]["keys"]
    store.files[ledger.uri] = (json.dumps(book | {"format": 1}).encode(), "x")
    with pytest.raises(InputError, match=r"earlier_releases\.format") as caught:
        ledger.read()
    assert "is of format 1, which another version" in caught.value.what
    assert "publish with the version that wrote it" in caught.value.fix


def test_people_under_another_key_are_not_compared():
    """Two first releases at the same time have keys of their own."""
    nights = [*nights_of(2, 2)]
    kept = with_record(
        with_record(KeptReleases(), record("a", nights[0])), record("b", nights[1], salt="01" * 32)
    )
    assert kept.salt == "00" * 32 and kept.releases == ("a", "b")
    people = kept.recodings[0].people
    assert people is not None and people.releases == ("a",)
