"""Good inputs that fuzzing starts from. Every value that stands for a source value holds the mark."""

import bz2
import datetime as dt
import gzip
import io
import json
import zipfile
import zlib
from decimal import Decimal

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
from support.workbooks import DATE, sheet_of, workbook

from tokumei.transforms.formats.avro_container import read_frame, walk

MARK = "himitsu"  # no message may show it
KINDS = {
    "s": "string",
    "x": "text",
    "i": "integer",
    "n": "number",
    "d": "date",
    "m": "month",
    "t": "datetime",
    "b": "boolean",
}
ROWS = [
    {
        "s": None if r == 3 else f"{MARK}{r} 高橋",
        "x": f'{MARK}, "{r}"\n二行目' if r % 4 == 0 else f"{MARK}{r}",
        "i": r * 10**9,
        "n": r / 8 - 1,
        "d": dt.date(1950 + r, 1 + r % 12, 1 + r),
        "m": dt.date(2020, 1 + r % 12, 1),
        "t": dt.datetime(2020, 1, 2, 3, r),
        "b": r % 2 == 0,
    }
    for r in range(12)
]
POLICY = """\
version: 1
regime: private
file: {name: 名簿, body: 会社, department: 課, purpose: 目的, how_provided: 手渡し, sensitive: true}
reference_date: 2026-04-01
tables:
  t:
    source: {path: "*.csv", format: csv, encoding: cp932, null_values: ["", "-"]}
    person: id
    rows_per_person: several
    columns:
      id: {treat: [{criterion: 3, method: pseudonym, link: m}]}
      name: {title: 氏名, treat: [{criterion: 1, method: delete}]}
      born:
        type: date
        treat:
          - {criterion: 1, method: age}
          - {criterion: 4, method: top_code, at: 90, label: 90歳以上}
          - {criterion: 5, method: generalize, hierarchy: {kind: intervals, widths: [5, 10]}, weight: 2}
      town: {treat: [{criterion: 5, method: generalize, hierarchy: {kind: file, path: h.csv}}]}
      pay: {type: integer, treat: [{criterion: 4, method: tail, side: top, people: 20}]}
      day: {type: date, treat: [{criterion: 5, method: noise, scale: 3, min: 1900-01-01}]}
      ill: {sensitive: true, keep: true, because: 分析, protect: [{model: l_diversity, kind: distinct, l: 2}]}
      memo: {type: text}
    combinations:
      - {criterion: 4, columns: [town, ill], size: 2, action: cell, because: 理由}
requirements:
  k: 3
  because: 理由
  suppression_limit: 0.1
  models: [{model: average_risk, at_most: 0.3}]
output: {format: csv, directory: out}
rejects: {limit: 3}
"""
SMALL_POLICY = json.dumps(
    {
        "version": 1,
        "regime": "private",
        "file": dict.fromkeys(("name", "body", "department", "purpose", "how_provided"), "x"),
        "tables": {
            "t": {
                "source": {"path": "d.csv", "format": "csv"},
                "rows_per_person": "one",
                "columns": {"a": {"keep": True, "because": "x"}},
            }
        },
        "requirements": {"k": 2, "because": "x", "suppression_limit": 0},
    },
    indent=1,
)
HIERARCHY = "".join(f'{MARK}{i};"{MARK}{i // 2}, 区";{MARK}市;*\n' for i in range(8))


def _text(value):
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def csv_text(delimiter=",", header=True, end="\r\n"):
    lines = [[*KINDS]] if header else []
    lines += [[_text(v)[:7] if k == "m" else _text(v) for k, v in row.items()] for row in ROWS]

    def cell(text):
        plain = not any(c in text for c in f'"\n{delimiter}')
        return text if plain else '"' + text.replace('"', '""') + '"'

    return end.join(delimiter.join(map(cell, line)) for line in lines) + end


def json_lines():
    return "".join(
        json.dumps({k: v if isinstance(v, int | float | None) else _text(v) for k, v in row.items()}) + "\n"
        for row in ROWS
    )


AVRO_TYPES = {
    "s": ["null", "string"],
    "x": "string",
    "i": "long",
    "n": "double",
    "d": {"type": "int", "logicalType": "date"},
    "m": {"type": "int", "logicalType": "date"},
    "t": {"type": "long", "logicalType": "timestamp-micros"},
    "b": "boolean",
}
NESTED = {
    "inner": {
        "type": "record",
        "name": "In",
        "fields": [{"name": "z", "type": {"type": "array", "items": ["null", "long"]}}],
    },
    "map": {"type": "map", "values": "string"},
    "dec": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2},
    "fix": {"type": "fixed", "name": "F", "size": 3},
    "enum": {"type": "enum", "name": "E", "symbols": ["A", "B"]},
}


def avro(codec, nested=False):
    types = AVRO_TYPES | (NESTED if nested else {})
    fields = [{"name": name, "type": kind} for name, kind in types.items()]
    more = {
        "inner": {"z": [1, None, 3]},
        "map": {"k": MARK},
        "dec": Decimal("1.25"),
        "fix": b"abc",
        "enum": "B",
    }
    rows = [{**row, **(more if nested else {}), "t": row["t"].replace(tzinfo=dt.UTC)} for row in ROWS]
    sink = io.BytesIO()
    fastavro.writer(
        sink, {"type": "record", "name": "R", "fields": fields}, rows, codec=codec, sync_interval=300
    )
    return sink.getvalue()


def avro_file(schema, codec, sync, blocks):
    """A container with frames that are right, whatever is in them."""
    out = io.BytesIO(b"Obj\x01")
    out.seek(4)
    meta = {"avro.schema": json.dumps(schema), "avro.codec": codec}
    fastavro.schemaless_writer(out, {"type": "map", "values": "string"}, meta)
    out.write(sync)
    for records, body in blocks:
        for number in (records, len(body)):
            fastavro.schemaless_writer(out, "long", number)
        out.write(body + sync)
    return out.getvalue()


def repacked(codec, pack):
    """A file of Avro whose blocks are packed as the reader unpacks them without another library."""
    source = io.BytesIO(avro("null"))
    frame = read_frame(source)
    content = source.getvalue()
    blocks = [
        (b.records, pack(content[b.body :][: b.packed]))
        for b in walk(source, frame, frame.size, len(content))
    ]
    return avro_file(frame.schema, codec, frame.sync, blocks)


def snappy(data):
    return pa.Codec("snappy").compress(data, asbytes=True) + zlib.crc32(data).to_bytes(4, "big")


def zstandard(data):
    return pa.Codec("zstd").compress(data, asbytes=True)


def typed_parquet():
    """Bytes, UUIDs, JSON and INT96 where texts and times are declared."""
    raw = [None if row["s"] is None else row["s"].encode() for row in ROWS]
    table = pa.Table.from_pylist(ROWS)
    table = table.set_column(0, "s", pa.array(raw)).set_column(
        1, "x", pa.array([bytes(range(i, i + 16)) for i in range(len(ROWS))], pa.binary(16)).cast(pa.uuid())
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, use_deprecated_int96_timestamps=True, use_dictionary=False)
    return sink.getvalue()


def parquet(compression, *, blank=0, **options):
    sink = io.BytesIO()
    pq.write_table(
        pa.Table.from_pylist(ROWS * 3 + [dict.fromkeys(KINDS)] * blank),
        sink,
        compression=compression,
        row_group_size=10,
        **options,
    )
    return sink.getvalue()


def zipped(data):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("f.csv", data)
    return sink.getvalue()


def fixed_text(encoding, end, in_bytes=True):
    def field(value):
        text = _text(value).replace("\n", " ")
        return text.encode(encoding).ljust(WIDTH) if in_bytes else text.ljust(WIDTH).encode(encoding)

    return b"".join(b"".join(map(field, row.values())) + end for row in ROWS)


def book():
    rows = [
        [None if v is None else v if isinstance(v, bool | int | float) else _text(v) for v in row.values()]
        for row in ROWS
    ]
    for row, values in zip(ROWS, rows, strict=True):
        values[4] = ((row["d"] - dt.date(1899, 12, 30)).days, DATE)
        values[1] = '<t="s"|<v>0</v>'
    texts = [f"<si><r><t>{MARK}</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>"]
    return workbook({"s": sheet_of([[*KINDS], *rows])}, texts)


TEXT = csv_text()
WIDTH = 26
WIDTHS = dict.fromkeys(KINDS, WIDTH)
MYSQL = TEXT.replace('""', '\\"').replace("高橋", "ソ\\\\能")
# target: (bytes, options of the source)
SEEDS = {
    "policy": [(POLICY.encode(), {}), (SMALL_POLICY.encode(), {})],
    "hierarchy": [
        (HIERARCHY.encode(), {}),
        (HIERARCHY.encode("cp932"), {"encoding": "cp932"}),
        (HIERARCHY.replace(";", "\t").encode("euc_jp"), {"encoding": "euc_jp", "delimiter": "\t"}),
    ],
    "csv": [
        (TEXT.encode(), {}),
        (TEXT.encode("utf-8-sig"), {}),
        (TEXT.encode("cp932"), {"encoding": "cp932"}),
        (TEXT.encode("euc_jp"), {"encoding": "euc_jp"}),
        (csv_text("\t", end="\n").encode(), {"format": "tsv"}),
        (csv_text("|", end="\r").encode("cp932"), {"delimiter": "|", "encoding": "cp932"}),
        (csv_text(header=False, end="\n").encode(), {"header": False}),
        (gzip.compress(TEXT.encode(), 1), {}),
        (bz2.compress(TEXT.encode()), {}),
        (zipped(TEXT.encode()), {}),
        (TEXT.encode("utf-16"), {"encoding": "utf-16"}),
        (TEXT.encode("utf-16-be"), {"encoding": "utf-16"}),
        (("表題,\n\n" + TEXT).encode(), {"skip_rows": 2}),
        (b"sep=;\r\n" + csv_text(";").encode(), {}),
        (TEXT.replace(",", ",  ").encode("cp932"), {"skip_initial_space": True, "encoding": "cp932"}),
        (MYSQL.encode(), {"escape": "\\"}),
        (MYSQL.encode("cp932"), {"escape": "\\", "skip_initial_space": True, "encoding": "cp932"}),
        (TEXT.replace("\r\n", ",\r\n").encode(), {"blank_records": "keep"}),
        (TEXT.encode() + b",,,,,,,\r\n" * 3, {"leading_zeros": {"s": 9}, "null_values": ("", "-1")}),
    ],
    "fixed": [
        (fixed_text("utf-8", b"\n", in_bytes=False), {"widths": WIDTHS}),
        (fixed_text("cp932", b"\r\n\x1a"), {"widths": WIDTHS, "encoding": "cp932"}),
        (fixed_text("euc_jp", b""), {"widths": WIDTHS, "encoding": "euc_jp", "line_breaks": False}),
        (
            zipped(fixed_text("cp932", b"\n", in_bytes=False)),
            {"widths": WIDTHS, "width_unit": "characters", "encoding": "cp932"},
        ),
    ],
    "xlsx": [(book(), {})],
    "jsonl": [((json_lines() + "{}\n").encode(), {}), (gzip.compress(json_lines().encode(), 1), {})],
    "avro": [
        *((avro(codec), {}) for codec in ("null", "deflate", "bzip2", "xz")),
        (avro("null", nested=True), {"nested": True}),
        (repacked("snappy", snappy), {}),
        (repacked("zstandard", zstandard), {}),
    ],
    "parquet": [
        (parquet("none", use_dictionary=False), {}),
        (parquet("snappy"), {}),
        (typed_parquet(), {}),
        (parquet("snappy", blank=5), {}),
        (parquet("zstd", data_page_version="2.0", store_schema=False), {}),
        (parquet("gzip", write_statistics=False), {}),
    ],
}
# Pieces that matter to a format, to be put anywhere.
TOKENS = {
    "policy": [b"*a", b"&a ", b"!x ", b"<<: ", b"- ", b"[", b"{", b"]", b"}", b": ", b"? ", b"|\n", b"> ", b"%YAML 9\n",
               b"---\n", b"...\n", b"\t", b"\x00", b"\xff", b"~", b"010", b"1e999", b".inf", b"0x1F", b"1:30", b'"\\ud800"',
               b"'", b'"', b"\xc2\x85", b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\n  ", b"2026-02-30", b"9" * 40],
    "hierarchy": [b";", b'"', b"\n", b"\r", b"*", b"\x00", b"\xff", b";;", b"\xef\xbb\xbf", b"x" * 70_000],
    "csv": [b'"', b",", b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b'""', b"\x81", b"\x8e\xa1", b"\x8f",
            b"3500102", b"27396", b"Z", b" UTC", b"+00:00", "五十年".encode("cp932"), "(木)".encode("cp932"),
            b"\\", b'\\"', b', "', b'="', b"'0", b"\n,,,,,,,\n", b"\nsep=;\n", b"\xe3\x80\x80",
            "\n{}\n".format(",".join(KINDS)).encode(),
            b"9999999999999999999", b"1e400", b"nan", b"0x10", "令和6年4月1日".encode("cp932"), b"-0", b"\x1f\x8b", b" "],
    "fixed": [b"\n", b"\r", b"\x00", b"\xff", b"\x81", b"\x8e", b"\x8f\xf4", b"\x1a", b" ", b"\xef\xbb\xbf", b"PK\x03\x04"],
    "xlsx": [b"<c>", b"</c>", b"<v>", b"</v>", b"<f/>", b'r="XFD1048576"', b'r="A0"', b't="s"', b's="1"', b"9" * 40, b"1e999", b"nan",
             b"<row>", b'<row r="1048576">', b"</row>", b"<!DOCTYPE a>", b"&e;", b"<rPh>", b'<mergeCell ref="A1:H9"/>', b"_x0000_",
             b"_xD800_", b"PK\x05\x06", b"PK\x01\x02", b"\xff\xff\xff\xff", b"\x00", b"xl/workbook.xml", b'date1904="1"'],
    "jsonl": [b"{", b"}", b"[", b"]", b'"', b"\\u0000", b"\\ud800", b"null", b"NaN", b"Infinity", b"-0.0", b"1e999",
              b"9" * 30, b"\\", b"\n", b"\r\n", b",", b":", b"\x00", b"\xff", b'{"a":' * 40, b"\xef\xbb\xbf", b"true",
              b"\n{}\n", b'" "'],
    "avro": [b"\x00", b"\x01", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xfe\xff\xff\xff\x0f", b"\x80" * 9 + b"\x01",
             b'"null"', b'"record"', b'"string"', b'"bytes"', b'{"type":"array","items":"null"}', b'"R"', b"null",
             b"deflate", b"Obj\x01", b'"decimal"', b'"namespace":"a.b"', b'"uuid"', b'"a.b.E"', b"snappy", b'"precision":99', b'"scale":-9', b"xz", b"[", b"]", b"{", b"}"],
    "parquet": [b"PAR1", b"PARE", b"\x00" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\x15\x00", b"\x19\xfc", b"\xf0\xff\xff\x7f",
                b"ARROW:schema", b"\x80\x80\x80\x80\x10"],
}  # fmt: skip
