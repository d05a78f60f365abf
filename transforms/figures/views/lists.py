"""The lists that everybody may read: calls, windows, files, products, each over all bodies of a site."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tokumei.schemas.regimes import PublicRegime, cited
from tokumei.transforms.figures.entries import ENTRY_CAPTIONS
from tokumei.transforms.figures.published import PublicLine, PublicLists, kind_place
from tokumei.transforms.figures.views.dataset import Caption, Dataset

_KEY = Caption("key", "キー")
_BODY = (Caption("body_key", "機関のキー"), Caption("body", "機関"), Caption("body_kind", "区分"))
_WINDOW = (
    Caption("window", "提案を受ける組織"),
    Caption("address", "所在地"),
    Caption("contact", "連絡先"),
)


_PAGE = 2_000  # rows that a page holds; a list of more has a page for each heading


class Heading(NamedTuple):
    """Rows that stand under one heading; ``page`` is the file of their own page, or empty."""

    title: str
    rows: tuple[PublicLine, ...]
    page: str


class Listing(NamedTuple):
    """A list with what its page shows of it: the columns, and by which column rows are put under headings."""

    dataset: Dataset
    shown: tuple[str, ...]
    by: str

    @property
    def captions(self) -> tuple[Caption, ...]:
        """The columns that the page shows."""
        by_name = {caption.name: caption for caption in self.dataset.captions}
        return tuple(by_name[name] for name in self.shown)

    @property
    def groups(self) -> tuple[Heading, ...]:
        """The rows under their headings, in the order in which these come."""
        found: dict[str, list[PublicLine]] = {}
        for row in self.dataset.rows:
            found.setdefault(str(row[self.by]), []).append(row)
        split = len(self.dataset.rows) > _PAGE and self.by == "body"
        return tuple(
            Heading(title, tuple(rows), f"{self.dataset.name}-{rows[0]['body_key']}.html" if split else "")
            for title, rows in found.items()
        )


def listings(bodies: Sequence[PublicLists], regime: PublicRegime) -> tuple[Listing, ...]:
    """Return the lists of a site, bodies in the order of their kinds and names.

    Args:
        bodies: what is public of each.
        regime: whose articles the lists cite.
    """
    ordered = sorted(bodies, key=lambda one: (kind_place(str(one.body["body_kind"])), str(one.body["body"])))
    return (
        _calls(ordered),
        _bodies(ordered),
        _files(ordered, regime),
        _register(ordered),
        _products(ordered, regime),
    )


def _rows(found: Iterable[Iterable[PublicLine]]) -> tuple[PublicLine, ...]:
    return tuple(row for rows in found for row in rows)


def _calls(bodies: Sequence[PublicLists]) -> Listing:
    rows = sorted(_rows(one.calls for one in bodies), key=lambda row: str(row["first_day"]), reverse=True)
    captions = (
        *(
            _KEY,
            *_BODY,
            Caption("call", "募集のキー"),
            Caption("title", "募集の名称"),
            Caption("state", "状況"),
        ),
        *(
            Caption("announced", "公示の日"),
            Caption("first_day", "募集の初日"),
            Caption("last_day", "募集の末日"),
        ),
        *(Caption("files", "対象ファイル", number=True), *_WINDOW),
    )
    about = "各機関が公示した提案の募集です。新しいものから順に掲載しています。"
    shown = ("body", "title", "first_day", "last_day", "files", "window", "contact")
    return Listing(
        Dataset(name="calls", title="提案の募集", unit="件", about=about, captions=captions, rows=rows),
        shown,
        "state",
    )


def _bodies(bodies: Sequence[PublicLists]) -> Listing:
    captions = (
        *(_KEY, *_BODY[1:], *_WINDOW),
        *(Caption("calls", "この年度の募集", number=True), Caption("files", "対象ファイル", number=True)),
    )
    about = "提案を募集する機関と、提案を受け、質問に答える窓口です。"
    return Listing(
        Dataset(
            name="bodies",
            title="機関と窓口",
            unit="機関",
            about=about,
            captions=captions,
            rows=[one.body for one in bodies],
        ),
        ("body", "window", "address", "contact", "calls", "files"),
        "body_kind",
    )


def _files(bodies: Sequence[PublicLists], regime: PublicRegime) -> Listing:
    captions = (
        *(
            _KEY,
            *_BODY,
            Caption("name", "個人情報ファイルの名称"),
            Caption("people", "本人の数", number=True),
        ),
        Caption("call", "最近の募集"),
    )
    about = (
        f"提案の募集の対象とする個人情報ファイルです。三つの要件（{cited('60', regime)}）を満たすと判断され、"
        "帳簿に記載されているものを掲載しています。"
    )
    return Listing(
        Dataset(
            name="files",
            title="対象の個人情報ファイル",
            unit="ファイル",
            about=about,
            captions=captions,
            rows=_rows(one.files for one in bodies),
        ),
        ("name", "people", "call"),
        "body",
    )


def _register(bodies: Sequence[PublicLists]) -> Listing:
    captions = (_KEY, *_BODY, *(Caption(key, text) for key, text in ENTRY_CAPTIONS.items()))
    return Listing(
        Dataset(
            name="register",
            title="個人情報ファイル簿",
            unit="ファイル",
            about="帳簿に記載している個人情報ファイルです。すべての記載事項はデータにあります。",
            captions=captions,
            rows=_rows(one.register for one in bodies),
        ),
        ("name", "department", "purpose", "call_for_proposals", "product", "withdrawn"),
        "body",
    )


def _products(bodies: Sequence[PublicLists], regime: PublicRegime) -> Listing:
    captions = (
        *(_KEY, *_BODY, Caption("file", "ファイルのキー"), Caption("name", "個人情報ファイルの名称")),
        *(
            Caption("people", "本人の数", number=True),
            Caption("created", "作成の日"),
            Caption("state", "提案の受付"),
        ),
        *(Caption("offered_from", "提案の期間の初日"), Caption("offered_to", "提案の期間の末日")),
    )
    about = f"作成済みの情報です。これについても提案をすることができます（{cited('118', regime)}）。"
    return Listing(
        Dataset(
            name="products",
            title="作成済みの情報",
            unit="件",
            about=about,
            captions=captions,
            rows=_rows(one.products for one in bodies),
        ),
        ("name", "people", "created", "state", "offered_from", "offered_to"),
        "body",
    )
