"""A histogram larger than one worker holds: the release is that of one worker, in a graph that guards records."""

import json
from dataclasses import replace

import pytest
from helpers import policy_of

from pipelines import anonymize

STEP = {"method": "generalize", "criterion": 5}
SICK = ["風邪", "高血圧", "糖尿病", "骨折"]


def columns_of(protect=()):
    return {
        "age": {
            "type": "integer",
            "treat": [{**STEP, "hierarchy": {"kind": "intervals", "widths": [5, 10, 20]}}],
        },
        "sex": {"treat": [{**STEP, "hierarchy": {"kind": "suppress"}}]},
        "area": {
            "type": "integer",
            "treat": [{**STEP, "hierarchy": {"kind": "intervals", "widths": [2, 8]}}],
        },
        "sick": {"sensitive": True, "keep": True, "because": "試験", "protect": list(protect)},
    }


ROWS = "age,sex,area,sick\n" + "".join(
    f"{20 + (i * i) % 61},{'男女'[i % 3 % 2]},{i * 7 % 23},{SICK[(i * i // 7 + i) % 4]}\n" for i in range(900)
)
POLICIES = {
    "k": policy_of(columns_of(), k=4, limit=0.03),
    "k and ℓ and t": policy_of(
        columns_of(
            [
                {"model": "l_diversity", "kind": "distinct", "l": 2},
                {"model": "t_closeness", "t": 0.4, "distance": "equal"},
            ]
        ),
        k=3,
        limit=0.05,
    ),
}


@pytest.fixture
def small_workers(monkeypatch):
    """Workers that hold 50 tuples; three shards."""
    make = anonymize.make_plan

    def made(*args):
        plan, files = make(*args)
        return replace(plan, tuples_a_worker=50, shards=3), files

    monkeypatch.setattr(anonymize, "make_plan", made)


def facts(outcome):
    """All of the report but what names one run."""
    report = outcome.report
    for key in ("release_id", "created_at", "work_sha256"):
        report.pop(key)
    table = report["tables"][0]
    recoding = table["recoding"]
    return report, recoding.pop("nodes_checked"), recoding.pop("gap")


@pytest.mark.parametrize("name", POLICIES)
def test_the_release_is_that_of_one_worker(run, name, monkeypatch, request):
    alone = run(POLICIES[name], {"data.csv": ROWS}, output="alone")
    assert alone.status == 0, alone.err
    request.getfixturevalue("small_workers")
    spread = run(POLICIES[name], {"data.csv": ROWS}, output="spread")
    assert spread.status == 0, spread.err

    def key(row):
        return json.dumps(row, ensure_ascii=False)

    assert sorted(alone.rows(), key=key) == sorted(spread.rows(), key=key)
    (one, n, _), (many, m, _) = facts(alone), facts(spread)
    assert one == many and m != n
    assert one["tables"][0]["recoding"]["suppressed_records"] > 0
