"""The passes of a run over the first records of its files: what would stop it, or is better known before.

The same readers, checks and criteria work here as in a run. What they refuse in the first records they refuse
in the whole file, so it is raised; what only the whole file can tell (classes, rare combinations, how many
people share a value) is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.splits import TableFile
from tokumei.transforms.decisions.decision import Decision, decision_of
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.decisions.recoder import Recoder
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Chunk
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.hierarchies.steps import ANY
from tokumei.transforms.leaks.found import Leaks, add_leaks
from tokumei.transforms.leaks.scan import scan
from tokumei.transforms.leaks.verdict import refuse_leaks
from tokumei.transforms.planning.inputs import files_together
from tokumei.transforms.planning.persons import persons_of
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.preview.sample import Looked, first_chunks
from tokumei.transforms.preview.standing import refuse_standing
from tokumei.transforms.profile.fit import fit, tables_to_count
from tokumei.transforms.profile.profile import Profile, merge_profiles, profile_chunk
from tokumei.transforms.release.anonymize import anonymize_chunk

# A kept column in which so large a share of so many values stand once is told: it may be a code of its own.
NEARLY_ALL, MANY = 0.9, 100

_Hashes = npt.NDArray[np.uint64]


@dataclass(kw_only=True)
class Seen:
    """What the first records of a table's files showed; counts, and names of columns.

    Attributes:
        looked: how far.
        rejects: unreadable records by (column, reason).
        values: column → cells with a value, of all columns that a release is made from.
        distinct: kept column → (different values, values), added up over batches that are not small.
        unread: column → (values that its methods cannot read, values).
        leaks: what was found of codes and of source values.
    """

    looked: Looked = field(default_factory=Looked)
    rejects: Mapping[tuple[str, str], int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    distinct: dict[str, tuple[int, int]] = field(default_factory=dict)
    unread: dict[str, tuple[int, int]] = field(default_factory=dict)
    leaks: Leaks = field(default_factory=dict)

    def empty(self) -> list[str]:
        """Return the columns without any value."""
        return [name for name, n in self.values.items() if not n]

    def nearly_unique(self) -> dict[str, tuple[int, int]]:
        """Return the kept columns in which nearly every value is another: different values, and values."""
        return {name: found for name, found in self.distinct.items() if found[0] >= NEARLY_ALL * found[1]}


def look(plan: Plan, files: Sequence[TableFile], most: int) -> dict[str, Seen]:
    """Try a run on the first records of every file.

    Args:
        plan: the run.
        files: those that were planned, of tables and populations.
        most: records of a file, at most.

    Returns:
        By table, what was seen.

    Raises:
        InputError: the run would end with it.
        RequirementError: verification.leak; the run would end with it unless it leaves these records out. Or
            an item that one table deletes stands in another; a run would not look for it.
    """
    key = RunKey.draw()
    profile, hashes = _profiled(plan, files, key, most)
    people = {
        name: len(np.unique(np.concatenate([*hashes[name], np.empty((0, 2), np.uint64)]), axis=0))
        for name in tables_to_count(plan.tables, profile)
    }
    fits = fit(plan, profile, people, key)
    refuse_standing(plan, files, key, most)
    for name, table in plan.tables.items():
        for column, chain in table.chains.items():
            if chain.generalize is not None:
                chain.ladder(fits[name].columns[column])  # refuses what its hierarchy lacks
    return {name: _treated(plan, table, files, fits, key, most=most) for name, table in plan.tables.items()}


def chance_leaks(table: TablePlan, seen: Seen) -> str | None:
    """Return what stops a run only if the whole file is as its first records are; None for nothing."""
    try:
        refuse_leaks(table, seen.leaks)
    except RequirementError as error:
        return error.what
    return None


def _profiled(
    plan: Plan, files: Iterable[TableFile], key: RunKey, most: int
) -> tuple[Profile, dict[str, list[_Hashes]]]:
    parts, hashes = [], {name: list[_Hashes]() for name in plan.sources}
    for together in files_together(files, plan.sources):
        table = plan.sources[together[0].table]
        columns = {**table.profile_types(), **table.types(table.table.person)}
        for chunk in first_chunks(
            table, together, columns, key, NOTHING_LEFT_OUT, most=most, looked=Looked()
        ):
            parts.append(profile_chunk(table, chunk))
            if table.table.person is not None:
                hashes[table.name].append(persons_of(table, chunk))
    return merge_profiles(plan.sources, parts), hashes


def _treated(
    plan: Plan, table: TablePlan, files: Iterable[TableFile], fits: Fits, key: RunKey, *, most: int
) -> Seen:
    """Apply the criteria to the first records of a table, without any class."""
    fitted = fits[table.name]
    seen, leaks = Seen(rejects=fitted.rejects), []
    decided = decision_of(fitted, _coarsest(table, fitted))
    own = [found for found in files if found.table == table.name]
    for together in files_together(own, plan.sources):
        for chunk in first_chunks(
            table, together, table.output_types(), key, decided, most=most, looked=seen.looked
        ):
            _count_values(table, chunk, seen)
            made = anonymize_chunk(table, chunk, people=table.name in plan.told_apart)
            for name, blanked, of in _unread(table, made.tally.blanked, made.tally.changed):
                _add(seen.unread, name, blanked, of)
            leaks.append(scan(table, made.batch, sources=made.sources, order=made.order, names=made.names))
    seen.leaks = add_leaks(leaks)
    certain = {search: count for search, count in seen.leaks.items() if count.sure or seen.looked.whole}
    refuse_leaks(table, certain)
    return seen


def _coarsest(table: TablePlan, fitted: FittedTable) -> Recoder | None:
    """Return the recoder that leaves nothing of any quasi-identifier: what is chosen is not known yet."""
    sizes = tuple(len(fitted.columns[name].domain or ()) for name in table.quasi_identifiers)
    if not sizes:
        return None
    return Recoder(
        sizes=sizes,
        tables=tuple(np.zeros((1, size), np.int32) for size in sizes),
        labels=((ANY,),) * len(sizes),
        nodes=np.zeros((1, len(sizes)), np.int32),
        exceptions=np.empty(0, np.int64),
        groups=np.empty(0, np.int32),
    )


def _count_values(table: TablePlan, chunk: Chunk[Decision], seen: Seen) -> None:
    for name, values in zip(chunk.batch.schema.names, chunk.batch.columns, strict=True):
        present = len(values) - values.null_count
        seen.values[name] = seen.values.get(name, 0) + present
        if table.table.columns[name].keep and present >= MANY:
            _add(seen.distinct, name, len(values.drop_null().unique()), present)


def _add(counts: dict[str, tuple[int, int]], name: str, some: int, of: int) -> None:
    before = counts.get(name, (0, 0))
    counts[name] = (before[0] + some, before[1] + of)


def _unread(
    table: TablePlan, blanked: Mapping[str, Sequence[int]], changed: Mapping[str, Sequence[int]]
) -> Iterator[tuple[str, int, int]]:
    for name, blanks in blanked.items():
        steps = zip(table.table.columns[name].treat, blanks, changed[name], strict=False)
        for spec, blank, values in steps:
            if spec.reads:
                yield name, blank, values
