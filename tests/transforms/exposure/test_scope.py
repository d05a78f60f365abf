"""What is counted of a table: every column of wide ones too, and never more than can be held."""

from itertools import combinations

import pytest
from support.choosing import planned
from support.helpers import KEEP_ALL, SUPPRESS, policy_of

from tokumei.transforms.exposure.scope import LARGEST, MOST_SETS, exposure_scope


def scope_of(kept, treated=0):
    columns = {f"q{i}": KEEP_ALL for i in range(kept)} | {
        f"s{i}": {"treat": [SUPPRESS]} for i in range(treated)
    }
    return exposure_scope(planned(policy_of(columns)).tables["t"])


@pytest.mark.parametrize(
    ("kept", "treated"), [(1, 0), (3, 2), (4, 1), (0, 5), (63, 0), (64, 0), (65, 0), (70, 30)]
)
def test_sets_are_the_first_of_all_and_all_are_told(kept, treated):
    scope = scope_of(kept, treated)
    quasi_identifiers = {f"s{i}" for i in range(treated)}
    every = [(name,) for name in scope.watched] + [scope.watched] * (len(scope.watched) > LARGEST)
    every += [
        c for n in (2, 3) for c in combinations(scope.watched, n) if not quasi_identifiers.issuperset(c)
    ]
    assert scope.of_sets == len(every)
    assert scope.sets == tuple(every[: max(MOST_SETS, kept + treated)])


def test_three_thousand_columns_are_all_counted_within_the_same_memory():
    wide, narrow = scope_of(3000), scope_of(3)
    assert wide.sets == tuple((name,) for name in wide.watched)
    assert wide.of_sets == 3000 + 1 + 3000 * 2999 // 2 + 3000 * 2999 * 2998 // 6
    entries = sum(map(wide.most, wide.sets))
    assert narrow.most(("q0",)) == 1 << 16
    assert 0.9 * MOST_SETS * (1 << 16) < entries <= MOST_SETS * (1 << 16)
