"""What facts tell about people in the published claims: numbers computed elsewhere, and what is left of them."""

from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from support.histories_defined import as_buckets, facts_of, random_people, random_problem
from support.trees_of_labels import lines_of, one_fact, tree_of

from tokumei.transforms.histories.measures import RareFacts, unicity
from tokumei.transforms.histories.protect import protect

CLAIMS = Path(__file__).parents[2] / "data" / "anonypy" / "receipt.csv"


@pytest.fixture(scope="module")
def claims():
    """Return the insured, and the labels of a line's disease: by month, quarter, year, ever."""
    table = pl.read_csv(CLAIMS, infer_schema_length=0)
    quarter = (pl.col("treatment_ym").str.slice(5).cast(int) - 1) // 3
    year = pl.col("treatment_ym").str.slice(0, 4)
    labels = table.select(
        month=pl.col("icd10") + pl.col("treatment_ym"),
        quarter=pl.col("icd10") + year + "Q" + quarter.cast(str),
        year=pl.col("icd10") + year,
        ever=pl.col("icd10"),
    )
    return table["iid"].to_numpy(), {name: labels[name].to_numpy().astype(str) for name in labels.columns}


@pytest.mark.parametrize(
    ("level", "facts", "pairs", "unique", "largest"),
    [
        ("ever", RareFacts(19, 0, 1, 0, 2), RareFacts(161, 5, 10, 1, 7), 656, 16),
        ("month", RareFacts(1221, 279, 563, 106, 284), RareFacts(121229, 81548, 113968, 755, 849), 937, 154),
        ("quarter", RareFacts(493, 78, 182, 37, 138), RareFacts(41079, 19505, 32762, 422, 623), 924, 118),
    ],
)
def test_the_published_claims(claims, level, facts, pairs, unique, largest):
    """Facts, pairs and sets of the claims, as counted by other scripts."""
    people, labels = claims
    leaf, group = tree_of(labels[level])
    found = unicity(one_fact(group), lambda: [lines_of(people, leaf)], None)
    assert (found.people, found.facts, found.pairs, found.unique, found.largest) == (
        947,
        facts,
        pairs,
        unique,
        largest,
    )
    assert list(found.known) == sorted(found.known)


def test_the_claims_by_month_are_released_by_year_where_they_can_be(claims):
    """The cut keeps years and quarters of common diseases: less is lost than the 0.067 of a greedy choice."""
    people, labels = claims
    leaf, group = tree_of(*labels.values())
    problem = one_fact(group)
    bucket = lines_of(people, leaf)
    best = protect(problem, lambda: [bucket])
    assert best.taken.loss < 0.056
    assert best.taken.people_lost == 0
    after = unicity(problem, lambda: [bucket], best)
    assert (after.facts.of_few, after.pairs.of_few, after.pairs.people_of_few) == (0, 0, 0)


@pytest.mark.parametrize("seed", range(20))
def test_random_tables_by_definition(seed):
    """Facts, pairs and whole sets, against sets counted one by one."""
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    buckets = as_buckets(problem, random_people(rng, problem), [3])
    found = unicity(problem, lambda: buckets, None)
    levels = [np.zeros(g.leaves, int) for g in problem.groups]
    sets = [some for bucket in buckets for some in facts_of(problem, bucket, None, levels) if some]
    for size, told in ((1, found.facts), (2, found.pairs)):
        having = {}
        for some in sets:
            for few in combinations(sorted(some), size):
                having[few] = having.get(few, 0) + 1
        assert told.number == len(having)
        assert told.of_one == sum(n == 1 for n in having.values())
        assert told.of_few == sum(n < problem.k for n in having.values())
    assert found.people == found.compared == len(sets)
    assert found.unique == sum(sets.count(some) == 1 for some in sets)
    assert found.few == sum(sets.count(some) < problem.k for some in sets)
