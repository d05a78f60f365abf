"""Intervals and residuals, to the digits of anonymeter's own tests."""

import pytest

from tokumei.transforms.attacks.statistics import Estimate, alone_by_chance, residual, wilson


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
    worse = residual(Estimate(0.3, 0.01), Estimate(0.4, 0.01))
    assert worse.rate < 0 and (worse.low, worse.high) == (0, 0)  # less than chance is nothing gained


@pytest.mark.parametrize(
    ("attempts", "right", "control", "rate", "error", "gained", "within"),
    [
        (955, 15, 2, 0.017647056512510778, 0.008105752444609638, 0.01361369546143098, 0.008852152558357243),
        (300, 7, 0, 0.029359816283700275, 0.01801215598457504, 0.023184893643013647, 0.019162337999174144),
        (1000, 24, 1, 0.02582153703912424, 0.009641368572487244, 0.02297884270370696, 0.010033491125498324),
    ],
)
def test_is_what_anonymeter_estimates(attempts, right, control, rate, error, gained, within):
    """anonymeter 1.1.0 cannot be installed beside today's numpy and pyarrow; these are what it returned."""
    attack, held_out = wilson(right, attempts), wilson(control, attempts)
    found = residual(attack, held_out)
    told = (attack.rate, attack.error, found.rate, found.error)
    assert told == pytest.approx((rate, error, gained, within), rel=1e-12)


def test_a_condition_that_points_at_one_by_chance():
    assert alone_by_chance(2, 0.5) == 0.5
    assert alone_by_chance(10_000, 1 / 10_000) == pytest.approx(0.3679, abs=1e-4)


def test_what_is_told_is_the_share_that_was_measured():
    """Found by an attack: of no success the report told 0.2 %, the centre of the interval."""
    found = wilson(0, 1000)
    assert found.share == 0 < found.rate and found.low <= found.share < found.high
    assert wilson(85, 100).share == 0.85 and wilson(0, 0).share == 0
    gained = residual(wilson(90, 100), wilson(80, 100))
    assert gained.share == pytest.approx(0.5) and gained.low < gained.rate < 0.5 < gained.high
