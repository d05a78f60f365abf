"""Entries of register books live as the law says: entered, corrected, erased, entered again; one book a body."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.registers import assert_agree, told
from support.stores import MemoryStore

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.register import Erasure, body_folder, entry_of_file
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

CITY, SCHOOLS, WATER = "みなと市長", "みなと市教育委員会", "みなと市上下水道事業管理者"
GONE = Erasure(at="2027-04-01T09:00:00+09:00", because="事務の廃止", people=None)
SMALL = Erasure(at="2027-04-01T09:00:00+09:00", because="転出による減少", people=999)


@pytest.fixture
def held(make_policy):
    """Make the entry of a file that is held, without a release."""

    def make(
        name="ポイント会員購買ファイル", at="2026-10-01T09:00:00+09:00", regime="public", small=False, **file
    ):
        return entry_of_file(make_policy(regime, name=name, **file), at, small=small)

    return make


def states(store, directory="reg"):
    """Every version in the books: (number, version, status, release, department)."""
    return [
        (e.number, e.version, e.status, e.release_id, e.department)
        for book in books(store, directory)
        for e in sorted(book.entries, key=lambda e: (e.number, e.version))
    ]


D = "経済局商業振興課"


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
    links = {attrs["href"] for tag, attrs in page.tags if tag == "a" and attrs["href"].endswith(".html")}
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


def format_1(*entries):
    """A book as it was written before files were entered and erased: one for all bodies, without new items."""
    book, numbers = [], {}
    for entry in entries:
        numbers[entry.body] = numbers.get(entry.body, 0) + 1
        fields = entry.model_copy(update={"number": numbers[entry.body], "version": 1}).model_dump(
            mode="json"
        )
        book.append(
            {
                k: v
                for k, v in fields.items()
                if k not in {"third_party_opinion", "small_file_ordinance", "erased"}
            }
        )
    return json.dumps({"format": "tokumei-register-1", "entries": book}).encode()


def test_a_book_of_format_1_is_read_and_grown(entry, held, parse):
    store = MemoryStore()
    store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", name="別のファイル")), "old")
    add_entry(store, "reg", entry("r1"))
    assert store.files["reg/book.json"][1] == "old" and differences(store, "reg") == []
    enter_file(store, "reg", held(department="産業局"))
    assert b"tokumei-register-2" in store.read("reg/book.json")[0]
    assert states(store) == [
        (1, 1, "superseded", "r1", D),
        (1, 2, "current", "r1", "産業局"),
        (2, 1, "current", "r2", D),
    ]
    assert_agree(*reversed(told(store, "reg")), parse)


@pytest.mark.parametrize("how", ["add", "repair"])
def test_a_book_of_format_1_with_several_bodies_is_parted(entry, parse, how):
    store = MemoryStore()
    old = [
        entry("r1"),
        entry("r2", body=SCHOOLS),
        entry("r3", name="児童名簿", body=SCHOOLS),
        entry("r4", body=WATER),
    ]
    store.files["reg/book.json"] = (format_1(*old), "old")
    assert [len(book.entries) for book in books(store, "reg")] == [1, 2, 1]
    assert differences(store, "reg") == ["reg/book.json"]
    repair(store, "reg") if how == "repair" else add_entry(
        store, "reg", entry("r3", name="児童名簿", body=SCHOOLS)
    )
    assert [[e.release_id for e in book.entries] for book in books(store, "reg")] == [
        ["r1"],
        ["r2", "r3"],
        ["r4"],
    ]
    assert differences(store, "reg") == []
    for place in ("reg", f"reg/{body_folder(SCHOOLS)}", f"reg/{body_folder(WATER)}"):
        assert_agree(*reversed(told(store, place)), parse)


def test_two_that_part_an_old_book_at_once_keep_what_came_between(entry):
    """The slower one comes with the old entries after the other's book below has grown."""

    class Overtaken(MemoryStore):
        overtaken = False

        def replace(self, uri, data, expected_version):
            if not self.overtaken:
                self.overtaken = True
                add_entry(self, "reg", entry("r9", name="児童名簿", body=SCHOOLS))
            super().replace(uri, data, expected_version)

    store = Overtaken()
    store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", body=SCHOOLS)), "old")
    add_entry(store, "reg", entry("r3", name="別のファイル"))
    assert [[e.release_id for e in book.entries] for book in books(store, "reg")] == [
        ["r1", "r3"],
        ["r2", "r9"],
    ]
    assert differences(store, "reg") == []


class Killed(BaseException):
    """The process is gone."""


class Mortal(MemoryStore):
    """Dies before the write with a given number, and never after."""

    def __init__(self, files, dies_at):
        super().__init__()
        self.files, self.left = dict(files), dies_at

    def replace(self, uri, data, expected_version):
        if self.left == 0:
            raise Killed
        self.left -= 1
        super().replace(uri, data, expected_version)


def before(entry, held, old):
    """Files of a register of two bodies, or of a book of format 1 that still holds both."""
    store = MemoryStore()
    if old:
        store.files["reg/book.json"] = (format_1(entry("r1"), entry("r2", body=SCHOOLS)), "old")
    else:
        add_entry(store, "reg", entry("r1"))
        add_entry(store, "reg", entry("r2", body=SCHOOLS))
    return store.files


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("mended", ["again", "other", "repair"])
@pytest.mark.parametrize("action", ["add", "new body", "correct", "erase"])
def test_killed_at_any_write_everything_is_mended_by_the_next(entry, held, parse, action, mended, old):
    actions = {
        "add": lambda store: add_entry(store, "reg", entry("r9", body=SCHOOLS)),
        "new body": lambda store: enter_file(store, "reg", held("水道使用者ファイル", body=WATER)),
        "correct": lambda store: enter_file(store, "reg", held(department="産業局")),
        "erase": lambda store: erase_entry(store, "reg", entry("r2", body=SCHOOLS).entry_id, GONE),
    }
    menders = {
        "again": actions[action],
        "other": lambda store: [
            add_entry(store, "reg", entry("r7", name="町会名簿", body=body))
            for body in (CITY, SCHOOLS, WATER)
        ],
        "repair": lambda store: repair(store, "reg"),
    }
    files = before(entry, held, old)
    whole = Mortal(files, -1)
    actions[action](whole)
    for n in range(whole.writes):
        store = Mortal(files, n)
        with pytest.raises(Killed):
            actions[action](store)
        assert {e.release_id for book in books(store, "reg") for e in book.entries} >= {"r1", "r2"}
        store.left = -1
        menders[mended](store)
        assert differences(store, "reg") == []
        for book in books(store, "reg"):
            place = "reg" if book.bodies == (CITY,) else f"reg/{body_folder(book.bodies[0])}"
            assert_agree(*reversed(told(store, place)), parse)
        if mended == "again":
            assert {uri: data for uri, (data, _) in store.files.items()} == {
                uri: data for uri, (data, _) in whole.files.items()
            }


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_entering_erasing_and_releasing_at_once_loses_nothing(entry, held, parse, kind, tmp_path):
    """Two bodies, each with a dozen writers: releases, corrections of one shared file, erasures."""
    store, directory = (
        (MemoryStore(), "reg") if kind == "memory" else (LocalStore(), str(tmp_path / "register"))
    )
    bodies = (CITY, SCHOOLS)
    work = []
    for body in bodies:
        for i in range(4):
            work.append(
                lambda b=body, i=i: add_entry(
                    store, directory, entry(f"{b}-{i}", name=f"ファイル{i}", body=b)
                )
            )
            work.append(
                lambda b=body, i=i: enter_file(store, directory, held("共有", body=b, department=f"{i}課"))
            )
            work.append(lambda b=body, i=i: enter_file(store, directory, held(f"台帳{i}", body=b)))
    for body in bodies:  # something to erase meanwhile
        for i in range(3):
            enter_file(store, directory, held(f"廃止{i}", body=body))
            work.append(
                lambda b=body, i=i: erase_entry(store, directory, held(f"廃止{i}", body=b).entry_id, GONE)
            )
    gate = threading.Barrier(len(work))

    def start(one):
        gate.wait()
        one()

    with ThreadPoolExecutor(len(work)) as pool:
        list(pool.map(start, work))
    assert [book.bodies for book in books(store, directory)] == [(body,) for body in bodies]
    for body, book in zip(bodies, books(store, directory), strict=True):
        by_name = {}
        for e in book.entries:
            by_name.setdefault(e.name, []).append(e)
        assert set(by_name) == {f"{kind}{i}" for kind in ("ファイル", "台帳") for i in range(4)} | {
            "共有"
        } | {f"廃止{i}" for i in range(3)}
        assert sorted(e.department for e in by_name["共有"]) == [f"{i}課" for i in range(4)]
        assert all(by_name[f"廃止{i}"][-1].status == "erased" for i in range(3))
        assert [by_name[f"ファイル{i}"][-1].release_id for i in range(4)] == [f"{body}-{i}" for i in range(4)]
        assert sorted({e.number for e in book.entries}) == list(range(1, 13))
        place = directory if body == CITY else store.join(directory, body_folder(body))
        assert_agree(*reversed(told(store, place)), parse)
    assert differences(store, directory) == []


def test_two_bodies_that_come_first_at_once_get_a_book_each(entry):
    """Both find no register; the slower one, whose book another has begun, begins its own below."""

    class Overtaken(MemoryStore):
        overtaken = False

        def replace(self, uri, data, expected_version):
            if not self.overtaken:
                self.overtaken = True
                add_entry(self, "reg", entry("r2", body=SCHOOLS))
            super().replace(uri, data, expected_version)

    store = Overtaken()
    add_entry(store, "reg", entry("r1"))
    assert [book.bodies for book in books(store, "reg")] == [(SCHOOLS,), (CITY,)]
    assert [len(book.entries) for book in books(store, "reg")] == [1, 1]
    assert differences(store, "reg") == []


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
