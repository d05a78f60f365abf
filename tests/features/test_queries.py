"""Statistics to keep close, from policy to report, recounted from the released rows in plain Python."""

import re

import numpy as np
import polars as pl
import pytest
from support.helpers import policy_of

GENERALIZE = {"criterion": 5, "method": "generalize"}
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "age": {
        "title": "年齢",
        "type": "integer",
        "treat": [{**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}}],
    },
    "town": {"title": "地域", "treat": [{**GENERALIZE, "hierarchy": {"kind": "prefix", "keep": [2, 1]}}]},
    "days": {
        "title": "日数",
        "type": "integer",
        "sensitive": True,
        "keep": True,
        "because": "試験",
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
    },
}
QUERIES = [
    {"mean": "age"},
    {"counts": ["town"]},
    {"mean": "days", "by": ["town"]},
    {"regression": "days", "explained_by": ["age"]},
]


def people(n=500):
    rng = np.random.default_rng(20261130)
    ages = np.clip(rng.normal(40, 14, n), 18, 95).astype(int)
    towns = [
        "".join(letters) for letters in zip(*(rng.choice(list("ABC"), n) for _ in range(3)), strict=True)
    ]
    days = (ages // 10 + rng.integers(0, 4, n)).tolist()
    return pl.DataFrame({"id": [f"p{i}" for i in range(n)], "age": ages, "town": towns, "days": days})


def policy(recoding, **metric):
    data = policy_of(COLUMNS, person="id", k=5, limit=0.1)
    data["requirements"] |= {"recoding": recoding, "metric": {"queries": QUERIES, **metric}}
    return data


@pytest.fixture
def done(run):
    frame = people()
    return frame, run(policy("best"), {"data.csv": frame.write_csv()})


def covered(label, values):
    """The values of the file under a label."""
    if label == "*":
        return values
    if found := re.fullmatch(r"(\d+)以上(\d+)未満", label):
        return [v for v in values if int(found[1]) <= v < int(found[2])]
    return [v for v in values if str(v) == label]


def test_the_closest_way_is_taken_and_the_report_says_how_close(done):
    frame, result = done
    assert result.status == 0, result.err
    recoding = result.report["tables"][0]["recoding"]
    errors = {way["name"]: way["query_error"] for way in recoding["alternatives"]}
    assert len(errors) == 4 and min(errors.values()) < errors["full_domain"]
    assert recoding["recoding"] == min(errors, key=errors.get)
    assert [way["name"] for way in recoding["alternatives"] if way["chosen"]] == [recoding["recoding"]]
    assert recoding["query_error"] == errors[recoding["recoding"]]
    assert recoding["query_error"] == pytest.approx(np.mean([q["error"] for q in recoding["queries"]]))
    mean, counts, groups, regression = recoding["queries"]
    ages = sorted(frame["age"].unique().to_list())
    released = [np.mean(covered(row["age"], ages)) for row in result.rows()]
    (figure,) = mean["figures"]
    assert (figure["before"], figure["after"]) == tuple(
        f"{np.mean(x):.4g}" for x in (frame["age"].to_numpy(), released)
    )
    assert mean["error"] == pytest.approx(
        abs(np.mean(released) - frame["age"].mean()) / frame["age"].std(ddof=0)
    )
    towns = sorted(frame["town"].unique().to_list())
    spread = dict.fromkeys(towns, 0.0)
    for row in result.rows():
        under = [town for town in towns if row["town"] == "*" or town.startswith(row["town"])]
        for town in under:
            spread[town] += 1 / len(under)
    apart = sum(abs(frame["town"].to_list().count(town) - spread[town]) for town in towns)
    missing = frame.height - len(result.rows())
    assert counts["error"] == pytest.approx((apart + missing) / 2 / frame.height)
    assert groups["figures"] == counts["figures"] == []
    (slope,) = regression["figures"]
    assert slope["title"] == "年齢の標準化係数"
    assert float(slope["before"]) == pytest.approx(np.corrcoef(frame["age"], frame["days"])[0, 1], rel=1e-3)


def test_the_page_tells_queries_and_the_public_report_does_not(done):
    _, result = done
    page = (result.release / "report.html").read_text()
    for words in (
        "年齢の平均",
        "地域の度数",
        "日数の平均（地域ごと）",
        "日数の重回帰（年齢で説明する）",
        "集計の誤差",
    ):
        assert words in page
    for name in ("public-report.html", "public-report.json"):
        public = (result.release / name).read_text()
        assert "度数" not in public and "quer" not in public


def test_queries_do_not_change_what_is_minimized(run):
    files = {"data.csv": people().write_csv()}
    plain = policy("full_domain", minimize="entropy")
    asked = run(plain, files, output="asked").report["tables"][0]["recoding"]
    plain["requirements"]["metric"] = "entropy"
    named = run(plain, files, output="named").report["tables"][0]["recoding"]
    assert asked["metric"] == named["metric"] == "entropy"
    assert asked["costs"]["entropy"] == pytest.approx(named["costs"]["entropy"], rel=1e-12)
    assert named["queries"] == [] and named["query_error"] is None
    assert len(asked["queries"]) == 4 and asked["alternatives"] == []
