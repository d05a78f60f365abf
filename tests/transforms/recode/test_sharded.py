"""Parts of a histogram add up: dealt, rolled up, exchanged and counted in any number of places."""

import itertools

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lattices import lattices

from tokumei.transforms.counting.histogram import PACKED
from tokumei.transforms.counting.people import RECORDS, count_people, merge_people
from tokumei.transforms.recode.count import TableCount, merge_histograms
from tokumei.transforms.recode.lattice import Lattice, count_node, failing_classes
from tokumei.transforms.recode.sharded.parts import add_counts, deal_tuples, join, place_of, split, whole


@settings(max_examples=100)
@given(lattices(), st.integers(1, 4), st.integers(1, 5))
def test_counts_of_places_add_up_to_the_count_of_the_node(drawn, shards, places):
    lattice, _, _ = drawn
    models = [m for m in lattice.models if not m.collective]
    one = Lattice(lattice.ladders, lattice.histogram, models)
    parts = [part for _, part in split(one.histogram, shards)]
    for node in itertools.islice(itertools.product(*(range(t + 1) for t in one.top)), 0, None, 3):
        at = {}
        for part in parts:
            for place, classes in split(Lattice(one.ladders, part, ()).classes(node)[0], places):
                at.setdefault(place, []).append(classes)
        counts = []
        for classes in map(join, at.values()):
            of_tuple = np.arange(len(classes))
            counted = count_node(
                one.ladders,
                *failing_classes(models, classes),
                node=node,
                classes=classes,
                base_node=node,
                base=classes,
                of_tuple=of_tuple,
            )
            counts.append({("t", node): counted})
        total, expected = add_counts(counts)["t", node], one.count(node)
        for name in ("classes", "squares", "kept", "kept_squares", "suppressed_records", "suppressed_people"):
            assert getattr(total, name) == getattr(expected, name)
        assert (total.doomed_records, total.doomed_people) == (
            expected.doomed_records,
            expected.doomed_people,
        )
        assert [g.tolist() for g in total.gone] == [g.tolist() for g in expected.gone]
        # the doomed are told by the node's labels here, by those of a finer node there
        lifted = [
            ladder.lift(doomed, low, high).tolist()
            for ladder, doomed, low, high in zip(
                one.ladders, expected.doomed, expected.resolved, node, strict=True
            )
        ]
        assert [d.tolist() for d in total.doomed] == lifted
    everybody = join([whole(one.ladders, part) for part in parts])
    assert len(everybody) == 1 and everybody.people.tolist() == [one.histogram.total_people]
    expected = one.histogram.sensitive["s"].distribution().tolist()
    assert everybody.sensitive["s"].distribution().tolist() == expected


@given(
    st.lists(st.tuples(st.integers(0, 1 << 60), st.integers(0, 5)), min_size=1, max_size=40),
    st.integers(1, 7),
    st.booleans(),
)
def test_dealing_loses_nothing_and_parts_every_tuple_whole(rows, shards, several):
    frame = pl.DataFrame({PACKED: [key % 11 * 1_000_003 for key, _ in rows]})
    persons = np.array([p for _, p in rows], np.uint64) if several else None
    counted = {"t": TableCount(count_people(frame, persons=persons, cap=1 << 62), {})}
    dealt = dict(deal_tuples(counted, shards))
    assert all(0 <= shard < shards for shard in dealt)
    assert 0 in dealt  # whatever it holds, it sends the state of the search
    for shard, part in dealt.items():
        assert not part or set(place_of(part["t"].tuples.counts[PACKED].to_numpy(), shards)) == {shard}
    again = merge_histograms(list(dealt.values()))["t"].tuples
    whole_count = merge_people([counted["t"].tuples])
    assert again.people().sort(PACKED).rows() == whole_count.people().sort(PACKED).rows()
    assert int(again.counts[RECORDS].sum()) == len(rows)


def test_neighbouring_tuples_are_spread_evenly():
    places = np.bincount(place_of(np.arange(100_000) * 64, 64), minlength=64)
    assert places.min() > 1_000 and places.max() < 2_200
