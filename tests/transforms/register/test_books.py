"""Entries of register books live as the law says: entered, corrected, erased, entered again; one book a body."""

from __future__ import annotations

import pytest
from support.books import CITY, GONE, SCHOOLS, SMALL, WATER, D, states
from support.registers import assert_agree, told
from support.stores import MemoryStore

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.register import body_folder
from tokumei.schemas.register_ends import Erasure
from tokumei.transforms.register.books import (
    add_entry,
    books,
    check_book,
    differences,
    enter_file,
    erase_entry,
    missing_releases,
    repair,
)
from tokumei.transforms.register.sheets import cells_of
from tokumei.transforms.register.views import VIEWS
from tokumei.transforms.storage.local import LocalStore


def test_a_file_is_registered_before_anything_is_released(held, parse):
    store = MemoryStore()
    entry = enter_file(store, "reg", held())
    assert states(store) == [(1, 1, "current", None, D)]
    assert (entry.created_at, entry.updated_at) == ("2026-10-01T09:00:00+09:00",) * 2
    cells = dict(cells_of(entry))
    product = "行政機関等匿名加工情報"
    assert [cells[caption] for caption in cells if "第117条" in caption or caption == "提供の方法"] == [
        "―"
    ] * 4
    assert cells["記録項目"].startswith("1会員番号、2氏名、3生年月日")
    assert cells[f"{product}の提案の募集をする個人情報ファイル（法第110条第1号）"] == "該当"
    book, files = told(store, "reg")
    assert_agree(files, book, parse)


def test_the_same_items_again_change_nothing(held):
    store = MemoryStore()
    enter_file(store, "reg", held())
    before = dict(store.files)
    assert enter_file(store, "reg", held(at="2027-01-01T00:00:00+09:00")).version == 1
    assert store.files == before


def test_a_correction_is_the_newest_version_and_keeps_history_and_product(entry, held, parse):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    office = {"name": "みなと市 総務局 市民情報課", "address": "神奈川県みなと市本町2丁目2番地"}
    moved = held(at="2027-04-01T09:00:00+09:00", department="産業局商業課", product_office=office)
    corrected = enter_file(store, "reg", moved)
    assert states(store) == [(1, 1, "superseded", "r1", D), (1, 2, "current", "r1", "産業局商業課")]
    assert (corrected.product_people, corrected.product_items) == (21_934, entry("r1").product_items)
    assert corrected.product_office.name == office["name"]
    assert (corrected.created_at[:10], corrected.updated_at[:10]) == ("2026-11-23", "2027-04-01")
    book, files = told(store, "reg")
    assert_agree(files, book, parse)
    page = files["index.html"].decode()
    assert "産業局商業課" in page and D not in page and "第2版" in page
    add_entry(store, "reg", entry("r1"))  # the job of the release runs again: the correction stays
    assert [e.department for e in books(store, "reg")[0].current] == ["産業局商業課"]
    add_entry(store, "reg", entry("r2", department="産業局商業課", people=22_000))
    assert states(store)[-1] == (1, 3, "current", "r2", "産業局商業課")


def test_a_file_that_was_entered_gets_its_product_with_the_first_release(entry, held):
    store = MemoryStore()
    enter_file(store, "reg", held())
    add_entry(store, "reg", entry("r1"))
    assert states(store) == [(1, 1, "superseded", None, D), (1, 2, "current", "r1", D)]
    (current,) = books(store, "reg")[0].current
    assert (current.product_people, current.product_period is not None) == (21_934, True)


@pytest.mark.parametrize("erasure", [GONE, SMALL])
def test_an_erased_entry_is_shown_no_more_and_stays_in_the_book(entry, held, parse, erasure):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    enter_file(store, "reg", held("児童手当ファイル"))
    first = erase_entry(store, "reg", entry().entry_id, erasure)
    assert (first.status, first.erased) == ("erased", erasure)
    assert states(store) == [(1, 1, "erased", "r1", D), (2, 1, "current", None, D)]
    book, files = told(store, "reg")
    assert_agree(files, book, parse)
    assert not any(
        "ポイント会員" in files[name].decode() for name in ("entries.json", "entries.csv", "index.html")
    )
    before = dict(store.files)
    assert (
        erase_entry(store, "reg", entry().entry_id, Erasure(at="x", because="別", people=None)).erased
        == erasure
    )
    add_entry(store, "reg", entry("r1"))  # its job runs again: no new release, so it stays erased
    assert store.files == before


def test_an_erased_file_can_be_entered_again_and_takes_its_number(entry, held, parse):
    store = MemoryStore()
    enter_file(store, "reg", held())
    erase_entry(store, "reg", held().entry_id, GONE)
    enter_file(store, "reg", held("児童手当ファイル"))
    again = enter_file(store, "reg", held(at="2028-04-01T09:00:00+09:00"))
    assert (again.number, again.version, again.created_at) == (1, 2, "2028-04-01T09:00:00+09:00")
    assert states(store) == [
        (1, 1, "erased", None, D),
        (1, 2, "current", None, D),
        (2, 1, "current", None, D),
    ]
    erase_entry(store, "reg", held().entry_id, SMALL)
    add_entry(store, "reg", entry("r1"))
    assert [s[:4] for s in states(store)][:3] == [
        (1, 1, "erased", None),
        (1, 2, "erased", None),
        (1, 3, "current", "r1"),
    ]
    assert_agree(*reversed(told(store, "reg")), parse)


def test_the_last_entry_erased_leaves_an_empty_register(held, parse):
    store = MemoryStore()
    erase_entry(store, "reg", enter_file(store, "reg", held()).entry_id, GONE)
    book, files = told(store, "reg")
    assert_agree(files, book, parse)
    text = parse(files["index.html"].decode()).text()
    assert (
        "個人情報ファイル簿" in text and CITY in text and "記載している個人情報ファイルはありません" in text
    )


def test_an_unknown_entry_is_refused(held):
    store = MemoryStore()
    with pytest.raises(PolicyError) as caught:
        erase_entry(store, "reg", "0123456789abcdef", GONE)
    assert caught.value.code == "register.unknown_entry" and not store.files


def test_a_company_enters_nothing_before_a_release(entry, held):
    store = MemoryStore()
    with pytest.raises(PolicyError) as caught:
        enter_file(store, "reg", held(regime="private"))
    assert caught.value.code == "register.private" and not store.files
    enter_file(store, "reg", held())
    before = dict(store.files)
    with pytest.raises(PolicyError):
        enter_file(
            store, "reg", held(regime="private")
        )  # beside another body too, whose book does not name it
    assert store.files == before
    add_entry(store, "reg", entry("r1", regime="private"))
    assert enter_file(store, "reg", held(regime="private", department="開発部")).version == 2
    with pytest.raises(PolicyError) as caught:
        erase_entry(store, "reg", entry(regime="private").entry_id, SMALL)
    assert caught.value.code == "register.private"
    assert erase_entry(store, "reg", entry(regime="private").entry_id, GONE).status == "erased"


def test_files_under_an_ordinance_stand_in_a_book_of_their_own(held, parse):
    store = MemoryStore()
    ordinance = {"name": "みなと市個人情報保護法施行条例", "article": "第5条"}
    enter_file(store, "reg", held())
    enter_file(store, "reg", held("小さなファイル", small=True, small_file_ordinance=ordinance))
    enter_file(store, "reg", held("大きなファイル", small=False, small_file_ordinance=ordinance))
    book, files = told(store, "reg")
    assert_agree(files, book, parse)
    main, separate = parse(files["index.html"].decode()).text().split(" 条例に基づく帳簿 ", 1)[-2:]
    assert "ポイント会員購買ファイル" in main and "大きなファイル" in main and "小さなファイル" not in main
    assert "第75条第5項" in separate and "一覧（1件）" in separate and "小さなファイル" in separate
    cells = dict(cells_of(book.current[1]))
    assert (
        cells["本人の数が1,000人未満の個人情報ファイルについての条例の定め"]
        == "みなと市個人情報保護法施行条例第5条"
    )
    assert not any("条例の定め" in caption for caption in dict(cells_of(book.current[2])))


def test_each_body_has_a_book_and_the_first_page_shows_the_way(entry, held, parse):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    alone = dict(store.files)
    add_entry(store, "reg", entry("r2", body=SCHOOLS))
    enter_file(store, "reg", held("水道使用者ファイル", body=WATER))
    add_entry(store, "reg", entry("r3", name="児童名簿", body=SCHOOLS))
    places = {CITY: "reg", SCHOOLS: f"reg/{body_folder(SCHOOLS)}", WATER: f"reg/{body_folder(WATER)}"}
    for body, place in places.items():
        book, files = told(store, place)
        assert book.bodies == (body,)
        assert_agree(files, book, parse)
    assert [[e.number for e in book.current] for book in books(store, "reg")] == [[1], [1, 2], [1]]
    assert set(store.files) == {
        f"{place}/{name}" for place in places.values() for name in [*VIEWS, "book.json"]
    }
    page = parse(store.read("reg/index.html")[0].decode())
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a" and attrs["href"].endswith("index.html")}
    assert {f"reg/{link}" for link in links} == {f"{places[body]}/index.html" for body in (SCHOOLS, WATER)}
    assert all(store.files[f"reg/{name}"] == alone[f"reg/{name}"] for name in ("entries.json", "entries.csv"))
    assert SCHOOLS not in store.read("reg/entries.json")[0].decode()
    erase_entry(store, "reg", held("水道使用者ファイル", body=WATER).entry_id, GONE)
    assert [len(book.current) for book in books(store, "reg")] == [1, 2, 0]
    assert differences(store, "reg") == []


def test_a_damaged_book_of_another_body_stops_nobody_else(entry, held):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    add_entry(store, "reg", entry("r2", body=SCHOOLS))
    store.files[f"reg/{body_folder(SCHOOLS)}/book.json"] = (b"{", "x")
    check_book(store, "reg", CITY)
    add_entry(store, "reg", entry("r3", name="別のファイル"))
    enter_file(store, "reg", held("児童手当ファイル"))
    with pytest.raises(InputError):
        check_book(store, "reg", SCHOOLS)
    with pytest.raises(InputError):
        add_entry(store, "reg", entry("r4", body=SCHOOLS))


@pytest.mark.parametrize("name", ["entries.json", "entries.avro", "entries.csv", "index.html"])
@pytest.mark.parametrize("damage", [None, b"", b"{}"])
def test_a_file_that_does_not_follow_its_book_is_named_and_mended(entry, name, damage):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    add_entry(store, "reg", entry("r2", body=SCHOOLS))
    uri = f"reg/{body_folder(SCHOOLS)}/{name}"
    if damage is None:
        del store.files[uri]
    else:
        store.files[uri] = (damage, "x")
    assert differences(store, "reg") == [uri]
    repair(store, "reg")
    assert differences(store, "reg") == []


def test_releases_without_an_entry_are_named(entry, tmp_path):
    store, output = LocalStore(), str(tmp_path / "out[1]")
    for release in ("r1", "r2", "r3"):
        store.create(store.join(output, "releases", release, "manifest.json"), b"{}")
    add_entry(store, store.join(output, "register"), entry("r1"))
    add_entry(store, store.join(output, "register"), entry("r3", body=SCHOOLS))
    assert missing_releases(store, output) == [store.join(output, "releases", "r2", "manifest.json")]


def test_a_book_that_cannot_be_read_ends_every_look_at_it(held):
    store = MemoryStore()
    enter_file(store, "reg", held())
    store.files["reg/book.json"] = (b"\xff", "x")
    for look in (
        lambda: books(store, "reg"),
        lambda: differences(store, "reg"),
        lambda: repair(store, "reg"),
        lambda: erase_entry(store, "reg", held().entry_id, GONE),
        lambda: enter_file(store, "reg", held()),
    ):
        with pytest.raises(InputError) as caught:
            look()
        assert caught.value.code == "register.damaged"
