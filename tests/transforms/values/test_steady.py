"""Logarithms, powers and sums of our own: as precise as those of NumPy, and exact where they say so."""

import numpy as np
import pytest

from tokumei.transforms.values.steady import (
    cosine_of_turns,
    exp2,
    log2,
    log2_of_counts,
    power,
    product_of_powers,
    squares,
)


def test_logarithms_and_powers_are_right_to_the_last_places():
    rng = np.random.default_rng(4)
    numbers = np.concatenate([2.0 ** rng.uniform(-1000, 1000, 10_000), 1 + rng.uniform(-1e-3, 1e-3, 1_000)])
    assert log2(numbers) == pytest.approx(np.log2(numbers), rel=1e-15)
    exponents = rng.uniform(-1000, 1000, 10_000)
    assert exp2(exponents) == pytest.approx(np.exp2(exponents), rel=1e-15)
    whole = np.arange(-1074.0, 1024.0)
    assert (log2(exp2(whole)) == whole).all() and (exp2(whole) == np.ldexp(1.0, whole.astype(int))).all()
    few = 1 + rng.random(9)
    weights = rng.random(9)
    assert product_of_powers(few, weights) == pytest.approx(float(np.prod(few**weights)), rel=1e-14)
    assert power(few, 0.3) == pytest.approx(few**0.3, rel=1e-15)
    counts = np.array([0, 1, 3, 65_535, 65_536, 10**12])
    assert (log2_of_counts(counts) == [*log2_of_counts(counts[:4]), 16.0, log2(np.array([1e12]))[0]]).all()


def test_cosines_are_right_to_the_last_places():
    turns = np.concatenate([np.random.default_rng(5).random(10_000), np.arange(9) / 8])
    assert cosine_of_turns(turns) == pytest.approx(np.cos(2 * np.pi * turns), abs=1e-15)
    assert cosine_of_turns(np.arange(5) / 4).tolist() == [1, 0, -1, 0, 1]


def test_squares_are_exact_at_any_size():
    for counts in ([], [3, 4], [2**31, 1], [10**10, 10**10 + 1]):
        assert squares(np.array(counts, dtype=np.int64)) == sum(n * n for n in counts)
