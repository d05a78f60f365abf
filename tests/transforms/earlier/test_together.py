"""Joint classes of many releases, against sets of people."""

import random

import polars as pl
import pytest

from tokumei.schemas.kept_releases import KeptRecoding
from tokumei.transforms.counting.people import count_people, merge_people
from tokumei.transforms.earlier.kept import KEPT_COUNTS, packed_classes
from tokumei.transforms.earlier.together import NOW, JoinedReleases, join_together, key_classes
from tokumei.transforms.engine.run_key import RunKey

KEY, K = RunKey(bytes(32)), 4


def recoding(labels):
    classes = pl.DataFrame(
        {"e0": labels, KEPT_COUNTS: [[9]] * len(labels)}, schema_overrides={"e0": pl.String}
    )
    return KeptRecoding(
        table="t",
        way="full_domain",
        declared={"a": ""},
        levels={},
        removed={},
        releases=("r",),
        classes=packed_classes(classes),
        exact=True,
    )


@pytest.mark.parametrize("several", [False, True])
def test_people_of_all_classes_at_once(several):
    draw = random.Random(5)
    people = [tuple(draw.choice("abc") for _ in range(4)) for _ in range(120)]
    shown = {1: {"a", "b"}, 3: {"a", "b", "c"}, 7: {"b", None}}  # what was too small was not released
    keyed = pl.DataFrame(
        {
            name: key_classes(pl.DataFrame({"e0": [who[i] for who in people]}), KEY)
            for i, name in enumerate([NOW, "1", "3", "7"])
        }
    )
    numbers = pl.Series(range(len(people)), dtype=pl.UInt64).to_numpy() if several else None
    parts = [keyed[:50], keyed[50:]]
    ids = [None, None] if numbers is None else [numbers[:50], numbers[50:]]
    found = merge_people([count_people(p, persons=i, cap=1 << 40) for p, i in zip(parts, ids, strict=True)])
    earlier = {i: recoding(sorted(labels, key=str)) for i, labels in shown.items()}
    seen = [
        (w[0], *(x if x in s else None for x, s in zip(w[1:], shown.values(), strict=True))) for w in people
    ]
    sizes = [sum(all(a is None or a == b for a, b in zip(one, w, strict=True)) for w in seen) for one in seen]
    few, alone = sum(n < K for n in sizes), sizes.count(1)
    assert few > alone > 0
    assert join_together(found, earlier, K, KEY) == JoinedReleases(3, 120, few, alone)
