"""The register book loses no entry, doubles none, and its three views say the same."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import fastavro
import pytest
from support.stores import MemoryStore

from tokumei.schemas.errors import InputError, TokumeiError
from tokumei.schemas.register import Book
from tokumei.transforms.register.books import add_entry, books
from tokumei.transforms.register.sheets import cells_of
from tokumei.transforms.register.views import VIEWS
from tokumei.transforms.storage import ledger
from tokumei.transforms.storage.base import ConflictError
from tokumei.transforms.storage.local import LocalStore


def book_in(store, directory="reg"):
    return Book.model_validate_json(store.read(store.join(directory, "book.json"))[0])


def views(store, directory="reg"):
    """The entries in force as the three derived files tell them: JSON, Avro, page text."""
    read = {name: store.read(store.join(directory, name))[0] for name in VIEWS}
    return (
        json.loads(read["entries.json"]),
        list(fastavro.reader(io.BytesIO(read["entries.avro"]))),
        read["index.html"].decode(),
    )


def test_a_first_entry_is_numbered_and_in_every_view(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry())
    (one,) = book_in(store).entries
    assert (one.number, one.version, one.status) == (1, 1, "current")
    as_json, as_avro, page = views(store)
    assert [e["release_id"] for e in as_json] == [e["release_id"] for e in as_avro] == ["r1"]
    assert "ポイント会員購買ファイル" in page


def test_the_same_release_again_changes_nothing(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry())
    before = dict(store.files)
    add_entry(store, "reg", entry())
    assert store.files == before


def test_a_new_release_of_the_file_is_a_new_version_and_keeps_history(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    add_entry(store, "reg", entry("r2", name="別のファイル"))
    later = entry("r3", people=30_000).model_copy(
        update={"created_at": "2027-01-05T03:00:00+00:00", "updated_at": "2027-01-05T03:00:00+00:00"}
    )
    add_entry(store, "reg", later)
    assert [(e.release_id, e.number, e.version, e.status) for e in book_in(store).entries] == [
        ("r1", 1, 1, "superseded"),
        ("r2", 2, 1, "current"),
        ("r3", 1, 2, "current"),
    ]
    newest = book_in(store).entries[2]
    assert newest.created_at.startswith("2026-11-23") and newest.updated_at.startswith("2027-01-05")
    as_json, as_avro, page = views(store)
    assert [e["release_id"] for e in as_json] == [e["release_id"] for e in as_avro] == ["r3", "r2"]
    assert "30,000人" in page and "第2版" in page and "r1" not in [e["release_id"] for e in as_json]
    add_entry(store, "reg", entry("r1"))
    assert len(book_in(store).entries) == 3


def test_bodies_are_numbered_apart(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry("r1"))
    add_entry(store, "reg", entry("r2", body="みなと市教育委員会"))
    (first,), (second,) = (book.current for book in books(store, "reg"))
    assert [(e.body, e.number) for e in (first, second)] == [("みなと市長", 1), ("みなと市教育委員会", 1)]


def test_views_missing_after_a_crash_are_made_by_the_next_run(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry())
    whole = dict(store.files)
    for name in VIEWS:
        del store.files[f"reg/{name}"]
    add_entry(store, "reg", entry())
    assert {uri: data for uri, (data, _) in store.files.items()} == {
        uri: data for uri, (data, _) in whole.items()
    }


@pytest.mark.parametrize(
    "damage",
    [
        lambda book: book[: len(book) // 2],
        lambda book: b"",
        lambda book: b"\xff\xfe" + book,
        lambda book: book.replace(b'"purpose"', b'"porpoise"'),
        lambda book: book.replace(b'"current"', b'"superseded"'),
        lambda book: book.replace(b'"version": 1', b'"version": 7'),
        lambda book: json.dumps(
            {"format": "tokumei-register-2", "entries": json.loads(book)["entries"] * 2}
        ).encode(),
    ],
)
def test_a_damaged_book_is_refused_and_left_alone(entry, damage):
    store = MemoryStore()
    add_entry(store, "reg", entry())
    store.files["reg/book.json"] = (damage(store.files["reg/book.json"][0]), "x")
    before = dict(store.files)
    with pytest.raises(InputError) as caught:
        add_entry(store, "reg", entry("r2", name="秘密のファイル"))
    assert caught.value.code == "register.damaged" and "reg/book.json" in caught.value.where
    assert "ポイント" not in caught.value.message()
    assert store.files == before


def test_a_book_of_another_format_is_told_to_be_one(entry):
    store = MemoryStore()
    add_entry(store, "reg", entry())
    book = store.files["reg/book.json"][0]
    store.files["reg/book.json"] = (book.replace(b"tokumei-register-2", b"tokumei-register-9"), "x")
    before = dict(store.files)
    with pytest.raises(InputError) as caught:
        add_entry(store, "reg", entry("r2"))
    assert caught.value.code == "register.format" and "reg/book.json" in caught.value.where
    assert store.files == before


def test_endless_conflicts_end_in_an_error(entry, monkeypatch):
    class Busy(MemoryStore):
        def replace(self, uri, data, expected_version):
            raise ConflictError(uri)

    monkeypatch.setattr(ledger, "ATTEMPTS", 3)
    with pytest.raises(TokumeiError) as caught:
        add_entry(Busy(), "reg", entry())
    assert caught.value.code == "register.busy"


def test_a_view_written_late_from_an_older_book_loses(entry):
    """Between reading the book and writing the page, another writer adds an entry and writes the page."""

    class Interrupted(MemoryStore):
        interrupted = False

        def replace(self, uri, data, expected_version):
            if uri.endswith("index.html") and not self.interrupted:
                self.interrupted = True
                add_entry(self, "reg", entry("r2", name="割り込んだファイル"))
            super().replace(uri, data, expected_version)

    store = Interrupted()
    add_entry(store, "reg", entry("r1"))
    assert store.conflicts == 1
    as_json, as_avro, page = views(store)
    assert len(as_json) == len(as_avro) == 2
    assert "割り込んだファイル" in page and "ポイント会員購買ファイル" in page


@pytest.mark.parametrize("kind", ["memory", "local"])
def test_concurrent_writers_lose_and_double_nothing(entry, kind, tmp_path):
    """Two writers with twenty releases each: different files, and new versions of one shared file."""
    store, directory = (
        (MemoryStore(), "reg") if kind == "memory" else (LocalStore(), str(tmp_path / "register"))
    )
    entries = [
        entry(f"{writer}-{i}", name="共有ファイル" if i % 2 else f"ファイル{writer}-{i}")
        for writer in ("a", "b")
        for i in range(20)
    ]
    gate = threading.Barrier(len(entries))

    def write(one):
        gate.wait()
        add_entry(store, directory, one)

    with ThreadPoolExecutor(len(entries)) as pool:
        list(pool.map(write, entries))
    book = book_in(store, directory)
    assert sorted(e.release_id for e in book.entries) == sorted(e.release_id for e in entries)
    assert sorted(e.version for e in book.entries if e.name == "共有ファイル") == list(range(1, 21))
    assert sorted(e.number for e in book.current) == list(range(1, 22))
    current = {e.release_id for e in book.current}
    as_json, as_avro, page = views(store, directory)
    assert {e["release_id"] for e in as_json} == {e["release_id"] for e in as_avro} == current
    assert all(f"<code>{release_id}</code>" in page for release_id in current)
    assert page.count('class="sheet"') == len(current)


def test_json_avro_and_page_agree_field_by_field(entry, parse):
    store = MemoryStore()
    add_entry(
        store,
        "reg",
        entry("r1", sensitive=True, recipients=("みなと警察署", "社会福祉協議会"), remarks="注記"),
    )
    add_entry(
        store, "reg", entry("r2", name="名簿", regime="private", body="みなと市長", body_is_company=True)
    )
    as_json, as_avro, html = views(store)
    page = parse(html)
    assert len(as_json) == 2
    for from_json, from_avro, current in zip(as_json, as_avro, book_in(store).current, strict=True):
        assert from_json == current.model_dump(mode="json")
        period = from_avro["product_period"]
        if period:
            from_avro["product_period"] = {key: day.isoformat() for key, day in period.items()}
        assert from_avro == from_json
        cells = {caption: values[0] for caption, values in page.cells(current.entry_id).items()}
        assert cells == {cell.caption: " ".join(cell.text.split()) for cell in cells_of(current)}


def test_the_cells_of_a_public_file_stand_in_the_usual_order(entry):
    one = entry(
        sensitive=True,
        recipients=("甲", "乙"),
        manual_subset=True,
        special_procedure="住民基本台帳法による",
        remarks="注",
    )
    office = "（名称）みなと市 総務局 デジタル推進課\n（所在地）神奈川県みなと市本町1丁目1番地"
    product = "行政機関等匿名加工情報"
    assert [tuple(cell) for cell in cells_of(one)] == [
        ("個人情報ファイルの名称", "ポイント会員購買ファイル"),
        ("行政機関等の名称", "みなと市長"),
        ("個人情報ファイルが利用に供される事務をつかさどる組織の名称", "経済局商業振興課"),
        ("個人情報ファイルの利用目的", one.purpose),
        (
            "記録項目",
            "1会員番号、2氏名、3生年月日、4性別、5住所、6電話番号、7運転免許証番号、8職業、9年間購入額、10入会日、"
            "11メール配信の希望",
        ),
        ("記録範囲", "ポイントカードの交付を受けた者（平成22年4月以降）"),
        ("記録情報の収集方法", "本人からの交付申請書による"),
        ("要配慮個人情報が含まれるときは、その旨", "含む"),
        ("記録情報の経常的提供先", "甲、乙"),
        (
            "開示請求等を受理する組織の名称及び所在地",
            "（名称）みなと市 総務局 情報公開課\n（所在地）神奈川県みなと市本町1丁目1番地",
        ),
        ("訂正及び利用停止に関する他の法令による特別の手続等", "住民基本台帳法による"),
        ("個人情報ファイルの種別", "法第60条第2項第1号（電算処理ファイル）"),
        ("令第21条第7項に該当するファイル", "有"),
        ("条例要配慮個人情報が含まれるときは、その旨", "―"),
        (f"{product}の提案の募集をする個人情報ファイル（法第110条第1号）", "該当"),
        (f"{product}の提案を受ける組織の名称及び所在地（法第110条第2号）", office),
        (
            f"{product}の概要（法第117条第1号）",
            "本人の数：21,934人\n情報の項目：1会員番号、2生年月日、3性別、4住所、5職業、6年間購入額、7入会日",
        ),
        (f"作成された{product}に関する提案を受ける組織の名称及び所在地（法第117条第2号）", office),
        (
            f"作成された{product}に関する提案をすることができる期間（法第117条第3号）",
            "2026年12月1日から2028年11月30日まで",
        ),
        ("提供の方法", one.how_provided),
        ("備考", "注"),
    ]


@pytest.mark.parametrize(
    ("regime", "kind", "words"),
    [
        ("public", "manual", {"法第60条第2項第2号（マニュアル処理ファイル）"}),
        (
            "public_2022",
            "electronic",
            {"法第60条第2項第1号（電算処理ファイル）", "法第108条第2号", "法第115条第3号"},
        ),
        (
            "public_2017",
            "electronic",
            {"法第2条第6項第1号（電算処理ファイル）", "法第44条の3第1号", "法第44条の11第2号"},
        ),
    ],
)
def test_the_regime_decides_the_articles(entry, regime, kind, words):
    text = "\n".join(f"{caption}={value}" for caption, value in cells_of(entry(regime=regime, kind=kind)))
    assert all(word in text for word in words)
    assert ("条例要配慮" in text) == ("令第21条第7項" in text) == (regime == "public")
    assert ("非識別加工情報" in text) == (regime == "public_2017")


def test_the_cells_of_2017_are_those_of_its_act(entry):
    one = entry(regime="public_2017", third_party_opinion=True)
    product = "行政機関非識別加工情報"
    cells = dict(cells_of(one))
    assert list(cells)[:10] == [
        "個人情報ファイルの名称",
        "行政機関の名称",
        "個人情報ファイルが利用に供される事務をつかさどる組織の名称",
        "個人情報ファイルの利用目的",
        "記録項目",
        "記録範囲",
        "記録情報の収集方法",
        "要配慮個人情報が含まれるときは、その旨",
        "記録情報の経常的提供先",
        "開示請求等を受理する組織の名称及び所在地",
    ]
    assert list(cells)[10:] == [
        "訂正及び利用停止に関する他の法令による特別の手続等",
        "個人情報ファイルの種別",
        "利用目的及び記録範囲が同じマニュアル処理ファイル",
        f"{product}の提案の募集をする個人情報ファイル（法第44条の3第1号）",
        f"{product}の提案を受ける組織の名称及び所在地（法第44条の3第2号）",
        "第三者に対し意見書を提出する機会が与えられる個人情報ファイル（法第44条の3第3号）",
        f"{product}の概要（法第44条の11第1号）",
        f"作成された{product}に関する提案を受ける組織の名称及び所在地（法第44条の11第2号）",
        f"作成された{product}に関する提案をすることができる期間（法第44条の11第3号）",
        "提供の方法",
        "備考",
    ]
    assert cells["第三者に対し意見書を提出する機会が与えられる個人情報ファイル（法第44条の3第3号）"] == "該当"
    unheard = dict(cells_of(entry(regime="public_2017")))
    assert (
        unheard["第三者に対し意見書を提出する機会が与えられる個人情報ファイル（法第44条の3第3号）"]
        == "非該当"
    )
    for regime in ("public", "public_2022", "private"):
        assert not any("第三者" in caption for caption in dict(cells_of(entry(regime=regime))))


def test_the_cells_of_a_company_are_fewer(entry):
    assert [cell.caption for cell in cells_of(entry(regime="private"))] == [
        "個人情報ファイルの名称",
        "事業者の名称",
        "個人情報ファイルが利用に供される事務をつかさどる組織の名称",
        "個人情報ファイルの利用目的",
        "記録項目",
        "記録範囲",
        "記録情報の収集方法",
        "要配慮個人情報が含まれるときは、その旨",
        "記録情報の経常的提供先",
        "匿名加工情報の概要",
        "提供の方法",
        "備考",
    ]


def test_a_manual_file_is_not_asked_for_manual_files_inside_it(entry):
    assert dict(cells_of(entry(kind="manual")))["令第21条第7項に該当するファイル"] == "―"
    assert dict(cells_of(entry()))["令第21条第7項に該当するファイル"] == "無"


def test_ordinance_sensitive_data_are_named(entry):
    cells = dict(cells_of(entry(ordinance_sensitive=True)))
    assert cells["条例要配慮個人情報が含まれるときは、その旨"] == "含む"


def test_a_company_keeps_a_record_not_a_register(entry, parse):
    store = MemoryStore()
    add_entry(store, "reg", entry(regime="private"))
    text = parse(views(store)[2]).text()
    assert "匿名加工情報 作成・提供の記録" in text
    assert "民間事業者には個人情報ファイル簿の作成義務がありません" in text
    assert "提案" not in text and "行政機関" not in text and "開示請求" not in text


def test_the_page_escapes_and_needs_nothing_from_elsewhere(entry, parse):
    hostile = "<script>alert(1)</script>"
    store = MemoryStore()
    add_entry(store, "reg", entry(hostile, name=hostile, remarks=hostile, recipients=(hostile,)))
    html = views(store)[2]
    assert "<script" not in html and not any(word in html for word in ("http:", "https:", "src=", "url("))
    page = parse(html)
    assert page.text().count(hostile) >= 6
    ids = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    hrefs = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    beside = [href for href in hrefs if not href.startswith("#")]
    assert beside == [f"../releases/{hostile}/{name}" for name in ("notice.html", "public-report.html")]
    assert all(href[1:] in ids for href in hrefs if href not in beside)


def test_the_views_are_the_same_bytes_for_the_same_book(entry):
    book = Book().with_entry(entry())
    assert all(derive(book) == derive(book) for derive in VIEWS.values())
