"""Letters for digits, other signs for @, numbers backwards, and what only looks like them."""

import pyarrow as pa
import pytest

from tokumei.transforms.detect.names import kinds_of
from tokumei.transforms.leaks.found import Found, LeakSearch
from tokumei.transforms.leaks.numbers import numbers_in
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.redact import Layers, redact


def redacted(text):
    return redact([text], Layers(own=OwnValues([], {}))).texts[0]


def stops(*cells):
    found = numbers_in(pa.array(cells)).items()
    return {kind for kind, count in found if is_leak(LeakSearch("number", "a", kind), count)}


TELEPHONES = [
    *("O9O-1234-5678", "o9o-1234-5678", "０９Ｏ－１２３４－５６７８", "090-l234-5678", "O9O 1234 5678"),
    *(
        "090-I234-5678",
        "O9O(1234)5678",
        "O3-1234-5678",
        "03-358O-1111",
        "電話はO90-1234-5678まで",
    ),
    *(
        "090-1234-の-5678",
        "090-1234-ノ-5678",
        "九〇-一二三四-五六七八",
        "九〇の一二三四の五六七八",
        "携帯九〇一二三四五六七八",
    ),
    *("連絡は八〇 一二三四 五六七八へ", "携帯 90-1234-5678", "TEL:8012345678"),
]


@pytest.mark.parametrize("text", TELEPHONES)
def test_a_telephone(text):
    assert stops(text, "特記なし") == {"telephone number"}
    left = redacted(text)
    assert "〔" in left and "5678" not in left and "五六七八" not in left and "1111" not in left


@pytest.mark.parametrize(
    "text",
    [
        *("番号1234-5678-9O18です", "番号l23456789018です", "番号 I234 5678 9O18", "番号 1234-5678-9o18"),
        *(
            "番号１２３４５６７８９Ｏ１８",
            "控え4111-1111-1111-1lll。",
            "控え4111 1111 1111 lll1。",
            "控え41l1111111111111。",
        ),
    ],
)
def test_a_number_with_a_check_digit(text):
    assert stops(text, "特記なし")
    assert "〔番号〕" in redacted(text) and kinds_of([text]) != [None]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "O-1234",
            "LOT O12-3456",
            "IO 2024-11-30 11:00",
            "OIL 100-2000-3000",
            "L1O2I3",
            "型番 I1O-2O2O-3O3O-1",
        ),
        *(
            "八〇-一二三四",
            "第九〇一二三四五六七八九号",
            "昭和九〇年一二三四五六七八",
            "90-1234-5678",
            "80-1234-5678 部品",
            "1-の-2",
        ),
        *(
            "R&D.jp",
            "#example",
            "10~20.5",
            "1!2",
            "価格$3.50",
            "A~B.csv",
            "数量2 @ 1,500",
            "5@1,000円",
            "図|表.pdf",
        ),
    ],
)
def test_no_number_and_no_address(text):
    assert stops(text, "特記なし") == set()


@pytest.mark.parametrize("sign", [*"#＃&!$^~|§*★", "(#)", "[!]", "アト", "-at-", " a t ", "-AT-"])
@pytest.mark.parametrize("where", ["{}", "連絡先は{}です", "<{}>", "mail:{} まで"])
def test_another_sign_for_at(sign, where):
    text = where.format(f"taro{sign}example.jp")
    assert "e-mail address" in stops(text, "特記なし")
    assert "taro" not in redacted(text) and "example" not in redacted(text)


@pytest.mark.parametrize("text", ["taro@example,jp", "taro＠example,co,jp", "宛先 taro.s@mail.example,com"])
def test_a_comma_for_the_dot(text):
    assert stops(text, "特記なし") == {"e-mail address"} and "example" not in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "番号810987654321",
        "番号 8109-8765-4321です",
        "（810987654321）",
        "８１０９８７６５４３２１を確認",
        "8109 8765 4321が逆順",
    ],
)
def test_a_my_number_backwards_in_a_sentence(text):
    assert stops(text) == {"My Number written backwards"} and "〔番号〕" in redacted(text)


@pytest.mark.parametrize(
    ("found", "leak"),
    [
        ((50, 6, 0, 0, 5.0), False),
        ((5000, 520, 0, 0, 500.0), False),
        ((5000, 5000, 0, 0, 500.0), True),
        ((30, 30, 0, 0, 3.0), True),
    ],
)
def test_a_column_of_my_numbers_backwards_is_told_from_order_numbers(found, leak):
    search = LeakSearch("number", "a", "My Number written backwards")
    assert is_leak(search, Found(*found)) == leak


@pytest.mark.parametrize(
    "cell", ["090-{}-****", "080-{}-XXXX", "090{}●●●●", "（090）{}-××××", "070-{}-", "０９０－{}－＊＊＊＊"]
)
def test_a_column_of_mobile_telephones_without_their_end(cell):
    kind = "telephone number without its last digits"
    assert stops(*(cell.format(1000 + 7 * i) for i in range(50))) == {kind}
    others = [cell.replace("0", "1").replace("０", "１").format(1000 + 7 * i) for i in range(60)]
    assert stops(*others, cell.format(1234)) == set()
