"""The 単票 of an entry: its cells, captioned in the words of the regime, and the volume that it stands in."""

from __future__ import annotations

from typing import NamedTuple

from tokumei.schemas.file_items import Office
from tokumei.schemas.laws import LAWS
from tokumei.schemas.people import UNCOUNTED
from tokumei.schemas.register import SMALL_FILE, RegisterEntry
from tokumei.transforms.pages.environment import day, moment, number

REGISTER_TITLE = "個人情報ファイル簿"
COLUMNS = (
    "個人情報ファイルの名称",
    "行政機関等の名称",
    "事務をつかさどる組織の名称",
    "利用目的",
    "記録項目",
    "記録範囲",
    "記録情報の収集方法",
    "要配慮個人情報",
    "経常的提供先",
    "開示請求等を受理する組織",
    "訂正及び利用停止の特別の手続",
    "個人情報ファイルの種別",
    "同じ利用目的及び記録範囲のマニュアル処理ファイル",
    "条例要配慮個人情報",
    "提案の募集",
    "提案を受ける組織",
    "第三者の意見書提出の機会",
    "匿名加工情報の概要",
    "作成された匿名加工情報の提案を受ける組織",
    "作成された匿名加工情報の提案の期間",
    "提供の方法",
    "条例の定め",
    "備考",
)


class Cell(NamedTuple):
    """One cell of a 単票."""

    caption: str
    text: str


def volume_of(entry: RegisterEntry) -> tuple[str, str]:
    """Return title and legal basis of the part of the book that an entry stands in."""
    act = LAWS[entry.regime].act
    if entry.regime == "private":
        return (
            "匿名加工情報　作成・提供の記録",
            "民間事業者には個人情報ファイル簿の作成義務がありません。この記録は、作成した匿名加工情報と"
            f"その提供の方法（{act}第43条第3項・第4項）を手元で確かめるためのものです。",
        )
    if entry.small_file_ordinance:
        return (
            "条例に基づく帳簿",
            f"{act}第75条第5項により、個人情報ファイル簿とは別に、本人の数が{number(SMALL_FILE)}人未満の"
            "個人情報ファイルについて条例の定めるところにより作成するものです。",
        )
    return REGISTER_TITLE, f"{act}に基づき、保有する個人情報ファイルについて作成するものです。"


def cells_of(entry: RegisterEntry) -> tuple[Cell, ...]:
    """Return the cells of an entry's 単票 in their usual order; a company's has fewer."""
    return tuple(cell for cell in all_cells(entry) if cell is not None)


def all_cells(entry: RegisterEntry) -> tuple[Cell | None, ...]:
    """Return a cell for each of `COLUMNS`, None where the entry's regime has none."""
    law = LAWS[entry.regime]
    public, today = entry.regime != "private", entry.regime == "public"
    product, period = law.product, entry.product_period
    outline = (
        None if entry.product_people is None else f"本人の数：{_people(entry)}\n情報の項目：{_items(entry)}"
    )
    rows: list[tuple[bool, str, str | None]] = [
        (True, "個人情報ファイルの名称", entry.name),
        (True, law.body_caption, entry.body),
        (True, "個人情報ファイルが利用に供される事務をつかさどる組織の名称", entry.department),
        (True, "個人情報ファイルの利用目的", entry.purpose),
        (True, "記録項目", entry.record_items),
        (True, "記録範囲", entry.record_scope),
        (True, "記録情報の収集方法", entry.collection),
        (True, "要配慮個人情報が含まれるときは、その旨", "含む" if entry.sensitive else "含まない"),
        (True, "記録情報の経常的提供先", "、".join(entry.recipients) or None),
        (public, "開示請求等を受理する組織の名称及び所在地", _office(entry.request_office)),
        (public, "訂正及び利用停止に関する他の法令による特別の手続等", entry.special_procedure),
        (public, "個人情報ファイルの種別", law.electronic if entry.kind == "electronic" else law.manual),
        (public, law.manual_subset, _subset(entry)),
        (
            today,
            "条例要配慮個人情報が含まれるときは、その旨",
            "含む" if entry.ordinance_sensitive else None,
        ),
        (
            public,
            f"{product}の提案の募集をする個人情報ファイル（{law.call}第1号）",
            "該当" if entry.call_for_proposals else "非該当",
        ),
        (
            public,
            f"{product}の提案を受ける組織の名称及び所在地（{law.call}第2号）",
            _office(entry.proposal_office),
        ),
        (bool(law.opinion), law.opinion, "該当" if entry.third_party_opinion else "非該当"),
        (True, f"{product}の概要" + (f"（{law.outline}第1号）" if public else ""), outline),
        (
            public,
            f"作成された{product}に関する提案を受ける組織の名称及び所在地（{law.outline}第2号）",
            _office(entry.product_office),
        ),
        (
            public,
            f"作成された{product}に関する提案をすることができる期間（{law.outline}第3号）",
            f"{day(period.start)}から{day(period.end)}まで" if period else None,
        ),
        (True, "提供の方法", entry.how_provided),
        (
            entry.small_file_ordinance is not None,
            f"本人の数が{number(SMALL_FILE)}人未満の個人情報ファイルについての条例の定め",
            f"{entry.small_file_ordinance}",
        ),
        (True, "備考", entry.remarks),
    ]
    return tuple(Cell(caption, text or "―") if has else None for has, caption, text in rows)


def withdrawals_of(entry: RegisterEntry) -> tuple[str, ...]:
    """Return a line for each release of the file that was withdrawn (取下げ)."""
    return tuple(
        f"リリース {gone.release_id}　{moment(gone.at)}に取下げ"
        + (f"（リリース {gone.replaced_by} に差替え）" if gone.replaced_by else "")
        + f"　理由：{gone.because}"
        for gone in entry.withdrawn
    )


def _people(entry: RegisterEntry) -> str:
    basis = f"（{UNCOUNTED}）" if entry.product_people_basis == "records" else ""
    return f"{number(entry.product_people or 0)}人{basis}"


def _subset(entry: RegisterEntry) -> str | None:
    if entry.kind == "manual":  # the item asks it of computer files
        return None
    return "有" if entry.manual_subset else "無"


def _office(office: Office | None) -> str | None:
    return f"（名称）{office.name}\n（所在地）{office.address}" if office else None


def _items(entry: RegisterEntry) -> str:
    tables = [
        (t.table, "、".join(f"{i}{title}" for i, title in enumerate(t.items, 1))) for t in entry.product_items
    ]
    if len(tables) == 1:
        return tables[0][1]
    return "".join(f"\n【{name}】{items}" for name, items in tables)
