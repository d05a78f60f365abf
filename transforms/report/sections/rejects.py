"""読み取れなかったレコード: how many records were left out, by what could not be read."""

from __future__ import annotations

from collections.abc import Iterator

from tokumei.schemas.report import RejectCount, Report
from tokumei.transforms.values.encodings import ENCODINGS, UNDECODABLE

REASONS = {
    UNDECODABLE: "文字として読めない",
    **{f"{UNDECODABLE}_{e}": f"文字として読めない（{e}なら読める）" for e in ENCODINGS},
    "ragged": "項目の数が合わない",
    "width": "レコードの長さが合わない",
    "json": "JSONとして読めない",
    "type": "宣言した型の値でない",
    "integer": "整数として読めない",
    "number": "数値として読めない",
    "date": "日付として読めない",
    "month": "年月として読めない",
    "datetime": "日時として読めない",
    "boolean": "真偽値として読めない",
}


def view(report: Report) -> tuple[RejectCount, ...]:
    """Return the rejects in words for officers; a record bad as a whole has no column."""
    return tuple(_in_words(report))


def _in_words(report: Report) -> Iterator[RejectCount]:
    titles = {table.name: (table.title, {c.name: c.title for c in table.columns}) for table in report.tables}
    for reject in report.rejects:
        table, columns = titles[reject.table]
        reason = REASONS.get(reject.reason, reject.reason)
        column = columns.get(reject.column, "レコード全体")
        yield reject.model_copy(update={"table": table, "column": column, "reason": reason})
