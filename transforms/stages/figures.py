"""The commission's view as PTransforms: ledgers of many bodies to the account of a year, and its site."""

from __future__ import annotations

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.coders.typecoders import registry
from apache_beam.pvalue import PBegin, PCollection

from tokumei.transforms.engine.chunks import SizedPickleCoder
from tokumei.transforms.engine.combine import merge_globally
from tokumei.transforms.engine.guard import guarded
from tokumei.transforms.engine.share import BeginWith
from tokumei.transforms.engine.steps import each
from tokumei.transforms.figures.account import YearAccount, YearAsked, account_of, publish_account

registry.register_coder(YearAccount, SizedPickleCoder)


class CountLedgers(beam.PTransform):
    """The root of a pipeline → how many bodies were counted (one): their figures and lists are a site.

    A ledger is read whole by one worker, whose counts and lists alone travel on. Under retry it counts the
    same and writes the same bytes.

    Args:
        folders: of the ledgers, one a body.
        asked: the year, the last day, and where the site is written.

    Raises:
        TokumeiError: when the pipeline runs: a ledger is damaged, sums do not agree, or storage fails.
    """

    def __init__(self, folders: Sequence[str], asked: YearAsked) -> None:
        super().__init__()
        self._folders, self._asked = folders, asked

    def expand(self, root: PBegin) -> PCollection[int]:
        """Folder → `YearAccount` (one a body) → `YearAccount` (one) → how many bodies (one)."""
        return (
            root
            | "Ledgers" >> BeginWith(self._folders, str, str)
            | "Count" >> each(guarded(account_of), self._asked).with_output_types(YearAccount)
            | "Add" >> merge_globally(YearAccount.together, YearAccount)
            | "Publish" >> each(guarded(publish_account), self._asked).with_output_types(int)
        )
