"""H(k, m) by a counter written from the definition, on random tables, trees, facts and m; and what stays the same."""

from dataclasses import replace

import numpy as np
import pytest
from support.histories_defined import (
    DROPPED,
    as_buckets,
    broken,
    consistent,
    deletes,
    everything_blanked,
    lost,
    one_level,
    random_people,
    random_problem,
    released,
    standing,
)

from tokumei.schemas.histories import LostAtMost
from tokumei.transforms.histories.problem import TooManyFactsError
from tokumei.transforms.histories.protect import UnprotectableError, protect

SEEDS = 504
BLOCKS = 12


def treated(problem, people, sizes=()):
    buckets = as_buckets(problem, people, sizes)
    try:
        return buckets, protect(problem, lambda: buckets)
    except UnprotectableError as error:
        return buckets, error


def drawn(seed):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng)
    return rng, problem, random_people(rng, problem)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_nothing_is_left_by_the_definition(block):
    """Of random problems: what is released keeps the promise, and what is refused could not be helped."""
    for seed in range(block * SEEDS // BLOCKS, (block + 1) * SEEDS // BLOCKS):
        rng, problem, people = drawn(seed)
        buckets, result = treated(problem, people, rng.integers(0, 9, 2).tolist())
        if isinstance(result, UnprotectableError):
            assert result.cause == "fixed", seed
            assert broken(problem, buckets, everything_blanked(problem, buckets)), seed
            assert len(result.prices) == len(problem.kinds)
            continue
        assert broken(problem, buckets, result) == set(), seed
        assert consistent(problem, result.levels), seed
        assert result.taken.loss == pytest.approx(float(lost(problem, buckets, result))), seed
        before, after = standing(problem, buckets), standing(problem, buckets, result)
        taken = result.taken
        assert (taken.lines, taken.people) == before, seed
        assert (taken.lines - taken.lines_lost, taken.people - taken.people_lost) == after, seed
        assert_lines_go_whole(problem, result)
        assert broken(problem, buckets) or result.taken.loss == 0, seed


def assert_lines_go_whole(problem, result):
    """Lines are deleted for facts that say so, and in tables without such facts only cells are."""
    for blanks in result.blanks:
        for table, some in enumerate(blanks):
            whole = some.mask == DROPPED
            kinds = [kind for kind in problem.kinds if kind.table == table]
            assert not whole.any() or deletes(problem, table)
            assert whole.all() or any(kind.delete == "cell" for kind in kinds)


@pytest.mark.parametrize("seed", range(1000, 1040))
def test_no_level_for_all_loses_less(seed):
    """With one level for all, no other does better with its own deletion; a cut is at least as good as any level."""
    _, problem, people = drawn(seed)
    buckets, best = treated(replace(problem, granularity="level"), people)
    if isinstance(best, UnprotectableError):
        return
    assert all(len(np.unique(level)) <= 1 for level in best.levels)
    _, cut = treated(replace(problem, granularity="cut"), people)
    assert cut.taken.loss <= best.taken.loss
    for other in one_level(problem):
        try:
            assert best.taken.loss <= protect(other, lambda: buckets).taken.loss + 1e-12
        except UnprotectableError:
            continue


@pytest.mark.parametrize("seed", range(2000, 2030))
def test_order_and_buckets_change_nothing(seed):
    """Lines, people and buckets in another order give the same levels, and the same blanks to the same people."""
    rng, problem, people = drawn(seed)
    found = []
    for _ in range(3):
        order = rng.permutation(len(people))
        shuffled = [
            ([[lines[i] for i in rng.permutation(len(lines))] for lines in people[n][0]], people[n][1])
            for n in order
        ]
        buckets, result = treated(problem, shuffled, rng.integers(0, 12, 3).tolist())
        if isinstance(result, UnprotectableError):
            found.append((result.cause, result.reached))
            continue
        of_people = released(problem, buckets, result)
        back = [of_people[i] for i in np.argsort(order)]
        found.append(([level.tolist() for level in result.levels], back, result.taken))
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("seed", range(3000, 3030))
def test_copies_of_everybody_pass_untouched(seed):
    """k people with every history: nothing singles anybody out."""
    _, problem, people = drawn(seed)
    _, result = treated(replace(problem, share=None, sensitive_values=0), people * problem.k)
    assert result.taken.loss == 0
    assert result.taken.method == "nothing"
    assert not result.blanks or not any(len(some.line) for blanks in result.blanks for some in blanks)


@pytest.mark.parametrize(("cause", "seeds"), [("occurrences", 40), ("lines", 20), ("people", 20)])
def test_what_may_be_lost_is_kept(cause, seeds):
    """A treatment within the limits is preferred to one that loses less beyond them; without any, prices are told."""
    for seed in range(4000, 4000 + seeds):
        _, problem, people = drawn(seed)
        _, free = treated(problem, people)
        if isinstance(free, UnprotectableError):
            continue
        bound = free.taken.shares()[cause] / 2
        limits = LostAtMost(**{"people": 1.0, cause: bound})
        buckets, kept = treated(replace(problem, lost_at_most=limits), people)
        if isinstance(kept, UnprotectableError):
            assert kept.cause == cause
            assert kept.reached > kept.allowed == bound
            assert all(price.shares.get("people", 0) >= 0 for price in kept.prices)
        else:
            (all_lines, everybody), left = standing(problem, buckets), standing(problem, buckets, kept)
            of = {"lines": (all_lines, left[0]), "people": (everybody, left[1])}
            before, after = of.get(cause, (kept.taken.occurrences, sum(map(sum, kept.taken.by_level))))
            assert before - after <= bound * before
            assert kept.taken.loss >= free.taken.loss
            assert broken(problem, buckets, kept) == set()


def test_too_many_facts_for_triples_are_refused_with_their_number():
    """Sets of three are counted up to a bound that is told."""
    from tokumei.transforms.histories.sets import Triples, most_facts_of_triples

    _, problem, _ = drawn(0)
    problem = replace(problem, known=3, share=None, sensitive_values=0)
    with pytest.raises(TooManyFactsError) as error:
        Triples(problem, most_facts_of_triples(problem) + 1)
    assert error.value.facts == error.value.bound + 1 > 900
    assert error.value.size == 3
