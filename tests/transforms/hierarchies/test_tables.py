"""Hierarchies from columns of another table: read as records are, nested, and never told by their values."""

import codecs

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.kernels import chain_of, treat

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.schemas.hierarchy_base import TableHierarchy
from tokumei.schemas.source import Source
from tokumei.transforms.hierarchies.bound import BoundHierarchy
from tokumei.transforms.hierarchies.tables import read_hierarchy_table

GOODS = "product,major,small,price\r\nP1,04,0401,\r\nP2,04,0401,5\r\nP3,04,0402,5\r\nP4,05,0501,7\r\n"
ROWS = {
    "P1": ("0401", "04", "*"),
    "P2": ("0401", "04", "*"),
    "P3": ("0402", "04", "*"),
    "P4": ("0501", "05", "*"),
}


def table(path="goods.csv", columns=("product", "small", "major"), other=None, **source):
    return TableHierarchy(
        kind="table", source=Source(path=path, **{"format": "csv", **source}), columns=columns, other=other
    )


def read(folder, spec):
    return read_hierarchy_table(spec, str(folder), "tables.t.columns.c.treat[0]")


def written(folder, kind):
    """The goods in a format, and how a policy declares it."""
    lines = [line.split(",") for line in GOODS.split("\r\n")[:-1]]
    columns = {name: [line[i] for line in lines[1:]] for i, name in enumerate(lines[0])}
    if kind == "doubled mark and mixed line ends":  # as the products of data of the 100 knocks begin and end
        text = codecs.BOM_UTF8 * 2 + GOODS.encode().replace(b"5\r\nP4", b"5\r\r\nP4")
        (folder / "goods.csv").write_bytes(text.removesuffix(b"\r\n"))
        return table()
    if kind == "cp932":
        (folder / "goods.csv").write_bytes(GOODS.replace("product", "商品").encode("cp932"))
        return table(columns=("商品", "small", "major"), encoding="cp932")
    if kind == "no header":
        (folder / "goods.csv").write_text("P1,0401,04\nP2,401,4\nP3,0402,04\nP4,0501,05\nP1,0401,04\n")
        return table(header=False, leading_zeros={"small": 4, "major": 2})
    if kind == "dictionaries in several parquet files":
        coded = pa.table({name: pa.array(texts).dictionary_encode() for name, texts in columns.items()})
        for i, part in enumerate((coded[:3], coded[2:])):
            pq.write_table(part, folder / f"part-{i}.parquet")
        return table(path="part-*.parquet", format="parquet")
    if kind == "jsonl":
        pa_rows = pa.table({name: columns[name] for name in ("product", "small", "major")}).to_pylist()
        (folder / "goods.jsonl").write_text("\n".join(str(row).replace("'", '"') for row in pa_rows))
        return table(path="goods.jsonl", format="jsonl")
    (folder / "goods.txt").write_text("".join("".join(c.ljust(6) for c in line) + "\n" for line in lines[1:]))
    return table(path="goods.txt", format="fixed", widths=dict.fromkeys(lines[0], 6))


@pytest.mark.parametrize(
    "kind",
    [
        "doubled mark and mixed line ends",
        "cp932",
        "no header",
        "dictionaries in several parquet files",
        "jsonl",
        "fixed",
    ],
)
def test_a_table_of_any_format_is_a_hierarchy(tmp_path, kind):
    rows = read(tmp_path, written(tmp_path, kind))
    assert dict(rows) == ROWS and rows.names == ("small", "major")


@pytest.mark.parametrize(
    ("text", "columns", "told"),
    [
        (None, "a b c", "no file matches it"),
        ("", "a b c", "no record"),
        ("a,b,c\n", "a b c", "no record"),
        ("a,b,c\n秘,1,2\n", "a b d 秘", "lacks columns: d, 秘"),
        ("秘,1,2\n", "a b c", "lacks columns: a, b, c"),
        ("a,b,c\n秘,1,2\n密,, \n密,1,\n", "a b c", "blank cell: b × 1, c × 2"),
        ("a,b,c\n秘,1,2\n,1,2\n", "a b c", "blank cell: a × 1"),
        (
            "a,b,c\n秘,1,2\n秘,1,2\n秘,2,3\n密,1,2\n密,3,2\n",
            "a b c",
            "2 values of a have several labels in b, c",
        ),
        ("a,b,c\n秘,甲,乙\n密,甲,丙\n他,丁,乙\n", "a b c", "b and c do not nest: 1 of the labels of b"),
        ("a,b,c\n秘,1,2\n密,1\n", "a b c", "1 of its records cannot be read"),
    ],
)
def test_unusable_tables_are_refused_by_columns_and_counts(tmp_path, text, columns, told):
    if text is not None:
        (tmp_path / "goods.csv").write_text(text)
    with pytest.raises(PolicyError) as error:
        read(tmp_path, table(columns=tuple(columns.split())))
    said = error.value.as_dict()
    assert said["code"] == "hierarchy.table" and told in said["what"]
    assert said["where"].startswith("tables.t.columns.c.treat[0]") and "goods.csv" in said["where"]
    declared = {*columns.split()}
    assert not [word for word in "秘密甲乙丙丁" if word not in declared and word in str(said)]


def test_what_is_not_of_the_declared_format_or_encoding_is_an_input_error(tmp_path):
    (tmp_path / "goods.csv").write_bytes("product,small,major,秘密\n".encode("cp932"))
    for spec in (table(), table(format="parquet"), table(columns=("product", "small"), format="xlsx")):
        with pytest.raises(InputError) as error:
            read(tmp_path, spec)
        assert error.value.where.startswith("tables.t.columns.c.treat[0].hierarchy.source (")
        assert "goods.csv" in error.value.where and "秘" not in str(error.value.as_dict())


@given(st.lists(st.tuples(*[st.sampled_from("甲乙丙丁")] * 3), min_size=1, max_size=6))
def test_a_table_nests_or_is_refused_and_says_what_the_file_says(tmp_path_factory, lines):
    folder = tmp_path_factory.mktemp("h")
    (folder / "goods.csv").write_text("".join(f"{','.join(line)}\n" for line in [("a", "b", "c"), *lines]))
    (folder / "h.csv").write_text("".join(f"{';'.join(line)};*\n" for line in dict.fromkeys(lines)))
    spec = FileHierarchy(kind="file", path="h.csv", other="他")
    found = []
    for one in (table(columns=("a", "b", "c"), other="他"), spec):
        try:
            found.append(BoundHierarchy(one, str(folder), "here", 1))
        except PolicyError:
            found.append(None)
    by_table, by_file = found
    assert (by_table is None) == (by_file is None)
    assert (by_table is None) == any(
        len({line[i + 1] for line in lines if line[i] == label}) > 1
        for i in range(2)
        for label in {line[i] for line in lines}
    ) or len({line[0] for line in lines}) < len({*lines})
    if by_table is not None:
        values = [*{line[0] for line in lines}, "戊", None]
        a, b = by_table.ladder(values), by_file.ladder(values)
        assert a.labels == b.labels and [c.tolist() for c in a.codes] == [c.tolist() for c in b.codes]
        texts = pa.array(values, pa.string())
        assert by_table.labels(texts)[0] == by_file.labels(texts)[0]


def test_values_that_a_table_lacks_are_counted_or_get_the_label_of_others(tmp_path):
    (tmp_path / "goods.csv").write_text(GOODS)
    bound = BoundHierarchy(table(), str(tmp_path), "here")
    assert bound.ladder(["P1", "Ｐ２", None]).titles[1:3] == (
        "項目「small」の区分（2区分は、値が一つだけ）",
        "項目「major」の区分（1区分は、値が一つだけ）",
    )
    with pytest.raises(InputError) as error:
        bound.ladder(["P1", "秘密"])
    assert "1 distinct" in error.value.what and "other: その他" in error.value.fix
    other = BoundHierarchy(table(other="その他"), str(tmp_path), "here").ladder(["P1", "秘密"])
    assert other.labels[1] == ("0401", "その他") and other.labels[2] == ("04", "その他")


SHOPS = "shop,address,city\nS1,神奈川県横浜市中区日本大通1,神奈川県横浜市\nS2,東京都国分寺市本多二丁目1,東京都国分寺市\n"


def test_shops_become_places_and_places_become_areas(tmp_path):
    (tmp_path / "shops.csv").write_text(SHOPS)
    shops = pa.array(["S1", "S2", None])
    to = {"kind": "table", "source": {"path": "shops.csv", "format": "csv"}}
    by_place = {"method": "recode", "criterion": 5, "level": 1, "hierarchy": {"kind": "address"}}
    city = {"method": "recode", "criterion": 5, "level": 1, "hierarchy": {**to, "columns": ["shop", "city"]}}
    assert treat(chain_of("string", city, base=tmp_path), shops) == ["神奈川県横浜市", "東京都国分寺市", None]
    assert treat(chain_of("string", city, by_place, base=tmp_path), shops) == ["神奈川県", "東京都", None]
    address = {**city, "hierarchy": {**to, "columns": ["shop", "address"]}}
    level = {"method": "address", "criterion": 1, "level": "city"}
    steps = (address, level, by_place)
    assert treat(chain_of("string", *steps, base=tmp_path), shops) == ["神奈川県", "東京都", None]
    search = {"method": "generalize", "criterion": 5, "hierarchy": {"kind": "address"}}
    ladder = chain_of("string", city, search, base=tmp_path).generalize.hierarchy.ladder(["神奈川県横浜市"])
    assert ladder.labels == (("神奈川県横浜市",), ("神奈川県",), ("関東",), ("*",))


def test_areas_of_postal_codes_become_districts_of_a_table(tmp_path):
    (tmp_path / "areas.csv").write_text("prefix,area\n231,横浜\n232,横浜\n185,多摩\n")
    source = {"path": "areas.csv", "format": "csv"}
    prefix = {"method": "postal_prefix", "criterion": 1}
    area = {"method": "recode", "criterion": 5, "level": 1}
    area["hierarchy"] = {"kind": "table", "source": source, "columns": ["prefix", "area"]}
    codes = pa.array(["231-0023", "2320001", "185-0012", None])
    assert treat(chain_of("string", prefix, area, base=tmp_path), codes) == ["横浜", "横浜", "多摩", None]
    coarser = {**area, "hierarchy": {"kind": "prefix", "keep": [1]}}
    assert treat(chain_of("string", prefix, coarser, base=tmp_path), codes) == ["2", "2", "1", None]
