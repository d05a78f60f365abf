"""Population uniqueness: ARX's published estimates, known populations, and properties.

TestRiskMetrics.java and TestAnonymizationRiskBased.java of github.com/arx-deidentifier/arx.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.risk.attackers import prosecutor
from tokumei.transforms.risk.pitman import pitman_uniques
from tokumei.transforms.risk.population import dankar_choice, population_uniques, zayatz_uniques
from tokumei.transforms.risk.sizes import ClassSizes

USA = 317_238_626  # ARX's population of the region
METHODS = ("dankar", "pitman", "zayatz", "snb")
HISTOGRAMS = st.dictionaries(st.integers(1, 500), st.integers(1, 2000), min_size=1, max_size=12)
FRACTIONS = st.floats(1e-5, 1.0)


def histogram(counts):
    people = sorted(counts)
    return ClassSizes(np.array(people), np.array([counts[p] for p in people]))


def uniqueness(sizes, fraction, method):
    return population_uniques(sizes, fraction, method) / round(sizes.total_people / fraction)


@pytest.mark.parametrize(
    ("fraction", "method", "expected"),
    [
        (0.1, "pitman", 0.27684993883653597),
        (0.1, "zayatz", 0.3207402393466189),
        (0.1, "dankar", 0.27684993883653597),
        (0.01, "dankar", 0.1446083531167384),
        (1.0, "dankar", 0.5142895033485844),
        (0.2, "zayatz", 0.3577099234829125),  # ARX's Dankar value: see test_arx_never_fits_snb
    ],
)
def test_arx_on_adult(adult, fraction, method, expected):
    assert uniqueness(adult, fraction, method) == pytest.approx(expected, abs=1e-11)


def test_arx_chooses_pitman_at_a_tenth(adult):
    assert [dankar_choice(adult, f)[0] for f in (0.01, 0.1, 0.2)] == ["pitman", "pitman", "snb"]


def test_arx_never_fits_snb(adult):
    """ARX publishes Zayatz's 0.3577 for Dankar's rule at 0.2, because its SNB equations have no solution there.

    With the expected classes of two as ARX writes them (power +(α+2) for −(α+2)), no α and β come within half
    of the counts found. With the equation of the model SNB fits, is the smaller, and Dankar's rule takes it.
    """
    f, (ones, twos) = 0.2, (adult.uniques, adult.of_size(2))
    k, b = 29245.983015517377, np.concatenate([np.logspace(-12, -1, 200), np.linspace(0.1, 0.9999999, 400)])
    nearest = math.inf
    for a in np.logspace(-4, 3, 300):
        d = (1 - f) * (1 - b)
        off_ones = k * f * (b / (1 - d)) ** a * (a * d / (1 - d) + 1) / ones - 1
        arx_twos = k * a * b**a * f * f * (1 - b) / 2 * (1 - d) ** (a + 2) * (2 - (1 - a) * d)
        nearest = min(nearest, float(np.hypot(off_ones, arx_twos / twos - 1).min()))
    assert nearest > 0.5
    assert uniqueness(adult, f, "snb") == uniqueness(adult, f, "dankar") < 0.3577


@pytest.mark.parametrize("columns", [tuple(range(9)), (0, 1, 3, 4, 6, 7), (1, 4, 7)], ids=len)
def test_snb_finds_the_uniques_of_a_known_population(adult_rows, columns):
    """Adult as the population, samples of a fifth: medians nearer the truth than Zayatz's, as Dankar's rule expects."""
    keys = ["|".join(row[c] for c in columns) for row in adult_rows]
    _, classes, counts = np.unique(keys, return_inverse=True, return_counts=True)
    truth, draw = int((counts == 1).sum()), np.random.default_rng(5)
    found = {"snb": [], "zayatz": []}
    for _ in range(7):
        drawn = draw.choice(classes, len(classes) // 5, replace=False)
        sample = ClassSizes.of(np.unique(drawn, return_counts=True)[1])
        for method, uniques in found.items():
            uniques.append(population_uniques(sample, len(drawn) / len(classes), method))
    snb, zayatz = (abs(float(np.median(found[m])) / truth - 1) for m in ("snb", "zayatz"))
    assert snb < 0.1 < 0.15 < zayatz


def test_pitman_is_the_maximum_of_its_likelihood():
    """By brute force over a grid: θ and α of a small file, from the likelihood as Hoshino writes it."""
    sizes = histogram({1: 40, 2: 14, 3: 6, 4: 3, 7: 2, 12: 1})
    n, u = sizes.total_people, sizes.total_classes

    def likelihood(theta, alpha):
        return (
            sum(math.log(theta + i * alpha) for i in range(1, u))
            - sum(math.log(theta + i) for i in range(1, n))
            + sum(
                c * sum(math.log(j - alpha) for j in range(1, s))
                for s, c in zip(sizes.people.tolist(), sizes.classes.tolist(), strict=True)
            )
        )

    grid = itertools.product(np.exp(np.linspace(0, 6, 150)), np.linspace(0.01, 0.99, 99))
    theta, alpha = max(grid, key=lambda point: likelihood(*point))
    by_grid = math.gamma(theta + 1) / math.gamma(theta + alpha) * 10_000**alpha
    assert pitman_uniques(sizes, 10_000) == pytest.approx(by_grid, rel=0.05)


def test_zayatz_by_its_definition():
    sizes, population = histogram({1: 5, 2: 3, 4: 2, 9: 1}), 60
    n = sizes.total_people

    def one_drawn(s):
        return s * math.comb(population - s, n - 1) / math.comb(population, n)

    over = sum(c * one_drawn(s) for s, c in [(1, 5), (2, 3), (4, 2), (9, 1)])
    assert zayatz_uniques(sizes, population) == pytest.approx(5 * 5 * one_drawn(1) / over * population / n)


def test_seven_people_all_alone():
    """data/test.csv at a fraction of 0.2: everybody is unique, before; nobody alone, after 2-anonymity: none."""
    assert uniqueness(histogram({1: 7}), 0.2, "dankar") == pytest.approx(1.0)
    assert uniqueness(histogram({2: 2, 3: 1}), 0.1, "dankar") == 0.0


@pytest.mark.parametrize(
    ("node", "method", "suppressed"),
    [
        ((0, 0, 1, 1, 1, 2, 1, 0, 0), "dankar", 705),
        ((0, 0, 1, 1, 1, 2, 1, 0, 0), "pitman", 705),
        ((0, 3, 0, 0, 1, 1, 1, 1, 0), "zayatz", 1062),
        ((0, 3, 0, 0, 2, 1, 1, 1, 0), "snb", 200),
    ],
)
def test_the_published_optima_meet_the_requirement(adult_classes, node, method, suppressed):
    """Uniqueness of 1e-4 in the USA, 4 % suppression: holds at ARX's optimum when its smallest classes go.

    With SNB fitted (see test_arx_never_fits_snb) the node of Zayatz's optimum, of less loss, would do as well.
    """
    sizes = np.sort(adult_classes(node))

    def meets(dropped):
        rest = ClassSizes.of(sizes[dropped:])
        found = population_uniques(rest, rest.total_people / USA, method)
        return found is not None and found / USA <= 1e-4

    assert not meets(0)
    first = next(n for n in range(0, len(sizes), 5) if meets(n))
    assert (
        int(sizes[:first].sum()) == pytest.approx(suppressed, abs=12) and sizes[:first].sum() < 0.04 * 30162
    )


def test_after_2_anonymity(adult_classes):
    """The optimum of ARX's rank-aggregated loss for k = 2: the one node of 58 classes that is 2-anonymous."""
    risk = prosecutor(ClassSizes.of(adult_classes((0, 4, 1, 2, 1, 2, 2, 1, 0))), 2)
    assert (risk.average, risk.highest, risk.at_risk) == (0.001922949406538028, 0.5, 0.0)


@given(HISTOGRAMS, FRACTIONS)
def test_bounds(counts, fraction):
    sizes = histogram(counts)
    population = round(sizes.total_people / fraction)
    found = {m: population_uniques(sizes, fraction, m) for m in METHODS}
    assert all(v is None or (0 <= v <= population and math.isfinite(v)) for v in found.values())
    assert found["dankar"] is not None and found["zayatz"] is not None
    chosen, uniques = dankar_choice(sizes, fraction)
    assert found["dankar"] == uniques == found[chosen]
    assert found["zayatz"] / population <= sizes.uniques / sizes.total_people * (1 + 1e-9)


@given(HISTOGRAMS, FRACTIONS, FRACTIONS)
def test_uniqueness_rises_with_the_fraction(counts, a, b):
    """Of a larger share of the population, more of the uniques found are unique in it."""
    sizes = histogram(counts)
    low, high = sorted((a, b))
    for method in ("pitman", "zayatz"):
        less, more = (population_uniques(sizes, f, method) for f in (low, high))
        if less is not None and more is not None and high < 1:
            n = sizes.total_people
            assert less / round(n / low) <= more / round(n / high) * (1 + 1e-9)


@given(HISTOGRAMS)
def test_a_whole_population_is_counted(counts):
    sizes = histogram(counts)
    assert all(population_uniques(sizes, 1.0, m) == counts.get(1, 0) for m in METHODS)


@given(HISTOGRAMS, FRACTIONS)
def test_nobody_alone_gives_none(counts, fraction):
    counts.pop(1, None)
    counts[2] = 3
    assert all(population_uniques(histogram(counts), fraction, m) == 0 for m in METHODS)


def test_a_hundred_million_people_in_one_class_more_or_less():
    sizes = histogram({1: 300, 2: 200, 3: 50, 10: 5, 99_999_000: 1})
    assert 0 < population_uniques(sizes, sizes.total_people / 3e8, "dankar") < 1000


@pytest.mark.parametrize("fraction", [0.0, -0.1, 1.5, math.nan])
def test_a_fraction_that_is_none_is_refused(adult, fraction):
    for method in METHODS:
        with pytest.raises(ValueError, match="fraction"):
            population_uniques(adult, fraction, method)
