"""Person codes that differ in spelling only: counted where pass 1 saw any, and refused if undeclared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from tokumei.schemas.errors import InputError
from tokumei.schemas.people import Numbering
from tokumei.transforms.counting.codes import folded_codes, merge_spellings, unpadded
from tokumei.transforms.counting.headcount import Headcount, PersonBatch, deal_people
from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.profile.profile import Profile

_FOLDED, _UNPADDED = "folded", "unpadded"
_RESPELLED: Mapping[str, Callable[[pa.Array], pa.Array]] = {_FOLDED: folded_codes, _UNPADDED: unpadded}


@dataclass(frozen=True)
class ToCount:
    """What is known before people are counted one by one.

    Attributes:
        rejected: numbers of the records to leave out, by split id.
        seen: what pass 1 read of each split, by its id.
        spellings: in which other spellings the codes are counted besides.
    """

    rejected: Mapping[str, tuple[int, ...]]
    seen: Mapping[str, bytes]
    spellings: tuple[str, ...]


def doubtful_spellings(tables: Mapping[str, TablePlan], profile: Profile) -> dict[Numbering, tuple[str, ...]]:
    """Return, by numbering, in which other spellings there may be fewer people; most have none.

    Codes that folding leaves as they are, and codes of one length, are never fewer in another spelling: then
    nothing is read again.
    """
    found = {}
    for numbering in dict.fromkeys(plan.numbering for plan in tables.values()):
        parts = [
            profile[name].spellings
            for name, plan in tables.items()
            if plan.numbering == numbering and plan.codes is None and name in profile
        ]
        spellings = merge_spellings(parts)
        doubts = {
            _FOLDED: bool(spellings.kinds),
            _UNPADDED: spellings.padded and spellings.lengths[0] < spellings.lengths[1],
        }
        if any(doubts.values()):
            found[numbering] = tuple(spelling for spelling, doubt in doubts.items() if doubt)
    return found


def hash_persons(plan: TablePlan, chunk: Chunk[ToCount]) -> Iterator[tuple[int, PersonBatch]]:
    """Deal the people of a chunk to buckets, in the spelling that counts and in all that are in doubt."""
    fingerprint = chunk.work.key.fingerprint
    yield from deal_people(plan.name, plan.numbering, persons_of(plan, chunk), fingerprint)
    for spelling in chunk.work.decision.spellings:
        codes = _RESPELLED[spelling](chunk.batch.column(plan.table.person))
        yield from deal_people("", (*plan.numbering, spelling), persons_of(plan, chunk, codes), fingerprint)


def check_spellings(tables: Mapping[str, TablePlan], profile: Profile, people: Headcount) -> None:
    """Refuse codes that are fewer people in another spelling, until the policy says what they are.

    Raises:
        InputError: there are such codes, and no column of their link says how codes are compared.
    """
    for numbering, spellings in doubtful_spellings(tables, profile).items():
        written = people.together.get(numbering, 0)
        for spelling in spellings:
            fewer = people.together.get((*numbering, spelling), 0)
            if fewer < written:
                named = {name: plan for name, plan in tables.items() if plan.numbering == numbering}
                raise _split_people(named, profile, spelling, written, fewer)


def _split_people(
    tables: Mapping[str, TablePlan], profile: Profile, spelling: str, written: int, fewer: int
) -> InputError:
    columns = {name: f"tables.{name}.{plan.table.person}" for name, plan in tables.items()}
    if spelling == _UNPADDED:
        what = "without leading zeros"
        fix = (
            "write the codes alike in all files and tables (source.leading_zeros: {<column>: <digits>} gives"
            " back zeros that were lost); or say codes: exact on the person column, if these are different"
            " people"
        )
    else:
        kinds = (
            f"{column}: {', '.join(sorted(profile[name].spellings.kinds))}"
            for name, column in columns.items()
            if profile[name].spellings.kinds
        )
        what = f"without differences of spelling ({'; '.join(kinds)})"
        fix = (
            "say codes: folded on the person column, and codes are compared and given pseudonyms without"
            " these differences; or codes: exact, if they are different people"
        )
    return InputError(
        "input.person_codes",
        where=", ".join(columns.values()),
        what=f"{written:,} different person codes are {fewer:,} {what}: one person would count as several",
        fix=fix,
    )
