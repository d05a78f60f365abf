"""Every pair of state and event is told: allowed, or refused with a reason; and the states are those of the law."""

import pytest

from tokumei.schemas.events import AnyPayload
from tokumei.schemas.regimes import cited
from tokumei.schemas.transitions import NEW, lines, transition, transitions
from tokumei.transforms.ledger.conditions import CONDITIONS

KINDS = {p.model_fields["kind"].default: p for p in AnyPayload.__args__[0].__args__}
FIRST = {"proposer": "held", "event": "recorded"}  # what a thing is in before any event is about it


def states(of):
    return {key[0].split(":")[1] for key in transitions() if key[0].split(":")[0] == of}


PAIRS = [(p.of, state, kind) for kind, p in KINDS.items() for state in sorted(states(p.of))]


@pytest.mark.parametrize(("of", "state", "kind"), PAIRS)
def test_every_pair_is_allowed_or_refused_with_a_reason(of, state, kind):
    rows = transitions()[f"{of}:{state}", kind]
    assert [bool(row.when) for row in rows] == [True] * (len(rows) - 1) + [False], "the last line catches all"
    for row in rows:
        assert bool(row.next) != bool(row.reason), "either allowed, or refused with a reason"
        assert not row.when or row.when in CONDITIONS
        assert row.command and row.who
        for regime in ("public_2017", "public_2022", "public"):
            assert cited(row.article, regime).startswith("法第") or row.of == "event"
    assert transition(of, state, kind, lambda _: False) == rows[-1]
    assert transition(of, state, kind, lambda _: True) == rows[0]


def test_the_table_speaks_of_nothing_else():
    assert {line["event"] for line in lines()} == set(KINDS)
    assert all(KINDS[line["event"]].of == line["of"] for line in lines())
    assert {line["when"] for line in lines()} - {""} == set(CONDITIONS)


def test_each_event_has_one_article_and_one_command():
    for field in ("article", "command"):
        told = {}
        for line in lines():
            assert told.setdefault(line["event"], line[field]) == line[field]


@pytest.mark.parametrize("of", sorted({p.of for p in KINDS.values()}))
def test_every_state_is_reached(of):
    found = {FIRST.get(of, NEW)}
    for _ in range(20):
        found |= {
            r.next
            for (key, _), rows in transitions().items()
            for r in rows
            if r.next and key in {f"{of}:{s}" for s in found}
        }
    assert found == states(of)


def test_articles_of_three_regimes():
    assert [cited("112", r) for r in ("public_2017", "public_2022", "public")] == [
        "法第44条の5",
        "法第110条",
        "法第112条",
    ]
    assert cited("60", "public_2022") == "法第60条" and cited("44条の8", "public_2017") == "法第44条の8"
