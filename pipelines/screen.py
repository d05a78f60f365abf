"""The job `tokumei screen`: proposals are screened (審査, 法113条・114条), and third parties heard (2017)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import (
    add_fees,
    add_papers,
    fees_by_regime,
    write_papers,
)
from tokumei.pipelines.launcher.clerk import (
    add_actions,
    add_place,
    add_records,
    asked,
    asked_journals,
    given_records,
    opened,
    states,
    take_in,
    tell,
)

if TYPE_CHECKING:
    from tokumei.schemas.events import Event
    from tokumei.transforms.ledger.state import Body
    from tokumei.transforms.proposals.occasion import Occasion
    from tokumei.transforms.proposals.records import GivenRecord
    from tokumei.transforms.proposals.screen import RehearsedMethod, ScreeningDecision
    from tokumei.transforms.proposals.screening import ScreenedCase
    from tokumei.transforms.storage.base import Store

_DECIDE = "decide"
_POLICY = "policy"
_OPEN = frozenset({"received", "screening", "correcting", "incomplete"})  # states that can be screened


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be recorded."""
    text = "screen proposals by the seven tests: 適合, 不適合 or 補正, with the papers"
    actions = add_actions(parser, "screen")
    decide = actions.add_parser(_DECIDE, help=text, description=text)
    add_records(decide)
    add_papers(decide)
    add_fees(decide)
    text = "print the policy that the method of a case was tried by: its product is made with it"
    policy = actions.add_parser(_POLICY, help=text, description=text)
    add_place(policy)
    policy.add_argument("--case", required=True, metavar="ID", help="受付番号")


def run(args: argparse.Namespace, beam_args: Sequence[str]) -> int:
    """Do what was asked; returns 0 also where a proposal turns out unfit.

    Raises:
        Refused: a record cannot be decided; none was taken in.
        InputError, PolicyError: a policy, the files or the register are wrong.
    """
    from tokumei.pipelines.launcher.options import pin_runner, refuse_unknown

    options = pin_runner(beam_args)
    if beam_args:
        refuse_unknown(options)
    if args.action == _POLICY:
        return _tell_policy(args)
    return _decide(args, options) if args.action == _DECIDE else take_in(args, "screen")


def _tell_policy(args: argparse.Namespace) -> int:
    from tokumei.transforms.proposals.evidence import screened_policy

    store, register = opened(args)
    bodies = [states(journal) for journal in asked_journals(args, store, register)]
    body = next((one for one in bodies if args.case in one.cases), bodies[0])
    sys.stdout.write(screened_policy(store, register, body, args.case))
    return 0


def _decide(args: argparse.Namespace, options: Sequence[str]) -> int:
    from tokumei.transforms.ledger.proposers import proposers_of
    from tokumei.transforms.proposals.execute import Command, execute
    from tokumei.transforms.proposals.screen import Means, screen_case
    from tokumei.transforms.proposals.screening import ScreenedCase

    store, register = opened(args)
    journal, occasion = asked(args, store, register)
    rows = given_records(args.records, ScreenedCase, "screen decide")
    means = Means(
        fees=fees_by_regime(occasion.kind, args.fees),
        rehearsed=_rehearsed(args, store, states(journal), rows, options),
        templates=args.templates,
    )
    decided: dict[str, ScreeningDecision] = {}

    def decide(body: Body, record: ScreenedCase, occasion: Occasion) -> list[Event]:
        decided[record.case] = decision = screen_case(body, record, occasion, means)
        return list(decision.events)

    def keep(row: GivenRecord[ScreenedCase]) -> None:
        decision = decided[row.record.case]
        if decision.apart is not None:
            proposers_of(store, register, occasion.body).keep(row.digest, decision.apart)
        write_papers(args.papers, row.record.case, decision.papers)

    tell(args, execute(journal, Command("", ScreenedCase, decide), rows, occasion, keep))
    for case, decision in decided.items():
        print(f"papers of case {case} in {args.papers}: {', '.join(decision.papers)}")
    return 0


def _rehearsed(
    args: argparse.Namespace,
    store: Store,
    body: Body,
    rows: Sequence[GivenRecord[ScreenedCase]],
    options: Sequence[str],
) -> dict[str, RehearsedMethod]:
    """Rehearse the methods that are wanted, of cases that are screened now, and keep the answers."""
    from tokumei.pipelines.launcher.method_trial import try_method
    from tokumei.schemas.errors import InputError, PolicyError
    from tokumei.transforms.proposals.evidence import keep_evidence
    from tokumei.transforms.proposals.screen import RehearsedMethod, is_existing
    from tokumei.transforms.release.rehearsal import private_folder
    from tokumei.transforms.storage.policy_folder import folder_of, locate

    found: dict[str, RehearsedMethod] = {}
    for row in rows:
        wanted, case = row.record.method, body.cases.get(row.record.case)
        if wanted is None or case is None or case.state not in _OPEN or is_existing(case):
            continue
        try:
            answer = try_method(
                wanted,
                locate(folder_of(args.records), wanted.policy),
                output=args.output,
                folder=private_folder(args.papers),
                options=options,
            )
        except (InputError, PolicyError) as error:
            where = f"record {row.number}, {error.where}"
            raise type(error)(error.code, where=where, what=error.what, fix=error.fix) from None
        digest = keep_evidence(store, store.join(args.output, "register"), body.name, answer)
        found[row.record.case] = RehearsedMethod(answer, digest)
        verdict = "can be met" if not answer.reasons else "cannot be met"
        print(f"case {row.record.case}: the wanted method {verdict}, for {answer.people:,} people")
    return found


if __name__ == "__main__":
    run_as_program(__spec__)
