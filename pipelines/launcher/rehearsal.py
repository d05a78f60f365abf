"""A rehearsal and its choices: one run after another, then one report and one table."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from tokumei.pipelines.launcher.account import cpu_seconds, peak_mib
from tokumei.pipelines.launcher.voice import Voice
from tokumei.schemas.errors import PolicyError, RequirementError, TokumeiError
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import parse_policy, written_policy
from tokumei.schemas.privacy_models import Requirements
from tokumei.schemas.report_rehearsal import Expected, RehearsedChoice

if TYPE_CHECKING:
    from tokumei.schemas.report import Report

TRIED = ("k", "recoding", "suppression_limit", "metric", "nulls", "population_size")
_MOST = 24  # runs of one rehearsal


@dataclass(frozen=True)
class Candidate:
    """A policy to rehearse.

    Attributes:
        name: in the table.
        policy: what is rehearsed.
        base: the folder that its relative paths start from.
        refused: why it is no policy: what is tried does not go with the rest.
    """

    name: str
    policy: Policy
    base: str
    refused: PolicyError | None = None


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a rehearsal takes place.

    Attributes:
        folder: of the report.
        output: where releases are; None: where the policy says.
        sample: of each file one stretch in so many is read; None: all.
        options: Beam's, with a runner.
        voice: says how far a run is.
    """

    folder: str
    output: str | None
    sample: int | None
    options: Sequence[str]
    voice: Voice


@dataclass(frozen=True, kw_only=True)
class _Done:
    """What became of one run: its report, or the error, or both; and what it took."""

    report: Report | None
    error: TokumeiError | None
    expected: Expected


def choices_of(
    policy: str, tries: Sequence[str], versus: Sequence[str], settings: Mapping[str, str]
) -> list[Candidate]:
    """Return the policy itself, with every mix of the requirements to try, and other policies.

    Raises:
        PolicyError: a policy is wrong, what is to be tried is no requirement, or there are too many.
        InputError: Cloud Storage cannot be reached.
    """
    from tokumei.transforms.storage.policy_folder import folder_of, read_policy

    read, base = read_policy(policy, settings), folder_of(policy)
    found = [Candidate("", read, base)]
    for mix in itertools.product(*map(_values, tries)) if tries else ():
        content: dict[str, Any] = yaml.safe_load(written_policy(read))
        content["requirements"].update(mix)
        name = ", ".join(f"{key}={value}" for key, value in mix)
        try:
            changed = parse_policy(yaml.safe_dump(content, sort_keys=False), f"--try {name}")
            found.append(Candidate(name, changed, base))
        except PolicyError as refused:
            for told in ("where", "fix"):  # the policy was written for this: its lines are nobody's
                setattr(
                    refused,
                    told,
                    re.sub(r"^(.*--try .*?):\d+ ", r"\1: ", getattr(refused, told), flags=re.MULTILINE),
                )
            if not _are_requirements(content["requirements"]):
                raise PolicyError(  # the lines that it names are of no file
                    "usage.try", where=f"--try {name}", what=refused.what, fix=refused.fix
                ) from None
            found.append(Candidate(name, read, base, refused))
    found += [Candidate(Path(other).name, read_policy(other, settings), folder_of(other)) for other in versus]
    if len(found) > _MOST:
        raise PolicyError(
            "usage.try",
            where="--try",
            what=f"these are {len(found)} runs, more than {_MOST}",
            fix="try fewer values at once",
        )
    return found


def _values(text: str) -> list[tuple[str, Any]]:
    key, given, values = text.partition("=")
    if not given or key not in TRIED:
        raise PolicyError(
            "usage.try",
            where="--try",
            what=f"a requirement and its values are to be given, of {', '.join(TRIED)}",
            fix="for example --try k=5,10,20 --try recoding=full_domain,cells",
        )
    try:
        return [(key, yaml.safe_load(value)) for value in values.split(",")]
    except yaml.YAMLError:
        raise PolicyError(
            "usage.try", where="--try", what="a value cannot be read", fix="give plain numbers or names"
        ) from None


def _are_requirements(content: dict[str, Any]) -> bool:
    """Whether what is tried are requirements by themselves, whatever the rest of the policy says."""
    try:
        Requirements.model_validate(content)
    except ValidationError:
        return False
    return True


def rehearse(candidates: Sequence[Candidate], stage: Stage) -> None:
    """Rehearse all candidates, print what there would be, and write the report of the first.

    Raises:
        TokumeiError: the first cannot be released; where there is a report, it is written before.
    """
    from tokumei.pipelines.launcher.outcome import tell_report
    from tokumei.transforms.release.rehearsal import private_folder, write_documents
    from tokumei.transforms.report.page import render_report

    stage = replace(stage, folder=private_folder(stage.folder))
    done = [_run(candidate, stage, alone=len(candidates) == 1) for candidate in candidates]
    rows = tuple(_choice(candidate, found) for candidate, found in zip(candidates, done, strict=True))
    first = done[0]
    if first.report is not None and first.report.rehearsal is not None:
        told = first.report.rehearsal.model_copy(
            update={"expected": first.expected, "choices": rows if len(rows) > 1 else ()}
        )
        report = first.report.model_copy(update={"rehearsal": told})
        documents = {
            "report.json": report.model_dump_json(indent=2) + "\n",
            "report.html": render_report(report),
        }
        write_documents(stage.folder, documents)
        print(
            f"rehearsed: {rows[0].records:,} records of {rows[0].people:,} people would be released;"
            " nothing is written or published"
        )
        if stage.sample:
            print(
                f"  a sample: of each file of several stretches (32 MiB each) one in {stage.sample} is read;"
                " classes are larger in the whole"
            )
        tell_report(candidates[0].policy, report.model_dump(mode="json"))
        for example in report.classes:
            labels = ", ".join(f"{label.title} {label.label}" for label in example.labels)
            print(f"  class: {labels}: {example.people:,}{' or more' if example.capped else ''} people")
        taken = first.expected
        memory = "" if taken.peak_mib is None else f", {taken.peak_mib:,} MiB"
        print(f"  to expect: {taken.seconds:.1f} s, {taken.cpu_seconds:.1f} s of CPU{memory}")
    if len(rows) > 1:
        _tell_choices(rows)
    if first.report is not None:
        print(f"  report:   {stage.folder}/report.html", flush=True)
    if first.error is not None:
        raise first.error


def rehearsed(candidate: Candidate, stage: Stage) -> tuple[RehearsedChoice, Report | None]:
    """Rehearse one policy, and return what became of it; nothing is printed or written.

    Raises:
        TokumeiError: it cannot be tried: a policy, its files or the place is wrong.
    """
    done = _run(candidate, stage, alone=False)
    return _choice(candidate, done), done.report


def _run(candidate: Candidate, stage: Stage, *, alone: bool) -> _Done:
    """Rehearse one policy; what refuses it is told in its row."""
    from tokumei.pipelines.launcher.engine import release_on
    from tokumei.pipelines.launcher.options import empty_pipeline
    from tokumei.pipelines.launcher.outcome import warnings_of_alike
    from tokumei.pipelines.launcher.own_process import one_temporary_folder
    from tokumei.pipelines.launcher.plain_beam import import_beam
    from tokumei.pipelines.launcher.terminal import quiet
    from tokumei.transforms.planning.prepare import output_of, plan_of
    from tokumei.transforms.release.alike import files_alike
    from tokumei.transforms.release.earlier import beside_earlier
    from tokumei.transforms.release.rehearsal import refuse_finished, take_report

    if candidate.refused is not None:
        return _not_run(candidate.refused)
    declared = stage.output or candidate.policy.output.directory
    policy = candidate.policy
    plan, files = plan_of(policy, candidate.base, stage.folder)
    released = output_of(policy, candidate.base, stage.output) if declared else stage.folder
    if declared:
        refuse_finished(plan, released)
    if alone and not policy.report.compare:
        compared = policy.report.model_copy(update={"compare": True})
        policy = policy.model_copy(update={"report": compared})
        plan = replace(plan, policy=policy)
    try:
        plan = beside_earlier(plan, released)
    except RequirementError as refused:
        return _not_run(refused)
    if not candidate.name:
        for text in warnings_of_alike(files_alike(plan, released)):
            stage.voice.warn(text)
    plan = replace(plan, rehearsal=True, sample=stage.sample)
    with quiet():
        import_beam(stage.options)
    began, used = time.monotonic(), cpu_seconds()
    error: TokumeiError | None = None
    with one_temporary_folder(until_exit=False):
        with quiet():
            pipeline = empty_pipeline(stage.options)
        in_process = type(pipeline.runner).__name__ == "FnApiRunner"
        try:
            release_on(pipeline, plan, files, stage.voice)
        except RequirementError as refused:
            error = refused
    return _Done(
        report=take_report(plan),
        error=error,
        expected=Expected(
            seconds=round(time.monotonic() - began, 2),
            cpu_seconds=round(cpu_seconds() - used, 2),
            peak_mib=peak_mib() if in_process else None,
            compared=policy.report.compare,
        ),
    )


def _not_run(error: TokumeiError) -> _Done:
    nothing = Expected(seconds=0, cpu_seconds=0, peak_mib=None, compared=False)
    return _Done(report=None, error=error, expected=nothing)


def _choice(candidate: Candidate, done: _Done) -> RehearsedChoice:
    told: dict[str, Any] = {"name": candidate.name or "方針のとおり", "seconds": done.expected.seconds}
    if done.error is not None:
        told |= {"refused": done.error.code, "why": done.error.what}
    if done.report is None:
        return RehearsedChoice(**told)
    return choice_of(done.report).model_copy(update=told)


def choice_of(report: Report) -> RehearsedChoice:
    """Return what a choice comes to by its report, of a rehearsal or a release."""
    recoded = [table.recoding for table in report.tables if table.recoding is not None]
    risks = [table.risk_after for table in report.tables if table.risk_after is not None]
    averages = [risk.average_risk for risk in risks if risk.average_risk is not None]
    return RehearsedChoice(
        name=report.release_id,
        records=sum(table.records_out for table in report.tables),
        people=report.people,
        left_out=sum(table.records_dropped + table.records_suppressed for table in report.tables),
        loss=sum(recoding.loss for recoding in recoded) / len(recoded) if recoded else None,
        highest_risk=max((risk.highest_risk for risk in risks), default=None),
        average_risk=max(averages, default=None),
        exposed=len(report.exposure.findings),
        exposed_people=max((finding.alone for finding in report.exposure.findings), default=0),
        levels=tuple(f"{level.title} {level.label}" for recoding in recoded for level in recoding.levels),
    )


def _tell_choices(rows: Sequence[RehearsedChoice]) -> None:
    """Print the table of choices, one a line."""
    head = ("choice", "people", "left out", "loss", "highest risk", "exposed", "seconds")
    lines = [head]
    for i, row in enumerate(rows):
        called = row.name if i else "as declared"
        if row.refused and not row.people:
            lines.append((called, f"refused: {row.refused}", "", "", "", "", f"{row.seconds:.1f}"))
            continue
        loss = "" if row.loss is None else f"{row.loss:.3f}"
        risk = "" if row.highest_risk is None else f"{row.highest_risk:.1%}"
        name = called if row.refused is None else f"{called} (refused: {row.refused})"
        exposed = f"{row.exposed} ({row.exposed_people:,} alone)"
        lines.append(
            (name, f"{row.people:,}", f"{row.left_out:,}", loss, risk, exposed, f"{row.seconds:.1f}")
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  " + "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    for row in rows[1:]:
        if row.refused:
            print(f"  {row.name} is refused: {row.why}")
