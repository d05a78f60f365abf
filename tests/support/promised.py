"""Random small policies and tables, and a recount of what was promised of the release, by plain counting."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict

from support.helpers import KEEP_ALL, PSEUDONYM, policy_of
from support.passes import released

from tokumei.schemas.errors import RequirementError

CITIES = ["東京都港区", "東京都新宿区", "大阪府堺市", "北海道函館市", "沖縄県那覇市", "東京都青ヶ島村"]
WIDTHS = {"kind": "intervals", "widths": [5, 10, 20]}
QI = {"criterion": 5, "method": "generalize"}
BANDS = ["100未満", "100台", "200台", "300以上の人"]


def drawn(rng: random.Random):
    """A policy, its records in pieces, and the sources of nulls."""
    several = rng.random() < 0.4
    k = rng.choice([2, 3, 4])
    columns = {"id": {"treat": [PSEUDONYM]}, "town": {"treat": [_town(rng)]}, "age": _age(rng)}
    columns |= {"pay": _pay(rng), "job": _job(rng), "home": _home(rng), "kind": dict(KEEP_ALL)}
    nulls = {name for name in ("pay", "job", "home", "kind", "town", "age") if rng.random() < 0.25}
    people = rng.randint(25, 60)
    records = [
        {
            "id": f"p{rng.randrange(people) if several else i:03d}",
            "town": rng.choice("AAAABBBC" + "DEFG"[: rng.randint(0, 4)]),
            "age": min(int(rng.expovariate(1 / 30)), 110),
            "pay": int(rng.lognormvariate(5, 0.8)),
            "job": rng.choice(["会社員"] * 6 + ["自営業"] * 3 + ["学生"] * 2 + ["力士", "市長", "漁師"]),
            "home": rng.choice(CITIES[:3] * 4 + CITIES[3:]) + "1丁目",
            "kind": rng.choice("xxxxyyyz"),
        }
        for i in range(people)
    ]
    for record, name in itertools.product(records, sorted(nulls)):
        if rng.random() < 0.1:
            record[name] = None
    for step in (step for column in columns.values() for step in column.get("treat", ())):
        if "people" in step:
            step["people"] = max(step["people"], k)
    policy = policy_of(
        columns,
        k=k,
        limit=rng.choice([0.0, 0.1, 0.3, 0.5]),
        person="id",
        rows="several" if several else "one",
    )
    needed = policy["requirements"]
    needed["recoding"] = rng.choice(["full_domain", "full_domain", "cells", "local", "multidimensional"])
    wildcard = not several and rng.random() < 0.15
    if wildcard:
        needed |= {"nulls": "wildcard", "recoding": "full_domain"}
    if not wildcard and rng.random() < 0.3 and columns["job"]["treat"][-1]["method"] == "rare_categories":
        columns["job"] |= {
            "sensitive": True,
            "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
        }
    table = policy["tables"]["t"]
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        size = rng.choice([2, 3])
        table.setdefault("combinations", []).append(
            {
                "criterion": 4,
                "columns": rng.sample(["job", "kind", "home", "town", "pay", "age"], rng.randint(size, 4)),
                "size": size,
                "people": rng.choice([2, 2, 3, k]),
                "action": rng.choice(["cell", "cell", "record"]),
                "because": "試験",
                **({"may_fall_below": {"because": "試験"}} if rng.random() < 0.15 else {}),
            }
        )
    for name in ("pay", "job", "home"):
        if rng.random() < 0.1 and asked(columns[name], k):
            columns[name]["may_fall_below"] = {"because": "試験"}
    at = sorted(rng.randint(0, people) for _ in range(rng.randint(0, 3)))
    return policy, [records[a:b] for a, b in itertools.pairwise([0, *at, people])], nulls


def _n(rng):
    return {"people": rng.choice([2, 3, 5, 7])} if rng.random() < 0.7 else {}


def _town(rng):
    return {**QI, "hierarchy": {"kind": "suppress"}}


def _age(rng):
    before = rng.choice(
        [
            [],
            [],
            [{"criterion": 4, "method": "top_code", "at": 80, "label": "80歳以上"}],
            [{"criterion": 4, "method": "tail", "side": "top", **_n(rng)}],
        ]
    )
    return {"type": "integer", "treat": [*before, {**QI, "hierarchy": WIDTHS}]}


def _pay(rng):
    side = rng.choice(["top", "bottom", "both"])
    chain = rng.choice(
        [
            [{"method": "tail", "side": side, **_n(rng)}],
            [{"method": "fence", "side": side, "action": "code", "factor": 1.5, **_n(rng)}],
            [{"method": "fence", "side": side, "action": "cell", "factor": 1.5, **_n(rng)}],
            [{"method": "fence", "side": side, "action": "record", "factor": 1.5}],
            [{"method": "top_code", "at": 300, "label": "300以上の人", **_n(rng)}],
            [{"method": "bottom_code", "at": 80, "label": "80以下の人", **_n(rng)}],
            [{"method": "bands", "edges": [100, 200, 300], "labels": BANDS, **_n(rng)}],
            [
                {"method": "bands", "edges": [100, 200, 300], "labels": BANDS, **_n(rng)},
                {"method": "rare_categories", "action": rng.choice(["group", "cell"]), **_n(rng)},
            ],
            [{"method": "microaggregate", **_n(rng)}],
        ]
    )
    return {"type": "integer", "treat": [{"criterion": 4, **step} for step in chain]}


def _job(rng):
    rare = {"criterion": 4, "method": "rare_categories", **_n(rng)}
    listed = {"criterion": 4, "method": "rare_values", "values": ["市長"], "action": "record"}
    chain = [{**rare, "action": rng.choice(["group", "cell", "record"])}]
    return {"treat": [listed, *chain] if rng.random() < 0.2 else chain}


def _home(rng):
    area = {"criterion": 1, "method": "address", "level": "city"}
    return {"treat": [{**area, **(_n(rng) if rng.random() < 0.6 else {})}]}


def asked(column, k):
    """(n, whether of a label) of the promises of a column, read from the policy alone."""
    promises = []
    for step in column.get("treat", []):
        n = step.get("people", k)
        match step["method"]:
            case "tail":
                promises.append((n, lambda v: v.endswith(("以上", "以下")) and v not in BANDS))
            case "fence" if step["action"] == "code":
                promises.append((n, lambda v: v.endswith(("以上", "以下"))))
            case "top_code" | "bottom_code":
                promises.append((n, lambda v, label=step["label"]: v == label))
            case "bands":
                promises.append((n, lambda v: v in BANDS))
            case "rare_categories" | "microaggregate":
                promises.append((n, lambda v: True))
            case "address" if "people" in step:
                promises.append((n, lambda v: True))
    return promises


def broken(policy, rows, nulls):
    """What does not hold in the rows, in words; a pseudonym is a person."""
    table, k = policy["tables"]["t"], policy["requirements"]["k"]
    combined = {c for d in table.get("combinations", []) for c in d["columns"]}
    found = []
    for name, column in table["columns"].items():
        who = defaultdict(set)
        for row in rows:
            who[None if row[name] is None else f"{row[name]}"].add(row["id"])
        generalized = column.get("treat", [{}])[-1].get("method") == "generalize"
        for n, promised in asked(column, k):
            if "may_fall_below" in column:
                continue
            short = {v for v, p in who.items() if v is not None and promised(v) and len(p) < n}
            found += [f"{name}: {len(who[v])} < {n}" for v in short if not (generalized and v == "*")]
        last = column.get("treat", [{}])[-1]
        if last.get("method") == "fence" and last["action"] == "cell" and name not in nulls | combined:
            n = last.get("people", k)
            if None in who and len(who[None]) < n and len(who) > 1:
                found.append(f"{name}: {len(who[None])} blanks < {n}")
    for declared in table.get("combinations", []):
        if "may_fall_below" not in declared:
            found += _rare(declared, rows, table["columns"], declared.get("people", k))
    return found


def _rare(declared, rows, columns, people):
    quasi = {n for n, c in columns.items() if c.get("treat", [{}])[-1].get("method") == "generalize"}
    for size in range(1, declared["size"] + 1):
        for subset in itertools.combinations(declared["columns"], size):
            if any(len({row[name] for row in rows}) == 1 for name in subset):
                continue  # one value for all says nothing of anyone
            who = defaultdict(set)
            for row in rows:
                values = tuple(row[name] for name in subset)
                blank = {None, "*"} if quasi & set(subset) else {None}
                if not blank & set(values):
                    who[values].add(row["id"])
            yield from (f"{subset}: {len(p)} < {people}" for p in who.values() if len(p) < people)


def tried(seed):
    """How the policy of a seed ends: ``released`` or the code of the refusal; and what is broken."""
    policy, pieces, nulls = drawn(random.Random(seed))
    try:
        rows, report = released(policy, pieces)
    except RequirementError as refused:
        return refused.code, [], refused
    return "released", broken(policy, rows, nulls), report
