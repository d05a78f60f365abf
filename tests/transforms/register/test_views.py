"""JSON, Avro, CSV and page of any register book carry the same items, and those of its entries in force."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.registers import assert_agree, restored

from tokumei.schemas.file_items import Office, Ordinance, Period
from tokumei.schemas.register import Book, RegisterEntry, TableItems
from tokumei.schemas.register_ends import Erasure
from tokumei.transforms.register import sheets
from tokumei.transforms.register.views import VIEWS
from tokumei.transforms.values.formulas import inert

# What a policy may hold: anything but halves of characters and NUL, and never blank.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
WORDS = st.one_of(
    TEXT.map(lambda text: f"{text}甲"), TEXT.map(lambda text: f"={text}甲"), st.just("<b>&amp;\n'@")
)
OFFICES = st.builds(Office, name=WORDS, address=WORDS)
DAYS = st.dates()
PERIODS = st.tuples(DAYS, DAYS).map(lambda days: Period(start=min(days), end=max(days)))
FILES = ("名簿", "台帳", "記録")


def entries(release, name):
    """Entries of one file of one body, with the given release."""
    return st.builds(
        RegisterEntry,
        entry_id=st.just(f"id-{name}"),
        number=st.just(0),
        version=st.just(0),
        status=st.just("current"),
        regime=st.sampled_from(["private", "public", "public_2022", "public_2017"]),
        release_id=st.just(release),
        created_at=st.just("2026-11-23T22:44:11+09:00"),
        updated_at=st.just("2026-11-24T00:00:00+09:00"),
        name=WORDS,
        body=st.just("みなと市長"),
        department=WORDS,
        purpose=WORDS,
        record_items=WORDS,
        record_scope=st.none() | WORDS,
        collection=st.none() | WORDS,
        sensitive=st.booleans(),
        recipients=st.lists(WORDS, max_size=3).map(tuple),
        request_office=st.none() | OFFICES,
        special_procedure=st.none() | WORDS,
        kind=st.sampled_from(["electronic", "manual"]),
        manual_subset=st.booleans(),
        ordinance_sensitive=st.booleans(),
        call_for_proposals=st.booleans(),
        proposal_office=st.none() | OFFICES,
        third_party_opinion=st.booleans(),
        product_people=st.integers(0, 10**9),
        product_people_basis=st.sampled_from([None, "codes", "records"]),
        product_items=st.lists(
            st.builds(TableItems, table=WORDS, items=st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
            min_size=1,
            max_size=2,
        ).map(tuple),
        product_office=st.none() | OFFICES,
        product_period=st.none() | PERIODS,
        how_provided=WORDS,
        small_file_ordinance=st.none() | st.builds(Ordinance, name=WORDS, article=WORDS),
        remarks=st.none() | WORDS,
        erased=st.none(),
    )


@st.composite
def books(draw):
    """A book that has seen releases, corrections and erasures in any order."""
    book = Book()
    for i in range(draw(st.integers(0, 5))):
        name = draw(st.sampled_from(FILES))
        match draw(st.sampled_from(["release", "file", "erase"])):
            case "release":
                book = book.with_entry(draw(entries(f"r{i}", name)))
            case "file":
                book = book.with_file(
                    draw(entries(None, name)).model_copy(
                        update={"product_people": None, "product_people_basis": None, "product_items": ()}
                    )
                )
            case "erase":
                erasure = Erasure(
                    at="2026-12-01T00:00:00+09:00", because="廃止", people=draw(st.sampled_from([None, 900]))
                )
                book = book.without(f"id-{name}", erasure)
    return book


@given(book=books())
def test_all_four_agree_for_any_book(parse, book):
    files = {name: view(book) for name, view in VIEWS.items()}
    assert files == {
        name: view(Book.model_validate_json(book.model_dump_json())) for name, view in VIEWS.items()
    }
    assert_agree(files, book, parse)


@given(text=TEXT | WORDS)
def test_no_cell_is_a_formula_and_every_cell_can_be_restored(text):
    cell = inert(text)
    assert cell.lstrip()[:1] not in set("=+-@＝＋－＠") and cell[:1] not in set("\t\r\n")
    assert restored(cell) == text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+81",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "　=1",
        " =1",
        "＝1",
        "＋1",
        "－1",
        "＠a",
        "'a",
        "\n=1",
        "  =1+1",
        "　　＝1",
        "\xa0=1",
        "\u200b=1",
        "\ufeff=1",
        "\x0b=1",
        "−1",
        "﹦1",
        "⩵1",
    ],
)
def test_what_may_be_a_formula_gets_an_apostrophe(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "会員", "―", "2026年4月1日", "1会員番号、2氏名", "a=b", "（名称）=x"])
def test_other_cells_stay(text):
    assert inert(text) == text


def test_a_book_without_entries_says_so(parse):
    page = parse(VIEWS["index.html"](Book()).decode())
    assert "個人情報ファイル簿" in page.text() and "記載している個人情報ファイルはありません" in page.text()
    assert json.loads(VIEWS["entries.json"](Book())) == []


@given(book=books())
def test_the_size_of_a_small_file_is_said_from_the_constant(book):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheets, "SMALL_FILE", 2_345)
        page, table = (VIEWS[name](book).decode() for name in ("index.html", "entries.csv"))
    assert "1,000人未満" not in page + table
    own = [entry for entry in book.current if entry.regime != "private" and entry.small_file_ordinance]
    assert page.count("本人の数が2,345人未満の個人情報ファイルについて条例の定めるところ") == bool(own)
