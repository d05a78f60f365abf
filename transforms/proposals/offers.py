"""What is known of a release that would be handed over, from the output area; and the papers beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokumei.schemas.released_entry import released_items
from tokumei.schemas.report import Report
from tokumei.transforms.ledger.state import Body, Case
from tokumei.transforms.proposals.evidence import read_evidence
from tokumei.transforms.proposals.papers import PAPER_NAMES, PaperKind, paper
from tokumei.transforms.proposals.provision import Offered, ProvidedRelease
from tokumei.transforms.proposals.screen import about_case, is_existing
from tokumei.transforms.register.books import books
from tokumei.transforms.release.manifest import damaged, read_manifest
from tokumei.transforms.release.reread import reread
from tokumei.transforms.storage.base import Store


@dataclass(frozen=True)
class FoundRelease:
    """A release that is whole: where it is, its manifest, and what the gate asks of it."""

    release: str
    manifest: Mapping[str, Any]
    offered: Offered


def find_release(store: Store, output: str, body: Body, record: ProvidedRelease) -> FoundRelease:
    """Read a release again, with its register entry and what the screening of the case rested on.

    Raises:
        InputError: there is no such release, a file of it is not as it was published, or the register is
            damaged.
    """
    again = reread(store, output, record.release)
    if again.differences:
        raise damaged(again.differences[0].uri)
    manifest = read_manifest(store, again.release)
    if manifest is None:
        raise damaged(again.release)
    register, case = store.join(output, "register"), body.cases[record.case]
    entries = [entry for book in books(store, register) for entry in book.entries]
    made = next((entry for entry in entries if entry.release_id == record.release), None)
    versions = [entry for entry in entries if made is not None and entry.entry_id == made.entry_id]
    offered = Offered(
        report=Report.model_validate_json(store.read(store.join(again.release, "report.json"))[0]),
        entry=made,
        newest=max(versions, key=lambda entry: entry.version, default=None),
        rules=None if is_existing(case) else _rules(store, register, body, case),
        product=_product(store, output, case) if is_existing(case) else None,
    )
    return FoundRelease(again.release, manifest, offered)


def papers_beside(
    body: Body, record: ProvidedRelease, report: Report, *, day: dt.date, templates: Path | None
) -> dict[str, str]:
    """Return the papers of a package by file name: the mark, the terms, and the notice."""
    case = body.cases[record.case]
    if case.contract is None:  # which the table of transitions refuses
        return {}
    said = {
        "release": record.release,
        "period": case.contract.period,
        "how_provided": case.fit and case.fit.how_provided,
        "product": {"people": report.people, "tables": released_items(report)},
    }
    about = about_case(body, case, record.case, day)
    kinds: tuple[PaperKind, ...] = ("mark", "terms", "receipt")
    return {f"{PAPER_NAMES[kind]}.txt": paper(kind, about, templates=templates, **said) for kind in kinds}


def _rules(store: Store, register: str, body: Body, case: Case) -> str:
    """Return the fingerprint of the method that was screened; empty where no rehearsal tells it."""
    judged = case.judged.get(3)
    if judged is None or judged.evidence is None or not judged.passed:
        return ""
    return read_evidence(store, register, body.name, judged.evidence).rules


def _product(store: Store, output: str, case: Case) -> str | None:
    """Return the work of the product that a case is about; None where it is not there."""
    if case.release is None:
        return None
    manifest = read_manifest(store, store.join(output, "releases", case.release))
    return None if manifest is None else str(manifest["work"])
