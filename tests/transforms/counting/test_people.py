"""Counting people: exact below the cap, whatever the pieces; one row a person is proven or counted."""

from collections import Counter, defaultdict
from types import SimpleNamespace

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import cut, hashes_of

from tokumei.schemas.errors import RequirementError
from tokumei.transforms.counting.codes import Spellings
from tokumei.transforms.counting.headcount import (
    BUCKETS,
    Headcount,
    add_headcounts,
    count_bucket,
    deal_people,
)
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.counting.people import PEOPLE, PERSON, RECORDS, count_people, count_rows, merge_people
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.profile.fit import check_keys
from tokumei.transforms.profile.profile import TableProfile, _range, merge_profiles

KEY = RunKey(bytes(32))
KEYS = st.tuples(st.sampled_from(["甲", "乙", None]), st.sampled_from([1, 2, None]))
ROWS = st.lists(st.tuples(KEYS, st.sampled_from("abcdefghij")), max_size=40)
CUTS = st.lists(st.integers(0, 40), max_size=4)


def counted(rows, several, cap):
    frame = pl.DataFrame([k for k, _ in rows], schema={"x": pl.String, "y": pl.Int64}, orient="row")
    return count_people(frame, persons=hashes_of([p for _, p in rows]) if several else None, cap=cap)


def as_dict(frame, column):
    return {(x, y): n for x, y, n in frame.select("x", "y", column).iter_rows()}


@given(ROWS, CUTS, st.booleans(), st.integers(2, 4), st.randoms(use_true_random=False))
def test_capped_sets_are_exact_in_any_pieces_and_order(rows, places, several, cap, random):
    parts = [counted(piece, several, cap) for piece in cut(rows, places)]
    random.shuffle(parts)
    while len(parts) > 1:  # merge as a tree of any shape
        some = [parts.pop() for _ in range(random.randint(2, len(parts)))]
        parts.append(merge_people(some))
    (merged,) = parts
    owners = defaultdict(set)
    for key, person in rows:
        owners[key].add(person)
    records = Counter(key for key, _ in rows)
    people = merged.people()
    assert as_dict(people, RECORDS) == records
    true = {k: min(len(p), cap) for k, p in owners.items()} if several else records
    assert as_dict(people, PEOPLE) == true
    if several:
        assert merged.pairs.group_by("x", "y").len()["len"].max() in {None, *range(cap + 1)}
        if all(len(p) < cap for p in owners.values()):
            assert merged.distinct_people() == len({p for _, p in rows})
        # what is kept does not depend on the order: the smallest hashes
        whole = counted(rows, several, cap)
        columns = ["x", "y", PERSON]
        assert merged.pairs.select(columns).sort(columns).equals(whole.pairs.select(columns).sort(columns))
    else:
        assert merged.distinct_people() == len(rows)


@pytest.mark.parametrize("seed", range(8))
def test_of_many_people_the_smallest_hashes_are_kept_as_of_few(seed):
    """Where a key has many people, the lowest hashes are looked at first; rare keys lie beside common ones."""
    rng = np.random.default_rng(seed)
    rows, cap = 4000, int(rng.integers(1, 9))
    x = [None if v == 0 else f"{v}" for v in rng.zipf(1.5, rows) % 20]
    frame = pl.DataFrame({"x": x, "y": rng.integers(0, 2, rows)}, schema={"x": pl.String, "y": pl.Int64})
    people = rng.integers(0, 2**64 - 1, 40 * 4**seed, dtype=np.uint64)[rng.integers(0, 40 * 4**seed, rows)]
    owners = defaultdict(set)
    for row, person in zip(frame.iter_rows(), people.tolist(), strict=True):
        owners[row].add(person)
    kept = count_people(frame, persons=people, cap=cap).pairs
    assert sorted(kept.iter_rows(), key=repr) == sorted(
        ((*key, person) for key, all_of in owners.items() for person in sorted(all_of)[:cap]), key=repr
    )


def test_weights_count_records():
    frame = pl.DataFrame({"x": ["a", "b", "a"], "n": [3, 4, 5]})
    people = count_people(frame, persons=None, cap=2, weights="n").people().sort("x")
    assert people.rows() == [("a", 8, 8), ("b", 4, 4)]


@given(
    st.lists(
        st.tuples(st.sampled_from(["t", "t2", "u"]), st.lists(st.integers(0, 200), max_size=60)), max_size=6
    ),
)
def test_headcount_is_the_number_of_distinct_people(chunks):
    buckets = defaultdict(list)
    for table, persons in chunks:
        for bucket, batch in deal_people(
            table, (table[:1],), person_hashes(pa.array(persons, pa.int64()), KEY), "fingerprint"
        ):
            assert 0 <= bucket < BUCKETS and len(batch.hashes) % 16 == 0
            buckets[bucket].append(batch)
    counts = add_headcounts([count_bucket(batches) for batches in buckets.values()])
    true, groups = defaultdict(set), defaultdict(set)
    for table, persons in chunks:
        if persons:
            true[table] |= set(persons)
            groups[table[:1],] |= set(persons)
    assert counts.keys <= {"fingerprint"}
    assert counts.by_table == {t: len(people) for t, people in true.items()}
    assert counts.together == {g: len(people) for g, people in groups.items()}


def test_people_hashed_under_two_keys_are_refused_wherever_they_were_counted():
    """An engine that lost the key with a machine: whoever stands under both keys would count as two people."""
    other = RunKey(bytes([1] * 32))
    counts, profiles = {}, {}
    for key in (KEY, other):
        (*dealt,) = deal_people("t", ("t",), person_hashes(pa.array([7]), key), key.fingerprint)
        counts[key] = count_bucket([batch for _, batch in dealt])
        profiles[key] = {
            "t": TableProfile(
                records=1,
                rejects={},
                rejected={},
                places=(),
                missing_person=0,
                missing_places=(),
                missing_times={},
                spellings=Spellings(),
                persons=(),
                columns={},
                tuples=None,
                keys=frozenset({key.fingerprint}),
            )
        }
    mixed = add_headcounts([counts[KEY], counts[other]])
    assert mixed.by_table["t"] == 2
    check_keys(profiles[KEY], counts[KEY], KEY)
    check_keys(profiles[KEY], Headcount(), KEY)
    plan = SimpleNamespace(profiled=())
    both = merge_profiles({"t": plan}, list(profiles.values()))
    for profile, people in [(profiles[KEY], mixed), (both, counts[KEY]), (profiles[other], Headcount())]:
        with pytest.raises(RequirementError, match=r"verification\.keys"):
            check_keys(profile, people, KEY)


def test_a_bucket_of_nothing_counts_nobody():
    assert list(deal_people("t", ("t",), np.empty((0, 2), np.uint64), "fingerprint")) == []
    assert count_bucket([]) == Headcount() == add_headcounts([])


def profile_of(chunks, kind):
    ranges = tuple(_range(pa.array(c, kind)) for c in chunks if c)
    return TableProfile(
        records=sum(map(len, chunks)),
        rejects={},
        rejected={},
        places=(),
        missing_person=0,
        missing_places=(),
        missing_times={},
        spellings=Spellings(),
        persons=ranges,
        columns={},
        tuples=None,
        keys=frozenset(),
    )


CODES = [
    (pa.int64(), st.integers(-5, 30)),
    (pa.string(), st.text(st.sampled_from("09Aあ漢𠮷"), max_size=3)),
]


@pytest.mark.parametrize(("kind", "codes"), CODES, ids=["integer", "string"])
@given(data=st.data())
def test_the_proof_of_one_row_a_person_is_never_wrong(kind, codes, data):
    chunks = cut(data.draw(st.lists(codes, max_size=12)), data.draw(CUTS))
    if data.draw(st.booleans()):
        chunks = [sorted(c) for c in chunks]
    rows = [code for chunk in chunks for code in chunk]
    if profile_of(chunks, kind).one_row_a_person():
        assert len(set(rows)) == len(rows)
    # and it is found where codes ascend, in whatever order the chunks come back
    ascending = cut(sorted(set(rows), key=lambda v: v.encode() if isinstance(v, str) else v), data.draw(CUTS))
    assert profile_of(data.draw(st.permutations(ascending)), kind).one_row_a_person()


def test_repeats_within_and_between_chunks_are_seen():
    assert not profile_of([[1, 1]], pa.int64()).one_row_a_person()
    assert not profile_of([[1, 5], [5, 6]], pa.int64()).one_row_a_person()
    assert not profile_of([[1, 9], [4, 5]], pa.int64()).one_row_a_person()  # overlapping: no proof
    assert profile_of([[7], [1, 6]], pa.int64()).one_row_a_person()
    assert profile_of([], pa.int64()).one_row_a_person()


@pytest.mark.parametrize("wide", [1, 1 << 13])  # so many labels that five columns fit no single integer
def test_rows_of_labels_are_counted_by_their_texts(wide):
    """Beside polars, which compares the texts themselves; labels that nobody bears are no rows."""
    random = np.random.default_rng(16)
    labels = pa.array([f"値{i}" for i in range(3 * wide)])
    places = random.integers(0, 3, (5, 400))
    columns = {
        str(i): pa.DictionaryArray.from_arrays(pa.array(codes, pa.int32(), mask=codes == i % 3), labels)
        for i, codes in enumerate(places)
    }
    columns["plain"] = pa.array(random.integers(0, 2, 400), pa.int64(), mask=places[0] == 1)
    for persons in (None, random.integers(0, 90, 400).astype(np.uint64)):
        found = count_rows(columns, persons=persons, cap=3)
        decoded = {n: c.dictionary_decode() if n != "plain" else c for n, c in columns.items()}
        wanted = count_people(pl.DataFrame(decoded), persons=persons, cap=3)
        assert found.keys == wanted.keys and found.cap == wanted.cap
        assert Counter(found.counts.rows()) == Counter(wanted.counts.rows())
        if persons is not None:
            assert Counter(found.pairs.rows()) == Counter(wanted.pairs.rows())
