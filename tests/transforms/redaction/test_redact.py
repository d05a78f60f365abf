"""Redaction: what is found is replaced wherever it stands, and the result stays as it is."""

from itertools import zip_longest

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.transforms.detect.offsets import as_numbers, located
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.detect.stretches import codes_and_contacts_in
from tokumei.transforms.detect.unwrapped import unwrap
from tokumei.transforms.redaction.own import OwnValues
from tokumei.transforms.redaction.own_columns import OwnColumn
from tokumei.transforms.redaction.planted import counted, own_of, planted_cases
from tokumei.transforms.redaction.planted_kinds import CONTACTS, PLANTED_CODES
from tokumei.transforms.redaction.redact import Layers, redact

NAME, KANA, CODE = (OwnColumn.of(name, None) for name in ("氏名", "フリガナ", "会員番号"))
PIECES = [
    *(
        "佐藤 花子",
        "佐藤",
        "ｻﾄｳ ﾊﾅｺ",
        "さとうはなこ",
        "090-1234-5678",
        "０９０ー１２３４ー５６７８",
        "1234 5678 9018",
    ),
    *(
        "一二三四五六七八九〇一八",
        "taro@example.jp",
        "〔氏名〕",
        "〔番号〕",
        "保険証 番号",
        "3456",
        " ",
        "、",
        "です",
        "K-203948",
    ),
    *(
        "https://example.jp/x",
        r"\u4f50\u85e4",
        "5L2Q6Jek6Iqx5a2Q",
        "%E4%BD%90%E8%97%A4",
        "か\u3099",
        "\u200b",
        "1",
        "-",
        "銀行 普通",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
ANY = st.one_of(TEXTS, st.text(max_size=30))


def own(rows):
    return OwnValues(
        [NAME, KANA, CODE],
        {
            "氏名": pa.array(["佐藤 花子"] * rows),
            "フリガナ": pa.array(["サトウ ハナコ"] * rows),
            "会員番号": pa.array(["K203948"] * rows),
        },
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=4))
def test_spans_are_disjoint_and_in_the_text(texts):
    spans = codes_and_contacts_in(texts)
    rows = [*zip(*(column.tolist() for column in spans), strict=True)]
    for (o, start, end, _), after in zip_longest(rows, rows[1:]):
        assert 0 <= start < end <= len(texts[o])
        assert after is None or after[0] > o or after[1] >= end


@settings(max_examples=40, deadline=None)
@given(st.lists(ANY, min_size=1, max_size=4))
def test_the_result_stays_and_does_not_depend_on_the_other_texts(texts):
    done = redact(texts, Layers(own=own(len(texts))))
    assert redact(done.texts, Layers(own=own(len(texts)))).texts == done.texts
    assert [redact([text], Layers(own=own(1))).texts[0] for text in texts] == done.texts
    assert {i for i, (a, b) in enumerate(zip(texts, done.texts, strict=True)) if a != b} <= {*done.labels}
    assert not any(
        name in text for text in done.texts for name in ("佐藤", "花子", "090-1234", "サトウ", "K-203948")
    )


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_a_shadow_with_places_is_the_shadow_but_for_accents(text):
    found = located([text, text])
    shadow, again = found.texts()
    assert shadow == again and len(found.start) == 2 * len(shadow)
    assert all(0 <= a < b <= len(text) for a, b in zip(found.start.tolist(), found.end.tolist(), strict=True))
    if text.isascii() or all("ぁ" <= c <= "龥" for c in text):
        assert shadow == spelled(pa.array([text]))[0]


def test_kanji_digits_are_read_without_moving():
    assert as_numbers(located(["第三〇九〇一二号", "三井"]).texts()).to_list() == ["第309012号", "三井"]


def test_what_is_wrapped_maps_to_its_wrapping():
    (found,) = unwrap(r"x\u4f50\u85e4y")
    assert (found.text, found.start, found.end) == ("x佐藤y", [0, 1, 1, 13], [1, 13, 13, 14])
    assert [*unwrap("なにもない")] == []


def test_bytes_are_read_in_every_encoding_that_reads_them():
    found = [read.text for read in unwrap("%E0%A0%92G 様")]  # in UTF-8 they are a letter of Samaritan
    assert found == ["\u0812G 様", "燿竪 様"]


def test_what_was_found_once_goes_wherever_it_stands():
    (text,) = redact(["佐藤花子。佐\u200b藤の件、佐藤製薬"], Layers(own=own(1))).texts
    assert text == "〔氏名〕。〔氏名〕の件、佐藤製薬"


@pytest.mark.parametrize(
    "text",
    ["山口大学式の評価で12点", "山口県立病院、山口商店", "山口出身", "山口療法を紹介", "（山口）"],
)
def test_a_word_that_others_write_too_does_not_tell_whose_text_it_is(text):
    values = {
        "氏名": pa.array(["山口 一郎", "田中 花子"]),
        "フリガナ": pa.array(["ヤマグチ イチロウ", "タナカ ハナコ"]),
    }
    mine, others = redact([text, text], Layers(own=OwnValues([NAME, KANA], values))).texts
    assert mine == others
    values = {"姓": pa.array(["山口", "田中"]), "名": pa.array(["一郎", "花子"])}
    columns = [OwnColumn.of(name, None) for name in values]
    mine, others = redact([text, text], Layers(own=OwnValues(columns, values))).texts
    assert mine == others


@pytest.mark.parametrize(
    "text", ["費用は12,345,678円", "2026-03-31", "20260331", "120/80", "第3回、12名", "1,200人"]
)
def test_amounts_dates_and_short_numbers_stay(text):
    layers = Layers(own=own(1), left=frozenset({SpanLabel.DATE}))
    assert redact([text], layers).texts == [text]


def test_a_name_of_one_character_is_found_before_an_honorific():
    values = OwnValues([NAME], {"氏名": pa.array(["林 花子"])})
    assert redact(["林様の林業"], Layers(own=values)).texts == ["〔氏名〕様の林業"]


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ("{}宅に訪問", "〔氏名〕に訪問"),
        ("昨日{}宅へ電話", "昨日〔氏名〕へ電話"),
        ("{}さん宅に訪問", "〔氏名〕さん宅に訪問"),
        ("隣の{}宅より苦情", "隣の〔氏名〕より苦情"),
        ("{}氏宅", "〔氏名〕"),
    ],
)
def test_a_label_does_not_tell_whose_house_it_is(said, made):
    """However the name is known (as a word, a character, a place): the same is left of all."""
    families = ("王", "林", "関", "谷", "佐藤", "五十嵐", "李", "陳", "長谷川")
    found = redact([said.format(family) for family in families], Layers(own=OwnValues([], {})))
    assert {*found.texts} == {made}
    own_of_wang = Layers(own=OwnValues([NAME], {"氏名": pa.array(["王 花"])}))
    assert redact([said.format("王")], own_of_wang).texts == [made]


def test_family_and_given_name_of_two_columns_are_found_in_any_order():
    columns = [OwnColumn.of(name, None) for name in ("姓", "名")]
    values = OwnValues(columns, {"姓": pa.array(["林"]), "名": pa.array(["一"])})
    assert redact(["林　一、一・林、一日"], Layers(own=values)).texts == ["〔氏名〕、〔氏名〕、一日"]


def test_every_planted_case_is_found():
    columns = [OwnColumn.of(name, None) for name in ("氏名", "住所", "会員番号", "生年月日")]
    for seed in range(2):
        cases = planted_cases(bytes([seed]) * 32, columns)
        assert len({(case.kind.title, case.text) for case in cases}) > 500
        values = {column.name: pa.array(own_of(cases, column), pa.string()) for column in columns}
        done = redact([case.text for case in cases], Layers(own=OwnValues(columns, values)))
        planted, missed = counted(cases, done.texts)
        certain = {case.kind.title for case in cases if case.kind.certain}
        assert not any(missed[kind] for kind in certain), missed
        assert all(missed[kind] <= 0.1 * planted[kind] for kind in {*planted} - certain), missed
        assert {kind.title for kind in (*PLANTED_CODES, *CONTACTS)} < {*planted}


def test_a_miss_is_seen_and_a_seed_plants_the_same_again():
    cases = planted_cases(b"a" * 32, [])
    _, missed = counted(cases, [case.text for case in cases])
    assert all(missed.values())
    assert planted_cases(b"a" * 32, []) == cases != planted_cases(b"b" * 32, [])


def test_labels_say_what_was_found():
    text = "電話03-1234-5678、taro@example.jp、https://example.jp、品川 300 あ 12-34、192.168.0.1、〒150-0002"
    (labels,) = redact([text], Layers(own=OwnValues([], {}))).labels.values()
    assert {*labels} == {
        *(
            SpanLabel.TELEPHONE,
            SpanLabel.MAIL,
            SpanLabel.URL,
            SpanLabel.PLATE,
            SpanLabel.DEVICE,
            SpanLabel.PLACE,
        )
    }


OWN_OF_MORI = {
    "氏名": "森　一郎",
    "カナ": "モリ イチロウ",
    "生年月日": "1943-06-12",
    "電話": "090-7056-1188",
    "メール": "mori.ichiro1142@example.co.jp",
    "個人番号": "123456789018",
    "住所": "東京都世田谷区太子堂4-13-2",
}


def of_mori(text):
    """What is made of a text of this record."""
    columns = [OwnColumn.of(name, None) for name in OWN_OF_MORI]
    values = {name: pa.array([value]) for name, value in OWN_OF_MORI.items()}
    return redact([text], Layers(own=OwnValues(columns, values), left=frozenset(LEAVE))).texts[0]


LEAVE = (SpanLabel.PLACE, SpanLabel.DATE, SpanLabel.AGE)  # so that what is found is found as the own value


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("SATOH扱いのmori_ichiroで登録", "SATOH扱いの〔氏名〕で登録"),
        ("Gmailのmori.ichiro1142宛", "Gmailの〔アカウント〕宛"),
        ("アドレスは mori.ichiro1142 at example dot co dot jp", "アドレスは 〔メール〕"),
        ("mori.ichiro1142 [at] example.co.jp へ", "〔メール〕 へ"),
        ("ｍｏｒｉ．ｉｃｈｉｒｏ１１４２＠ｅｘａｍｐｌｅ．ｃｏ．ｊｐ へ", "〔メール〕 へ"),
        ("Ichiro MORI called", "〔氏名〕 called"),
        ("自宅は太子堂四丁目13番2号", "自宅は〔住所〕号"),
        ("昭和18年6月12日生まれ", "〔日付〕日生まれ"),
        ("June 12, 1943生", "〔日付〕生"),
        ("番号は〇九〇の七〇五六の一一八八", "番号は〔電話〕"),
        ("携帯 ０９０ー７０５６ー１１８８", "携帯 〔電話〕"),
        ("090.7056.1188", "〔電話〕"),
        ("番号の上11桁 1234-5678-901", "番号の上11桁 〔番号〕"),
        ("折返しは1188まで", "折返しは〔番号〕まで"),
        ("1188円、1188年、21188", "1188円、1188年、21188"),
    ],
)
def test_own_values_are_found_in_every_form_that_the_leak_search_looks_for(text, made):
    assert of_mori(text) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("LINE ID: yamaguchi1016_x", "LINE ID: 〔アカウント〕"),
        ("インスタはhana_pon、TEL 849-1621", "インスタは〔アカウント〕、TEL 〔電話〕"),
        ("携帯の下4桁は4017、末尾３桁 123", "携帯の下4桁は〔番号〕、末尾３桁 〔番号〕"),
        ("カカオ hanako0412、C:\\Users\\taro.sato\\x", "カカオ 〔アカウント〕、C:\\Users\\〔アカウント〕\\x"),
        ("折返しはゼロキュウゼロ、イチニサンヨン、ゴロクナナハチ", "折返しは〔電話〕"),
        ("LINEで連絡、ONLINE 会議、VALID: 1200", "LINEで連絡、ONLINE 会議、VALID: 1200"),
    ],
)
def test_accounts_and_ends_of_numbers_are_told_by_the_word_before_them(text, made):
    assert redact([text], Layers(own=OwnValues([], {}))).texts == [made]


def test_half_a_mail_address_and_a_postal_code_after_its_word_go():
    mail = OwnColumn.of("メールアドレス", None)
    values = OwnValues([mail], {"メールアドレス": pa.array(["taro.sato77@example.jp"])})
    told = redact(["taro.sato77 へ返信。郵便番号1050023"], Layers(own=values)).texts[0]
    assert "sato77" not in told and "1050023" not in told
