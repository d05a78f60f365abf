"""Noise and rank swapping: what changes, what must not, and what the key decides."""

import datetime as dt
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.kernels import KEY

from tokumei.schemas.perturbations import Noise as NoiseSpec
from tokumei.schemas.perturbations import RankSwap as RankSwapSpec
from tokumei.transforms.counting.keyed import counters, person_hashes, uniforms
from tokumei.transforms.criteria import Context
from tokumei.transforms.criteria.base import ChunkRows
from tokumei.transforms.criteria.perturbation import Noise, RankSwap, add, partners
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.formats.batches import MAX_ROWS

SEED = bytes(range(32))


def rows(persons=None, *, key=KEY, column=("t", "c"), chunk=("s", 0)):
    hashes = None if persons is None else person_hashes(pa.array(persons, pa.string()), key)
    return ChunkRows(
        key=key, column=column, chunk=chunk, persons=hashes, numbering="link x", units=None, times={}
    )


def noise(*, several=False, **settings):
    spec = NoiseSpec.model_validate({"method": "noise", "criterion": 5, "scale": 10.0, **settings})
    return Noise(spec, Context(5, None, several))


def swap(within):
    spec = RankSwapSpec.model_validate({"method": "rank_swap", "criterion": 5, "within": within})
    return RankSwap(spec, Context(5, None))


METHODS = [noise(), noise(distribution="normal"), swap(0.1)]
COLUMNS = {
    "integer": pa.array([*range(1000, 1400), None, 7], pa.int64()),
    "number": pa.array([i / 4 for i in range(400)] + [None, -3.5], pa.float64()),
    "date": pa.array([dt.date(1980, 1, 1) + dt.timedelta(i) for i in range(400)] + [None], pa.date32()),
}


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.explain(None)[:12])
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_retry_is_the_same_and_another_key_column_or_chunk_is_not(method, kind):
    values = COLUMNS[kind]
    done = method.treat_records(values, rows())
    assert done.values.type == values.type
    assert done.values.is_null().equals(values.is_null()) and done.drop is None
    again = method.treat_records(values, rows())
    assert again.values.equals(done.values) and (again.changed == done.changed).all()
    others = [
        rows(key=RunKey(bytes(32))),
        rows(column=("t", "d")),
        rows(column=("u", "c")),
        rows(chunk=("s", 1)),
        rows(chunk=("r", 0)),
    ]
    results = [method.treat_records(values, other).values for other in others]
    assert all(not result.equals(done.values) for result in results)
    old, new = values.to_pylist(), done.values.to_pylist()
    assert done.changed.tolist() == [a != b for a, b in zip(old, new, strict=True)]
    assert done.changed.sum() > 0.9 * len(old)


@pytest.mark.parametrize("kind", COLUMNS)
def test_nothing_and_nulls_only(kind):
    for method in METHODS:
        for values in (COLUMNS[kind].slice(0, 0), pa.nulls(3, COLUMNS[kind].type)):
            done = method.treat_records(values, rows())
            assert done.values.equals(values) and not done.changed.any()


# Uniform draws


def test_draws_are_functions_of_key_and_block():
    n = 200_000
    draws = uniforms(counters(n), SEED)
    assert draws.shape == (n, 2) and draws.min() > 0 and draws.max() < 1
    assert (uniforms(counters(n)[::-1], SEED)[::-1] == draws).all()
    assert not (uniforms(counters(n), bytes(32)) == draws).any()
    assert len(np.unique(draws)) == 2 * n
    assert abs(draws.mean() - 0.5) < 0.002 and abs(draws.var() - 1 / 12) < 0.001
    assert abs(np.corrcoef(draws.T)[0, 1]) < 0.01
    assert abs(np.corrcoef(draws[1:, 0], draws[:-1, 0])[0, 1]) < 0.01
    # AES-256 of the zero block under the zero key (FIPS 197, CAVP)
    zero = int.from_bytes(bytes.fromhex("dc95c078a2408989"), "little")
    assert uniforms(counters(1), bytes(32))[0, 0] == ((zero >> 11) + 0.5) / 2**53


# Noise


@pytest.mark.parametrize(
    ("distribution", "absolute", "variance", "beyond"),
    [("laplace", 1.0, 2.0, np.exp(-3)), ("normal", np.sqrt(2 / np.pi), 1.0, 0.0026998)],
)
def test_moments_and_tails(distribution, absolute, variance, beyond):
    n, scale = 200_000, 4000.0
    zero = pa.array(np.zeros(n, np.int64))
    drawn = (
        noise(distribution=distribution, scale=scale).treat_records(zero, rows()).values.to_numpy() / scale
    )
    assert abs(drawn.mean()) < 0.015
    assert abs(np.abs(drawn).mean() / absolute - 1) < 0.015
    assert abs(drawn.var() / variance - 1) < 0.03
    assert abs((np.abs(drawn) > 3).mean() / beyond - 1) < 0.15
    assert abs((drawn > 0).mean() - 0.5) < 0.01


@settings(max_examples=50)
@given(
    st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), max_size=30),
    st.floats(1, 2.0**53),
)
def test_whole_numbers_stay_whole_and_never_wrap(values, scale):
    method = noise(scale=scale)
    old = [v or 0 for v in values]
    new = [v or 0 for v in method.treat_records(pa.array(values, pa.int64()), rows()).values.to_pylist()]
    assert all(abs(a - b) <= 40 * scale + 1 for a, b in zip(old, new, strict=True))


@settings(max_examples=50)
@given(st.lists(st.floats(-1e308, 1e308), min_size=1, max_size=20), st.floats(1e-300, 2.0**53))
def test_numbers_stay_finite_and_their_decimals_come_from_the_scale(values, scale):
    noise = np.full(len(values), scale)
    result = add(np.array(values), noise, scale)
    assert np.isfinite(result).all()
    step = 10.0 ** (np.floor(np.log10(scale)) - 2)
    assert (np.abs(result - (np.array(values) + noise)) <= step * 0.51 + 1e-12 * np.abs(result)).all()


def test_the_original_decimals_are_gone():
    values = pa.array([1234.56789, 0.001])
    for scale, decimals in ((50.0, 1), (0.5, 3), (2000.0, -1)):
        new = noise(scale=scale).treat_records(values, rows()).values.to_numpy()
        assert (np.round(new, decimals) == new).all()


def test_bounds_hold():
    low = noise(min=1000, max=1100.0).treat_records(COLUMNS["integer"], rows()).values.drop_null().to_pylist()
    assert min(low) == 1000 and max(low) == 1100
    only = noise(min=0.25).treat_records(COLUMNS["number"], rows()).values.drop_null().to_pylist()
    assert min(only) == 0.25 and max(only) > 90
    ends = pa.array([dt.date.min, dt.date.max] * 50, pa.date32())
    days = noise(scale=1e9).treat_records(ends, rows()).values.to_pylist()
    assert set(days) == {dt.date.min, dt.date.max}
    inside = (
        noise(scale=1e4, min="1950-01-02", max="2020-12-31").treat_records(ends, rows()).values.to_pylist()
    )
    assert set(inside) == {dt.date(1950, 1, 2), dt.date(2020, 12, 31)}
    assert min(noise(scale=1e9, min="1950-01-02").treat_records(ends, rows()).values.to_pylist()) == dt.date(
        1950, 1, 2
    )


def test_one_draw_a_person_in_every_chunk():
    method = noise(several=True)
    persons = ["a", "b", "a", None, "c"] * 20
    first = method.treat_records(pa.array([100] * 100), rows(persons)).values.to_pylist()
    later = method.treat_records(
        pa.array([1000] * 3), rows(["c", "a", "b"], chunk=("z", 9))
    ).values.to_pylist()
    by = {p: {v - 100 for v, q in zip(first, persons, strict=True) if q == p} for p in "abc"}
    assert all(len(offsets) == 1 for offsets in by.values())
    assert [{v - 1000} for v in later] == [by["c"], by["a"], by["b"]]
    assert len(set().union(*by.values())) == 3
    other = method.treat_records(pa.array([100] * 100), rows(persons, column=("t", "d"))).values.to_pylist()
    assert other != first
    many = method.treat_records(pa.array([0] * 5000), rows([str(i) for i in range(5000)])).values.to_numpy()
    assert abs(np.abs(many).mean() / 10 - 1) < 0.06


def test_draws_a_record_where_asked_or_where_rows_are_people():
    values = pa.array([0.0] * 200)
    for method in (noise(several=True, per="record"), noise()):
        assert len(set(method.treat_records(values, rows(["a"] * 200)).values.to_pylist())) > 150


def test_the_report_tells_the_distribution():
    assert noise(scale=2.5, min=0, max=100).explain(None) == (
        "平均0、平均絶対偏差2.5のラプラス分布に従う乱数を、値の一つ一つに加えた（ノイズ付加）。"
        "結果は0以上、100以下に収めた。"
    )
    assert (
        noise(min="1950-01-02", max="2020-12-31")
        .explain(None)
        .endswith("結果は1950年1月2日以後、2020年12月31日以前に収めた。")
    )
    assert noise(distribution="normal", several=True).explain(None) == (
        "平均0、標準偏差10の正規分布に従う乱数を、本人ごとに1つ引き、その人の全ての値に加えた（ノイズ付加）。"
    )


# Rank swapping


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.sampled_from("aaabcdefgh")), max_size=60),
    st.floats(0.001, 1),
    st.booleans(),
    st.binary(min_size=32, max_size=32),
)
def test_pairs_are_near_apart_and_as_many_as_can_be(records, within, several, seed):
    numbers = np.array([v for v, _ in records], np.int64)
    persons = np.array([ord(p) for _, p in records], np.uint64) if several else None
    size = len(numbers)
    partner = partners(numbers, persons, within, seed)
    assert (partner[partner] == np.arange(size)).all()  # pairs
    reach = min(max(1, int(within * size)), size - 1)
    alone = partner == np.arange(size)
    if not several:
        assert alone.sum() == size % 2
        return
    assert (persons[partner] != persons)[~alone].all()
    if reach < 2 or size < 2:
        return
    # the ranks among equal values are drawn, so the bound is that of the values between
    ranks = np.argsort(np.argsort(numbers, kind="stable"), kind="stable")
    ties = np.array([(numbers == v).sum() - 1 for v in numbers])
    assert (np.abs(ranks - ranks[partner]) <= reach + ties + ties[partner]).all()


@settings(max_examples=100)
@given(st.integers(2, 80), st.floats(0.001, 1), st.binary(min_size=32, max_size=32), st.randoms())
def test_no_rank_moves_further_than_allowed(size, within, seed, random):
    numbers = list(range(0, 3 * size, 3))
    random.shuffle(numbers)
    numbers = np.array(numbers)
    partner = partners(numbers, None, within, seed)
    moved = np.abs(numbers - numbers[partner]) // 3
    assert moved.max() <= max(1, int(within * size))
    assert (moved == 0).sum() == size % 2


def test_one_block_is_paired_as_well_as_possible():
    """One person with more than half of the records leaves over exactly what nobody can take."""
    for a, others in ((5, 3), (4, 4), (3, 6), (9, 1), (2, 1), (1, 1)):
        persons = np.array([0] * a + list(range(1, others + 1)), np.uint64)
        size = a + others
        for s in range(20):
            partner = partners(np.arange(size), persons, 1.0, bytes([s]) * 32)
            assert (partner == np.arange(size)).sum() == max(2 * a - size, size % 2)


def test_the_window_is_used_and_every_rank_can_move():
    size = 10_000
    numbers = np.arange(size)
    seen = np.zeros(size, bool)
    for s in range(8):
        moved = np.abs(partners(numbers, None, 0.05, bytes([s]) * 32) - numbers)
        assert moved.min() >= 1 and 450 < moved.max() <= 500
        assert abs(moved.mean() / size - 0.05 / 3) < 0.001
        seen |= partners(numbers, None, 0.05, bytes([s]) * 32) // 500 != numbers // 500
    assert seen.mean() > 0.5  # blocks begin elsewhere in every run


@settings(max_examples=50)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6), st.just(0.0)), max_size=40),
    st.floats(0.01, 1),
)
def test_the_values_of_the_file_stay_and_nulls_do_not_move(values, within):
    column = pa.array(values, pa.float64())
    done = swap(within).treat_records(column, rows()).values
    assert Counter(done.to_pylist()) == Counter(values)
    assert done.is_null().equals(column.is_null())


def test_a_person_never_swaps_with_themselves():
    persons = ["a"] * 6 + ["b"] * 2
    done = swap(1.0).treat_records(pa.array(range(8)), rows(persons))
    taken = [persons[v] for v in done.values.to_pylist()]
    assert all(new != old for new, old, c in zip(taken, persons, done.changed, strict=True) if c)
    assert done.changed.sum() == 4
    assert not swap(1.0).treat_records(pa.array(range(8)), rows(["a"] * 8)).changed.any()


def test_the_report_tells_the_window():
    assert "順位の差が記録数の5％以内である他の人の記録と" in swap(0.05).explain(None)
    assert "順位の差が記録数の0.1％以内" in swap(0.001).explain(None)
    assert f"（最大{MAX_ROWS:,}件）の中で数え" in swap(0.001).explain(None)
