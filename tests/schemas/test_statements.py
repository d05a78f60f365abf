"""What the public is told of a release says no less than is released."""

import json

import pytest
from support.helpers import FILE, policy_of

from tokumei.schemas.policy import Policy

KEEP = {"keep": True, "because": "分析に必要"}
REFUSED = "column.named_coarser"


def step(method, criterion=1, **how):
    return {"treat": [{"criterion": criterion, "method": method, **how}]}


DATE, TIME, NUMBER = {"type": "date"}, {"type": "datetime"}, {"type": "integer"}
PUBLIC = {
    "regime": "public",
    "file": {
        **FILE,
        "scope": "住民",
        "collection": "届出",
        "request_office": {"name": "市民課", "address": "みなと市中央1-1"},
        "product_office": {"name": "市民課", "address": "みなと市中央1-1"},
        "product_period": {"start": "2026-04-01", "end": "2027-03-31"},
    },
}


def code_of(name, column, **more):
    data = policy_of({name: column, "x": KEEP}, reference_date="2026-04-01", **more)
    try:
        Policy.model_validate_json(json.dumps(data))
    except ValueError as error:
        return error.errors()[0]["type"]
    return None


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("生年月日", {**DATE, "title": "年代", **KEEP}),
        ("生年月日", {**DATE, "title": "生年月", **KEEP}),
        ("生年月日", {**DATE, "title": "生年", **KEEP}),
        ("生年月日", {**DATE, "title": "年齢", **KEEP}),
        ("利用日", {**DATE, "title": "利用年月", **KEEP}),
        ("利用日", {**DATE, "title": "利用年度", **KEEP}),
        ("利用日", {**DATE, "title": "利用した四半期", **KEEP}),
        ("利用日時", {**TIME, "released_as": "利用年月", **step("truncate_time", unit="hour")}),
        ("年齢", {**NUMBER, "title": "年代", **KEEP}),
        ("生年月日", {**DATE, "released_as": "年齢", **step("year_month")}),
        ("生年月日", {**DATE, "released_as": "生年", **step("year_month")}),
        ("生年月日", {**DATE, "released_as": "年代", **step("year")}),
        ("生年月日", {**DATE, "released_as": "世代", **step("age")}),
        ("生年月日", {**DATE, "released_as": "生年月", **step("noise", 5, scale=3)}),
        ("住所", {"released_as": "都道府県", **step("address", level="city")}),
        ("郵便番号", {"released_as": "郵便番号の上3桁", **step("postal_prefix", digits=5)}),
    ],
)
def test_names_that_say_less_are_refused(name, column):
    assert code_of(name, column) == REFUSED


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("利用日", {**DATE, "title": "利用年月日", **KEEP}),
        ("利用日", {**DATE, "title": "来店日（年月日）", **KEEP}),
        ("診療年月", {"type": "month", "title": "診療年月", **KEEP}),
        ("年齢", {**NUMBER, "title": "年齢", **KEEP}),
        ("年代", {**NUMBER, "title": "年代", **KEEP}),
        ("年度", {**NUMBER, "title": "年度", **KEEP}),
        ("学年", {**NUMBER, "title": "学年", **KEEP}),
        ("利用日時", {**TIME, "released_as": "利用年月", **step("truncate_time", unit="month")}),
        ("生年月日", {**DATE, "released_as": "生年月", **step("year_month")}),
        ("生年月日", {**DATE, "released_as": "生年", **step("year")}),
        ("生年月日", {**DATE, "released_as": "年齢", **step("age")}),
        ("生年月日", {**DATE, "released_as": "年代", **step("age_band", preset="id_pos_7")}),
        ("住所", {"released_as": "市区町村", **step("address", level="city")}),
        ("住所", {"released_as": "都道府県・市区町村", **step("address", level="city")}),
        ("住所", {"released_as": "都道府県", **step("address", level="prefecture")}),
        ("郵便番号", {"released_as": "郵便番号（上3桁）", **step("postal_prefix", digits=3)}),
    ],
)
def test_names_that_are_true_are_not(name, column):
    assert code_of(name, column) is None


@pytest.mark.parametrize(
    "name", ["病名", "犯罪歴", "傷病名コード", "障害等級", "diagnosis_code", "健診結果", "宗教"]
)
@pytest.mark.parametrize("declared", [{}, {"sensitive": True}])
@pytest.mark.parametrize("fate", [KEEP, {"drop": True, "because": "不要"}])
def test_the_register_does_not_say_that_sensitive_files_are_none(name, declared, fate):
    """Of what is deleted too: the entry is about the file as it is held."""
    public = {**PUBLIC, "file": {**PUBLIC["file"], "sensitive": False}}
    assert code_of(name, {**fate, **declared}, **public) == "policy.sensitive"
    public["file"]["sensitive"] = True
    assert code_of(name, {**fate, **declared}, **public) is None


def test_no_such_information_is_said_at_the_column():
    public = {**PUBLIC, "file": {**PUBLIC["file"], "sensitive": False}}
    assert code_of("病名", {**KEEP, "sensitive": False}, **public) is None
    told = {"name_allowed": {"because": "家畜の病名である。"}, "sensitive": True}
    assert code_of("病名", {**KEEP, **told}, **public) is None
    assert code_of("病名", {**KEEP, "sensitive": True}) is None  # a company has no register


@pytest.mark.parametrize(
    "column",
    [
        {**NUMBER, **step("top_code", 4, at=60, label="90歳以上")},
        {**NUMBER, **step("bottom_code", 4, at=10, label="5歳以下")},
        {**NUMBER, **step("bands", 4, edges=[60], labels=["60歳未満", "90歳以上"])},
        {**NUMBER, **step("age_band", 1, edges=[20, 60], labels=["20未満", "20以上60未満", "65以上"])},
        {**NUMBER, **step("tail", 4, top_label="{}以下")},
        {**NUMBER, **step("tail", 4, side="both", bottom_label="{}以上")},
        {**NUMBER, **step("tail", 4, side="bottom", bottom_label="{}未満")},
        {**NUMBER, **step("fence", 4, action="code", top_label="{}未満")},
    ],
)
def test_labels_are_true_of_their_values(column):
    assert code_of("age", column) == "treat.false_label"
