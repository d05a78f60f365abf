"""Whom random releases expose, against a count of their own files: every column, every set of up to three, all."""

import itertools
import random

import polars as pl
import pyarrow.parquet as pq
import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, SUPPRESS, policy_of


def treatment(draw, k):
    few = {"criterion": 4, "method": "rare_categories", "people": draw.choice([k, k + 2])}
    actions = [{"treat": [{**few, "action": action}]} for action in ("group", "cell", "record")]
    return draw.choice([KEEP_ALL, KEEP_ALL, KEEP_ALL, {"treat": [SUPPRESS]}, draw.choice(actions)])


def values(draw):
    size, blank, skewed = draw.choice([1, 2, 3, 8, 30]), draw.choice([0, 0, 0.05, 0.5]), draw.random() < 0.5
    while True:
        value = draw.randrange(size)
        yield "" if draw.random() < blank else f"v{min(value, draw.randrange(size)) if skewed else value}"


def few_of(frame, columns, k):
    """Return who shares a tuple with fewer than k people, and who with nobody."""
    who = frame.group_by(columns).agg(pl.col("id").unique())["id"].to_list()
    few, alone = ([people for people in who if len(people) < size] for size in (k, 2))
    return len({*itertools.chain(*few)}), len({*itertools.chain(*alone)})


@pytest.mark.parametrize("seed", range(60))
def test_whom_a_release_exposes_is_who_is_there(run, seed):
    draw = random.Random(seed)
    k, rows = draw.choice([2, 3, 5]), draw.choice(["one", "one", "several"])
    names = [*"abcde"][: draw.randint(1, 5)]
    columns = {"id": {"treat": [PSEUDONYM]}} | {name: treatment(draw, k) for name in names}
    cells = [values(draw) for _ in names]
    lines = [
        ",".join([f"p{i}", *map(next, cells)])
        for i in range(draw.choice([20, 60, 200]))
        for _ in range(draw.randint(1, 3) if rows == "several" else 1)
    ]
    made = policy_of(columns, k=k, person="id", limit=draw.choice([0, 0.3, 1]), rows=rows)
    wildcard = rows == "one" and draw.random() < 0.3
    made["requirements"]["nulls"] = "wildcard" if wildcard else "value"
    done = run(made, {"data.csv": "\n".join([f"id,{','.join(names)}", *lines]) + "\n"})
    if done.status == 4:  # nobody is left
        return
    assert done.status == 0, done.err
    told = {(f["kind"], tuple(f["columns"])): f for f in done.report["exposure"]["findings"]}
    out = pl.concat([pl.from_arrow(pq.read_table(part)) for part in done.release.rglob("*.parquet")])
    links = {names[0] for kind, names in told if kind == "links"}
    for name in names:
        there, blank = (out.filter(pl.col(name).is_null() == is_blank) for is_blank in (False, True))
        found = told.get(("links" if name in links else "labels", (name,)))
        assert ((found["people"], found["alone"]) if found else (0, 0)) == few_of(there, [name], k)
        blanks = told.get(("blanks", (name,)))
        assert (blanks["people"] if blanks else 0) == blank["id"].n_unique() * (blank["id"].n_unique() < k)
    classes = {name for name in names if columns[name].get("treat", [{}])[0] == SUPPRESS}
    sizes = [2, 3, len(names)] if len(names) > 3 else [2, 3]
    worst = dict.fromkeys(sizes, (0, 0))
    for some in (some for size in sizes for some in itertools.combinations(names, size)):
        few, alone = few_of(out, list(some), k)
        if classes.issuperset(some) and not wildcard:
            assert few == 0
        elif not links.intersection(some):
            worst[len(some)] = max(worst[len(some)], (alone, few))
    sets = {len(names): (f["alone"], f["people"]) for (kind, names), f in told.items() if kind == "sets"}
    assert sets == {size: found for size, found in worst.items() if found[1]}
