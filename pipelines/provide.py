"""The job `tokumei provide`: releases are handed over (提供, 法109条2項) as packages, once all agrees."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.casework import add_templates
from tokumei.pipelines.launcher.clerk import add_records, asked, given_records, opened, tell

if TYPE_CHECKING:
    from tokumei.schemas.events import Event
    from tokumei.transforms.ledger.state import Body
    from tokumei.transforms.proposals.occasion import Occasion
    from tokumei.transforms.proposals.offers import FoundRelease
    from tokumei.transforms.proposals.provision import ProvidedRelease
    from tokumei.transforms.proposals.records import GivenRecord
    from tokumei.transforms.storage.base import Store


@dataclass(frozen=True)
class _Package:
    """A package that is decided: the files of the release and the papers."""

    release: str
    sums: Mapping[str, str]
    papers: Mapping[str, str]

    def make(self, store: Store, folder: str) -> None:
        """Write it into its folder."""
        from tokumei.transforms.proposals.package import make_package

        make_package(store, folder, self.release, self.sums, self.papers)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the records."""
    add_records(parser)
    add_templates(parser)


def run(args: argparse.Namespace) -> int:
    """Make the packages of a file of records and record their provision, all or none.

    Raises:
        Refused: release, register, case, contract and fee do not agree; nothing was handed over.
        InputError: a release is missing, or not as it was published.
    """
    from tokumei.transforms.proposals.execute import Command, execute
    from tokumei.transforms.proposals.offers import find_release
    from tokumei.transforms.proposals.package import digest_of, package_folder
    from tokumei.transforms.proposals.provision import ProvidedRelease, provide
    from tokumei.transforms.proposals.screen import known_case

    store, register = opened(args)
    journal, occasion = asked(args, store, register)
    rows = given_records(args.records, ProvidedRelease, "provide")
    found: dict[str, FoundRelease] = {}
    packages: dict[str, _Package] = {}

    def decide(body: Body, record: ProvidedRelease, occasion: Occasion) -> list[Event]:
        known_case(body, record.case, occasion)
        if record.case not in found:  # read byte by byte, and once; a published release never changes
            found[record.case] = find_release(store, args.output, body, record)
        release, day = found[record.case], occasion.happened(record).date()
        packages[record.case] = made = _package_of(release, body, record, day, args.templates)
        return provide(body, record, occasion, offered=release.offered, package=digest_of(made.sums))

    def keep(row: GivenRecord[ProvidedRelease]) -> None:
        case = row.record.case
        packages[case].make(store, package_folder(store, args.output, case))

    done = execute(journal, Command("", ProvidedRelease, decide), rows, occasion, keep)
    tell(args, done)
    for row in rows:
        if row.number in done.before:
            _make_again(args, store, done.body, row.record)
    for case in packages:
        print(f"package of case {case}: {package_folder(store, args.output, case)}")
    return 0


def _package_of(
    release: FoundRelease, body: Body, record: ProvidedRelease, day: dt.date, templates: Path | None
) -> _Package:
    from tokumei.transforms.proposals.offers import papers_beside
    from tokumei.transforms.proposals.package import sums_of

    papers = papers_beside(body, record, release.offered.report, day=day, templates=templates)
    return _Package(release.release, sums_of(release.manifest, papers), papers)


def _make_again(args: argparse.Namespace, store: Store, body: Body, record: ProvidedRelease) -> None:
    """Make the package of a provision that is recorded again, where it is gone.

    Raises:
        RequirementError: it would not be, to the byte, what was handed over.
    """
    from tokumei.schemas.errors import RequirementError
    from tokumei.transforms.proposals.offers import find_release
    from tokumei.transforms.proposals.package import digest_of, package_folder, unlike_package

    case, folder = body.cases[record.case], package_folder(store, args.output, record.case)
    if case.package is None or unlike_package(store, folder, case.package) != "emptied":
        return
    found, day = find_release(store, args.output, body, record), case.since["provided"].date()
    made = _package_of(found, body, record, day, args.templates)
    if digest_of(made.sums) != case.package:
        raise RequirementError(
            "provide.unlike",
            where=f"case {record.case}",
            what="made again, the package would not be to the byte what was handed over",
            fix="give the templates of that time (--templates)",
        )
    made.make(store, folder)
    print(f"made again, package of case {record.case}: {folder}")


if __name__ == "__main__":
    run_as_program(__spec__)
