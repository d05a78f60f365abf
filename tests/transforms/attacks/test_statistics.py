"""Intervals and residuals, to the digits of anonymeter's own tests."""

import pytest

from tokumei.transforms.attacks.statistics import Estimate, residual, wilson


@pytest.mark.parametrize(
    ("successes", "attempts", "rate", "error", "digits"),
    [
        (850, 1000, 0.849, 0.022, 3),
        (0, 1000, 0.002, 0.002, 3),
        (1000, 1000, 0.998, 0.002, 3),
        (100, 100, 0.9815032508965071, 0.01849674910349284, 9),
        (23, 100, 0.23998824451588613, 0.08155558571285167, 9),
        (11, 100, 0.1244274643007244, 0.06188550073007873, 9),
    ],
)
def test_wilson(successes, attempts, rate, error, digits):
    found = wilson(successes, attempts)
    assert round(found.rate, digits) == round(rate, digits)
    assert round(found.error, digits) == round(error, digits)
    assert (found.low, found.high) == (max(0, found.rate - found.error), min(1, found.rate + found.error))


def test_nobody_tried_tells_nothing():
    assert (wilson(0, 0).low, wilson(0, 0).high) == (pytest.approx(0), pytest.approx(1))


def test_residual():
    assert residual(Estimate(0.9), Estimate(0.8)) == Estimate(pytest.approx(0.5), 0.0)
    found = residual(Estimate(0.9, 0.02), Estimate(0.85, 0.02))
    assert (round(found.rate, 3), round(found.error, 2)) == (0.333, 0.16)
    assert residual(Estimate(0.9), Estimate(1.0)) == Estimate(0.0)
