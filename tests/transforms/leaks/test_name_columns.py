"""Which columns hold names of people: whole, or family and given name apart; and which do not."""

import json

import pytest
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.planning.name_columns import carries_sentences, name_columns

DROPPED = {"drop": True, "because": "不要"}


def table(columns):
    return parse_policy(json.dumps(policy_of(columns)), "policy").tables["t"]


def found(columns):
    return name_columns(table({"k": {"keep": True, "because": "試験"}, **columns}))


@pytest.mark.parametrize(
    "name",
    [
        "氏名",
        "氏\u3000名",
        "患者名",
        "お名前",
        "name",
        "customer_name",
        "customerName",
        "フリガナ",
        "ﾌﾘｶﾞﾅ",
        "氏名（カナ）",
        "世帯主氏名",
        "会員名",
        "担当者名",
        "kana_name",
        "本人フリガナ",
        "保護者の氏名",
    ],
)
def test_whole_names(name):
    assert found({name: DROPPED}) == ((name,),)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("姓", "名"),
        ("氏", "名"),
        ("苗字", "名"),
        ("セイ", "メイ"),
        ("姓カナ", "名カナ"),
        ("姓（漢字）", "名（漢字）"),
        ("患者姓", "患者名"),
        ("last_name", "first_name"),
        ("Last Name", "First Name"),
        ("family_name", "given_name"),
        ("sei", "mei"),
        ("kana_sei", "kana_mei"),
        ("カナ姓", "カナ名"),
        ("氏名_姓", "氏名_名"),
        ("customerLastName", "customerFirstName"),
        ("familyname", "givenname"),
        ("担当者姓", "担当者名"),
    ],
)
def test_names_in_two_columns(one, other):
    assert found({other: DROPPED, one: DROPPED}) == ((one, other),)
    assert found({one: DROPPED, "氏名": DROPPED, other: DROPPED}) == ((one, other), ("氏名",))


def test_first_and_last_of_something_else_are_no_name():
    """Orders, not people."""
    assert found({"last_order": DROPPED, "first_order": DROPPED}) == ()
    assert found({"患者姓": DROPPED, "医師名": DROPPED}) == (("患者姓",), ("医師名",))


def test_the_title_tells_where_the_name_does_not():
    assert found({"f1": DROPPED | {"title": "氏名"}}) == (("f1",),)


@pytest.mark.parametrize(
    "name",
    [
        "店舗名",
        "商品名",
        "病院名",
        "file_name",
        "電話番号",
        "住所",
        "メールアドレス",
        "氏名の有無",
        "品名",
        "件名",
        "市町村名",
        "姓別",
        "記録",
        "会社名フリガナ",
    ],
)
def test_other_columns_hold_none(name):
    assert found({name: DROPPED}) == ()


def test_what_is_released_is_not_sought_and_numbers_are_no_sentences():
    kept = {"keep": True, "because": "公表", "name_allowed": {"because": "職員の氏名であり、公表されている"}}
    assert found({"担当者": kept}) == ()
    integer = {"n": {"type": "integer", "keep": True, "because": "試験"}, "氏名": DROPPED}
    assert not carries_sentences(table(integer))
