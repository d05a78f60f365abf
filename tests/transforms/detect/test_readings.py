"""Names in one piece are parted, names in kanji are read, several names in a cell are one each."""

import polars as pl
import pyarrow as pa
import pytest

from tokumei.transforms.detect.name_forms import full_names
from tokumei.transforms.detect.readings import name_parts, readings_of


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("佐藤太郎", ("佐藤", "太郎")),
        ("佐藤 太郎", ("佐藤", "太郎")),
        ("佐藤・太郎", ("佐藤", "太郎")),
        ("長谷川慎太郎", ("長谷川", "慎太郎")),
        ("佐藤さくら", ("佐藤", "さくら")),
        ("林太郎", ("林", "太郎")),
        ("サトウタロウ", ("サトウ", "タロウ")),
        ("さとうはなこ", ("さとう", "はなこ")),
        ("サトウ ハナコ", ("サトウ", "ハナコ")),
        ("SATO TARO", ("SATO", "TARO")),
        ("佐藤太郎商店", (None, None)),
        ("森林組合", (None, None)),
        ("コンピュータ", (None, None)),
        (None, (None, None)),
    ],
)
def test_where_the_given_name_begins(name, parts):
    assert tuple(part[0] for part in name_parts(pl.Series([name], dtype=pl.String))) == parts


@pytest.mark.parametrize(
    ("family", "given", "read"),
    [
        ("佐藤", "太郎", {"サトウタロウ"}),
        ("東", "一郎", {"アズマイチロウ", "トウイチロウ", "ヒガシイチロウ"}),
        ("斎藤", "花子", {"サイトウハナコ"}),
        ("商店", "太郎", set()),
    ],
)
def test_how_names_are_read(family, given, read):
    found = readings_of(pl.Series([family, None]), pl.Series([given, "太郎"]))
    told = {name for one, other in found for name in (one + other).drop_nulls()}
    assert told >= read and bool(told) == bool(read)


@pytest.mark.parametrize(
    ("cell", "people"),
    [
        ("佐藤太郎 鈴木花子", {"佐藤太郎", "鈴木花子", "太郎 佐藤", "花子 鈴木"}),
        ("佐藤太郎　佐藤花子", {"佐藤太郎", "佐藤花子"}),
        ("佐藤 太郎 鈴木 花子", {"佐藤 太郎", "鈴木 花子"}),
        ("佐藤 太郎 花子", {"佐藤 太郎", "佐藤 花子"}),
        ("佐藤太郎・花子", {"佐藤太郎", "佐藤 花子"}),
        ("佐藤太郎、佐藤花子", {"佐藤太郎", "佐藤花子"}),
        ("佐藤太郎＋佐藤花子", {"佐藤太郎", "佐藤花子"}),
        ("佐藤太郎／鈴木花子", {"佐藤太郎", "鈴木花子"}),
        ("佐藤太郎ほか１名", {"佐藤太郎"}),
        ("佐藤太郎 他2名", {"佐藤太郎"}),
        ("佐藤太郎（妻）", {"佐藤太郎", "太郎 佐藤"}),
        ("サトウタロウ", {"サトウタロウ", "タロウ サトウ"}),
        ("長谷川 慎太郎", {"長谷川 慎太郎", "慎太郎 長谷川"}),
    ],
)
def test_several_names_in_a_cell_are_one_each(cell, people):
    found = {name for names in full_names(pa.array([cell])) for name in names}
    assert people <= found and "花子 太郎" not in found
