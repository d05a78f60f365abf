"""H(k, m) by a counter written from the definition, on random tables, trees, facts and m; and what stays the same."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from support.histories_defined import as_buckets, broken, lost, random_people, random_problem

from tokumei.transforms.histories.protect import InfeasibleError, protect

SEEDS = 520


def treated(problem, people, sizes=()):
    buckets = as_buckets(problem, people, sizes)
    try:
        return buckets, protect(problem, lambda: buckets)
    except InfeasibleError as error:
        return buckets, error


def consistent(problem, levels):
    """Whether everything under a released node is released at it."""
    for group, level in zip(problem.groups, levels):
        node = group.chain[level, np.arange(group.leaves)]
        for leaf in range(group.leaves):
            for other in range(group.leaves):
                if node[leaf] in group.chain[:, other] and node[other] != node[leaf]:
                    return False
    return True


@pytest.mark.parametrize("block", range(13))
def test_nothing_is_left_by_the_definition(block):
    """Of random problems: what is released keeps the promise, and what is refused cannot be helped."""
    refused = 0
    for seed in range(block * SEEDS // 13, (block + 1) * SEEDS // 13):
        rng = np.random.default_rng(seed)
        problem = random_problem(rng)
        people = random_people(rng, problem)
        buckets, result = treated(problem, people, rng.integers(0, 9, 2).tolist())
        if isinstance(result, InfeasibleError):
            refused += 1
            assert result.cause == "fixed", seed
            continue
        assert broken(problem, buckets, result) == set(), seed
        assert consistent(problem, result.levels), seed
        assert result.account.loss == pytest.approx(float(lost(problem, buckets, result))), seed
        if not broken(problem, buckets):
            assert result.account.loss == 0, seed
        if all(len({*level.tolist()}) < 2 for level in result.levels) and problem.granularity == "level":
            continue
    assert refused < 40
