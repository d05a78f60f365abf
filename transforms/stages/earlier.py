"""Earlier releases of the file as steps: who is held back, and how what is released differs from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import apache_beam as beam
import polars as pl
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import AsSingleton, PCollection

from tokumei.schemas.kept_releases import KeptRecoding
from tokumei.schemas.splits import Split
from tokumei.transforms.attacks.earlier import earlier_labels, learnt_values
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.counting.people import PERSON, RECORDS
from tokumei.transforms.criteria.coded import kept_rows
from tokumei.transforms.criteria.treated import Treated
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.fitted import Fits, FittedTable
from tokumei.transforms.decisions.recoded import recoded
from tokumei.transforms.decisions.removal import remove_all
from tokumei.transforms.earlier.changes import InClasses, merge_standing
from tokumei.transforms.earlier.compare import SeenRelease, SeenReleases, learnt, merge_seen
from tokumei.transforms.earlier.elsewhere import CLASS, PAIR, VALUE_OF
from tokumei.transforms.earlier.held import held_back
from tokumei.transforms.earlier.standing import (
    joined_places,
    labels_at,
    pair_keys,
    shown_keys,
    standing_of,
    standing_types,
    told_apart,
)
from tokumei.transforms.earlier.together import LEFT_VALUE, NOW, key_classes, key_values
from tokumei.transforms.engine.chunks import Chunk, Work
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.engine.spill import SpilledCoder
from tokumei.transforms.engine.steps import each, each_to_many
from tokumei.transforms.engine.treat_chunks import TreatChunks
from tokumei.transforms.planning.persons import person_codes, persons_of
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.recode.chosen import Chosen
from tokumei.transforms.release.anonymize import anonymize_chunk, treat
from tokumei.transforms.release.earlier import frozen_recodings, salt_of
from tokumei.transforms.stages.read import ReadChunks
from tokumei.transforms.values.cells import as_text

registry.register_coder(SeenReleases, SpilledCoder)


class InClassesByTable(dict[str, InClasses]):
    """Who stands in which class, by table."""


registry.register_coder(InClassesByTable, SpilledCoder)


class HoldBack(beam.PTransform):
    """Fits to fits that know who is held back, so that no comparison with earlier releases shows few people.

    A step between the passes. Element types: `Split` → `Fits` (exactly one). Only tables with classes are
    read, where the policy says hold_back. What crosses a shuffle are 24 bytes a person and class, and 8 for
    each compared column. Under retry it decides the same. Raises TokumeiError at run time where another
    release came since the run was planned.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], fits: PCollection[Fits]) -> None:
        super().__init__()
        self._plan, self._key, self._fits = plan, key, fits

    def expand(self, splits: PCollection[Split]) -> PCollection[Fits]:
        """`Split` → `Fits` (exactly one)."""
        tables = {name: table for name, table in self._plan.tables.items() if table.quasi_identifiers}
        key = AsSingleton(self._key)
        standing = (
            splits
            | "BindFits"
            >> each_to_many(_bind_fits, tables, key, AsSingleton(self._fits)).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=standing_types, stage="held back")
            | "Stand"
            >> beam.ParDo(TreatChunks(partial(_stand, self._plan))).with_output_types(InClassesByTable)
            | "Merge" >> merge_globally(_merge_standings, InClassesByTable)
        )
        return self._fits | "Hold" >> each(
            _hold, self._plan, key, AsSingleton(standing, InClassesByTable())
        ).with_output_types(Fits)


@guarded
def _bind_fits(
    split: Split, tables: Mapping[str, TablePlan], key: RunKey, fits: Fits
) -> Sequence[Work[FittedTable]]:
    return [Work(split, key, fits[split.table])] if split.table in tables else []


def _stand(plan: Plan, chunk: Chunk[FittedTable]) -> InClassesByTable:
    table = plan.tables[chunk.work.split.table]
    treated, _ = remove_all(table, chunk, treat(table, chunk))
    labels = labels_at(table, table.frozen, chunk.work.decision.columns, treated)
    keep = kept_rows(chunk.batch.num_rows, treated)
    salt = salt_of(plan, chunk.work.key)
    return InClassesByTable({table.name: standing_of(table, chunk, treated, labels, keep=keep, salt=salt)})


def _merge_standings(parts: Sequence[InClassesByTable]) -> InClassesByTable:
    names = sorted({name for part in parts for name in part})
    return InClassesByTable({n: merge_standing([part[n] for part in parts if n in part]) for n in names})


@guarded
def _hold(fits: Fits, plan: Plan, key: RunKey, standings: InClassesByTable) -> Fits:
    needed, salt = plan.policy.requirements, salt_of(plan, key)
    earlier = frozen_recodings(plan)
    held = dict(fits)
    for name, today in standings.items():
        removal = held_back(today, earlier[name], needed.compared_people, key=key, salt=salt)
        held[name] = replace(fits[name], removals=(*fits[name].removals, removal))
    return held


class SeeReleased(beam.PTransform):
    """Splits to what is released of tables, as earlier releases of the file are compared with it.

    Element types: `Split` → `SeenReleases` (exactly one). Tables with classes, or that a reader can join, are
    read once more, treated as pass 3 treats them. What crosses a shuffle are 24 bytes a person and class, 8
    for each compared column, and counts of classes. Under retry it sees the same.
    """

    def __init__(self, plan: Plan, key: PCollection[RunKey], chosen: PCollection[Chosen]) -> None:
        super().__init__()
        self._plan, self._key, self._chosen = plan, key, chosen

    def expand(self, splits: PCollection[Split]) -> PCollection[SeenReleases]:
        """`Split` → `SeenReleases` (exactly one)."""
        tables = {n: t for n, t in self._plan.tables.items() if t.quasi_identifiers or t.together}
        return (
            splits
            | "BindChosen"
            >> each_to_many(
                _bind_chosen, tables, AsSingleton(self._key), AsSingleton(self._chosen)
            ).with_output_types(Work)
            | "Read" >> ReadChunks(tables, columns=TablePlan.output_types, stage="earlier")
            | "See" >> beam.ParDo(TreatChunks(partial(_see, self._plan))).with_output_types(SeenReleases)
            | "Merge" >> merge_globally(merge_seen, SeenReleases)
        )


@guarded
def _bind_chosen(
    split: Split, tables: Mapping[str, TablePlan], key: RunKey, chosen: Chosen
) -> Sequence[Work[Decision]]:
    return [Work(split, key, chosen.decisions[split.table])] if split.table in tables else []


def _see(plan: Plan, chunk: Chunk[Decision]) -> SeenReleases:
    table = plan.tables[chunk.work.split.table]
    decision, salt = chunk.work.decision, salt_of(plan, chunk.work.key)
    standing = places = None
    if told_apart(table):
        treated, _ = remove_all(table, chunk, treat(table, chunk))
        labels, keep = recoded(table, decision, treated, kept_rows(chunk.batch.num_rows, treated))
        standing = standing_of(table, chunk, treated, labels, keep=keep, salt=salt)
        places = joined_places(table, chunk, labels, keep, salt) if table.together else None
    others = [
        (i, r)
        for i, r in enumerate(plan.earlier.recodings)
        if r.table == table.name and not _applied(table, r, decision)
    ]
    if not others:
        return SeenReleases({table.name: SeenRelease(standing, places=places)})
    done = anonymize_chunk(table, chunk, people=table.counts_people)
    values = key_values(learnt_values(table, learnt(table), chunk), salt).alias(LEFT_VALUE)
    then = {i: key_classes(earlier_labels(table, r.levels, chunk, r.removed), salt) for i, r in others}
    held = {
        i: pl.DataFrame({str(i): keys, LEFT_VALUE: values}).drop_nulls().unique() for i, keys in then.items()
    }
    now = {name: pl.Series(as_text(done.batch.column(name))) for name in table.quasi_identifiers}
    columns = {LEFT_VALUE: values} | {str(i): keys for i, keys in then.items()}
    if told_apart(table):
        columns |= _apart(table, chunk, treated, others, salt)
    elif table.counts_people:
        columns |= {PERSON: pl.Series(persons_of(table, chunk)[:, 0])}
    rows = pl.DataFrame(columns)[done.order.to_numpy()].with_columns(
        key_classes(pl.DataFrame(now), salt).alias(NOW)
    )
    if PERSON not in columns:
        rows = rows.group_by(rows.columns).agg(pl.len().cast(pl.Int64).alias(RECORDS))
    return SeenReleases({table.name: SeenRelease(standing, rows, held, places)})


def _apart(
    table: TablePlan,
    chunk: Chunk[Decision],
    treated: Mapping[str, Treated],
    others: Sequence[tuple[int, KeptRecoding]],
    salt: RunKey,
) -> dict[str, pl.Series]:
    """Return who each record is, in which class of each other recoding, and with which values."""
    persons = person_hashes(person_codes(table, chunk.batch), salt)[:, 0]
    columns = {PERSON: persons} | {
        f"{VALUE_OF}{name}": keys for name, keys in shown_keys(table, chunk, treated, salt).items()
    }
    for i, recoding in others:
        labels = labels_at(table, recoding.levels, chunk.work.decision.columns, treated)
        columns[f"{CLASS}{i}"], columns[f"{PAIR}{i}"] = pair_keys(table, chunk, labels, salt)
    return {name: pl.Series(keys) for name, keys in columns.items()}


def _applied(table: TablePlan, recoding: KeptRecoding, decision: Decision) -> bool:
    """Whether the release at hand is recoded as an earlier one was."""
    if decision.recoder is None:
        return True
    levels = dict(zip(table.quasi_identifiers, decision.recoder.nodes[0].tolist(), strict=True))
    settled = {} if decision.settlement is None else decision.settlement.generalized
    removed = {name: tuple(sorted(gone)) for name, gone in settled.items() if gone}
    return recoding.levels == levels and recoding.removed == removed
