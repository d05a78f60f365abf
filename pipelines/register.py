"""The job `tokumei register`: entries are made, corrected, erased, shown and checked; releases withdrawn."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.pipelines.launcher.settings import add_settings, settings_of
from tokumei.schemas import japan_time
from tokumei.schemas.errors import InputError, PolicyError, RequirementError

if TYPE_CHECKING:
    from tokumei.schemas.policy import Policy
    from tokumei.schemas.register import Book, RegisterEntry
    from tokumei.transforms.storage.base import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done with a register, and the arguments of each."""
    from tokumei.schemas.register import SMALL_FILE

    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def action(name: str, text: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=text, description=text)

    enter = action("enter", "enter a file that is held, or correct its entry")
    enter.add_argument("policy", metavar="POLICY.yaml", help="its file section and columns are entered")
    enter.add_argument("--output", help="directory or gs:// URI (default: output.directory of the policy)")
    enter.add_argument("--people", type=_count, metavar="N", help="people (本人) in the file, not records")
    add_settings(enter)
    erase = action(
        "erase", f"erase the entry of a file that is not held any more, or has under {SMALL_FILE:,} people"
    )
    erase.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI that holds register/")
    erase.add_argument("--entry", required=True, metavar="ID", help="as tokumei register show prints it")
    ground = erase.add_mutually_exclusive_group(required=True)
    ground.add_argument("--no-longer-held", action="store_true", help="the file is not held any more")
    ground.add_argument("--people", type=_count, metavar="N", help="people (本人) left in the file")
    erase.add_argument("--because", required=True, metavar="TEXT", help="the reason; stays in the book")
    withdraw = action("withdraw", "withdraw a release: it stays where it is, and is in force no longer")
    withdraw.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI that holds the release")
    withdraw.add_argument("--release-id", required=True, metavar="ID", help="the release")
    withdraw.add_argument(
        "--because", required=True, metavar="TEXT", help="the reason; everybody can read it"
    )
    show = action("show", "list the entries in force")
    show.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI that holds register/")
    show.add_argument("--history", action="store_true", help="list earlier versions and erased entries too")
    check = action("check", "check that every file of the register says what its book says")
    check.add_argument("output", metavar="OUTPUT", help="directory or gs:// URI that holds register/")
    check.add_argument("--repair", action="store_true", help="make the files anew from the book")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("must be a number of people, in digits only")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns 0 also where nothing had to change."""
    actions = {"enter": _enter, "erase": _erase, "withdraw": _withdraw, "show": _show, "check": _check}
    return actions[args.action](args)


def _enter(args: argparse.Namespace) -> int:
    from tokumei.pipelines.launcher.outcome import warn
    from tokumei.schemas.register import entry_of_file
    from tokumei.transforms.planning.prepare import output_of
    from tokumei.transforms.register.books import check_clock, enter_file
    from tokumei.transforms.storage.policy_folder import folder_of, read_policy

    policy = read_policy(args.policy, settings_of(args))
    store, directory = _register(output_of(policy, folder_of(args.policy), args.output))
    small = policy.regime != "private" and _small(policy, args.people)
    entry = entry_of_file(policy, japan_time.now(), small=small)
    check_clock(store, directory, entry.body, entry.updated_at)
    warn(policy)
    print(_line(enter_file(store, directory, entry)))
    return 0


def _small(policy: Policy, people: int | None) -> bool:
    """Return whether a public body's file is entered under an ordinance, for it has under 1,000 people."""
    from tokumei.schemas.register import SMALL_FILE

    if people is None:
        raise PolicyError(
            "usage.people",
            where="--people",
            what=f"a file of fewer than {SMALL_FILE:,} people is not registered (令20条2項), so their number"
            " must be told",
            fix="give --people N: distinct people (本人), not records",
        )
    if people < SMALL_FILE and policy.file.small_file_ordinance is None:
        local = (
            "; a local government whose ordinance (条例) provides for a book of such files (法75条5項) names"
            " it under file.small_file_ordinance"
        )
        raise RequirementError(
            "requirement.small_file",
            where="--people",
            what=f"the file has {people:,} people; under {SMALL_FILE:,} is not registered (令20条2項)",
            fix="leave it out; an entry of it in force must be erased (tokumei register erase, 令21条4項)"
            + (local if policy.regime == "public" else ""),
        )
    if people < SMALL_FILE and policy.file.call_for_proposals:
        raise PolicyError(
            "register.small_call",
            where="file.call_for_proposals",
            what=f"a file of fewer than {SMALL_FILE:,} people is in no 個人情報ファイル簿, so no proposals"
            " can be called for (法60条3項1号)",
            fix="remove call_for_proposals",
        )
    return people < SMALL_FILE


def _erase(args: argparse.Namespace) -> int:
    from tokumei.schemas.register import SMALL_FILE
    from tokumei.schemas.register_ends import Erasure
    from tokumei.transforms.register.books import books, check_clock, erase_entry

    store, directory = _register(args.output)
    if args.people is not None and args.people >= SMALL_FILE:
        raise RequirementError(
            "register.large_file",
            where="--people",
            what=f"a file of {SMALL_FILE:,} people or more stays in the register (令21条4項)",
            fix="leave the entry, or use --no-longer-held if that is so",
        )
    _refuse_blank(args.because)
    found = _some(books(store, directory), directory)
    erasure = Erasure(at=japan_time.now(), because=args.because, people=args.people)
    for body in (body for book in found for body in book.bodies if book.newest(args.entry)):
        check_clock(store, directory, body, erasure.at)
    print(_line(erase_entry(store, directory, args.entry, erasure)))
    return 0


def _withdraw(args: argparse.Namespace) -> int:
    from tokumei.schemas.register_ends import Withdrawal
    from tokumei.transforms.release.withdraw import withdraw_release

    store, _ = _register(args.output)
    _refuse_blank(args.because)
    withdrawal = Withdrawal(release_id=args.release_id, at=japan_time.now(), because=args.because)
    print(_line(withdraw_release(store, args.output, withdrawal)))
    return 0


def _refuse_blank(reason: str) -> None:
    if not reason.strip():
        raise PolicyError("usage", where="--because", what="the reason is blank", fix="say why")


def _show(args: argparse.Namespace) -> int:
    from tokumei.transforms.register.books import books

    store, directory = _register(args.output)
    for book in _some(books(store, directory), directory):
        print("".join(book.bodies))
        by_number = sorted(book.entries, key=lambda e: (e.number, e.version))
        for entry in by_number if args.history else book.current:
            print(f"  {_line(entry)}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from tokumei.transforms.register.books import books, differences, lost_releases, missing_releases, repair
    from tokumei.transforms.release.withdraw import unlike_withdrawals

    store, directory = _register(args.output)
    found = _some(books(store, directory), directory)
    if args.repair:
        repair(store, directory)
    wrong = differences(store, directory)
    if wrong:
        raise RequirementError(
            "register.differs",
            where=", ".join(wrong),
            what="not what the register book says: not yet written, changed since, or of another version",
            fix="run tokumei register check --repair; wait first for jobs that still run",
        )
    missing = missing_releases(store, args.output)
    if missing:
        raise RequirementError(
            "register.release_missing",
            where=", ".join(missing),
            what="published, but not in the register: the run died between the two",
            fix="run the same tokumei anonymize again; it adds the entry",
        )
    lost = lost_releases(store, args.output)
    if lost:
        raise RequirementError(
            "register.release_lost",
            where=", ".join(lost),
            what="an entry in force speaks of this release, which is not here",
            fix="restore it from a backup, or run tokumei anonymize again under another --release-id",
        )
    unlike = unlike_withdrawals(store, args.output)
    if unlike:
        raise RequirementError(
            "register.withdrawal_differs",
            where=", ".join(unlike),
            what="withdrawn.json of the release and the register book do not say the same of its withdrawal",
            fix="run tokumei register withdraw for the release again; it completes what a killed one left",
        )
    _tell_unmatched(store, args.output)
    entries = sum(len(book.current) for book in found)
    print(f"the register is whole: {len(found)} book(s), {entries} entries in force")
    return 0


def _tell_unmatched(store: Store, output: str) -> None:
    """Print which releases have no case, and which packages were never handed over; refuse the reverse.

    Refused also are packages, and numbers of people, that are not as the ledger says.
    """
    from tokumei.transforms.proposals.unmatched import unmatched

    found = unmatched(store, output)
    if found.cases:
        raise RequirementError(
            "register.case_without_release",
            where=", ".join(found.cases),
            what="the ledger says that a release was provided in these cases, and no register book knows it",
            fix="restore the book or the ledger from a backup",
        )
    if found.people:
        raise RequirementError(
            "register.product_differs",
            where=", ".join(found.people),
            what="ledger and register book tell other numbers of people of the product of these cases",
            fix="restore the book or the ledger from a backup",
        )
    if found.unlike:
        raise RequirementError(
            "register.package_differs",
            where=", ".join(f"{case}: {how}" for case, how in found.unlike.items()),
            what="the package of a case was removed, emptied (files are missing) or changed",
            fix="restore the package from a backup; what a recipient has is told by its SHA256SUMS",
        )
    for release in found.releases:
        print(f"release {release}: no case; made for one that goes on, or outside of proposals (法109条)")
    for case in found.packages:
        print(f"package of case {case}: not recorded as provided; run tokumei provide again, or remove it")


def _register(output: str) -> tuple[Store, str]:
    from tokumei.transforms.storage.places import open_store

    store = open_store(output)
    return store, store.join(output, "register")


def _some(found: tuple[Book, ...], directory: str) -> tuple[Book, ...]:
    if not found:
        raise InputError(
            "register.none",
            where=directory,
            what="there is no register book",
            fix="name the directory that --output named",
        )
    return found


def _line(entry: RegisterEntry) -> str:
    of = "no release" if entry.release_id is None else f"release {entry.release_id}"
    end = f", erased {entry.erased.at}: {entry.erased.because}" if entry.erased else ""
    for gone in entry.withdrawn:
        by = f", replaced by {gone.replaced_by}" if gone.replaced_by else ""
        end += f", release {gone.release_id} withdrawn {gone.at}{by}: {gone.because}"
    return (
        f"{entry.number}. {entry.name}  entry {entry.entry_id}  version {entry.version} of {entry.updated_at}"
        f" ({entry.status}, {of}{end})"
    )


if __name__ == "__main__":
    run_as_program(__spec__)
