"""What the name of a column asks of what is released, by whatever method; and how it is answered."""

import json

import pytest
from support.helpers import policy_of

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import parse_policy

K = 20
KEEP = {"keep": True, "because": "分析に必要"}
NOBODYS = {"criterion": 4, "method": "rare_values", "values": ["該当なし"], "action": "cell"}
FEW = {"criterion": 4, "method": "rare_categories", "people": K, "action": "cell"}
REFUSED = "column.identifying"


def treated(*steps, **more):
    return {**more, "treat": [*steps]}


def recode(kind, level=1, **how):
    return treated({"criterion": 1, "method": "recode", "level": level, "hierarchy": {"kind": kind, **how}})


NUMBER = {"type": "integer"}
TOP = treated({"criterion": 4, "method": "top_code", "at": 9e14, "label": "多数"}, **NUMBER)
SWAP = treated({"criterion": 5, "method": "rank_swap", "within": 0.05}, **NUMBER)
TAIL = treated({"criterion": 4, "method": "tail"}, **NUMBER)
ANSWER = {"name_allowed": {"because": "値を確認した。動物の名である。"}}


def code_of(name, column, k=K, **more):
    """Return the code with which a policy is refused; None if it is accepted."""
    data = policy_of({name: column, "x": {"keep": True, "because": "試験"}}, k=k, **more)
    try:
        Policy.model_validate_json(json.dumps(data))
    except ValueError as error:
        return error.errors()[0]["type"]
    return None


@pytest.mark.parametrize(
    "fate",
    [
        *(KEEP, treated(NOBODYS), treated(NOBODYS, NOBODYS), recode("prefix", keep=[20])),
        *(recode("prefix", level=1, keep=[12, 1]), recode("mask", hide=[1]), recode("mask", hide=[2, 4])),
    ],
)
@pytest.mark.parametrize("name", ["氏　名", "患者名", "カナ", "住所", "メール", "口座番号", "IPアドレス"])
def test_what_leaves_names_and_contacts_as_they_are_is_refused(name, fate):
    assert code_of(name, fate) == REFUSED


@pytest.mark.parametrize("fate", [TOP, SWAP, TAIL, {**KEEP, **NUMBER}])
@pytest.mark.parametrize("name", ["TEL", "携帯", "口座番号"])
def test_what_leaves_numbers_as_they_are_is_refused(name, fate):
    assert code_of(name, fate) == REFUSED


@pytest.mark.parametrize(
    "name",
    [
        "年金番号",
        "国保記号番号",
        "個人\u200b番号",
        "zairyu",
        "pno",
        "juki",
        "koyo",
        "指紋データ",
        "DNA配列",
        "fp",
    ],
)
@pytest.mark.parametrize("fate", [KEEP, recode("prefix", keep=[1]), treated(FEW)])
def test_codes_are_released_by_no_method(name, fate):
    assert code_of(name, fate) == "column.identification_code"


@pytest.mark.parametrize("name", ["会員番号", "宛名番号", "患者ID", "customer_id"])
def test_linking_codes_are_not_kept(name):
    assert code_of(name, KEEP) == code_of(name, treated(NOBODYS)) == "column.linking_code"
    assert code_of(name, treated({"criterion": 3, "method": "pseudonym", "link": "p"})) is None


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("生年月日", {"type": "date"}),
        ("生年月日", {}),
        ("dob", {"type": "datetime"}),
        ("c7", {"type": "date", "title": "患者の生年月日"}),
    ],
)
def test_birth_dates_are_not_kept(name, column):
    assert code_of(name, {**column, **KEEP}) == "column.birth_date"


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        *(
            (name, KEEP)
            for name in ("city_name", "商品名", "店名", "shop name", "filename", "電話種別", "駅名")
        ),
        *(
            (name, KEEP)
            for name in ("店舗ID", "取引ID", "店舗住所", "郵便番号", "性別", "保険者番号", "口座種別")
        ),
        *((name, {**KEEP, **NUMBER}) for name in ("年齢", "生年", "出生体重", "利用回数", "年金額")),
        ("生年月", {"type": "month", **KEEP}),
        ("利用日", {"type": "date", **KEEP}),
        ("氏名", treated(FEW)),
        ("氏名", treated({"criterion": 1, "method": "replace", "by": "会員"})),
        ("住所", treated({"criterion": 1, "method": "address", "level": "city"})),
        ("電話番号", treated({"criterion": 1, "method": "phone_area"})),
        ("生年月日", treated({"criterion": 1, "method": "year_month"}, type="date")),
        ("生年月日", treated({"criterion": 5, "method": "noise", "scale": 30}, type="date")),
        ("氏名", treated({"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}})),
        ("カナ", recode("prefix", keep=[1])),
        ("金額", TOP),
        ("金額", TAIL),
        ("氏名", {"drop": True, "because": "不要"}),
    ],
)
def test_what_is_treated_or_names_nobody_is_not_asked(name, fate):
    assert code_of(name, fate) is None


def test_all_columns_that_are_asked_about_are_told_at_once():
    data = policy_of({"x": KEEP, "氏　名": KEEP, "駅名": KEEP, "zairyu": KEEP, "TEL": TOP}, k=K)
    with pytest.raises(ValueError, match=r"to be looked at too: zairyu, TEL") as refused:
        Policy.model_validate_json(json.dumps(data))
    assert refused.value.errors()[0]["type"] == REFUSED and "駅名" not in refused.value.errors()[0]["msg"]


@pytest.mark.parametrize("name", ["氏名", "年金番号", "会員番号", "koyo", "住所"])
def test_a_reason_answers(name):
    assert code_of(name, {**KEEP, **ANSWER}) is None


@pytest.mark.parametrize("name", ["商品名", "town"])
def test_a_reason_where_nothing_is_asked_is_refused(name):
    assert code_of(name, {**KEEP, **ANSWER}) == "column.allowed"
    assert code_of("氏名", {"drop": True, "because": "不要", **ANSWER}) == "column.allowed"


@pytest.mark.parametrize(
    "step",
    [
        {"criterion": 4, "method": "rare_categories", "people": 2, "action": "cell"},
        {"criterion": 1, "method": "postal_prefix", "digits": 3, "people": 19},
        {"criterion": 4, "method": "tail", "people": 5},
        {"criterion": 4, "method": "top_code", "at": 90, "label": "90以上", "people": 2},
        {"criterion": 4, "method": "microaggregate", "people": 3},
    ],
)
def test_fewer_people_than_k_are_not_enough(step):
    kind = {} if step["method"] in {"rare_categories", "postal_prefix"} else NUMBER
    assert code_of("c", treated(step, **kind)) == "treat.few_people"
    assert code_of("c", treated({**step, "people": K}, **kind)) is None
    shared = {"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}
    if step["method"] != "microaggregate":
        assert code_of("c", treated(step, shared, **kind)) is None


def test_what_asks_is_told_the_name_or_the_title():
    pseudonym = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
    for columns, by in (
        ({"iid": {**pseudonym, "title": "被保険者の番号"}}, "by its title this is an identification code"),
        ({"被保険者番号": pseudonym}, "by its name this is an identification code"),
    ):
        with pytest.raises(PolicyError) as told:
            parse_policy(json.dumps(policy_of(columns)), "policy")
        assert (told.value.code, told.value.what[: len(by)]) == ("column.identification_code", by)
