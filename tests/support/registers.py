"""An oracle for registers: what readers of all four files must find of the entries in force."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import fastavro

from tokumei.schemas.register import Book

NONE = "―"
FORMULA = frozenset("=+-@＝＋－＠")
FILES = ("entries.json", "entries.avro", "entries.csv", "index.html")


def told(store, folder):
    """The book in a folder, and the files derived from it."""
    book = Book.model_validate_json(store.read(store.join(folder, "book.json"))[0])
    return book, {name: store.read(store.join(folder, name))[0] for name in FILES}


def spaces(text):
    return " ".join(text.split())


def of_office(office):
    return f"（名称）{office['name']}\n（所在地）{office['address']}" if office else NONE


def of_day(day):
    year, month, day = map(int, day.split("-"))
    return f"{year}年{month}月{day}日"


def of_product(entry):
    if entry["product_people"] is None:
        return NONE
    lists = [
        (t["table"], "、".join(f"{i}{x}" for i, x in enumerate(t["items"], 1)))
        for t in entry["product_items"]
    ]
    told = lists[0][1] if len(lists) == 1 else "".join(f"\n【{name}】{items}" for name, items in lists)
    records = entry["product_people_basis"] == "records"
    basis = "（記録の数と同じであり、本人の番号による計数はしていない）" if records else ""
    return f"本人の数：{entry['product_people']:,}人{basis}\n情報の項目：{told}"


def of_withdrawal(gone):
    at = dt.datetime.fromisoformat(gone["at"])
    day = f"{of_day(gone['at'][:10])} {at.hour}時{at.minute:02d}分"
    return f"リリース {gone['release_id']}　{day}に取下げ　理由：{gone['because']}"


def said(entry):
    """What a reader of CSV or page must find of an entry as JSON has it; None where the regime has no such item."""
    regime = entry["regime"]
    public, today = regime != "private", regime == "public"
    yes = {True: "含む", False: "含まない"}
    period, ordinance = entry["product_period"], entry["small_file_ordinance"]
    law = "法第2条第6項" if regime == "public_2017" else "法第60条第2項"
    kind = "第1号（電算処理ファイル）" if entry["kind"] == "electronic" else "第2号（マニュアル処理ファイル）"
    subset = NONE if entry["kind"] == "manual" else {True: "有", False: "無"}[entry["manual_subset"]]
    return [
        entry["name"],
        entry["body"],
        entry["department"],
        entry["purpose"],
        entry["record_items"],
        entry["record_scope"] or NONE,
        entry["collection"] or NONE,
        yes[entry["sensitive"]],
        "、".join(entry["recipients"]) or NONE,
        of_office(entry["request_office"]) if public else None,
        (entry["special_procedure"] or NONE) if public else None,
        f"{law}{kind}" if public else None,
        subset if public else None,
        ("含む" if entry["ordinance_sensitive"] else NONE) if today else None,
        ("該当" if entry["call_for_proposals"] else "非該当") if public else None,
        of_office(entry["proposal_office"]) if public else None,
        ("該当" if entry["third_party_opinion"] else "非該当") if regime == "public_2017" else None,
        of_product(entry),
        of_office(entry["product_office"]) if public else None,
        (f"{of_day(period['start'])}から{of_day(period['end'])}まで" if period else NONE) if public else None,
        entry["how_provided"] or NONE,
        f"{ordinance['name']}{ordinance['article']}" if ordinance else None,
        entry["remarks"] or NONE,
    ]


def restored(cell):
    """A cell of the CSV file as it was before its apostrophe."""
    return cell[1:] if cell.startswith("'") else cell


def assert_agree(files, book, parse):
    """The four files say what the book's entries in force say, all of it and nothing else."""
    as_json = json.loads(files["entries.json"])
    assert as_json == [entry.model_dump(mode="json") for entry in book.current]
    as_avro = list(fastavro.reader(io.BytesIO(files["entries.avro"])))
    for entry in as_avro:
        if entry["product_period"]:
            entry["product_period"] = {k: day.isoformat() for k, day in entry["product_period"].items()}
    assert as_avro == as_json
    assert files["entries.csv"].startswith(b"\xef\xbb\xbf")
    table = csv.reader(io.StringIO(files["entries.csv"].decode("utf-8-sig"), newline=""), strict=True)
    head, *rows = table
    page = parse(files["index.html"].decode())
    sheets = [attrs["id"] for tag, attrs in page.tags if tag == "div" and attrs.get("class") == "sheet"]
    assert sorted(sheets) == sorted(entry["entry_id"] for entry in as_json)
    for entry, row in zip(as_json, rows, strict=True):
        assert len(row) == len(head) == 30
        assert not any(cell.lstrip()[:1] in FORMULA or cell[:1] in {"\t", "\r", "\n"} for cell in row)
        items = said(entry)
        assert [restored(cell) for cell in row[6:-1]] == [text or "" for text in items]
        number, version, release = row[1], row[2], row[5]
        assert (number, version) == (str(entry["number"]), str(entry["version"]))
        assert release == (entry["release_id"] or NONE)
        shown = [cells[0] for cells in page.cells(entry["entry_id"]).values()]
        assert shown == [spaces(text) for text in items if text is not None]
        title = page.text(entry["entry_id"])
        told = [of_withdrawal(gone) for gone in entry["withdrawn"]]
        assert restored(row[-1]) == ("\n".join(told) or NONE) and title.count("【取下げ】") == len(told)
        assert all(f"【取下げ】{spaces(text)}" in title for text in told)
        assert (
            title.startswith(spaces(f"{entry['number']}　{entry['name']}"))
            and f"第{entry['version']}版" in title
        )
