"""What the command says once a release is there: how much of what, left out where, and where to look."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tokumei.pipelines.launcher.beside import lines_of_earlier, warnings_of_earlier
from tokumei.pipelines.launcher.terminal import mute_stdout
from tokumei.schemas import japan_time
from tokumei.schemas.errors import TokumeiError
from tokumei.schemas.exposure import ABOUT, EXPOSED
from tokumei.schemas.promises import SETTLED

if TYPE_CHECKING:
    from tokumei.pipelines.launcher.account import Outcome
    from tokumei.schemas.column import Column
    from tokumei.schemas.policy import Policy
    from tokumei.transforms.planning.plan import Plan


_NOTES = {
    "nan": "{:,} values are NaN and count as missing",
    "absent": "no record has this key; every value is missing",
}
_FEW = "are blank or *: too few people would bear their labels, or share their combination"
_KNOWN = 4  # columns that an attack knows, named in a line
_UNCOUNTED = " (as many as records: there is no person column to count by)"


def tell(plan: Plan, outcome: Outcome, note: str = "", day: str = "") -> None:
    """Print what the release holds.

    Args:
        plan: the run.
        outcome: its release.
        note: what is said first, of a release that another run has made.
        day: of a range of dates, that of the release.

    Raises:
        TokumeiError: standard output cannot be written.
    """
    manifest, report = outcome.manifest, outcome.report
    with spoken(outcome.places["uri"]):
        if day:
            print(f"{day}:")
        if note:
            print(note)
        print(
            f"{'holds' if note else 'released'} {outcome.records:,} records of {manifest['people']:,} people"
            f"{_UNCOUNTED if report['people_basis'] == 'records' else ''}"
        )
        tell_report(plan.policy, report)
        for gone in manifest.get("replaces", ()):
            print(f"  replaces: release {gone['release_id']}, withdrawn with this one")
        print(f"  release:  {outcome.places['uri']}")
        print(f"  report:   {outcome.places['report']}")
        print(f"  notice:   {outcome.places['notice']}")
        print(f"  register: {outcome.places['register']}", flush=True)


def tell_report(policy: Policy, report: dict[str, Any]) -> None:
    """Print what a report says of its tables, of what nobody declared, and of attacks."""
    for table in report["tables"]:
        _tell_table(table, policy.tables[table["name"]].columns)
        for told in report.get("notes", ()):
            if told["table"] == table["name"]:
                print(f"    {told['column']}: {_NOTES[told['note']].format(told['cells'])}")
    for history in report["histories"]:
        _tell_history(history)
    for join in report.get("joined", ()):
        _tell_joined(join)
    exposure = report.get("exposure", {})
    for finding in exposure.get("findings", ()):
        _tell_exposure(finding)
    for scope in exposure.get("scope", ()):
        if all(finding["table"] != scope["table"] for finding in exposure["findings"]):
            _tell_nobody(policy, scope)
    for beside in report.get("earlier", ()):
        for line in lines_of_earlier(beside):
            print(f"  {line}")
    for attack in report.get("attacks", ()):
        if attack["declared"] is not None:
            _tell_attack(attack)


@contextmanager
def spoken(base: str) -> Iterator[None]:
    """Say that the release is there all the same where standard output cannot be written.

    Raises:
        TokumeiError: it cannot.
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        mute_stdout()
        raise TokumeiError(
            "stdout.failed",
            where=base,
            what=f"this release is published; only standard output cannot be written ({error.strerror})",
            fix="make room; the same command tells what the release holds",
        ) from None


def warnings_of(policy: Policy) -> Iterator[str]:
    """Yield what the policy states and may not mean."""
    if policy.regime != "private" and policy.file.period_over(japan_time.today()):
        yield "warning: file.product_period is over, and would be published as it is"
    if policy.doubtful_regime:
        yield (
            "warning: by its name file.body is a public body; regime: private takes the rules of companies:"
            " no register items, no 1,000 people (規則56条). Use regime: public; or, if it is a company, say"
            " body_is_company: true under file"
        )


def warnings_of_use(report: dict[str, Any]) -> Iterator[str]:
    """Yield of what little is left, and what earlier releases show, as `tell_report` prints it."""
    for table in report["tables"]:
        for line in _of_little_use(table):
            yield f"warning: {table['name']}: {line}"
    for beside in report.get("earlier", ()):
        yield from warnings_of_earlier(beside)


def warn(policy: Policy) -> None:
    """Say that on stderr."""
    for text in warnings_of(policy):
        print(text, file=sys.stderr)


def warnings_of_alike(names: Sequence[str]) -> Iterator[str]:
    """Yield which files may be this one under another name; see `files_alike`."""
    for name in names:
        yield (
            f"warning: the output has releases of {name} with the same quasi-identifiers; this file has"
            " another file.name or file.body, and is compared with none of them. If it is the same file, give"
            " it theirs"
        )


def _tell_table(table: dict[str, Any], declared: Mapping[str, Column]) -> None:
    left_out = {k: table[f"records_{k}"] for k in ("rejected", "dropped", "suppressed")}
    alone = table["records_without_person"]
    if table["person_missing"] == "drop":
        left_out["without a person code"] = alone
    told = ", ".join(f"{n:,} {k}" for k, n in left_out.items() if n) or "none left out"
    print(f"  {table['name']}: {table['records_out']:,} of {table['records_in']:,} records ({told})")
    if alone and table["person_missing"] == "each_alone":
        print(f"    {alone:,} records without a person code: each counted as a person, without pseudonym")
    if table["records_blank"]:
        print(f"    {table['records_blank']:,} blank records skipped")
    for column in table["columns"]:
        for spec, step in zip(declared[column["name"]].treat, column["steps"], strict=False):
            if spec.reads:
                _tell_blanks(column["name"], step["counts"])
            _tell_unmet(column["name"], step)
        if settled := {step["method"]: step["counts"] for step in column["steps"]}.get(SETTLED):
            print(f"    {column['name']}: {sum(settled.values()):,} values {_FEW}")
    if unsearched := (table["leak_scan"] or {}).get("unsearched"):
        print(f"    deleted, but not searched for in the release: {', '.join(unsearched)} (no text)")
    for level in (table["recoding"] or {"levels": ()})["levels"]:
        at = f"level {level['level']}"
        if level["level"] is None:
            at = f"levels {level['finest']} to {level['coarsest']}"
        print(f"    {level['column']}: {at} of {level['levels'] - 1} ({level['label']})")
    audit = (table["recoding"] or {}).get("narrowed") or {"people": 0, "by_values": None}
    if people := audit["people"] + (audit["by_values"] or 0):
        print(f"    who knows the method can conclude more than the labels of {people:,} people tell")
    for line in _of_little_use(table):
        print(f"    warning: {line}")


def _tell_history(history: dict[str, Any]) -> None:
    """Say what facts about people tell, what they told before, and what that took."""
    known, k = history["known"], history["k"]
    facts = "any fact is" if known == 1 else f"any {known} facts are"
    per = "" if history["period"] is None else f", per {history['period']}"
    sizes = history["sets"][: min(known, len(history["sets"]))]
    size, counted = next((i, s) for i, s in reversed([*enumerate(sizes, 1)]) if s["before"] is not None)
    by = "" if size == known else f" by {size}"
    whom = "people" if history["period"] in {None, "table"} else "pseudonyms"
    print(
        f"  histories: people of {history['people']}{per}: {facts} shared by {k:,} people or nobody"
        f" (before: {counted['before']['few']:,} of {counted['people_before']:,} {whom} singled out{by});"
        f" {history['loss']:.1%} of detail lost, {history['cells_blanked']:,} cells blanked"
    )
    for lost in history["deleted_lines"]:
        print(f"    {lost['table']}: {lost['lines']:,} of {lost['of_lines']:,} lines deleted")
    for group in history["groups"]:
        fine, *coarse = (level["cells"] for level in group["levels"])
        gone = group["deleted"] + group["with_lines"]
        cells = max(1, fine + sum(coarse) + gone)
        deleted = f", {group['with_lines'] / cells:.1%} deleted with lines" if group["with_lines"] else ""
        print(
            f"    {' × '.join(group['columns'])}: {fine / cells:.1%} as fine as before,"
            f" {sum(coarse) / cells:.1%} coarser, {group['deleted'] / cells:.1%} blank{deleted}"
        )
        if cells == gone:
            print(f"    warning: nothing is left of {' × '.join(group['columns'])}")


def _tell_joined(join: dict[str, Any]) -> None:
    """Say how small the smallest joined class is, and how many people are left out of all tables."""
    smallest = join["smallest_after"]
    told = "" if smallest is None else f"the smallest class holds {smallest:,} people; "
    left_out = join["people_short"] + join["people_dropped"]
    print(f"  {' + '.join(join['tables'])} joined: {told}{left_out:,} people left out of all")


def _tell_exposure(finding: dict[str, Any]) -> None:
    """Say whom the release exposes, in one line; the report says what can be done about it."""
    what = EXPOSED[finding["kind"]].format(columns=" × ".join(finding["columns"]))
    about = ABOUT[finding["counted"]]
    alone = f", {about}{finding['alone']:,} of them alone" if finding["alone"] else ""
    kept = " (accepted)" if finding["because"] else ""
    print(
        f"  exposed: {finding['table']}: {what}: {about}{finding['people']:,} of {finding['of_people']:,}"
        f" people{alone}{kept}"
    )


def _tell_nobody(policy: Policy, scope: dict[str, Any]) -> None:
    """Say that nobody is exposed by what was counted, and what was not."""
    several = policy.tables[scope["table"]].rows_per_person == "several"
    told = any(fact.table == scope["table"] for history in policy.histories for fact in history.facts)
    besides = (
        "; what the records of a person tell together is not counted: histories"
        if several and not told
        else ""
    )
    sets = f"{scope['sets']:,} of {scope['of_sets']:,} columns and sets of them"
    print(f"  exposed: {scope['table']}: nobody by {sets}{besides}")


def _tell_attack(attack: dict[str, Any]) -> None:
    """Say what a declared attack came to, in one line; the report says who could do what."""
    rarest = " of the rarest" if attack["rarest"] else ""
    knows, learns = attack["knows"], attack["learns"]
    known = ", ".join(knows[:_KNOWN]) + (f" and {len(knows) - _KNOWN:,} more" if len(knows) > _KNOWN else "")
    facts = [f"knows {known}"] if knows else []
    facts += [] if learns is None else [f"learns {learns}"]
    about = f" ({'; '.join(facts)})" if facts else ""
    success, control = attack["success"]["rate"], attack["control"]["rate"]
    print(
        f"  attack: {attack['table']}: {attack['attack']}{rarest}{about}: right for {success:.1%}"
        f" of {attack['people']:,} people, {control:.1%} in its control; gains up to"
        f" {max(0, attack['advantage']['high']):.1%}, at most {attack['at_most']:.1%}"
    )


def _of_little_use(table: dict[str, Any]) -> Iterator[str]:
    """Say where nothing, or not much, is left of what was to be released."""
    levels = (table["recoding"] or {"levels": ()})["levels"]
    gone = [c["name"] for c in table["columns"] if c["released"] and c.get("item") is None]
    if levels and {level["column"] for level in levels} <= set(gone):
        yield "nothing is left of any quasi-identifier, all are *: see k, suppression_limit, hierarchies"
    if gone:
        names = ", ".join(gone)
        yield f"every cell is blank or * in {names}: notice and register do not name it; drop it, or see k"
    if (left_out := table.get("left_out")) is not None:
        people = "" if left_out["people"] is None else f", and {left_out['people']:.0%} of its people"
        yield (
            f"{left_out['records']:.0%} of the table's records{people}, are left out;"
            f" suppression_limit ({left_out['limit']:.0%}) counts people of the whole"
        )
    if 2 * table["records_out"] < table["records_in"]:
        yield "more than half of the records are left out"


def _tell_blanks(column: str, counts: dict[str, int]) -> None:
    """Say how many values a method could not read; what rarity blanked stands in the report."""
    if counts.get("cells_blanked"):
        blank, values = counts["cells_blanked"], counts["cells_changed"]
        print(f"    {column}: {blank:,} of {values:,} values were not understood and are blank")
        if blank == values:
            print(f"    warning: nothing is left of {column}")


def _tell_unmet(column: str, step: dict[str, Any]) -> None:
    """Say how many values of a list no record has, and which by their place in it."""
    if unmet := step["counts"].get("listed_unmet"):
        places = ", ".join(map(str, step["unmet"]))
        which = f" (number {places}{' …' if unmet > len(step['unmet']) else ''})" if places else ""
        print(f"    {column}: {unmet:,} of the values that {step['method']} lists never occur{which}")
