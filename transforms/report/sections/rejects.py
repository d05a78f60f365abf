"""読み取れなかったレコード: how many records were left out, by what could not be read."""

from __future__ import annotations

import re
from typing import NamedTuple

from tokumei.schemas.report import NoteCount, RejectCount, Report
from tokumei.transforms.values.encodings import ENCODINGS, UNDECODABLE

REASONS = {
    UNDECODABLE: "文字として読めない",
    **{f"{UNDECODABLE}_{e}": f"文字として読めない（{e}なら読める）" for e in ENCODINGS},
    "ragged": "項目の数が合わない",
    "width": "レコードの長さが合わない",
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
    "excel_serial": "日付として読めない（Excelのシリアル値のような5桁の数）",
    "era_digits": "日付として読めない（元号の番号で始まるような桁数の数）",
    "future_era": "元号の終わりより後の日付",
    "utc_midnight": "日付でない（協定世界時の零時、日本時間の9時）",
    "time_of_day": "日付でない（零時でない時刻がある）",
}


NOTES = {
    "nan": "数値でないことを表す値（NaN）であったため、値なしとして扱った",
    "absent": "どのレコードにもこの項目がなく、全て値なしとして扱った",
}


class Unread(NamedTuple):
    """What the section tells, in words for officers; a record bad as a whole has no column."""

    rejects: tuple[RejectCount, ...]
    notes: tuple[NoteCount, ...]


def view(report: Report) -> Unread:
    """Return the rejects, and what counts as missing, in words for officers."""
    titles = {table.name: (table.title, {c.name: c.title for c in table.columns}) for table in report.tables}

    def in_words(place: RejectCount | NoteCount) -> dict[str, str]:
        table, columns = titles[place.table]
        return {"table": table, "column": columns.get(place.column, "レコード全体")}

    return Unread(
        tuple(r.model_copy(update={**in_words(r), "reason": _reason(r.reason)}) for r in report.rejects),
        tuple(note.model_copy(update={**in_words(note), "note": NOTES[note.note]}) for note in report.notes),
    )


def _reason(told: str) -> str:
    """Return a reason in words; of numbers of fields, how many there were and how many there should be."""
    reason, _, detail = told.partition(" (")
    found = re.fullmatch(r"(\d+)( or more)? fields, (\d+) expected\)", detail)
    if found is None:
        return REASONS.get(reason, reason)
    fields = f"{found[1]}項目{'以上' if found[2] else ''}、正しくは{found[3]}項目"
    return f"{REASONS.get(reason, reason)}（{fields}）"
