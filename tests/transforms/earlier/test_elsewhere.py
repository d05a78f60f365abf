"""Releases of other levels, person by person, against sets of people."""

import itertools
import random

import numpy as np
import polars as pl
import pytest

from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.earlier.changes import InClasses, merge_standing
from tokumei.transforms.earlier.elsewhere import (
    CLASS,
    PAIR,
    VALUE_OF,
    Elsewhere,
    members,
    tell_elsewhere,
)
from tokumei.transforms.earlier.kept import kept_people, past_of
from tokumei.transforms.earlier.together import NOW

K = 4


def keys(numbers):
    return np.array(numbers, np.int64).astype(np.uint64)


def standing(people):
    """People as (number, class then, class now, value of x, of y), a record each."""
    rows = np.array(sorted(people), np.int64).reshape(-1, 5)
    pairs = joint_keys(keys(rows[:, 0]), rows[:, 1])
    values = {"x": keys(rows[:, 3]), "y": keys(rows[:, 4])}
    return merge_standing([InClasses(keys(rows[:, 1]), pairs, values, np.ones(len(rows), np.int64))])


def rows_of(people):
    rows = np.array(sorted(people), np.int64).reshape(-1, 5)
    number, then, now, x, y = rows.T
    return pl.DataFrame(
        {
            PERSON: keys(number),
            NOW: keys(now),
            "3": keys(then),
            f"{CLASS}3": keys(then),
            f"{PAIR}3": joint_keys(keys(number), then),
            f"{VALUE_OF}x": keys(x),
            f"{VALUE_OF}y": keys(y),
        }
    )


def groups_shown(before, today):
    """Yield (class, people) of each group that a reader tells apart, who matches people by any columns."""
    was = {(who[0], who[1]) for who in before}
    here = {(who[0], who[1]) for who in today}
    for now in {who[2] for who in today}:
        yield ("now", now), {who[0] for who in today if who[2] == now and who[:2] not in was}
    for then in {who[1] for who in before}:
        yield ("then", then), {pair[0] for pair in was - here if pair[1] == then}
    for then, now in {who[1:3] for who in today}:
        both = {who for who in today if who[1:3] == (then, now) and who[:2] in was}
        yield ("both", then, now), {who[0] for who in both}
        for column in (3, 4):
            same = {who for who in both if any(b[:2] == who[:2] and b[column] == who[column] for b in before)}
            yield ("both", then, now), {who[0] for who in same}
            yield ("both", then, now), {who[0] for who in both - same}


@pytest.mark.parametrize("seed", range(60))
def test_who_is_shown_beside_other_levels(seed):
    draw = random.Random(seed)
    before = {
        (i, draw.randrange(3), 0, draw.randrange(2), draw.randrange(2)) for i in range(draw.choice([20, 60]))
    }
    today = set()
    change = draw.choice([0, 0.02, 0.3])
    for number, then, _, *values in before:
        if draw.random() >= change / 2:
            x, y = (draw.randrange(2) if draw.random() < change else v for v in values)
            today.add(
                (number, then, draw.choice([then // 2, draw.randrange(2)]) if change else then // 2, x, y)
            )
    today |= {(100 + i, draw.randrange(3), draw.randrange(2), 0, 0) for i in range(draw.choice([0, 0, 1, 9]))}
    past = past_of(kept_people("then", standing(before)))
    found = {(name, who) for name, group in groups_shown(before, today) if len(group) < K for who in group}
    shown = tell_elsewhere(rows_of(today), 3, past, K)
    assert shown == Elsewhere(len({name for name, _ in found}), len(found))
    kept = rows_of(today).with_columns(members(rows_of(today), 3, past))
    was = {who[:2] for who in before}
    assert kept["3"].is_not_null().sum() == sum(who[:2] in was for who in today)


def test_random_cases_are_of_both_kinds():
    """Some show few people, and some nobody: else the test above would say little."""
    calm = {(i, i % 3, i % 3 // 2, 0, 0) for i in range(30)}
    past = past_of(kept_people("then", standing(calm)))
    assert tell_elsewhere(rows_of(calm), 3, past, K) == Elsewhere(0, 0)
    for who, some in itertools.product(sorted(calm)[:1], [(99, 0, 0, 0, 0), (0, 0, 0, 1, 0)]):
        assert tell_elsewhere(rows_of((calm - {who}) | {some}), 3, past, K).classes > 0


def test_several_records_of_a_newcomer_are_one_person():
    """In classes that were apart then and are one now."""
    calm = {(i, i % 3, 0, 0, 0) for i in range(30)}
    past = past_of(kept_people("then", standing(calm)))
    came = {(99, then, 0, 0, 0) for then in range(3)} | {(98, then, 0, 0, 0) for then in range(3)}
    assert tell_elsewhere(rows_of(calm | came), 3, past, K) == Elsewhere(1, 2)
