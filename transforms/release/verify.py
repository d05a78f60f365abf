"""Verification: an exact recount of what was written, before anything is published."""

from __future__ import annotations

from collections.abc import Mapping

from tokumei.schemas.errors import RequirementError
from tokumei.schemas.policy import Policy
from tokumei.schemas.register import SMALL_FILE
from tokumei.transforms.combinations.count import people_of
from tokumei.transforms.combinations.recount import rare_left
from tokumei.transforms.combinations.removal import CombinationRemoval
from tokumei.transforms.counting.headcount import Headcount
from tokumei.transforms.counting.people import RECORDS
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.histories.recount import CountedFacts, shortfall
from tokumei.transforms.joined.removal import JoinedRemoval
from tokumei.transforms.leaks.verdict import refuse_leaks
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.planning.redactions import redacted_columns
from tokumei.transforms.promises.recount import too_few
from tokumei.transforms.recode.chosen import Account, Chosen
from tokumei.transforms.recode.figures import amount
from tokumei.transforms.redaction.verdict import refuse_missed
from tokumei.transforms.release.folders import refuse_many_folders
from tokumei.transforms.release.recount import classes_of
from tokumei.transforms.release.understood import refuse_blanks
from tokumei.transforms.release.written import TableWritten, Written
from tokumei.transforms.totals.recount import RecountedTotal, RecountedTotals, above_bound
from tokumei.transforms.totals.removal import TotalRemoval


def verify(
    plan: Plan,
    chosen: Chosen,
    written: Written,
    people: Headcount,
    *,
    facts: CountedFacts,
    totals: RecountedTotals,
    fingerprint: str,
) -> int:
    """Check what was written against what was decided and required; return the release's people (本人の数).

    Args:
        plan: the run.
        chosen: the decisions and the counts they were made from.
        written: merged summaries of all chunks.
        people: distinct people of the written records of the tables in `Plan.headcount`.
        facts: who has which set of the facts that may be known, in the written records.
        totals: what the written lines of people come to, by table and declaration.
        fingerprint: of the key of this run.

    Raises:
        RequirementError: anything disagrees; the release must not be published.
    """
    for name, table in plan.tables.items():
        account = chosen.accounts[name]
        found = written.get(name)
        if found is None:
            raise _failed(name, "nothing was written")
        _check_chunks(name, found)
        if found.fingerprints | people.keys != {fingerprint}:
            raise _failed(name, "parts were made with different keys")
        tally = found.tally
        if tally.records_in != account.fitted.records:
            raise _failed(
                name, f"{tally.records_in:,} records processed, {account.fitted.records:,} profiled"
            )
        if tally.records_in != tally.dropped + tally.suppressed + tally.records_out:
            raise _failed(name, "records dropped, suppressed and released do not add up")
        if sum(p.records for p in found.parts) != tally.records_out:
            raise _failed(name, "records in the parts do not add up")
        if table.naming:
            refuse_many_folders(len({part.uri.rpartition("/")[0] for part in found.parts}))
        if found.sent != found.came:
            raise _failed(name, "rows that were dealt did not all reach their part, or did so twice")
        recoded = account.recoded
        suppressed = recoded.count.suppressed_records if recoded is not None else 0
        if tally.suppressed != suppressed + tally.suppressed_early:
            raise _failed(name, "suppressed records differ from the decision")
        _check_people(
            table, found, people.by_table.get(name, 0) if name in plan.headcount else tally.records_out
        )
        if recoded is not None:
            _check_classes(name, found, account)
        _check_removals(table, account.fitted, found)
        _check_combinations(table, account.fitted, found)
        _check_promises(table, account, found)
        _check_totals(table, account.fitted, totals.get(name, {}))
        for column, spec in redacted_columns(table).items():
            refuse_missed(f"tables.{name}.columns.{column}", spec, tally.redactions.get(column))
        refuse_leaks(table, found.leaks)
        refuse_blanks(plan.policy.not_understood, table, tally)
    _check_facts(plan, chosen, facts, fingerprint)
    total = _people(plan, written, people)
    _check_size(plan.policy, total)
    return total


def _check_people(table: TablePlan, found: TableWritten, left: int) -> None:
    """Refuse a table, and a part, of fewer than k people: a file would tell who is in it."""
    if left < table.k:
        raise RequirementError(
            "requirement.people",
            where=f"tables.{table.name}",
            what=f"the released table would hold {left:,} people, fewer than k={table.k}",
            fix="release more people, or leave the table out",
        )
    small = sum(part.people < table.k for part in found.parts)
    if small:
        raise RequirementError(
            "requirement.part_people",
            where=f"tables.{table.name}",
            what=f"{small:,} of {len(found.parts):,} parts would hold fewer than k={table.k} people",
            fix="remove order: stretch and its because: rows are then dealt over parts that all hold k people"
            if table.table.order == "stretch"
            else "run again, and other rows are dealt together; if it fails again, release more people"
            if table.table.order == "global" or table.counts_people
            else "say order: global on the table: rows are then dealt over parts that all hold k people",
        )


def _check_size(policy: Policy, people: int) -> None:
    if policy.regime == "private" or people >= SMALL_FILE or policy.file.small_file_ordinance:
        return
    local = (
        "; a local government whose ordinance (条例) provides for such files (法75条5項) names it under"
        " file.small_file_ordinance"
    )
    raise RequirementError(
        "requirement.small_file",
        where=f"regime: {policy.regime}",
        what=f"the release would hold {people:,} people; under {SMALL_FILE:,} is not released (規則56条)",
        fix=f"release a larger file{local if policy.regime == 'public' else ''}",
    )


def _check_chunks(name: str, found: TableWritten) -> None:
    by_split: dict[str, list[tuple[int, bool]]] = {}
    for split, number, last in found.chunks:
        by_split.setdefault(split, []).append((number, last))
    for chunks in by_split.values():
        ordered = sorted(chunks)
        whole = [n for n, _ in ordered] == list(range(len(ordered)))
        if not whole or [last for _, last in ordered] != [False] * (len(ordered) - 1) + [True]:
            raise _failed(name, "a split was written in part, or twice")


def _check_classes(name: str, found: TableWritten, account: Account) -> None:
    """Ask every model again, about what was written."""
    if account.recoded is None or found.recount.classes is None:
        raise _failed(name, "the written classes were not counted")
    classes = classes_of(found.recount.classes, account.fitted, account.recoded.population)
    if int(classes.records.sum()) != found.tally.records_out:
        raise _failed(name, "the classes do not cover the released records")
    for model in account.recoded.models:
        if not model.compares(classes):
            raise RequirementError(
                "requirement.promise",
                where=f"tables.{name}.columns.{model.watches}",
                what="cells are blanked because too few people would bear their labels in the release;"
                f" {model.wording} compares with the file, which has no blank there",
                fix="ask for fewer people, or declare may_fall_below: {because: …}",
            )
        small = int(model.failing(classes).sum())
        if small and account.settlement is not None and account.settlement.touches(model.watches):
            raise RequirementError(
                "requirement.promise",
                where=f"tables.{name}" + (f".columns.{model.watches}" if model.watches else ""),
                what=f"{small:,} classes fail {model.wording} without the cells that are blanked because too"
                " few people would bear their labels in the release",
                fix="ask for fewer people, or declare may_fall_below: {because: …}",
            )
        if small:
            raise _failed(
                name,
                f"{small:,} classes of the written data fail {model.wording}"
                f" (the weakest reaches {amount(model.reached(classes))})",
            )


def _check_removals(table: TablePlan, fitted: FittedTable, found: TableWritten) -> None:
    """Compare what each removal took from the chunks with what it was decided to take from the whole file."""
    for removal, taken in zip(fitted.removals, found.tally.taken, strict=True):
        if taken != removal.expected(table):
            raise _failed(table.name, f"what was removed for {removal.cause} differs from the decision")


def _check_combinations(table: TablePlan, fitted: FittedTable, found: TableWritten) -> None:
    if not table.combined:
        return
    if fitted.removal(CombinationRemoval) is None or found.settled is None or found.recount.combined is None:
        raise _failed(table.name, "rare combinations were not looked for")
    left = found.tally.records_in - found.tally.dropped - found.tally.suppressed_early
    if int(found.settled.counts[RECORDS].sum()) != left:
        raise _failed(table.name, "the combinations recounted do not cover the records")
    # Who is left out since, for joined classes, may have made others rare: then it is asked of the release.
    joining = fitted.removal(JoinedRemoval)
    whole = joining is None or joining.records == 0
    for i, combination in enumerate(table.table.combinations):
        rare = rare_left(table, combination, found.settled) if whole else 0
        if combination.may_fall_below is None:
            rare = max(rare, rare_left(table, combination, found.recount.combined))
        if rare:
            raise _failed(
                table.name,
                f"{rare:,} combinations (combinations[{i}]) have fewer than"
                f" {people_of(table, combination)} people",
            )


def _check_promises(table: TablePlan, account: Account, found: TableWritten) -> None:
    """Ask of every label in the written data whether as many people bear it as the policy promises."""
    decided = account.settlement.cells if account.settlement is not None else {}
    if {name: n for name, n in found.tally.settled.items() if n} != {n: c for n, c in decided.items() if c}:
        raise _failed(table.name, "what was blanked to keep promises differs from the decision")
    for name in table.promised:
        promise = account.promises[name]
        labels, _ = too_few(promise, found.recount.bearers[name])
        if labels and table.chains[name].column.may_fall_below is None:
            raise _failed(
                table.name, f"{labels:,} labels of {name} are borne by fewer than {promise.most:,} people"
            )


def _check_totals(table: TablePlan, fitted: FittedTable, found: Mapping[int, RecountedTotal]) -> None:
    if not table.table.totals:
        return
    removal = fitted.removal(TotalRemoval)
    if removal is None:
        raise _failed(table.name, "what people's lines come to was not bounded")
    above = above_bound(found, removal.bounds)
    if above is not None:
        raise _failed(table.name, f"the lines of somebody come to more than the bound of totals[{above}]")


def _check_facts(plan: Plan, chosen: Chosen, facts: CountedFacts, fingerprint: str) -> None:
    """Ask of every set of facts that may be known whether enough people in the written data have them all.

    Facts also go with labels that too few people would bear, which are blanked after facts were decided.
    """
    if facts.keys - {fingerprint}:
        raise _failed("histories", "people were told apart under different keys")
    for i, history in enumerate(plan.histories):
        found = shortfall(history.history, history.k, facts.histories.get(i))
        if found.sets:
            raise _failed(
                f"histories[{i}]",
                f"{found.sets:,} sets of up to {history.known} facts are shared by fewer than {history.k}"
                " people",
            )
        declared = history.history.at_most
        if declared is not None and found.share > declared.share:
            raise _failed(
                f"histories[{i}]",
                f"a share of {amount(found.share)} of those who have some facts hold one value",
            )
        before, allowed = chosen.histories[i].before.people, history.history.lost_at_most.people
        lost = before - facts.people_told(i)
        if lost > allowed * before:
            raise RequirementError(
                "requirement.histories",
                where=f"histories, people of {history.people}",
                what=f"{lost / before:.1%} of the people would be left without any fact, more than the"
                f" {allowed:.1%} of lost_at_most: labels that too few people bear are blanked too",
                fix="let methods of these columns promise no more people than k of histories, name each"
                " column in a fact of its own, or raise lost_at_most.people",
            )


def _people(plan: Plan, written: Written, people: Headcount) -> int:
    """Distinct people of the release, of the one numbering that counts; those of others are not added."""
    first = plan.people_tables[0]
    if first in plan.headcount:
        return people.together.get(plan.tables[first].numbering, 0)
    return written[first].tally.records_out


def _failed(where: str, what: str) -> RequirementError:
    return RequirementError(
        "verification.failed",
        where=where if where.startswith("histories") else f"tables.{where}",
        what=f"verification of the written data failed: {what}",
        fix="run again; if it fails again, report it: nothing was released",
    )
