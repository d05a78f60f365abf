"""What is told of coarsened values is the same in whatever order chunks are merged, and nothing by luck."""

from types import SimpleNamespace

import numpy as np
import pytest

from tokumei.transforms.exposure import betrayed as kernel
from tokumei.transforms.exposure.betrayed import Betrayed, betrayals_of, merge_betrayed


def drawn(people, seed):
    draw = np.random.default_rng(seed)
    source = draw.integers(1, 21, people).astype(np.uint64)
    luck = draw.integers(1, 11, people).astype(np.uint64)
    return Betrayed(
        draws=draw.random(people),
        released=np.stack([(source + np.uint64(1)) // np.uint64(2), luck, np.zeros_like(luck)], axis=1),
        sources=source[:, None],
        amounts=np.full((people, 1), np.nan),
    )


@pytest.mark.parametrize("ordered", [False, True])
def test_half_is_told_by_what_leaves_two_and_nothing_by_luck(monkeypatch, ordered):
    monkeypatch.setattr(kernel, "tellers", lambda plan: ("halves", "luck"))
    plan = SimpleNamespace(quasi_identifiers=("q",), k=5)
    parts = [drawn(3_000, seed) for seed in range(3)]
    if ordered:
        parts = [
            Betrayed(draws=p.draws, released=p.released, sources=p.sources, amounts=p.sources.astype(float))
            for p in parts
        ]
    one, other = merge_betrayed(parts), merge_betrayed([merge_betrayed(parts[:0:-1]), parts[0]])
    found = list(betrayals_of(plan, one))
    assert found == list(betrayals_of(plan, other))
    ((teller, name, share),) = found
    assert (teller, name) == ("halves", "q")
    assert share == pytest.approx(0.99 if ordered else 1 - 0.5 / 0.95, abs=0.02)


def test_those_looked_at_have_the_smallest_draws_and_equal_ones_stay_in_their_order():
    draws = np.random.default_rng(1).integers(0, 5_000, 9_000) / 5_000
    assert kernel._smallest(draws).tolist() == np.argsort(draws, kind="stable")[: kernel._PEOPLE].tolist()
    few = kernel.draw_people(7, ("split", 0))
    assert sorted(few.rows) == list(range(7)) and (np.diff(few.draws) > 0).all()
