"""What grows with the data stays bounded, or grows by a known law: the table of deploy/README.md, as encoded."""

import math
import tracemalloc
from types import SimpleNamespace

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from apache_beam.coders import registry
from support.choosing import COLUMNS, decide, plan_of
from support.kernels import KEY, chain_of

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.policy import MAX_REJECTS
from tokumei.schemas.splits import Origin, Reject, SourceFile, Split, Stretch
from tokumei.transforms.counting import domain, headcount, people
from tokumei.transforms.counting.codes import Spellings
from tokumei.transforms.counting.extremes import (
    SAMPLE,
    find_bins,
    find_extremes,
    merge_extremes,
    sample_people,
)
from tokumei.transforms.counting.headcount import BUCKETS, PersonBatch, count_bucket, deal_people
from tokumei.transforms.counting.histogram import PACKED
from tokumei.transforms.counting.people import count_people, merge_people
from tokumei.transforms.criteria.chain import Fitted
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.engine import combine
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, SizedPickleCoder, Work
from tokumei.transforms.formats.batches import ReadBatch
from tokumei.transforms.planning import ahead
from tokumei.transforms.planning import reading as records
from tokumei.transforms.profile.pictures import MAX_LABELS, picture_after
from tokumei.transforms.profile.profile import PersonRange, TableProfile, merge_profiles
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.recode.count import Histograms, TableCount, merge_histograms
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.search import MAX_NODES, Search
from tokumei.transforms.recode.sharded.limits import refuse_larger
from tokumei.transforms.recode.sharded.parts import deal_tuples
from tokumei.transforms.release.parts import Part
from tokumei.transforms.release.recount import WrittenClasses

ROWS = records.MAX_ROWS


def encoded(value, kind=None):
    """The bytes in which an element crosses a shuffle."""
    return len(registry.get_coder(kind or type(value)).encode(value))


def profile_of(**changes):
    bare = TableProfile(
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
        keys=frozenset({"k"}),
    )
    return {"t": TableProfile(**(vars(bare) | changes))}


TABLES = {"t": SimpleNamespace(chains={}, profiled=())}


def test_the_histogram_of_a_chunk_takes_17_bytes_a_tuple_and_33_with_a_person_each():
    frame = pl.DataFrame({PACKED: np.arange(ROWS) * 1_000_003})
    rows = {"t": TableCount(count_people(frame, persons=None, cap=5), {})}
    assert encoded(rows, Histograms) < 17 * ROWS + 4_000
    persons = np.random.default_rng(1).integers(0, 1 << 63, ROWS).astype(np.uint64)
    several = {"t": TableCount(count_people(frame, persons=persons, cap=5), {})}
    assert encoded(several, Histograms) < 33 * ROWS + 4_000


def test_the_merged_histogram_grows_with_distinct_tuples_not_with_records():
    frame = pl.DataFrame({PACKED: np.arange(ROWS) % 1_000})
    parts = [{"t": TableCount(count_people(frame, persons=None, cap=5), {})} for _ in range(40)]
    assert encoded(merge_histograms(parts), Histograms) < 17 * 1_000 + 4_000


def test_the_recount_of_a_class_takes_8_bytes_and_its_labels():
    n = 20_000
    frame = pl.DataFrame(
        {
            "0": [f"{i % 97}" for i in range(n)],
            "1": [f"神奈川県横浜市第{i:05}区" for i in range(n)],
            "2": [None if i % 2 else "女" for i in range(n)],
        }
    )
    size = encoded(WrittenClasses(count_people(frame, persons=None, cap=5), {}))
    long = sum(len(text.encode()) for text in frame["1"])  # shorter ones stand in their 16 bytes
    assert size < (8 + 3 * 16) * n * 1.02 + long + 4_000


def test_the_state_of_a_search_takes_16_bytes_a_node_of_the_largest_lattice_that_has_one():
    spec = {"kind": "intervals", "widths": [2 * 2**i for i in range(18)]}
    chain = chain_of("integer", {"method": "generalize", "criterion": 5, "hierarchy": spec})
    ladders = [chain.ladder(Fitted((None,), tuple(f"{i}" for i in range(20))))] * 3
    objective = OBJECTIVES["loss"](ladders, [np.ones(20, np.int64)] * 3, [1.0] * 3)
    nodes = math.prod(ladder.levels for ladder in ladders)
    search = Search(objective, (KAnonymity(2, wildcard=False),), 0)
    assert nodes == 8_000 and encoded(search) < 16 * nodes + 100_000
    assert 16 * MAX_NODES <= 64_000_000


def test_a_shard_holds_a_64th_of_the_tuples_and_stays_below_what_engines_take():
    frame = pl.DataFrame({PACKED: np.arange(ROWS) * 1_000_003})
    dealt = dict(deal_tuples({"t": TableCount(count_people(frame, persons=None, cap=5), {})}, 64))
    largest = max(encoded(part, Histograms) for part in dealt.values())
    assert largest < 17 * 1.2 * ROWS / 64 + 4_000
    plan = plan_of(rows="one", k=2, limit=0.0)
    assert (
        17 * 1.2 * plan.tuples_a_worker < 1 << 30
    )  # of a shard that is as large as shards may be; 2 GiB: gRPC


def test_what_every_worker_would_apply_and_one_would_recount_is_refused_where_it_is_too_large():
    plan = plan_of(rows="one", k=2, limit=0.0)
    table, most = plan.tables["t"], plan.tuples_a_worker
    refuse_larger(table, most, most, most)
    for suppressed, classes, what in (
        (most + 1, 1, "20,000,001 suppressed combinations"),
        (1, most + 1, "20,000,001 released classes"),
    ):
        with pytest.raises(RequirementError, match=what) as caught:
            refuse_larger(table, most, suppressed, classes)
        assert caught.value.code == "requirement.shards"


def test_a_range_of_persons_and_a_part_take_some_hundred_bytes_a_chunk():
    def ranges(n):
        codes = [f"{i:012}" for i in range(2 * n)]
        return tuple(PersonRange(a, b, True) for a, b in zip(codes[::2], codes[1::2], strict=True))

    (merged,) = merge_profiles(TABLES, [profile_of(persons=ranges(2_000))] * 2).values()
    assert len(merged.persons) == 4_000
    assert encoded({"t": merged}, dict) < 100 * 4_000
    parts = tuple(
        Part(
            uri=f"gs://bucket/out/releases/r-{0:016x}/data/residents/part-{0:012x}-{i:024x}.parquet",
            sha256="0" * 64,
            crc32c=i,
            size=i,
            records=i,
            people=i,
        )
        for i in range(4_000)
    )
    chunks = tuple((f"{i:020}", 0, False) for i in range(4_000))
    assert len(SizedPickleCoder().encode((parts, chunks))) < 320 * 4_000  # as `Written` crosses


def test_numbers_of_rejects_are_kept_up_to_what_a_policy_may_allow():
    half = MAX_REJECTS // 2
    parts = [profile_of(rejects={("", "ragged"): half}, rejected={s: tuple(range(half))}) for s in "ab"]
    most = merge_profiles(TABLES, parts)
    assert sum(map(len, most["t"].rejected.values())) == MAX_REJECTS
    assert encoded(most, dict) < 6 * MAX_REJECTS
    one = profile_of(rejects={("", "ragged"): 1}, rejected={"c": (1,)})
    more = merge_profiles(TABLES, [most, one])
    assert more["t"].rejected == {} and more["t"].rejects == {("", "ragged"): MAX_REJECTS + 1}
    again = merge_profiles(TABLES, [more, one])
    assert again["t"].rejected == {} and again["t"].rejects == {("", "ragged"): MAX_REJECTS + 2}


def test_a_chunk_ends_where_it_has_many_rejects(monkeypatch):
    empty = pa.record_batch({"id": pa.array([], pa.string())})
    bad = [Reject("t", "s", i, "", "ragged") for i in range(1, 8)]
    monkeypatch.setattr(records, "MAX_ROWS", 10)
    stretch = Stretch(SourceFile("data.csv", 0, ""), 0, 1)
    read = ReadBatch(empty, bad, 7, np.empty(0, np.int64), origins=(Origin(stretch, 0, 7),))
    monkeypatch.setattr(ahead, "read_split", lambda *a, **k: iter([read] * 5))
    plan = plan_of(rows="one", k=2, limit=0.0).tables["t"]
    work = Work(Split("t", (stretch,), "s"), KEY, NOTHING_LEFT_OUT)
    chunks = list(records.read_chunks(plan, plan.types("id"), work))
    assert [(len(c.rejected), c.last) for c in chunks] == [(7, False)] * 4 + [(7, True)]


def test_categories_domains_and_people_told_apart_have_a_largest_number(monkeypatch):
    categories = chain_of("string", {"method": "rare_categories", "criterion": 4, "action": "cell"})
    texts = pa.array([f"{i:04}" for i in range(40)])
    measured = categories.profile(categories.reach(texts, KEY), None)
    categories.merge([measured, measured])
    monkeypatch.setattr(domain, "MAX_DISTINCT", 39)
    with pytest.raises(InputError) as caught:
        categories.merge([measured, measured])
    assert caught.value.code == "input.too_many_values" and caught.value.where.startswith(
        "tables.t.columns.c"
    )
    monkeypatch.undo()
    monkeypatch.setattr(domain, "MAX_TEXT_BYTES", 100)
    with pytest.raises(InputError, match="MiB in all"):
        domain.find_domain(texts, "here")
    part = count_people(pl.DataFrame({"x": range(40)}), persons=np.arange(40, dtype=np.uint64), cap=2)
    monkeypatch.setattr(people, "MAX_PAIRS", 39)
    with pytest.raises(RequirementError) as apart:
        merge_people([part, part])
    assert apart.value.code == "requirement.people_apart" and "people to be told apart" in apart.value.what


def test_what_decides_about_tails_and_fences_is_small_whatever_the_file():
    values = np.random.default_rng(2).normal(size=200_000) * 10.0 ** np.arange(200_000).clip(max=300)
    persons = np.arange(200_000, dtype=np.uint64)
    tops = [find_extremes(pl.Series(values), persons, 100) for _ in range(3)]
    assert merge_extremes(tops).top.height == 100 and encoded(merge_extremes(tops)) < 6_000
    sample = sample_people(pl.Series(values), persons)
    assert sample.frame.height == SAMPLE and encoded(sample) < 25 * SAMPLE
    everywhere = np.exp(np.linspace(-744, 709, 800_000))
    bins = find_bins(np.concatenate([everywhere, -everywhere]))
    assert len(bins.counts) < 1_460_000  # one a thousandth of size, from the smallest float to the largest
    assert encoded(bins) < 13 * len(bins.counts)


def test_pictures_have_few_labels_or_are_none():
    assert picture_after(pa.array([f"{i}" for i in range(MAX_LABELS + 1)])) is None
    most = picture_after(pa.array([f"{i:040}" for i in range(MAX_LABELS)]))
    assert most.counts.height == MAX_LABELS and encoded(most) < 70 * MAX_LABELS


def test_people_cross_in_16_bytes_each_and_are_held_once_however_many_their_records(monkeypatch):
    hashes = np.random.default_rng(3).integers(0, 1 << 63, (ROWS, 2)).astype(np.uint64)
    dealt = [encoded(batch) for _, batch in deal_people("t", ("t",), hashes, KEY.fingerprint)]
    assert len(dealt) == BUCKETS and sum(dealt) < 16 * ROWS + 200 * BUCKETS
    assert max(dealt) < 1.2 * 16 * ROWS / BUCKETS
    monkeypatch.setattr(headcount, "_FEW", 2_000)
    some = hashes[:1_000].tobytes()  # the same people in 2,000 chunks: 32 MB of hashes
    tracemalloc.start()
    counts = count_bucket(PersonBatch("t", ("t",), bytes(bytearray(some)), "k") for _ in range(2_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert counts.by_table["t"] == 1_000 and peak < 1_000_000


def test_accumulators_are_merged_a_few_at_a_time():
    seen = []
    merge = combine.MergeAll(lambda parts: seen.append(len(parts)) or sum(parts))
    accumulators = merge.merge_accumulators([i] for i in range(10_000))
    assert merge.extract_output(accumulators) == sum(range(10_000)) and max(seen) <= 32


def test_the_decision_grows_with_values_and_exceptions_not_with_tuples_or_classes():
    def size(rows):
        values = np.arange(rows)
        ages, sexes = values % 200, (values // 200) % 100
        piece = [
            (f"{i:06}", int(a), f"{s:02}", "風邪") for i, (a, s) in enumerate(zip(ages, sexes, strict=True))
        ]
        chosen = decide(plan_of(rows="one", k=2, limit=0.0, columns=COLUMNS), [piece])
        assert chosen.accounts["t"].recoded.classes_before.total_classes == rows
        return encoded(chosen, Chosen)

    few = size(2_000)
    assert size(20_000) < few + 8_000  # the other 90 values of a domain, with their labels
    tuples = np.arange(100_000)
    recoder = Recoder(
        sizes=(1,),
        tables=(),
        labels=(),
        nodes=np.zeros((1, 1), np.int32),
        exceptions=tuples,
        groups=tuples.astype(np.int32),
    )
    assert encoded(recoder) < 12 * 100_000 + 1_000
