"""宣言のない危険: whom the released columns single out, whatever the policy calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tokumei.schemas.exposure import KINDS, ExposureKind
from tokumei.schemas.report import Report
from tokumei.schemas.report_exposure import ExposureReport

_KINDS: Mapping[ExposureKind, str] = {
    "links": "つなぎ目になる値",
    "labels": "少数の人の値",
    "blanks": "少数の人の空欄",
    "sets": "項目の組合せ",
    "restored": "他の項目から分かる値",
    "pseudonyms": "符号でない項目の仮ID",
    "homogeneous": "全員が同じ値のグループ",
    "perturbed": "小さすぎるずれ",
    "persons": "本人の項目",
}


class ExposureRow(NamedTuple):
    """One finding: its kind in Japanese, and the title of its table."""

    kind: str
    table: str
    finding: ExposureReport


def view(report: Report) -> tuple[ExposureRow, ...]:
    """Return the findings in the order of their kinds."""
    titles = {table.name: table.title for table in report.tables}
    found = sorted(report.exposure.findings, key=lambda f: (KINDS.index(f.kind), -f.people))
    return tuple(ExposureRow(_KINDS[f.kind], titles[f.table], f) for f in found)
