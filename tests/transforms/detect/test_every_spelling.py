"""Each kind of code and contact, in every spelling and wrapping: seen; and what only looks like one: not."""

import base64
import html
import json
import unicodedata
from urllib.parse import quote

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.detect.names import kinds_of
from tokumei.transforms.detect.shadow import shadow, spelled
from tokumei.transforms.leaks.numbers import codes_in, numbers_in

DIGITS = "0123456789"


def written(digits):
    return lambda text: text.translate(str.maketrans(DIGITS, digits))


def grouped(gap):
    """Twelve digits in a row, in groups of four."""

    def write(text):
        at = next(i for i in range(len(text)) if text[i : i + 12].isdecimal())
        run = text[at : at + 12]
        return text[:at] + gap.join((run[:4], run[4:8], run[8:])) + text[at + 12 :]

    return write


def between(mark):
    """A mark after every character."""
    return lambda text: "".join(c + mark for c in text)


SPELLINGS = {
    "as it is": str,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "zero-width space": between("\u200b"),
    "word joiner": between("\u2060"),
    "grapheme joiner": between("\u034f"),
    "variation selector": between("\ufe0e"),
    "Hangul filler": between("\u3164"),
    "soft hyphen": between("\u00ad"),
    "Arabic-Indic digits": written("٠١٢٣٤٥٦٧٨٩"),
    "Devanagari digits": written("०१२३४५६७८९"),
    "mathematical digits": written("𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"),
    "JSON": lambda text: json.dumps({"memo": text}),
    "XML": lambda text: "<m>" + "".join(f"&#{ord(c)};" for c in text) + "</m>",
    "XML, hexadecimal": lambda text: "".join(f"&#x{ord(c):x};" for c in text),
    "URL": lambda text: "https://example.invalid/?q=" + quote(text),
    "URL, CP932": lambda text: "q=" + quote(text.encode("cp932")),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 inside": lambda text: f"<x>{base64.b64encode(text.encode()).decode()}</x>",
    "hexadecimal": lambda text: text.encode().hex(),
}
KANJI = {
    "kanji digits": written("〇一二三四五六七八九"),
    "daiji": written("零壱弐参四五六七八九"),
    "circled": written("⓪①②③④⑤⑥⑦⑧⑨"),
}
GROUPED = {f"groups by {gap!r}": grouped(gap) for gap in "-/.・_,:ー―–"} | {
    f"groups by {gap!r}": grouped(gap)
    for gap in (" ", "  ", "\u3000", "\u2003", ") (", " - ", "\n", "\u200b")
}
KINDS = {
    "My Number": "夫の番号123456789018を確認",
    "driver's licence number": "再交付309012345620の件",
    "payment card number": "控え4111111111111111です",
    "number named as My Number": "マイナンバー: 123456789012",
    "residence record code": "住基コード12345678901",
    "basic pension number": "年金手帳の記号番号 1234-567890",
    "number named as a driver's licence": "免許証番号 第309012345621号",
    "passport number": "旅券番号はTR1234567です",
    "residence card number": "在留カードAB12345678CD",
    "employment insurance number": "雇保番号1234-567890-1",
    "insurance number": "国保 記号 みなと 番号 1234567",
    "bank account": "みずほ銀行 芝支店 普通 1234567",
    "device number": "IMEI 356938035643809",
    "e-mail address": "taro.sato1980@example.jp へ送付",
    "telephone number": "母の電話 03-3580-1111 まで",
    "web address": "参照 https://example.jp/taro",
    "account name": "本人は @taro_sato1980",
    "IP address": "接続元 203.0.113.45 から",
    "MAC address": "端末 AA:BB:CC:00:11:22",
    "UUID": "IDFA 6D92078A-8246-4BA4-AE5B-76104861E7DC",
    "number plate": "品川 300 あ 12-34",
    "position": "地点 35.658581,139.745433 付近",
}
CHECKED = tuple(KINDS)[:3]
SIBLINGS = [
    ("number named as My Number", "個人番号（１２３４ ５６７８ ９０１２）"),
    ("number named as My Number", "kojinbango=123456789012;"),
    ("residence record code", "住民票コード：12345678901"),
    ("basic pension number", "基礎年金番号は1234-567890"),
    ("basic pension number", "年金番号1234-567890"),
    ("passport number", "ﾊﾟｽﾎﾟｰﾄNo. TR1234567"),
    ("residence card number", "zairyu: AB12345678CD"),
    ("residence card number", "特別永住者証明書番号AB12345678CD"),
    ("insurance number", "保険証 記号12 番号3456"),
    ("insurance number", "被保険者証の記号番号: 12345678"),
    ("insurance number", "介護保険被保険者番号0000123456"),
    ("insurance number", "後期高齢者医療 被保番 12345678"),
    ("insurance number", "協会けんぽ 記号・番号 21700023-45"),
    ("insurance number", "保険者番号(06130012)"),
    ("bank account", "ゆうちょ 記号 12345 番号 1234567"),
    ("bank account", "口座番号 1234567"),
    ("e-mail address", "taro(at)example.co.jp"),
    ("e-mail address", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ"),
    ("telephone number", "（03）3580-1111に連絡"),
    ("telephone number", "携帯は09012345678です"),
    ("telephone number", "+81 90 1234 5678"),
    ("telephone number", "０４５．２１０．１１１１"),
    ("web address", "www.example.jp に記載"),
    ("IP address", "2001:0db8:0000:0000:0000:ff00:0042:8329 から"),
    ("MAC address", "00-1A-2B-3C-4D-5E"),
    ("number plate", "横浜500さ1234"),
    ("number plate", "なにわ 50 き ・・12"),
]
HARMLESS = [
    "2026-03-31 12:30:00",
    "2026/04/01〜2027/03/31 の期間",
    "26-03-31-12-30-00",
    "東京都千代田区丸の内1-2-3 5階501号室",
    "丸の内一丁目二番三号",
    "第三章第四節、十二名",
    "売上 1,234,567,890円",
    "被保険者は3人、組合員は12人",
    "国民健康保険に加入（2024年4月から）",
    "運転免許 2015年取得",
    "パスポートを2回更新",
    "銀行の支店は12か所",
    "口座を3つ持つ",
    "個人番号カードの交付は15時まで",
    "JAN 4912345678904",
    "型番 ABC-1234-5678",
    "ISBN 978-4-06-519981-1",
    "Ver 1.2.3",
    "体重 65.25kg、身長 170.5cm",
    "緯度 35 度、経度 139 度",
    "100.0001, 200.0002",
    "12:30 から 13:45",
    "@ 5個",
    "a@b",
    "午前9時、電話で連絡",
    "内線 1234",
    "〒100-0001",
    "24-07-01-001",
    "0.0.0",
    "サイズ 20x30x40",
    "5835678256246",
    "1748503543012",
    "0120 という番号",
    "大吉 300 円",
    "平成 30 年 3 月 31 日",
    "C0001-2345",
    "ｱｲｳｴｵ ｶｷｸｹｺ",
    "50%引き、100%",
    "&amp; と &lt;",
    "deadbeefdeadbeefdeadbeefdeadbeef",
    "Z29vZA==",
    "abcdefghijklmnopqrst",
    "",
    None,
]


def kinds_in(*cells):
    return {
        kind for kind, count in numbers_in(pa.array(cells, pa.string())).items() if count.sure or count.chance
    }


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_seen_in_every_spelling_and_wrapping(kind, spelling):
    assert kind in kinds_in(SPELLINGS[spelling](KINDS[kind]))


@pytest.mark.parametrize("spelling", GROUPED)
@pytest.mark.parametrize("kind", CHECKED[:2])
def test_groups_may_have_anything_between_them(kind, spelling):
    assert kind in kinds_in(GROUPED[spelling](KINDS[kind]))


@pytest.mark.parametrize("spelling", KANJI)
@pytest.mark.parametrize("kind", [*CHECKED, "residence record code", "basic pension number", "device number"])
def test_digits_may_be_kanji(kind, spelling):
    assert kind in kinds_in(KANJI[spelling](KINDS[kind]))


@pytest.mark.parametrize(("kind", "cell"), SIBLINGS)
def test_a_kind_has_many_forms(kind, cell):
    assert kind in kinds_in(cell)


@pytest.mark.parametrize("cell", HARMLESS)
def test_what_only_looks_like_one_passes(cell):
    assert kinds_in(cell) == set()
    assert cell is None or kinds_of([cell]) == [None]


@pytest.mark.parametrize("name", [*KINDS.values(), "123456789018", "MN-621498320257"])
def test_a_name_that_holds_one_is_no_name(name):
    assert kinds_of(["名前", name])[1] is not None


def test_a_column_of_numbers_is_judged_in_every_type():
    valid = ["621498320257", "983205673214", "123456789018"]
    numbers = list(map(int, valid))
    for values in (pa.array(valid), pa.array(numbers), pa.array(numbers, pa.float64())):
        assert numbers_in(values)["My Number"][:3] == (3, 3, 0)
        assert codes_in(values)["My Number"][:3] == (3, 3, 0)
    assert numbers_in(pa.array([9012345678] * 2 + [9012345679]))["telephone number"][:2] == (2, 2)
    assert codes_in(pa.array(["4111111111111111", "03-1234-5678", "12345678901x", None])) == {}
    assert codes_in(pa.array([1.5, 621498320257.5, float("nan"), float("inf"), None])) == {}


@given(st.text(max_size=40))
def test_a_shadow_is_normal_and_keeps_a_shadow(text):
    once = spelled(pa.array([text]))
    assert not any(unicodedata.category(c) in {"Mn", "Me", "Cf"} for c in once[0])
    assert len(shadow(pa.array([text]))[0]) >= len(once[0])


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=4, max_size=30).filter(str.isprintable))
def test_what_is_wrapped_stands_in_the_shadow(text):
    plain = spelled(pa.array([text]))[0]
    for wrap in (
        json.dumps,
        quote,
        lambda t: "".join(f"&#{ord(c)};" for c in t),
    ):
        if html.unescape(text) == text and not set(text) & set('\\%+"'):  # no signs of what is wrapped
            assert plain in shadow(pa.array([wrap(text)]))[0]


def test_a_very_long_cell_takes_no_longer_than_its_length():
    """64 MiB in one cell: linear patterns read it through, and what stands at its end is seen."""
    cell = "1234-" * (1 << 20) + "あ" * (1 << 20) + " 夫の番号123456789018を確認"
    assert "My Number" in kinds_in(cell)
