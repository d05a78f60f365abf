"""The job `tokumei fee`: fees are worked out, and payments recorded (手数料, 法119条)."""

from __future__ import annotations

import argparse

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import add_fees, fees_by_regime
from tokumei.pipelines.launcher.clerk import add_actions, add_as_of, take_in

_QUOTE = "quote"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be worked out and recorded."""
    text = "work a fee out, in yen, by the regime of --as-of; nothing is recorded"
    quote = add_actions(parser, "fee").add_parser(_QUOTE, help=text, description=text)
    quote.add_argument("--hours", default="0", metavar="H", help="of creation: 10.2, or 10:01; default: 0")
    quote.add_argument("--outsourcing", type=int, default=0, metavar="YEN", help="paid to a contractor")
    quote.add_argument("--third-parties", type=int, default=0, metavar="N", help="who are heard: 2017 alone")
    add_fees(quote)
    add_as_of(quote)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    return _quote(args) if args.action == _QUOTE else take_in(args, "fee")


def _quote(args: argparse.Namespace) -> int:
    from pydantic import ValidationError

    from tokumei.schemas import japan_time
    from tokumei.schemas.errors import PolicyError
    from tokumei.schemas.regimes import regime_of
    from tokumei.schemas.screening import FeeBasis
    from tokumei.transforms.proposals.fees import creation_fee, worked_hours

    try:
        basis = FeeBasis(hours=args.hours, outsourcing=args.outsourcing, third_parties=args.third_parties)
    except ValidationError:
        raise PolicyError(
            "usage.fee",
            where="--hours, --outsourcing, --third-parties",
            what="hours are written 10.2, or 10:01; the others are whole numbers from 0",
            fix="correct them",
        ) from None
    day = japan_time.today() if args.as_of is None else args.as_of.date()
    fee = creation_fee(
        fees_by_regime("行政機関", args.fees)[regime_of(day)],
        hours=worked_hours(basis.hours),
        outsourcing=basis.outsourcing,
        third_parties=basis.third_parties,
    )
    for line in fee.lines:
        print(f"{line.yen:>12,}円  {line.what}")
    print(f"{fee.yen:>12,}円  {fee.basis}")
    return 0


if __name__ == "__main__":
    run_as_program(__spec__)
