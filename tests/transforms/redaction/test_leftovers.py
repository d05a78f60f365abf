"""What stood after redaction when others tried it: each is a text of one record, and what of it must go."""

import base64
import datetime
from urllib.parse import quote

import pyarrow as pa
import pytest

from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.redact import Layers, redact

OWN = {
    "氏名": "王 建国",
    "氏名カナ": "オウ ケンコク",
    "住所": "静岡県富士市桜木3丁目22番1号 コーポさくら203号室",
    "携帯電話": "090-7123-7888",
    "固定電話": "0545-68-9635",
    "会員番号": "M9540623",
    "診察券番号": "00059",
    "国保記号": "富12",
    "国保番号": "1506",
    "勤務先": "山一電機",
    "生年月日": datetime.date(1985, 11, 26),
}
OWN["勤務先"] = "株式会社山一電機"
PHONE = "090-1234-5678"
TELLING = (  # what is left of none
    ("留守。桜木1丁目16番9号\u3000置き配", "桜木1丁目 16番 9号"),
    ("中央4丁目20番5号", "4丁目 20番"),
    ("東山4丁目8番16号", "4丁目 8番"),
    ("王様宅へ配達\u3000TEL", "王様"),
    ("電話 68-9635", "68-9635"),
    ("℡68-9635", "68-9635"),
    ("自宅は68-9635", "68-9635"),
    ("末尾7888の携帯へ", "7888"),
    ("3丁目22番1号", "22番"),
    ("実家は桜木2丁目3番4号", "2丁目 3番"),
    ("実家は中央4-5-6", "4-5-6"),
    ("中央の1丁目在住", "1丁目"),
    ("コーポさくら203号室", "203 さくら"),
    ("さくら荘２０３", "２０３"),
    ("会員番号は9540623", "9540623"),
    ("会員9540623", "9540623"),
    ("会員No9540623", "9540623"),
    ("国保 富12-345", "12-345"),
    ("普通 1234567", "1234567"),
    ("口座 1234567", "1234567"),
    ("口座は1234567です", "1234567"),
    ("(普)1234567", "1234567"),
    ("三菱UFJ 本店 1234567", "1234567"),
    ("当座123456", "123456"),
    ("携帯1234 5678", "1234 5678"),
    ("tel 12-3456", "12-3456"),
    ("FAX 68-9635", "68-9635"),
    ("68局9635番", "9635"),
    ("0545局68の9635", "9635"),
    ("〇五四五の六八の九六三五", "九六三五"),
    ("携帯は八〇の一二三四の五六七八", "一二三四"),
    ("taro(a)example.com", "example taro"),
    ("taro at example.com", "example taro"),
    ("taroアットexample.com", "example taro"),
    ("taro@例え.jp", "taro 例え"),
    ("note.com/taro", "taro"),
    ("X: taro_x", "taro_x"),
    ("taro_x (インスタ)", "taro_x"),
    ("instagram.com/taro_x", "taro_x"),
    ("診察券 12345", "12345"),
    ("カルテ番号12345", "12345"),
    ("患者ID 12345", "12345"),
    ("社員番号12345", "12345"),
    ("整理番号12-345", "12-345"),
    ("生活保護番号 1234", "1234"),
    ("ケース番号 12345", "12345"),
    ("身障手帳第12345号", "12345"),
    ("社保 12-3456", "3456"),
    ("国民健康保険 富12・345", "345"),
    ("パスワードはhanako123", "hanako"),
    ("暗証番号1234", "1234"),
    ("ID 12345", "12345"),
    ("玉堤1-28", "1-28"),
    ("玉堤一の二十八の一", "二十八"),
    ("原田 123-4に居住", "123-4"),
    ("本市場432", "432"),
    ("岩本団地3棟205", "205"),
    ("県営住宅A-203", "203"),
    ("4/1来所", "4/1"),
    ("昭和10生", "昭和10"),
    ("S10生", "S10"),
    ("記号富12番号1506", "1506"),
    ("国保1506", "1506"),
    ("診察券番号00059", "00059"),
    ("診察券00059", "00059"),
    ("851126", "851126"),
    ("601126生", "601126"),
    ("3601126", "3601126"),
    ("12/10生", "12/10"),
    ("1959生まれ", "1959"),
    ("昭36生", "昭36"),
    ("S43年生", "S43"),
    ("会員No1783991", "1783991"),
    ("カード会員3817640様", "3817640"),
    ("満53", "53"),
    ("王夫妻が来た", "王"),
    ("本人（王）", "王"),
    ("ニシという人から電話", "ニシ"),
    ("東医師より", "東医師"),
    ("王先生に紹介", "王先生"),
    ("民生委員森より", "森"),
    ("林係長対応", "林係長"),
    ("旧姓は王です", "王"),
    ("0x9x0x1x2x3x4x5x6x7x8", "0x9x0 x5x6x7"),
    ("０の９の０の１の２の３の４の５の６の７の８", "の５の６の７"),
    ("1x2x3x4x5x6x7x8x9x0x1x8", "5x6x7x8"),
    ("1の2の3の4の5の6の7の8の9の0の1の8", "5の6の7の8"),
    ("1+2+3+4+5+6+7+8+9+0+1+8", "5+6+7+8"),
    ("3205号室", "3205"),
    ("090+1234+5678", "1234 5678"),
    ("090〒1234〒5678", "1234"),
    ("090#1234#5678", "1234"),
    ("090~1234~5678", "1234"),
    ("090●1234●5678", "1234"),
    ("090;1234;5678", "1234"),
    ("090&1234&5678", "1234"),
    ("山一電機に勤務", "山一電機"),
)


def escaped(text):
    return "".join(f"\\u{ord(c):04x}" for c in text)


def encoded(text):
    return base64.b64encode(text.encode()).decode()


TWICE = {
    "base64 of a URL": encoded(f"携帯は{quote(PHONE.replace('-', 'ー'))}"),
    "base64 in a URL": quote(encoded(f"({PHONE})です"), safe=""),
    "base64 of base64": encoded(encoded(f"({PHONE})です")),
    "hexadecimal of base64": encoded(f"({PHONE})です").encode().hex(),
    "base64 of JSON": encoded(f'{{"tel": "{escaped(PHONE)}"}}'),
    "JSON of XML": escaped("".join(f"&#{ord(c)};" for c in PHONE)),
    "URL of a URL": "".join(f"%25{byte:02X}" for byte in PHONE.encode()),
    "XML of XML": "".join(f"&amp;#{ord(c)};" for c in PHONE),
}


def redacted(texts):
    values = {name: pa.array([value] * len(texts)) for name, value in OWN.items()}
    own = OwnValues([OwnColumn.of(name, None) for name in OWN], values)
    return redact(texts, Layers(own=own)).texts


def test_nothing_is_left_of_what_others_tried():
    made = redacted([text for text, _ in TELLING])
    left = [
        (text, made_of)
        for (text, parts), made_of in zip(TELLING, made, strict=True)
        if any(part in made_of for part in parts.split())
    ]
    assert not left


@pytest.mark.parametrize("how", TWICE)
def test_what_is_wrapped_twice_goes(how):
    text = f"連絡先 {TWICE[how]} まで"
    (made,) = redacted([text])
    assert not any(TWICE[how][i : i + 8] in made for i in range(len(TWICE[how]) - 7))


STAYS = [
    "会員3名で訪問した",
    "受付は10:30から",
    "患者250人に配布した",
    "普通車100円の駐車場",
    "契約は12,000円",
    "予約の件で相談",
    "小学1年生の子が3人",
    "薬を1/2に減量",
    "満室のため断った",
    "同様に、多様な意見があった",
    "国語は3番目に好きだ",
    "第2回の会議は3番の部屋",
    "売上1+2+3+4で計算する",
    "在庫は1234+5678で足りる",
    "2x3x4の箱",
    "こうした人が多い",
]


def test_what_tells_of_nobody_stays():
    assert redacted(STAYS) == STAYS


@pytest.mark.parametrize(
    ("name", "places", "names"),
    [
        ("email_address", False, True),
        ("mac_address", False, False),
        ("住所の有無", False, False),
        ("番地以下", True, True),
        ("住所（番地以降）", True, True),
        ("jusho", True, True),
        ("店舗住所", False, False),
    ],
)
def test_what_a_column_says_of_places_is_what_its_name_says_everywhere(name, places, names):
    column = OwnColumn.of(name, None)
    assert (column.places, column.names) == (places, names)
