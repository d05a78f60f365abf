"""Numbers that are codes: check digits against other implementations, and where in a text they are seen."""

import csv
import itertools

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.jp import in_
from support.helpers import DATA

from tokumei.transforms.leaks.numbers import numbers_in
from tokumei.transforms.values.code_formats import CARD, INSURER, LICENCE, MY_NUMBER, Format

VECTORS = DATA / "id_number_vectors" / "vectors.tsv"
FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")


def digits(text):
    return np.array([[int(c) for c in text]], dtype=np.uint8)


def passes(kind: Format, text: str) -> bool:
    return bool(kind.passes(digits(text))[0])


def found(*cells):
    return {kind: tuple(count[:3]) for kind, count in numbers_in(pa.array(cells)).items()}


@given(st.integers(0, 10**12 - 1).map("{:012d}".format))
def test_my_number_agrees_with_stdnum(text):
    assert passes(MY_NUMBER, text) == in_.is_valid(text)


@given(st.integers(0, 10**19 - 1).map(str))
def test_luhn_agrees_with_stdnum(text):
    assert passes(CARD, text) == luhn.is_valid(text)


@given(st.integers(0, 10**11 - 1).map("{:011d}".format), st.sampled_from([MY_NUMBER, INSURER]))
def test_one_of_ten_check_digits_is_right(text, kind):
    assert sum(passes(kind, text + str(d)) for d in range(10)) == 1


@given(st.integers(0, 10**10 - 1).map("{:010d}".format), st.integers(0, 9))
def test_a_licence_passes_by_its_formula_whatever_its_reissues(text, reissues):
    """免許証: s = 5a+4b+3c+2d+7e+6f+5g+4h+3i+2j, (11 − s mod 11) mod 10."""
    total = sum(w * int(c) for w, c in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2), text, strict=True))
    right = {0: 1, 1: 0}.get(total % 11, 11 - total % 11)
    assert [passes(LICENCE, f"{text}{d}{reissues}") for d in range(10)] == [d == right for d in range(10)]


def test_published_numbers():
    kinds = {"my_number": MY_NUMBER, "driver_licence": LICENCE, "credit_card": CARD}
    with VECTORS.open() as stream:
        rows = [r for r in csv.DictReader(stream, delimiter="\t") if r["kind"] in kinds]
    for row in rows:
        kind, text = kinds[row["kind"]], row["value"].replace("-", "").replace(" ", "")
        fits = text.isdigit() and len(text) in kind.widths and bool(kind.fits(digits(text))[0])
        assert (fits and passes(kind, text)) == (row["valid"] == "1"), row["source"]
    assert len(rows) > 20
    golden = {
        MY_NUMBER: "621498320257 983205673214 123456789018",
        LICENCE: "309012345620",
        INSURER: "33120015",
    }
    for kind, texts in golden.items():
        assert all(passes(kind, text) and kind.fits(digits(text))[0] for text in texts.split())
    assert not passes(MY_NUMBER, "983205673210") and not passes(MY_NUMBER, "123456789012")
    assert not passes(INSURER, "06130012")


@pytest.mark.parametrize("wrap", ["{}", "〒100-0001 {}まで", "（{}）", "番号{}。", "電話03-1234-5678 {}"])
@pytest.mark.parametrize("full_width", [False, True])
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("My Number", "621498320257"),
        ("My Number", "6214 9832 0257"),
        ("My Number", "6214-9832-0257"),
        ("My Number", "6214・9832.0257"),
        ("driver's licence number", "309012345620"),
        ("payment card number", "4012888888881881"),
        ("payment card number", "4012-8888-8888-1881"),
        ("payment card number", "3714 496353 98431"),
        ("payment card number", "3056 930902 5904"),
    ],
)
def test_a_number_is_seen_in_every_spelling_and_place(kind, text, full_width, wrap):
    cell = wrap.format(text.translate(FULL_WIDTH) if full_width else text)
    _, chance, sure = found(cell)[kind]
    assert (chance, sure) == ((1, 0) if wrap == "{}" else (0, 1))


@pytest.mark.parametrize(
    "cell",
    [
        "5835678256246",  # 法人番号
        "4912345678904",  # JAN
        "1748503543012",  # milliseconds since 1970, which pass Luhn
        "16214983202570",
        "090-6214-9832-0257",
        "2026-03-31 12:30:00",
        "20260331",
        "000000000000",
        "621498320258の件",
        "運転免許 2015年取得",
        "被保険者は3人",
        "東京都千代田区丸の内1-2-3",
        "",
        None,
    ],
)
def test_other_numbers_pass(cell):
    assert all(count[1:] == (0, 0) for count in found(cell).values())


@given(
    st.lists(st.sampled_from(["621498320257", "番号621498320257", "123456789012", "あ", None]), max_size=20)
)
def test_equal_cells_count_once_however_they_are_encoded(cells):
    plain = pa.array(cells, pa.string())
    assert numbers_in(plain) == numbers_in(plain.dictionary_encode())
    alone = {c for c in cells if c in {"621498320257", "123456789012"}}
    inside = "番号621498320257" in cells
    mine = numbers_in(plain).get("My Number", (0, 0, 0))[:3]
    assert mine == (len(alone), int("621498320257" in alone), int(inside))


def test_codes_with_a_number_in_them_are_judged_with_the_numbers_of_the_column():
    assert found("A-621498320257", "A-123456789012", "O.6214-9832-0257")["My Number"] == (3, 2, 0)
    assert found("CS621498320257", "文中のCS621498320257")["My Number"] == (2, 2, 0)
    uuids = ["1007c05b-8d20-8fe6-6790-621498320257", "「1007C05B-8D20-8FE6-6790-621498320257」"]
    assert found(*uuids) == {"UUID": (0, 0, 2)}


def test_integers_are_searched_as_they_are_written():
    assert numbers_in(pa.array([621498320257, 5, None, 123456789012]))["My Number"][:3] == (2, 1, 0)
    assert numbers_in(pa.array([33120015, 20260331])) == {}


def test_short_insurer_numbers_are_counted_among_all_numbers_so_long():
    days = [f"2026{m:02d}{d:02d}" for m, d in itertools.product(range(1, 13), range(1, 29))]
    assert numbers_in(pa.array([*days, "33120015"]))["insurer number"][:3] == (len(days) + 1, 1, 0)


@pytest.mark.parametrize(
    "cell",
    [
        "P<JPNSATO<<TARO<<<<<<<<<<<<<<<<<<<<<<<<<<<<",
        "MRZ: P<JPNSATO<<TARO<JIRO<<<<<<<<<",
        "Ｐ＜ＪＰＮＳＡＴＯ＜＜ＴＡＲＯ＜＜＜＜",
        "p<jpnsato<<taro<<<<<",
        "P&lt;JPNSATO&lt;&lt;TARO&lt;&lt;&lt;",
        "I<JPNSUZUKI<<HANAKO<<<<<",
        "TR12345670JPN5001151M3001012<<<<<<<<<<<<<<04",
        "二行目 TR12345670JPN5001151F3001012<<<",
    ],
)
def test_machine_readable_zones_of_passports(cell):
    assert "machine-readable zone" in numbers_in(pa.array([cell]))


@pytest.mark.parametrize(
    "cell", ["<<重要>>", "A<B<<C", "P<0.05", "ISBN4123456789", "P<JPN", "x << 3 >> 2", "PJPNSATO TARO"]
)
def test_other_signs_are_none(cell):
    assert "machine-readable zone" not in numbers_in(pa.array([cell]))


@pytest.mark.parametrize("gap", ["〜", "～", "~", "*", "|", "="])
def test_telephones_with_unusual_signs_between(gap):
    assert "telephone number" in numbers_in(pa.array([f"tel {gap.join(('090', '1234', '5678'))}"]))
    assert not numbers_in(pa.array([f"計 {gap.join(('090', '1', '5678'))}"]))


def test_telephones_of_emoji():
    cell = "".join(c + "\ufe0f\u20e3" if c.isdecimal() else c for c in "090-1234-5678")
    assert "telephone number" in numbers_in(pa.array([cell]))


ACCOUNTS = """
LINE ID: taro_1985x|ツイッターのID: taro_1985x|インスタのアカウントは taro.1985x|ＬＩＮＥＩＤ：taro1985|LINE ID: hanako
らいん hanako_0412|らいんのIDは hanako_0412|LINE→hanako_0412|ﾗｲﾝ hanako_0412|LINE名 hanako_x|LINE(hanako_0412)|hanako_0412(LINE)
インスタ hana.sato_|いんすた：hana.sato_|Instagram hana.sato_|IG: hana.sato_88|ツイッター hana_sato88|ついったー hana_sato88
X(旧Twitter) hana_sato88|X（旧ツイッター）のアカウント hana_sato88|X ID: hanako0412|カカオ hanako0412|KakaoTalk: hanako0412
テレグラム hanako0412|Telegram ID hanako0412|wechat hanako0412|WeChat ID: wxid_abc123|微信号 hanako0412|ディスコード hanako#0412
スカイプ live:hanako0412|Skype名 hanako0412|スレッズ hana.sato_|フェイスブック hanako.sato.9|FB: hanako.sato.9|WhatsApp hanako0412
"""
NO_ACCOUNTS = """
LINEで連絡|LINE IDを交換|Twitter 2024-01-01|オンラインID登録|LINE Payで支払|オンライン ABC123|online store A12345|ラインナップ NEW2024
生産ライン B-1204 停止|LINE登録は5件|ガイドライン ver2024|Discord通知 ON|LINE WORKS導入|X線 A1234|ラインA1号機|Twitter広告 CPC120円
LINE 3番線|LINE 2024.05.01|ライン 12.5mm|LINE photo.jpg|THREADS 16|インスタ:フォロワー10.5k|YouTube 1080p|BLUE LINE T2024A
"""
FOLDERS = r"""
C:\Users\taro.sato\x.pdf|C:/Users/tsato/AppData|C:￥Users￥tsato￥Desktop|C:\\Users\\tsato\\x|/home/sato_t/report.txt|/Users/hanako/a.pdf
\\server01\home\t-sato\書類|file:///home/tsato/a.txt|C:\Documents and Settings\tsato\x|\\nas\users\tsato\a.txt|~tsato/public_html
"""
NO_FOLDERS = r"""
C:\Users\Public\Documents\a.xlsx|/usr/local/bin/python|C:\Program Files\App|/home/app/log|/home/user/data|C:\Users\Administrator\x
GET /users/list|/home/index.html を表示|GET /home/ へ遷移|a/home/b|~1200円/月
"""


def cases(text):
    return text.strip().replace("\n", "|").split("|")


@pytest.mark.parametrize("cell", cases(ACCOUNTS))
def test_accounts_that_a_word_tells(cell):
    assert "account name" in numbers_in(pa.array([cell]))


@pytest.mark.parametrize("cell", cases(NO_ACCOUNTS))
def test_words_without_an_account(cell):
    assert "account name" not in numbers_in(pa.array([cell]))


def test_user_names_in_paths_but_not_those_of_machines():
    assert [c for c in cases(FOLDERS) if "user name in a path" not in numbers_in(pa.array([c]))] == []
    assert [c for c in cases(NO_FOLDERS) if "user name in a path" in numbers_in(pa.array([c]))] == []


MAILS = """
t a r o @ e x a m p l e . j p|taro＠example。jp|taro あっと example どっと jp|taroアットマークexample.jp|taro(a)example.jp
taro ★ example.jp|taro☆example.co.jp|taro＊example.jp|taro{at}example{dot}jp|taro<at>example.jp|taro(あっと)example.jp
taro.sato【at】example【dot】co【dot】jp
"""
NO_MAILS = (
    "会議はアットホーム|売上 5 * 3.jp|ドットコム企業|A*B.C|look at 3.5 mm|3★ホテル.jp|アット・ホーム.co"
)


def test_mail_addresses_that_no_program_was_to_find():
    assert [c for c in cases(MAILS) if "e-mail address" not in numbers_in(pa.array([c]))] == []
    assert [c for c in cases(NO_MAILS) if "e-mail address" in numbers_in(pa.array([c]))] == []


SPOKEN = """
ゼロキュウゼロ イチニサンヨン ゴロクナナハチ|電話はゼロ・キュー・ゼロ・イチ・ニ・サン・ヨン・ゴ・ロク・ナナ・ハチ|ゼロハチゼロの三三一二の五五六六
zero nine zero one two three four five six seven eight|レイキュウレイ、イチニサンヨン、ゴロクナナハチ|ﾏﾙｷｭｳﾏﾙ ｲﾁﾆｻﾝﾖﾝ ｺﾞﾛｸﾅﾅﾊﾁ
ゼロ90-1234-5678|ぜろさんのさんごーはちぜろのいちいちいちいち|090ハイフン1234ハイフン5678|零九零の一二三四の五六七八
"""
NOT_SPOKEN = "いちにいさんしい|ゼロから始める|サンゴ礁とイチゴ|いちごさんしちごさんくににし|010円と1234円と5678円|120円と3400円と5600円"


def test_numbers_that_are_read_out():
    assert [c for c in cases(SPOKEN) if "telephone number" not in numbers_in(pa.array([c]))] == []
    each = [sign.join("09012345678") for sign in " x-の"]
    assert [c for c in each if "telephone number" not in numbers_in(pa.array([c, f"電話 {c}"]))] == []
    assert [c for c in cases(NOT_SPOKEN) if numbers_in(pa.array([c]))] == []
    assert "My Number" in numbers_in(pa.array(["夫はいちにさんよんごろくななはちきゅうぜろいちはち"]))
