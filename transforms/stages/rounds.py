"""One round of the sharded search as a PTransform."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.transforms.counting.histogram import Histogram
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.chunks import SizedPickleCoder
from tokumei.transforms.engine.combine import MergeAll
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.recode.count import Histograms
from tokumei.transforms.recode.sharded.rounds import (
    ClassPlace,
    RoundCount,
    State,
    add_round,
    count_place,
    roll_up,
)
from tokumei.transforms.recode.sharded.terms import AllTerms

Shard = tuple[int, Histograms]
Counted = tuple[int, RoundCount]  # all under one key
_WITH_STATE = 0  # the shard that sends the state on


@dataclass(frozen=True)
class MeetingPoint:
    """Where what is exchanged meets: the classes of a place; where there is no place, the state."""

    place: ClassPlace | None


class MeetingPointCoder(beam.coders.Coder):
    """Coder of `MeetingPoint`: JSON, the same bytes on every worker, because it is the key of an exchange."""

    def encode(self, value: MeetingPoint) -> bytes:
        """Encode a meeting point."""
        return json.dumps(value.place).encode()

    def decode(self, encoded: bytes) -> MeetingPoint:
        """Decode a meeting point."""
        if (place := json.loads(encoded)) is None:
            return MeetingPoint(None)
        table, node, part = place
        return MeetingPoint((table, tuple(node), part))

    def is_deterministic(self) -> bool:
        """Equal ones have equal bytes."""
        return True

    def to_type_hint(self) -> type:
        """Return the element type."""
        return MeetingPoint


registry.register_coder(MeetingPoint, MeetingPointCoder)
registry.register_coder(RoundCount, SizedPickleCoder)

Sent = tuple[MeetingPoint, Histogram | State]


class CountRound(beam.PTransform):
    """Count the nodes that the searches ask for.

    Element types: (`Shard` (any number), `State` (exactly one)) → (0, `RoundCount`) (exactly one, with that
    state; none where there is no shard).
    """

    def __init__(self, plan: Plan, fits: AsSingleton, terms: AsSingleton) -> None:
        super().__init__()
        self._plan, self._fits, self._terms = plan, fits, terms

    def expand(self, inputs: tuple[PCollection[Shard], PCollection[State]]) -> PCollection[Counted]:
        """Shards and state → classes by meeting point → counts by place → their sum."""
        shards, state = inputs
        add = MergeAll(add_round).with_input_types(RoundCount).with_output_types(RoundCount)
        return (
            shards
            | "Ask"
            >> each_to_many(_ask, self._plan, self._fits, AsSingleton(state, State())).with_output_types(Sent)
            | "Exchange" >> beam.GroupByKey()
            | "Count" >> each(_count, self._terms).with_output_types(Counted)
            | "Add" >> beam.CombinePerKey(add)
        )


@guarded
def _ask(shard: Shard, plan: Plan, fits: Fits, state: State) -> Iterator[Sent]:
    for place, classes in roll_up(plan, fits, shard[1], state.asked):
        yield MeetingPoint(place), classes
    if shard[0] == _WITH_STATE:
        yield MeetingPoint(None), state


@guarded
def _count(exchanged: tuple[MeetingPoint, Iterable[Histogram | State]], terms: AllTerms) -> Counted:
    point, parts = exchanged
    if point.place is None:
        (state,) = (part for part in parts if isinstance(part, State))
        return 0, RoundCount({}, state)
    classes = [part for part in parts if isinstance(part, Histogram)]
    return 0, RoundCount(count_place(terms, point.place, classes))
