"""What the commands about cases share beside the clerk's: fees, papers, and where these are kept."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokumei.schemas.events import BodyKind
    from tokumei.schemas.fees import FeeTable
    from tokumei.transforms.proposals.papers import PaperKind

PAPERS = "tokumei-papers"


def add_templates(parser: argparse.ArgumentParser) -> None:
    """Declare the body's own templates of papers."""
    parser.add_argument(
        "--templates",
        type=Path,
        metavar="DIR",
        help="the body's own templates of papers, each in place of the one of its name (<kind>.txt.j2)",
    )


def add_papers(parser: argparse.ArgumentParser) -> None:
    """Declare where papers are written, and by which templates."""
    parser.add_argument(
        "--papers",
        default=PAPERS,
        metavar="DIR",
        help=f"private folder (mode 0700) or gs:// URI of the papers (default: {PAPERS})",
    )
    add_templates(parser)


def add_fees(parser: argparse.ArgumentParser) -> None:
    """Declare a table of fees in place of the State's."""
    parser.add_argument(
        "--fees",
        metavar="FILE",
        help="CSV of the body's own fees (条例, 利用料); default for 行政機関: those of the State",
    )


def fees_by_regime(kind: BodyKind, own: str | None) -> Mapping[str, FeeTable]:
    """Return the tables of fees that a body takes.

    Raises:
        PolicyError: the body's own is no table of fees.
        InputError: it cannot be read.
    """
    from tokumei.schemas.fees import fees_of, state_fees
    from tokumei.transforms.storage.places import open_store

    tables = state_fees() if kind == "行政機関" else {}
    if own is None:
        return tables
    return {**tables, **fees_of(open_store(own).read(own)[0].decode("utf-8-sig", "replace"), own)}


def write_papers(folder: str, case: str, papers: Mapping[PaperKind, str]) -> None:
    """Write the papers of a case into a private folder, over those of before."""
    from tokumei.transforms.proposals.package import folder_name
    from tokumei.transforms.release.rehearsal import private_folder, write_documents

    named = {f"{folder_name(case)}-{kind}.txt": text for kind, text in papers.items()}
    write_documents(private_folder(folder), named)
