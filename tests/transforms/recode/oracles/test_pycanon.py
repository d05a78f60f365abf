"""The measures of released tables, against what pycanon 1.3.5 reports of them (its own files are not copied here:
their licences are not stated). Reproduce, in an environment of its own (pip install pycanon==1.3.5), per table:

    d = pandas.read_csv("adult.csv", sep=";", dtype=str)   # age as int where it is sensitive
    d[QI] = the labels of the node, from the hierarchy files; classes of fewer than k rows dropped
    k_anonymity(d, QI), l_diversity(d, QI, [SA]), entropy_l_diversity,
    basic_beta_likeness, enhanced_beta_likeness, t_closeness, delta_disclosure

pycanon rounds: entropy ℓ down to a whole number, c up to the next. Its enhanced β is the largest growth anywhere,
cut at −ln of the rarest value's share. t is the equal distance for texts, the ordered one for numbers.
"""

import math

import numpy as np
import pytest
from support import adult

from tokumei.transforms.counting.contingency import Contingency
from tokumei.transforms.counting.histogram import Histogram, pack
from tokumei.transforms.recode.models.closeness import EqualCloseness, OrderedCloseness
from tokumei.transforms.recode.models.diversity import DistinctDiversity, EntropyDiversity
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.models.likeness import BetaLikeness, DeltaDisclosure

QI = ("sex", "age", "race", "marital-status")
# quasi-identifiers, node, sensitive, least rows a class, rows; k, ℓ, entropy ℓ, β, enhanced β, t, δ
TABLES = [
    (
        QI,
        (0, 2, 1, 1),
        "occupation",
        0,
        30162,
        (3, 2, 1, 29.13186813186813, 8.11711355558441, 0.7337709700948213, 3.4055833536054094),
    ),
    (
        QI,
        (0, 2, 1, 1),
        "salary-class",
        0,
        30162,
        (3, 1, 1, 1.6782099094299414, 1.3906137352142307, 0.4177441814203302, 5.523123615445454),
    ),
    (
        QI,
        (1, 3, 1, 0),
        "occupation",
        5,
        30153,
        (7, 5, 3, 10.097902097902097, 8.11681512235663, 0.57387324644314, 2.4067560902665015),
    ),
    (
        QI,
        (0, 3, 0, 2),
        "education",
        20,
        30088,
        (21, 5, 3, 19.580027359781123, 6.55068158445661, 0.42026405084767215, 4.941306446777409),
    ),
    (
        ("sex", "race", "marital-status"),
        (0, 0, 1),
        "age",
        0,
        30162,
        (14, 13, 12, 20.421875000000004, 10.31433813292063, 0.11496837266554041, 4.822234691225919),
    ),
    (
        ("sex", "race", "education"),
        (0, 1, 1),
        "age",
        0,
        30162,
        (126, 47, 40, 50.122033898305084, 10.31433813292063, 0.09036869089761188, 3.934215596020865),
    ),
]


def released(names, node, sensitive, least):
    """The histogram of the released rows: classes over labels, the sensitive column over its domain."""
    columns = adult.codes(adult.ROWS)
    labels = [adult.ladder(n).codes[level][columns[n]] for n, level in zip(names, node, strict=True)]
    sizes = tuple(len(adult.ladder(n).labels[level]) for n, level in zip(names, node, strict=True))
    _, place, counts = np.unique(pack(labels, sizes), return_inverse=True, return_counts=True)
    kept = counts[place] >= least
    keys, place = np.unique(pack(labels, sizes)[kept], return_inverse=True)
    size = len(adult.DOMAINS[sensitive])
    cells, people = np.unique(place * size + columns[sensitive][kept], return_counts=True)
    table = Contingency(tuples=cells // size, values=cells % size, counts=people, size=size)
    records = np.bincount(place)
    return Histogram(
        keys=keys,
        sizes=sizes,
        records=records,
        total_people=int(records.sum()),
        sensitive={"s": table},
        nulls=(-1,) * len(sizes),
    )


@pytest.mark.parametrize(("names", "node", "sensitive", "least", "rows", "values"), TABLES)
def test_measures(names, node, sensitive, least, rows, values):
    on = released(names, node, sensitive, least)
    k, distinct, entropy, beta, enhanced, t, delta = values
    q = on.sensitive["s"].distribution()
    overall = tuple(q.tolist())
    assert on.total_people == rows
    assert KAnonymity(2).reached(on) == k
    assert DistinctDiversity("s", 2).reached(on) == distinct
    assert math.floor(EntropyDiversity("s", 2).reached(on) + 1e-9) == entropy
    grown = BetaLikeness("s", 1.0, overall, enhanced=False).reached(on)
    assert grown == pytest.approx(beta, rel=1e-9)
    assert min(grown, float(-np.log(q[q > 0].min()))) == pytest.approx(enhanced, rel=1e-9)
    if sensitive == "age":
        model = OrderedCloseness("s", 0.1, overall, tuple(range(len(overall))))
    else:
        model = EqualCloseness("s", 0.1, overall)
    assert model.reached(on) == pytest.approx(t, rel=1e-9)
    assert DeltaDisclosure("s", 1.0, overall).reached(on) == pytest.approx(delta, rel=1e-9)
