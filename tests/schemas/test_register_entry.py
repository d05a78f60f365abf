"""The register entry: its items, its Avro schema, and the book that numbers it."""

from __future__ import annotations

import io
import json
import types
from importlib import resources
from typing import Any, Literal, Union, get_args, get_origin

import fastavro
import pytest
from pydantic import BaseModel, ValidationError

from tokumei.schemas.laws import LAWS
from tokumei.schemas.policy import Policy
from tokumei.schemas.register import Book, RegisterEntry
from tokumei.schemas.register_ends import Erasure
from tokumei.schemas.released_entry import entry_of
from tokumei.schemas.report import Report

SCHEMA = json.loads(
    resources.files("tokumei.schemas").joinpath("register_entry.avsc").read_text(encoding="utf-8")
)
COUNTS = (
    "records_in",
    "records_rejected",
    "records_dropped",
    "records_suppressed",
    "records_out",
    "people_in",
    "people_out",
)
OFFICE = {"name": "情報公開課", "address": "みなと市本町1"}


def policy(regime: str = "public") -> Policy:
    def table(columns: dict[str, Any]) -> dict[str, Any]:
        return {
            "source": {"path": "x.csv", "format": "csv"},
            "person": "id",
            "rows_per_person": "several",
            "columns": {
                "id": {"title": "会員番号", "treat": ({"method": "pseudonym", "criterion": 3, "link": "m"},)}
            }
            | columns,
        }

    return Policy.model_validate(
        {
            "version": 1,
            "regime": regime,
            "file": {
                "name": "会員ファイル",
                "body": "みなと市長",
                "department": "商業振興課",
                "purpose": "分析",
                "scope": "会員",
                "collection": "申請書",
                "sensitive": True,
                "recipients": ("甲",),
                "request_office": OFFICE,
                "product_office": OFFICE,
                "product_period": {"start": "2026-12-01", "end": "2028-11-30"},
                "how_provided": "電子媒体",
            },
            "tables": {
                "people": table({"name": {"title": "氏名", "treat": ({"method": "delete", "criterion": 1},)}})
                | {"title": "顧客"},
                "sales": table(
                    {"item": {"keep": True, "because": "区分"}, "memo": {"title": "備考", "type": "text"}}
                ),
            },
            "requirements": {"k": 5, "because": "理由"},
        },
        strict=False,
    )


def report(**changes: Any) -> Report:
    fields = {
        "release_id": "r1",
        "created_at": "2026-11-23T22:44:11+09:00",
        "regime": "public",
        "file_name": "会員ファイル",
        "body": "みなと市長",
        "department": "商業振興課",
        "purpose": "分析",
        "work_sha256": "0",
        "requirements_because": "理由",
        "k": 5,
        "people": 1_234,
        "tables": (),
        "secrets": "",
        "order": "",
    }
    return Report(**(fields | changes))


def table_report(name: str, title: str, items: dict[str, str | None]) -> dict[str, Any]:
    columns = tuple(
        {"name": n, "title": n, "type": "string", "released": True, "sensitive": False, "item": item}
        for n, item in items.items()
    )
    return (
        {"name": name, "title": title, "columns": columns} | dict.fromkeys(COUNTS, 0) | {"people_check": ""}
    )


def test_items_come_from_the_policy_and_what_is_released_from_the_report():
    tables = (
        table_report("people", "顧客", {"id": "会員番号", "birth": "生年（10年ごと）", "gone": None}),
        table_report("sales", "sales", {"id": "会員番号", "item": "item"}),
    )
    entry = entry_of(policy(), report(tables=tables))
    assert entry.record_items == "1会員番号、2氏名、3item、4備考"
    assert [(t.table, t.items) for t in entry.product_items] == [
        ("顧客", ("会員番号", "生年（10年ごと）")),
        ("sales", ("会員番号", "item")),
    ]
    assert (entry.product_people, entry.release_id, entry.updated_at) == (
        1_234,
        "r1",
        "2026-11-23T22:44:11+09:00",
    )
    file = policy().file
    for field, item in {
        **{
            name: name
            for name in ("name", "body", "department", "purpose", "collection", "sensitive", "recipients")
        },
        **{
            name: name for name in ("request_office", "special_procedure", "kind", "manual_subset", "remarks")
        },
        **{
            name: name
            for name in ("ordinance_sensitive", "call_for_proposals", "proposal_office", "how_provided")
        },
        **{"record_scope": "scope", "product_office": "product_office", "product_period": "product_period"},
    }.items():
        assert getattr(entry, field) == getattr(file, item), field


def test_all_seventeen_items_are_there():
    numbers = {(field.description or "-").split()[0] for field in RegisterEntry.model_fields.values()}
    assert {str(n) for n in range(1, 18)} <= numbers


def test_the_entry_is_the_same_file_for_the_same_body_and_name():
    one = entry_of(policy(), report())
    assert one.entry_id == entry_of(policy("public_2022"), report(release_id="r2")).entry_id
    other = policy().model_copy(update={"file": policy().file.model_copy(update={"body": "他の市長"})})
    assert one.entry_id != entry_of(other, report()).entry_id


def avro_of(annotation: Any) -> Any:
    """What a field's annotation must look like in Avro, names and docs aside."""
    plain = {str: "string", int: "int", bool: "boolean"}
    if annotation in plain:
        return plain[annotation]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple:
        return {"array": avro_of(args[0])}
    if origin in {Union, types.UnionType}:
        return ["null", *(avro_of(a) for a in args if a is not type(None))]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {name: avro_of(field.annotation) for name, field in annotation.model_fields.items()}
    assert annotation.__name__ == "date"
    return "date"


def shape(schema: Any, named: dict[str, Any]) -> Any:
    """The same of an Avro schema."""
    if isinstance(schema, list):
        return [shape(branch, named) for branch in schema]
    if isinstance(schema, str):
        return named.get(schema, "int" if schema == "long" else schema)
    if schema.get("logicalType"):
        return schema["logicalType"]
    if schema["type"] == "record":
        named[schema["name"]] = {f["name"]: shape(f["type"], named) for f in schema["fields"]}
        return named[schema["name"]]
    return (
        {"enum": schema["symbols"]} if schema["type"] == "enum" else {"array": shape(schema["items"], named)}
    )


def test_avro_schema_and_model_agree_exactly():
    assert shape(SCHEMA, {}) == avro_of(RegisterEntry)
    assert [f["name"] for f in SCHEMA["fields"]] == list(RegisterEntry.model_fields)
    docs = {f["name"]: f.get("doc") for f in SCHEMA["fields"]}
    assert docs == {name: field.description for name, field in RegisterEntry.model_fields.items()}


def test_every_process_writes_the_same_avro_header():
    """fastavro keeps what a field has beside name and type in a set, whose order differs by process."""
    assert all(set(field) - {"name", "type"} <= {"doc"} for field in SCHEMA["fields"])


def test_an_entry_survives_avro_and_json():
    entry = entry_of(policy(), report())
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(SCHEMA), [entry.model_dump()])
    (back,) = fastavro.reader(io.BytesIO(out.getvalue()))
    assert RegisterEntry.model_validate(back, strict=False) == entry
    assert RegisterEntry.model_validate_json(entry.model_dump_json()) == entry


def test_a_book_refuses_two_versions_in_force():
    book = Book().with_entry(entry_of(policy(), report()))
    (one,) = book.entries
    second = one.model_copy(update={"release_id": "r2", "version": 2})
    with pytest.raises(ValidationError, match="versions"):
        Book(entries=(one, second))
    with pytest.raises(ValidationError, match="versions"):
        Book(entries=(one, one))
    other = one.model_copy(update={"entry_id": "other", "number": 2})
    with pytest.raises(ValidationError, match="twice"):
        Book(entries=(one, other))
    with pytest.raises(ValidationError, match="same number"):
        Book(entries=(one, other.model_copy(update={"number": 1, "release_id": "r2"})))
    with pytest.raises(ValidationError, match="several bodies"):
        Book(entries=(one, other.model_copy(update={"body": "他の市長", "release_id": "r2"})))


def test_a_book_refuses_half_an_erasure():
    (one,) = Book().with_entry(entry_of(policy(), report())).entries
    erasure = Erasure(at="2027-04-01T00:00:00+09:00", because="廃止", people=None)
    Book(entries=(one.model_copy(update={"status": "erased", "erased": erasure}),))
    for half in ({"status": "erased"}, {"erased": erasure}):
        with pytest.raises(ValidationError, match="versions"):
            Book(entries=(one.model_copy(update=half),))


def test_a_book_with_the_release_stays_the_same_object():
    book = Book().with_entry(entry_of(policy(), report()))
    assert book.with_entry(entry_of(policy(), report(people=9))) is book


def test_the_articles_of_2022_are_two_lower_than_today_and_2017_has_its_own_act():
    today, then = LAWS["public"], LAWS["public_2022"]
    assert (today.call, today.outline, today.creation) == ("法第110条", "法第117条", "法第116条第1項")
    assert (then.call, then.outline, then.creation) == ("法第108条", "法第115条", "法第114条第1項")
    old = LAWS["public_2017"]
    assert (old.call, old.outline, old.product) == ("法第44条の3", "法第44条の11", "行政機関非識別加工情報")
    assert old.act == "行政機関の保有する個人情報の保護に関する法律"
