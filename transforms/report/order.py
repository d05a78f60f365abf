"""In which order the rows of a release stand, in the words officers read."""

from __future__ import annotations

from collections.abc import Sequence

from tokumei.schemas.report import OrderReport, TableReport
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.recode.chosen import Account
from tokumei.transforms.release.dealing import parts_of
from tokumei.transforms.release.written import TableWritten


def explain_order(table: TablePlan, account: Account, written: TableWritten) -> OrderReport:
    """Tell of one table whether its parts say anything of where their rows stood; one part says nothing."""
    parts = len(written.parts)
    people = f"どのファイルにも、{table.k}人以上の行が入っている。"
    if parts == 1:
        told = "行の順序を無作為に入れ替え、1つのファイルにまとめた。元の並びは残っていない。"
    elif table.naming:
        told = (
            f"行を、この処理の鍵で無作為に配り直し、項目「{'」「'.join(table.naming)}」の公開する値ごとのフォルダに"
            f"分けて、{parts:,}個のファイルにした。各ファイル内の順序も無作為に入れ替え、ファイル名も無作為に付けた。"
            "フォルダの名前は公開する値であり、ほかのことは示さない。値を持つ人が少なければ、そのファイルの人も少ない。"
        )
    elif parts_of(table, account):
        told = (
            f"行を、この処理の鍵で無作為に{parts:,}個のファイルへ配り直し、各ファイル内の順序も無作為に入れ替えた。"
            f"ファイル名も無作為に付けた。どのファイルに入っているかから、元の並びは分からない。{people}"
        )
    else:
        told = (
            "各ファイル内の行の順序を無作為に入れ替え、ファイル名も無作為に付けた。ただし、1つのファイルには、"
            f"元の並びで近い範囲の行が入っている（ファイルは{parts:,}個）。{people}"
        )
        if table.table.because is not None:
            told += f"並びを残した理由：{table.table.because}"
    return OrderReport(
        order="global" if parts == 1 or parts_of(table, account) else "stretch", parts=parts, sentence=told
    )


def order_told(tables: Sequence[TableReport]) -> str:
    """Return what is told of all tables together."""
    told = [(table.title, table.order.sentence) for table in tables if table.order is not None]
    return told[0][1] if len(told) == 1 else "".join(f"「{title}」：{text}" for title, text in told)
