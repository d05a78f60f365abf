"""Every way of recoding from file to release: the classes hold, the report says so, sabotage is noticed."""

import dataclasses
import io
import re
from collections import defaultdict

import numpy as np
import polars as pl
import pytest
from support.helpers import policy_of

from tokumei.transforms.recode import choose

AGES = {"kind": "intervals", "widths": [5, 10, 20]}
TOWNS = {"kind": "prefix", "keep": [2, 1]}
COLUMNS = {
    "id": {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]},
    "age": {
        "title": "年齢",
        "type": "integer",
        "treat": [{"criterion": 5, "method": "generalize", "hierarchy": AGES}],
    },
    "town": {
        "title": "地域",
        "treat": [{"criterion": 5, "method": "generalize", "hierarchy": TOWNS}],
    },
    "illness": {
        "sensitive": True,
        "keep": True,
        "because": "試験",
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
    },
}
TITLES = {
    "age": ("一般化なし", "5ごとの区間", "10ごとの区間", "20ごとの区間", "全て「*」"),
    "town": ("一般化なし", "先頭2文字", "先頭1文字", "全て「*」"),
}
WAYS = ("full_domain", "cells", "local", "multidimensional")


def people(n=600):
    rng = np.random.default_rng(20261124)
    ages = np.clip(rng.normal(40, 14, n), 18, 95).astype(int)
    towns = [
        f"{a}{b}{c}" for a, b, c in zip(*(rng.geometric(0.4, n).clip(1, 4) for _ in range(3)), strict=True)
    ]
    ills = rng.choice(["風邪", "高血圧", "骨折"], n, p=[0.6, 0.3, 0.1])
    return pl.DataFrame({"id": [f"p{i}" for i in range(n)], "age": ages, "town": towns, "illness": ills})


def files(source, frame):
    if source == "csv":
        return {"data.csv": frame.write_csv()}
    sink = io.BytesIO()
    frame.write_parquet(sink)
    return {"data.parquet": sink.getvalue()}


def policy(recoding, *, source="csv", rows="one", compare=True):
    data = policy_of(
        COLUMNS,
        path=f"data.{source}",
        source={"format": source},
        person="id",
        k=5,
        limit=0.1,
        rows=rows,
        output={"format": source},
        report={"compare": compare},
    )
    data["requirements"]["recoding"] = recoding
    return data


def groups_of(done):
    groups = defaultdict(list)
    for row in done.rows():
        groups[str(row["age"]), str(row["town"])].append(row)
    return groups


@pytest.mark.parametrize("source", ["csv", "parquet"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_is_released_and_told(run, way, source):
    done = run(policy(way, source=source), files(source, people()))
    assert done.status == 0, done.err
    groups = groups_of(done)
    assert all(len({r["id"] for r in group}) >= 5 for group in groups.values())
    assert all(len({r["illness"] for r in group}) >= 2 for group in groups.values())
    told = done.report["tables"][0]
    recoding = told["recoding"]
    assert recoding["recoding"] == way
    rows = {row["name"]: row for row in recoding["alternatives"]}
    assert tuple(rows) == WAYS and [n for n, row in rows.items() if row["chosen"]] == [way]
    assert rows["full_domain"]["loss"] > rows["cells"]["loss"] >= rows["local"]["loss"]
    assert rows["full_domain"]["loss"] > rows["multidimensional"]["loss"]
    assert rows[way]["loss"] == recoding["loss"]
    out = 600 - sum(len(group) for group in groups.values())
    assert rows[way]["suppressed_records"] == out == told["records_suppressed"]
    assert out <= rows["full_domain"]["suppressed_records"]
    by_group = way in {"local", "multidimensional"}
    assert recoding["regions"] == (len(groups) if by_group else 0)
    assert (recoding["least_loss"] is not None) == by_group
    if by_group:
        assert 0 < recoding["least_loss"] <= min(row["loss"] for row in rows.values())
    assert bool(recoding["rounds"]) == (way == "cells")
    for level in recoding["levels"]:
        varies = level["finest"] < level["coarsest"]
        assert (level["level"] is None) == varies
        assert varies or not by_group
        if varies:
            told_as = "グループごと" if by_group else "一部のレコードは"
            assert told_as in level["label"] and not re.search("[0-9]段階", level["label"])
            if by_group:
                ends = (TITLES[level["column"]][level[end]] for end in ("finest", "coarsest"))
                assert level["label"] == "{}から{}まで（グループごと）".format(*ends)
            assert f"levels {level['finest']} to" in done.out
    page = (done.release / "report.html").read_text()
    assert "一般化の方法の比較" in page and "選んだ方法" in page
    assert ("個のグループに分け" in page) == ("下回らないことを確かめた" in page) == by_group
    assert ("除かずに別の段階にして残した" in page) == (way == "cells")


def test_a_night_works_out_the_chosen_way_alone(run, monkeypatch):
    asked = run(policy("cells"), files("csv", people()), output="asked")
    monkeypatch.setattr("tokumei.transforms.recode.ways.multidimensional", None)
    done = run(policy("cells", compare=False), files("csv", people()), output="night")
    assert done.status == asked.status == 0, done.err
    recoding, compared = (d.report["tables"][0]["recoding"] for d in (done, asked))
    assert recoding.pop("alternatives") == [] and "report: {compare: true}" in recoding["not_compared"]
    assert len(compared.pop("alternatives")) == 4 and compared.pop("not_compared") is None
    page = (done.release / "report.html").read_text()
    assert recoding.pop("not_compared") in page and "一般化の方法の比較" not in page
    assert recoding == compared
    sizes = [(d.release / "report.html").stat().st_size for d in (done, asked)]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("way", WAYS[1:])
def test_people_with_several_records_are_counted_once(run, way):
    frame = people().with_columns(id=pl.format("p{}", pl.int_range(pl.len()) % 350))
    done = run(policy(way, rows="several"), files("csv", frame))
    assert done.status == 0, done.err
    assert all(len({r["id"] for r in group}) >= 5 for group in groups_of(done).values())


@pytest.mark.parametrize("way", WAYS[1:])
def test_one_group_recoded_otherwise_than_decided_is_never_published(run, monkeypatch, way):
    real = choose.recoder_of

    def finer(assignment, *args):
        of_tuple = assignment.of_tuple.copy()
        of_tuple[np.flatnonzero(of_tuple > 0)[0]] = len(assignment.nodes)
        bottom = np.zeros((1, assignment.nodes.shape[1]), np.int32)
        nodes = np.vstack([assignment.nodes, bottom])
        return real(dataclasses.replace(assignment, nodes=nodes, of_tuple=of_tuple), *args)

    monkeypatch.setattr(choose, "recoder_of", finer)
    done = run(policy(way), files("csv", people()))
    assert done.status == 4, done.err
    assert "verification" in done.err and "fail k=5" in done.err
    assert not list(done.root.rglob("manifest.json")) and not list(done.root.rglob("part-*"))


def test_more_combinations_than_regions_can_be_made_of_are_refused(run, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.recode.ways.MAX_DIVIDED", 100)
    done = run(policy("multidimensional"), files("csv", people()))
    assert done.status == 4 and "recoding: multidimensional works on" in done.err, done.err


def test_a_large_table_is_told_not_to_be_compared(run, monkeypatch):
    monkeypatch.setattr("tokumei.transforms.recode.ways.COMPARED", 100)
    done = run(policy("local"), files("csv", people()))
    assert done.status == 0, done.err
    recoding = done.report["tables"][0]["recoding"]
    assert [row["name"] for row in recoding["alternatives"]] == ["full_domain", "local"]
    assert "選んでいない方法は調べていない" in recoding["not_compared"]
    assert recoding["not_compared"] in (done.release / "report.html").read_text()
