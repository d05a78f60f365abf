"""Counts by tuple: equal to counting every tuple, whatever is drawn, and however records are cut."""

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
import pytest

from tokumei.transforms.exposure.hashed import hashed, summed
from tokumei.transforms.exposure.tuples import drawn_people, drawn_tuples, merge_drawn, people_by_tuple

KEYS = [bytes([i]) * 32 for i in range(3)]
MOST = 256


def columns(rng, rows, spread):
    texts = [pa.array([f"v{n}" for n in rng.integers(0, spread, rows)]) for _ in range(2)]
    return [*texts, pa.array(rng.integers(0, spread, rows), mask=rng.random(rows) < 0.1)]


def cut(arrays, rows, pieces, rng):
    bounds = [0, *sorted(rng.integers(0, rows, pieces - 1).tolist()), rows]
    for start, end in pairwise(bounds):
        yield [a.slice(start, end - start) for a in arrays], slice(start, end)


def expected(arrays, zeros, persons=None):
    """What a dictionary of all tuples says of those whose hash begins with so many zeros."""
    hashes = summed([hashed(a, key) for a, key in zip(arrays, KEYS, strict=True)])
    found = {}
    for i, h in enumerate(hashes.tolist()):
        if zeros == 0 or h >> (64 - zeros) == 0:
            found.setdefault(h, []).append(i if persons is None else persons[i])
    return {h: len(who) if persons is None else len(set(who)) for h, who in found.items()}


@pytest.mark.parametrize(("rows", "spread"), [(400, 3), (3000, 12), (3000, 1000)])
@pytest.mark.parametrize("several", [False, True])
def test_merged_counts_are_those_of_all_records(rows, spread, several):
    rng = np.random.default_rng(rows + spread)
    arrays = columns(rng, rows, spread)
    persons = rng.integers(0, rows // 3, rows).astype(np.uint64) if several else None
    cap = 4

    def count(pieces, at):
        held = [hashed(a, key) for a, key in zip(pieces, KEYS, strict=True)]
        if persons is None:
            named = dict(zip("abc", held, strict=True))
            (drawn,) = drawn_tuples(named, [tuple(named)], len(pieces[0]), lambda names: MOST).values()
            return drawn
        order = np.argsort(persons[at])
        return drawn_people([c.taken(order) for c in held], persons[at][order], most=MOST, cap=cap)

    ways = []
    for pieces in (1, 5, 9):
        parts = [count(*piece) for piece in cut(arrays, rows, pieces, rng)]
        rng.shuffle(parts)
        merged = merge_drawn([merge_drawn(parts[:2], most=MOST, cap=cap), *parts[2:]], most=MOST, cap=cap)
        assert len(merged.tuples) <= MOST
        tuples = np.unique(merged.tuples).tolist()
        ways.append((merged.zeros, dict(zip(tuples, people_by_tuple(merged).tolist(), strict=True))))
    assert ways[0] == ways[1] == ways[2]
    zeros, found = ways[0]
    whole = expected(arrays, zeros, None if persons is None else persons.tolist())
    assert found == {h: min(n, cap) if several else n for h, n in whole.items()}
    assert (zeros == 0) == (len(expected(arrays, 0)) <= MOST) or several


@pytest.mark.parametrize("rows", [0, 1, 700])
def test_sets_in_a_set_are_counted_as_each_alone(rows):
    """Those of few values are sums of one table; of others, each is drawn."""
    rng = np.random.default_rng(rows)
    kinds = {"sex": 2, "age": 30, "city": 9, "code": 10**6}
    held = {
        name: hashed(pa.array(rng.integers(0, kind, rows).astype(str)), bytes([kind % 251]) * 32)
        for name, kind in kinds.items()
    }
    sets = [names for size in (1, 2, 3, 4) for names in combinations(kinds, size)]
    together = drawn_tuples(held, sets, rows, lambda names: MOST)
    assert set(together) == set(sets)
    for names in sets:
        (alone,) = drawn_tuples(held, [names], rows, lambda names: MOST).values()
        assert together[names].zeros == alone.zeros
        assert together[names].tuples.tolist() == alone.tuples.tolist()
        assert together[names].records.tolist() == alone.records.tolist()
        assert alone.zeros or together[names].records.sum() == rows
        tuples = zip(*(held[name].rows().tolist() for name in names), strict=True)
        counted = Counter(sum(values) % 2**64 for values in tuples)
        assert people_by_tuple(alone).tolist() == [counted[h] for h in alone.tuples.tolist()]


def test_blanks_have_a_hash_of_their_own_and_columns_differ():
    a = hashed(pa.array(["x", None, "y", "x"]), KEYS[0])
    assert a.rows().tolist()[1] == 0 and a.rows()[0] == a.rows()[3] != a.rows()[2]
    other = hashed(pa.array(["x", None, "y", "x"]), KEYS[1])
    swapped = summed([hashed(pa.array(["x", "y"]), KEYS[0]), hashed(pa.array(["y", "x"]), KEYS[1])])
    assert swapped[0] != swapped[1] and other.rows()[0] != a.rows()[0]


def test_pseudonyms_are_hashed_as_other_texts_are_told_apart():
    codes = pa.array([f"{n:032x}" for n in (1, 2, 1, 3)])
    drawn = hashed(pa.array([c[::-1] for c in codes.to_pylist()]), KEYS[0], drawn=True).rows()
    assert drawn[0] == drawn[2] and len(set(drawn.tolist())) == 3
