"""読み取れなかったレコード: how many records were left out, by what could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tokumei.schemas.report import RejectCount, Report

REASONS = {
    "undecodable": "文字として読めない",
    "ragged": "項目の数が合わない",
    "quotes": "引用符の使い方が決まりに合わない",
    "header": "項目名の行（レコードではない）",
    "byte_order_mark": "途中に別のファイルの先頭の印（BOM）がある",
    "nameless": "項目名のない列に値がある",
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
        reason = _reason(reject.reason)
        column = columns.get(reject.column, "レコード全体")
        yield reject.model_copy(update={"table": table, "column": column, "reason": reason})


def _reason(told: str) -> str:
    """Return a reason in words; of numbers of fields, how many there were and how many there should be."""
    reason, _, detail = told.partition(" (")
    found = re.fullmatch(r"(\d+)( or more)? fields, (\d+) expected\)", detail)
    if found is None:
        return REASONS.get(reason, reason)
    fields = f"{found[1]}項目{'以上' if found[2] else ''}、正しくは{found[3]}項目"
    return f"{REASONS.get(reason, reason)}（{fields}）"
