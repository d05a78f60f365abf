"""The record's own values in another form: addresses, birth dates, romaji, telephones, eleven of twelve digits."""

import datetime
import json

import pyarrow as pa
import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.leaks.own_forms import OwnForms
from tokumei.transforms.leaks.values import read_cells
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.plan_tables import plan_tables

DROPPED = {"drop": True, "because": "不要"}
KINDS = {"生年月日": {"type": "date", "treat": [{"criterion": 1, "method": "age"}]}}
BORN = datetime.date(1950, 1, 15)


def leaks(column, value, cell, more=()):
    """Whether a cell is taken to hold the record's own value of a column; beside a record of somebody else."""
    columns = {name: KINDS.get(name, DROPPED) for name in dict.fromkeys((column, *dict(more)))}
    columns["note"] = {"keep": True, "because": "試験"}
    table = plan_tables(
        parse_policy(json.dumps(policy_of(columns, reference_date="2026-04-01")), "policy"), "."
    )["t"]
    values = {column: [value, None], **{name: [one, None] for name, one in more}}
    sources = pa.RecordBatch.from_pydict(values)
    forms = OwnForms(table, sources, pa.array([0, 1]), 10)
    written = WrittenColumn.of(read_cells(pa.array([cell, cell], pa.string())), None, None)
    found = forms.found("note", written)
    return any(is_leak(search, count) for search, count in found.items())


HOME = "東京都港区芝浦1-2-3"


@pytest.mark.parametrize(
    "cell",
    [
        "港区芝浦１丁目２番３号に訪問",
        "芝浦一丁目2番3号",
        "芝浦一丁目二番三号",
        "港区芝浦一丁目二番地の三号",
        "芝浦1-2-3",
        "芝浦1丁目2-3の件",
        "東京都 港区 芝浦 1－2－3",
        "芝浦1の2の3",
        "芝浦1丁目2番地の3",
        "芝浦1ー2ー3メゾン芝101号室",
    ],
)
def test_own_address(cell):
    assert leaks("住所", HOME, cell) and leaks("住所", f"{HOME} メゾン芝101", cell)


@pytest.mark.parametrize(
    "cell",
    ["芝浦十二丁目三十四番五十六号", "芝浦12丁目34番地56号", "芝浦一二丁目三四番五六号"],
)
def test_own_address_of_greater_numbers(cell):
    assert leaks("住所", "東京都港区芝浦12-34-56", cell)
    assert leaks("住所", "東京都港区芝浦十二丁目三十四番五十六号", cell)
    assert not leaks("住所", "東京都港区芝浦2-34-56", cell)


def test_own_room_in_kanji():
    assert leaks("住所", "東京都港区芝浦1-2-105", "芝浦一丁目二番一〇五号室")


@pytest.mark.parametrize(
    "cell", ["芝浦1-2-34", "芝浦1-2", "芝浦2-2-3", "港区芝浦", "1-2-3", "芝1-2-3", "三田1丁目2番3号"]
)
def test_other_addresses(cell):
    assert not leaks("住所", HOME, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "1950-01-15生まれ",
        "1950年1月15日生",
        "昭和25年1月15日生まれ",
        "S25.1.15生",
        "昭25/1/15",
        "1950年（昭和25年）1月15日",
        "生年月日19500115",
        "DOB: Jan 15, 1950",
        "born 15 January 1950",
        "15/01/1950生",
        "'50.1.15生まれ",
        "１９５０．１．１５ 生",
        "1950/1/15の生まれ",
        "S250115生",
        "01/15/1950生",
    ],
)
def test_own_birth_date(cell):
    assert leaks("生年月日", BORN, cell)


@pytest.mark.parametrize(
    "cell",
    [
        "1950-01-16",
        "昭和52年1月15日",
        "1950年1月",
        "2025-01-15",
        "1950-01-151",
        "S25.1.1",
        "1月15日",
        "電話1950-0115",
    ],
)
def test_other_dates(cell):
    assert not leaks("生年月日", BORN, cell)


@pytest.mark.parametrize(
    ("kana", "cell"),
    [
        ("サトウ タロウ", "Taro SATO"),
        ("サトウ タロウ", "SATOU, TAROU"),
        ("サトウ　タロウ", "satohtaroh"),
        ("ｻﾄｳ ﾀﾛｳ", "Tarō Satō様"),
        ("さとう たろう", "T: SATO TARO"),
        ("オオノ シンイチ", "Shinichi Ono"),
        ("ホッタ ジュンイチロウ", "Junichiro Hotta"),
        ("ホッタ ジュンイチロウ", "HOTTA Zyunitiro"),
        ("チバ キョウコ", "Kyoko Chiba"),
        ("ナンバ シュウヘイ", "Shuhei Namba"),
    ],
)
def test_own_name_in_latin_letters(kana, cell):
    assert leaks("フリガナ", kana, cell)
    family, given = kana.replace("\u3000", " ").split()
    assert leaks("セイ", family, cell, more=[("メイ", given)])


@pytest.mark.parametrize("cell", ["Taro Tanaka", "SATO", "PayPay", "Taro", "satellite taro", "https"])
def test_other_latin_words(cell):
    assert not leaks("フリガナ", "サトウ タロウ", cell)


@pytest.mark.parametrize(
    "cell",
    [
        "20000097711まで一致",
        "番号2000-0097-711です",
        "2000 0097 711",
        "２００００００９７７１１"[:4] + "0097711",
        "2000/0097/711*",
        "No.20000097711?",
        "2000.0097.711",
        "(20000097711)",
    ],
)
def test_eleven_digits_of_an_individual_number(cell):
    assert leaks("個人番号", "200000977119", cell)


@pytest.mark.parametrize("cell", ["2000009771", "200000977112", "30000097711", "1-2000"])
def test_other_digits(cell):
    assert not leaks("個人番号", "200000977119", cell)


@pytest.mark.parametrize(
    "cell",
    [
        "連絡 090-の-1234-の-5678",
        "九〇の一二三四の五六七八へ",
        "〇九〇の一二三四の五六七八",
        "090の1234の5678まで",
        "90の1234の5678です",
        "零九零・一二三四・五六七八",
    ],
)
def test_own_telephone_that_is_said(cell):
    assert leaks("電話", "090-1234-5678", cell)


@pytest.mark.parametrize(
    "cell", ["090の1234の5679", "1234の5678", "九〇の一二三四", "年度90、番号1234の5678号室"]
)
def test_other_numbers_that_are_said(cell):
    assert not leaks("電話", "090-1234-5678", cell)


IN_KANA = [
    "サトウ タロウ様",
    "サトウタロウさん来所",
    "さとう たろうさん",
    "さとうたろう",
    "ｻﾄｳ ﾀﾛｳ",
    "タロウ・サトウ",
    "たろうさとうです",
    "サトー タロー",
    "本人（サトウ　タロウ）",
]
IN_LATIN = [
    "Taro SATO",
    "Sato Taro",
    "SATOH Taroh",
    "Satou, Tarou",
    "sato.taro@",
    "satotaro542",
    "Ｔａｒｏ　Ｓａｔｏ",
    "Satō Tarō",
]


@pytest.mark.parametrize("cell", IN_KANA + IN_LATIN)
@pytest.mark.parametrize("name", ["佐藤 太郎", "佐藤太郎"])
def test_own_name_as_it_is_read_though_no_column_says_how(name, cell):
    assert leaks("氏名", name, cell)


def test_a_column_of_readings_says_how_names_are_read():
    assert not leaks("氏名", "佐藤 太郎", "サトウ タロウ様", more=[("フリガナ", "サイトウ タロウ")])


@pytest.mark.parametrize("cell", [*IN_LATIN[:5], "Sato-Taro", "TAROSATO", "T. Satotaro"])
def test_own_name_in_latin_letters_of_kana_in_one_piece(cell):
    assert leaks("フリガナ", "サトウタロウ", cell)


@pytest.mark.parametrize(
    ("name", "cell"), [("小野 恵美", "オノ エミ"), ("小野恵美", "（おのえみ）"), ("東 一", "ヒガシ ハジメ")]
)
def test_short_and_several_readings(name, cell):
    assert leaks("氏名", name, cell)


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("佐藤 太郎", "カトウ タロウ"),
        ("佐藤 太郎", "サトウを太郎に"),
        ("小野 恵美", "おのえみるく"),  # short ones are words by chance
        ("小野 恵美", "コノエミナト"),
        ("佐藤 太郎", "あさとうたろ"),
        ("佐藤 太郎商店", "サトウ タロウ"),
    ],
)
def test_other_kana(name, cell):
    assert not leaks("氏名", name, cell)


@pytest.mark.parametrize(
    "cell", ["連絡87654321090", "876-5432-1090", "８７６５４３２１０９０に", "876 5432 1090"]
)
def test_an_own_number_backwards(cell):
    assert leaks("電話番号", "090-1234-5678", cell)


@pytest.mark.parametrize("cell", ["連絡9765432109", "8765432109", "090", "12345678"])
def test_another_number_backwards(cell):
    assert not leaks("電話番号", "090-1234-5678", cell) and not leaks("電話番号", "090-12-1090", cell)
