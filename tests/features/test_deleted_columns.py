"""A column that is dropped or deleted is not read: no type, and no value, can stop a run."""

import datetime as dt
import io
import json
from decimal import Decimal

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.helpers import policy_of

KEEP = {"keep": True, "because": "試験"}
DROP = {"drop": True, "because": "不要"}
DELETE = {"treat": [{"criterion": 1, "method": "delete"}]}
CODE = {"treat": [{"criterion": 2, "method": "delete"}]}
TITLED = {**DELETE, "title": "連絡先"}


def parquet(**columns):
    sink = io.BytesIO()
    pq.write_table(pa.table({"id": ["1", "2"], **columns}), sink)
    return {"data.parquet": sink.getvalue()}


def avro(**columns):
    """By name of a field, its type and the values of two records."""
    sink = io.BytesIO()
    fields = [
        {"name": "id", "type": "string"},
        *({"name": n, "type": kind} for n, (kind, _) in columns.items()),
    ]
    rows = [{"id": str(i + 1), **{n: values[i] for n, (_, values) in columns.items()}} for i in range(2)]
    fastavro.writer(sink, {"type": "record", "name": "R", "fields": fields}, rows)
    return {"data.avro": sink.getvalue()}


def json_lines(**columns):
    rows = [{"id": str(i + 1), **{n: values[i] for n, values in columns.items()}} for i in range(2)]
    return {"data.jsonl": "\n".join(json.dumps(row) for row in rows)}


def released(run, files, columns, **more):
    (name,) = files
    kind = name.rpartition(".")[2]
    done = run(policy_of({"id": KEEP, **columns}, path=name, source={"format": kind}, **more), files)
    assert done.status == 0, done.err
    return done


NESTED = [{"tel": "0399990001"}, {"tel": "0399990002"}]
UNREADABLE = {
    "record": pa.array(NESTED),
    "list": pa.array([["米"], []]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "days": pa.array([dt.date(1975, 1, 2), None]),
    "flag": pa.array([True, False]),
    "clock": pa.array([dt.time(1), None]),
}


FATES = {
    "deleted": DELETE,
    "code": CODE,
    "number": {"type": "integer", **DELETE},
    "dropped": DROP,
    "free": {"type": "text"},
}
SOUGHT = ("deleted", "code", "number", "free")


def every_fate(kinds):
    """Columns of every type and fate, and those of them that should be searched for."""
    columns = {f"{kind}_{fate}": column for kind in kinds for fate, column in FATES.items()}
    return columns, [name for name in columns if name.rpartition("_")[2] in SOUGHT]


def test_a_type_that_is_no_text_is_deleted_unread(run):
    columns, sought = every_fate(UNREADABLE)
    done = released(run, parquet(**{name: UNREADABLE[name.partition("_")[0]] for name in columns}), columns)
    assert sorted(row["id"] for row in done.rows()) == ["1", "2"]
    assert done.report["tables"][0]["leak_scan"]["unsearched"] == sought
    assert f"not searched for in the release: {', '.join(sought)} (no text)" in done.out
    page = next(done.root.rglob("report.html")).read_text()
    assert f"漏えい検査の対象外：「{'」「'.join(sought)}」" in page
    assert "元の値は探していない" not in page


def test_where_all_can_be_searched_nothing_is_told(run):
    done = released(run, parquet(x=["a", "b"], y=pa.array(NESTED)), {"x": DELETE, "y": DROP})
    assert done.report["tables"][0]["leak_scan"]["unsearched"] == []
    assert "not searched" not in done.out
    assert "漏えい検査の対象外" not in next(done.root.rglob("report.html")).read_text()


def test_what_was_not_searched_for_is_told_by_its_title(run):
    done = released(
        run, parquet(x=pa.array(NESTED), name=["山田花子", "佐藤次郎"]), {"x": TITLED, "name": DELETE}
    )
    scan = done.report["tables"][0]["leak_scan"]
    assert scan["unsearched"] == ["連絡先"]
    assert scan["sought"] == ["name"]
    page = next(done.root.rglob("report.html")).read_text()
    assert "漏えい検査の対象外：「連絡先」" in page


def test_a_type_is_that_of_any_file(run):
    """A column that is nested in one of the files only is not searched for, in none."""
    files = {"a.parquet": parquet(x=["山田花子", "佐藤次郎"])["data.parquet"],
             "b.parquet": parquet(x=pa.array(NESTED))["data.parquet"]}  # fmt: skip
    policy = policy_of({"id": KEEP, "x": DELETE}, path="*.parquet", source={"format": "parquet"})
    done = run(policy, files)
    assert done.status == 0, done.err
    assert done.report["tables"][0]["leak_scan"]["unsearched"] == ["x"]


AVRO = {
    "record": ({"type": "record", "name": "C", "fields": [{"name": "tel", "type": "string"}]}, NESTED),
    "list": ({"type": "array", "items": "string"}, [["米"], []]),
    "union": (["null", "string", "boolean"], [None, True]),
    "long": ({"type": "bytes", "logicalType": "decimal", "precision": 77, "scale": 38}, [Decimal("1.5")] * 2),
    "days": ({"type": "int", "logicalType": "date"}, [dt.date(1975, 1, 2)] * 2),
    "clock": ({"type": "int", "logicalType": "time-millis"}, [dt.time(1)] * 2),
}


def test_so_it_is_in_avro(run):
    columns, sought = every_fate(AVRO)
    fields = {name: AVRO[name.partition("_")[0]] for name in columns}
    named = {
        n: ({**kind, "name": n} if n.startswith("record") else kind, v) for n, (kind, v) in fields.items()
    }
    done = released(run, avro(**named), columns)
    assert done.report["tables"][0]["leak_scan"]["unsearched"] == sought


def test_so_it_is_in_json(run):
    """Where every record may have another type, each value is searched for by its text."""
    values = {"a": NESTED, "b": [["a"], {}], "c": [1.5, True], "d": [1, "x"], "e": [float("nan"), None]}
    columns, _ = every_fate(values)
    done = released(run, json_lines(**{name: values[name[0]] for name in columns}), columns)
    assert done.report["tables"][0]["leak_scan"]["unsearched"] == []


def test_values_of_a_deleted_column_are_searched_for_whatever_they_are(run):
    broken = pa.array(["山田花子".encode(), b"\xff\xfe"]).view(pa.string())
    columns = {"x": {"type": "integer", **DELETE}, "note": KEEP}
    released(run, parquet(x=broken, note=["米", "茶"]), columns)
    for files in (
        parquet(x=broken, note=["山田花子様", "茶"]),
        json_lines(x=[["山田花子"], 5], note=['["山田花子"]', ""]),
    ):
        (name,) = files
        source = {"format": name.rpartition(".")[2]}
        done = run(policy_of({"id": KEEP, **columns}, path=name, source=source), files, output="other")
        assert done.status == 4
        assert "verification.leak" in done.err


ADDRESS = {"type": "text", "treat": [{"criterion": 1, "method": "address", "level": "city"}]}


@pytest.mark.parametrize(
    ("kind", "column"), [("record", KEEP), ("days", ADDRESS), ("list", {"type": "date", **KEEP})]
)
def test_what_is_released_must_be_readable_and_check_says_so_too(run, kind, column):
    policy = policy_of({"id": KEEP, "x": column}, path="data.parquet", source={"format": "parquet"})
    files = parquet(x=UNREADABLE[kind])
    checked, done = run(policy, files, job="check"), run(policy, files)
    assert checked.status == done.status == 3
    assert checked.err == done.err
    assert "[input.type]" in done.err
    assert "column x" in done.err
    assert "0399990001" not in done.err


def test_the_person_must_be_readable_though_it_is_deleted(run):
    policy = policy_of(
        {"id": KEEP, "x": {"treat": [{"criterion": 3, "method": "delete"}]}},
        path="data.parquet",
        source={"format": "parquet"},
        person="x",
    )
    assert "[input.type]" in run(policy, parquet(x=UNREADABLE["record"])).err
    assert run(policy, parquet(x=pa.array([7, 8]))).status == 0


def test_dates_are_declared_at_the_column(run):
    """What is refused names the declaration that would fit; with it, the run ends well."""
    texts = {
        "era_digits": (["3500102", "5010501"], {"date_format": "era_digits"}, ["1975-01", "2019-05"]),
        "excel_serial": (["27396", "43586"], {"date_format": "excel_1900"}, ["1975-01", "2019-05"]),
        "future_era": (["平成35年3月31日", "H31.12.31"], {"future_eras": True}, ["2019-12", "2023-03"]),
        "utc_midnight": (["1975-01-02T00:00:00Z", "2019-05-01 00:00:00 UTC"], {"date_format": "utc_as_written"},
                         ["1975-01", "2019-05"]),
    }  # fmt: skip
    for reason, (values, declared, months) in texts.items():
        files = {"data.csv": "id,d\n" + "".join(f"{i},{v}\n" for i, v in enumerate(values))}
        column = {"type": "date", "treat": [{"criterion": 1, "method": "year_month"}]}
        refused = run(policy_of({"id": KEEP, "d": column}), files)
        assert refused.status == 3
        assert f"t.d: {reason} (2)" in refused.err
        key, value = next(iter(declared.items()))
        assert f"{key}: {str(value).lower()}" in refused.err
        assert "a date is written 2021-01-02" in refused.err
        assert values[0] not in refused.err
        done = run(policy_of({"id": KEEP, "d": {**column, **declared}}), files, output=reason)
        assert done.status == 0, done.err
        assert sorted(row["d"] for row in done.rows()) == months


def test_an_age_is_counted_from_a_time(run):
    born = pa.array([dt.datetime(1949, 4, 1, 15), dt.datetime(1975, 4, 1, 14)], pa.timestamp("us", "UTC"))
    columns = {
        "born": {"type": "datetime", "treat": [{"criterion": 1, "method": "age"}]},
        "band": {"type": "datetime", "treat": [{"criterion": 1, "method": "age_band", "preset": "id_pos_7"}]},
    }
    done = released(run, parquet(born=born, band=born), columns, reference_date="2026-04-01")
    ages = {row["id"]: row["born"] for row in done.rows()}
    assert ages == {"1": 76, "2": 51}
    policy = policy_of({"id": KEEP, **columns}, path="data.parquet", source={"format": "parquet"})
    assert run(policy, job="check").status == 2  # without a day to count on


def test_nan_and_absent_keys_are_told(run):
    done = released(run, parquet(w=[61.5, float("nan")]), {"w": {"type": "number", "title": "体重", **KEEP}})
    assert sorted((row["w"] is None) for row in done.rows()) == [False, True]
    assert done.report["notes"] == [{"table": "t", "column": "w", "note": "nan", "cells": 1}]
    assert "w: 1 values are NaN and count as missing" in done.out
    assert "「体重」：1件は、数値でないことを表す値" in next(done.root.rglob("report.html")).read_text()


def test_a_key_that_no_record_has_is_told(run):
    done = released(
        run, json_lines(a=[1, None]), {"a": {"type": "integer", **KEEP}, "age": {"type": "integer", **KEEP}}
    )
    assert done.report["notes"] == [{"table": "t", "column": "age", "note": "absent", "cells": 2}]
    assert "age: no record has this key; every value is missing" in done.out


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ({"type": "string", "date_format": "era_digits"}, "date_format: era_digits does not fit type string"),
        ({"type": "month", "date_format": "excel_1900"}, "era_digits, utc_as_written"),
        ({"type": "datetime", "date_format": "era_digits"}, "does not fit type datetime"),
        ({"type": "integer", "future_eras": True}, "future_eras is for dates"),
        ({"type": "date", "date_format": "excel"}, "date_format"),
    ],
)
def test_declarations_that_do_not_fit_are_refused(run, column, told):
    done = run(policy_of({"id": KEEP, "d": {**column, **KEEP}}), {"data.csv": "id,d\n1,2\n"}, job="check")
    assert done.status == 2
    assert told in done.err
