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
from tokumei.transforms.redaction.own import OwnColumn, OwnValues
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
    assert text == "〔氏名〕。〔氏名〕の件、〔氏名〕製薬"


@pytest.mark.parametrize(
    "text", ["費用は12,345,678円", "2026-03-31", "20260331", "120/80", "第3回、12名", "1,200人"]
)
def test_amounts_dates_and_short_numbers_stay(text):
    layers = Layers(own=own(1), left=frozenset({SpanLabel.DATE}))
    assert redact([text], layers).texts == [text]


def test_a_name_of_one_character_is_found_before_an_honorific():
    values = OwnValues([NAME], {"氏名": pa.array(["林 花子"])})
    assert redact(["林様の林業"], Layers(own=values)).texts == ["〔氏名〕様の林業"]


def test_family_and_given_name_of_two_columns_are_found_in_any_order():
    columns = [OwnColumn.of(name, None) for name in ("姓", "名")]
    values = OwnValues(columns, {"姓": pa.array(["林"]), "名": pa.array(["一"])})
    assert redact(["林　一、一・林、一日"], Layers(own=values)).texts == ["〔氏名〕、〔氏名〕、一日"]


def test_every_planted_case_is_found():
    columns = [OwnColumn.of(name, None) for name in ("氏名", "住所", "会員番号")]
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


def test_half_a_mail_address_and_a_postal_code_after_its_word_go():
    mail = OwnColumn.of("メールアドレス", None)
    values = OwnValues([mail], {"メールアドレス": pa.array(["taro.sato77@example.jp"])})
    told = redact(["taro.sato77 へ返信。郵便番号1050023"], Layers(own=values)).texts[0]
    assert "sato77" not in told and "1050023" not in told
