"""How many people are singled out by what an outsider may know of their history.

A person is one value of the column that joins a person's lines, which is a pseudonym in a release. A fact is a tuple
of values; a blank is no fact. A person is *alone* with a kind of fact, if one fact of this kind is that person's only,
and *one of few*, if it is shared by fewer than k people.
"""

from dataclasses import dataclass
from itertools import combinations

import polars as pl
from attacks.lines import AMOUNT, CLASS, ITEM, JOINT, PART, PERSON, SHOP, TIME

# A self-join of lines holds so many pairs at once, or fewer.
PAIRS_AT_ONCE = 20_000_000


@dataclass(frozen=True)
class Found:
    """People singled out, and one of fewer than k, by a kind of fact."""

    alone: int
    few: int


def of_facts(lines, *names, k):
    """Count who is alone, and one of few, with a tuple of values of one line (or of one window)."""
    facts = lines.select(PERSON, *names).drop_nulls().unique()
    sizes = (
        facts.select(PERSON, pl.len().over(*names).alias("people"))
        .group_by(PERSON)
        .agg(pl.col("people").min())
    )
    return Found(*(int((sizes["people"] < bound).sum()) for bound in (2, k)))


def of_pairs(lines, *names, k):
    """Count the same of two different facts, on any lines of the person; or of one, where that is enough."""
    facts = lines.select(PERSON, *names).drop_nulls().unique()
    facts = facts.select(
        pl.col(PERSON).rank("dense").cast(pl.UInt32), a=pl.struct(names).rank("dense").cast(pl.UInt32)
    )
    held = facts.group_by(PERSON).len()["len"].cast(pl.Int64)
    blocks = int((held * held).sum() // (2 * PAIRS_AT_ONCE)) + 1
    facts = facts.with_columns(key=pl.col("a").cast(pl.UInt64)).sort("key")
    people = [[_of_few(facts, bound)] for bound in (2, k)]
    other = facts.select(PERSON, b="a")
    for block in range(blocks):
        pairs = (
            facts.filter(pl.col("a") % blocks == block)
            .join(other, on=PERSON)
            .filter(pl.col("a") < pl.col("b"))
        )
        # Sorted keys are counted several times as fast as keys in any order.
        pairs = pairs.select(PERSON, key=pl.col("key") * len(facts) + pl.col("b")).sort("key")
        for found, bound in zip(people, (2, k), strict=True):
            found.append(_of_few(pairs, bound))
    return Found(*(pl.concat(found).n_unique() for found in people))


def _of_few(facts, bound):
    """Return the people who hold a fact that fewer people hold."""
    return facts.filter(pl.len().over("key") < bound)[PERSON].unique()


def of_sets(lines, name, *, k):
    """Count who is alone with all different values together."""
    sets = lines.select(PERSON, name).drop_nulls().unique().sort(name).group_by(PERSON, maintain_order=True)
    return of_facts(sets.agg(pl.col(name).str.join(JOINT)), name, k=k)


def totals(lines, bands):
    """Return of each person and month the number of lines, and the amounts added up as a reader can."""
    number = pl.col(AMOUNT).str.replace_all(",", "").str.extract(r"(-?\d+(?:\.\d+)?)").cast(pl.Float64)
    total = number.sum().round(2)
    if bands:
        total = total.cut(list(bands)).cast(pl.String)
    what = [pl.len().alias("lines"), *([total.alias("total")] if AMOUNT in lines.columns else [])]
    return dated(lines).drop_nulls("month").group_by(PERSON, "month").agg(what)


def day():
    """The day of a time; a period that is longer is itself."""
    return pl.col(TIME).str.replace_all("/", "-").str.slice(0, 10).alias("day")


def month():
    """The month of a time; a period that is longer is itself."""
    text = pl.col(TIME).str.replace_all("/", "-")
    return pl.coalesce(text.str.extract(r"^(\d{4}-\d{2})(?:-|$)"), text).alias("month")


def attacks(tables, roles, k):
    """Attack a release, or its sources, by every kind of fact for which columns are described.

    Args:
        tables: by name, the columns as roles (`released`, `sources`).
        roles: of each table.
        k: people, below which a group is small.

    Returns:
        Found by table and what is known, in the order of the attacks.
    """
    classes = {name: lines for name, lines in tables.items() if CLASS in lines.columns}
    found = {}
    for name, lines in tables.items():
        of_table = by_lines(lines, k) | by_items(lines, classes, k) | by_person(lines, roles[name].bands, k)
        found |= {(name, known): people for known, people in of_table.items()}
    return found | over_tables(tables, classes, k) | of_declared(tables, roles, k)


def dated(lines):
    """Return the lines with day and month, where there is a time."""
    return lines.with_columns(day(), month()) if TIME in lines.columns else lines


def by_lines(lines, k):
    """Attack by what one line tells."""
    facts = {
        "item": (ITEM,),
        "item × day": (ITEM, "day"),
        "item × month": (ITEM, "month"),
        "shop": (SHOP,),
        "shop × day": (SHOP, "day"),
        "shop × month": (SHOP, "month"),
        "class": (CLASS,),
        "part": (PART,),
    }
    lines = dated(lines)
    return {
        known: of_facts(lines, *names, k=k)
        for known, names in facts.items()
        if set(names) <= set(lines.columns)
    }


def by_items(lines, classes, k):
    """Attack by items together, and by an item and the class of a person."""
    if ITEM not in lines.columns:
        return {}
    found = {"two items": of_pairs(lines, ITEM, k=k), "set of items": of_sets(lines, ITEM, k=k)}
    if TIME in lines.columns:
        found["two of item × month"] = of_pairs(dated(lines), ITEM, "month", k=k)
    for other, people in classes.items():
        both = lines.select(PERSON, ITEM).unique().join(people.select(PERSON, CLASS).unique(), on=PERSON)
        found[f"item × class of {other}"] = of_facts(both, ITEM, CLASS, k=k)
    return found


def by_person(lines, bands, k):
    """Attack by measures over a person's lines."""
    found = {"number of lines": of_facts(lines.group_by(PERSON).len("lines"), "lines", k=k)}
    if TIME in lines.columns:
        windows = totals(lines, bands)
        for measure in ("lines", "total"):
            if measure in windows.columns:
                found[f"{measure} of a month"] = of_facts(windows, "month", measure, k=k)
        days = (
            dated(lines)
            .group_by(PERSON)
            .agg(pl.col("day").min().alias("first"), pl.col("day").max().alias("last"))
        )
        found["first and last day"] = of_facts(days, "first", "last", k=k)
    return found


def over_tables(tables, classes, k):
    """Attack tables together: by presence and absence, and by classes that are joined."""
    found = {}
    if len(tables) > 1:
        people = [
            lines.select(PERSON).unique().with_columns(table=pl.lit(name)) for name, lines in tables.items()
        ]
        where = pl.concat(people).sort("table").group_by(PERSON).agg(pl.col("table").str.join(JOINT))
        found["all", "presence in tables"] = of_facts(where, "table", k=k)
    for one, other in combinations(classes, 2):
        both = classes[one].select(PERSON, CLASS).join(classes[other].select(PERSON, other=CLASS), on=PERSON)
        found["all", f"classes of {one} and {other}"] = of_facts(both, CLASS, "other", k=k)
    return found


def of_declared(tables, roles, k):
    """Attack by the facts that the policy declares, over all tables: one, any two, and all of a person."""
    known = []
    for name, role in roles.items():
        for place, names in enumerate(role.declared):
            if set(names) <= set(tables[name].columns):
                tuples = pl.concat_str(pl.lit(f"{name} {place}"), *names, separator=JOINT, ignore_nulls=False)
                known.append(tables[name].select(PERSON, fact=tuples).drop_nulls().unique())
    if not known:
        return {}
    facts = pl.concat(known)
    return {
        ("all", "a declared fact"): of_facts(facts, "fact", k=k),
        ("all", "two declared facts"): of_pairs(facts, "fact", k=k),
        ("all", "all declared facts"): of_sets(facts, "fact", k=k),
    }


def months_of_parts(tables):
    """Return by table how many parts there are, and how many of them hold one month alone."""
    told = {}
    for name, lines in tables.items():
        if TIME in lines.columns:
            months = dated(lines).group_by(PART).agg(pl.col("month").n_unique())["month"]
            told[name] = len(months), int((months == 1).sum())
    return told
