"""An attack on histories: how many people are singled out by what an outsider may know of them.

    python tests/attacks/histories.py RELEASE DESCRIPTION.yaml [--k 5]

It reads the parts that the manifest of a release lists, and the source files, as any reader would: with polars, and
with nothing of Tokumei. A person is one value of the column that joins a person's lines, which is a pseudonym in the
release. A fact is a tuple of values; a blank is no fact. A person is *singled out* by a kind of fact, if one fact of
this kind is that person's alone, and *one of few*, if it is shared by fewer than k people.

The description says where columns are that play a part in an attack (DESCRIPTION.yaml, see `Roles`):

    tables:
      receipts: {source: receipts.csv, person: member_id, item: [item], time: sold_at, shop: shop, amount: price}
      members: {source: members.csv, person: member_id, class: [gender, age]}
"""

import argparse
import json
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import polars as pl
import yaml

PERSON, ITEM, SHOP, TIME, AMOUNT, CLASS, PART = "person", "item", "shop", "time", "amount", "class", "part"
# What stands between the values of a tuple, in no value.
JOINT = "\x1f"
# A self-join of lines holds so many rows at once, or fewer.
PAIRS_AT_ONCE = 20_000_000


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Columns of a table that play a part in an attack; a role that no column plays is left out.

    Attributes:
        source: file(s) from which the table was made, relative to the description.
        person: joins the lines of a person.
        where: columns by value, of lines of the source that a release can hold; all, if empty.
        separator: of a source in CSV.
        item, class_: columns whose values together are an item, or a class of people.
        time: a date or a period, its year first.
        shop: a place.
        amount: a number, or a label that begins with one.
        bands: edges between which totals are known; as numbers, if empty.
        declared: tuples of roles that the policy declares as facts; `class` may stand in another table.
    """

    source: str
    person: str
    where: dict[str, str] = ()
    separator: str = ","
    item: tuple[str, ...] = ()
    class_: tuple[str, ...] = ()
    time: str | None = None
    shop: str | None = None
    amount: str | None = None
    bands: tuple[float, ...] = ()
    declared: tuple[tuple[str, ...], ...] = ()

    @property
    def columns(self):
        """Role by column(s)."""
        single = {PERSON: self.person, TIME: self.time, SHOP: self.shop, AMOUNT: self.amount}
        several = {ITEM: tuple(self.item), CLASS: tuple(self.class_)}
        return {r: (c,) for r, c in single.items() if c} | {r: c for r, c in several.items() if c}


@dataclass(frozen=True)
class Found:
    """People singled out, and one of fewer than k, by a kind of fact."""

    alone: int
    few: int


def described(path):
    """Return the roles of each table."""
    tables = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["tables"]
    return {
        name: Roles(**{("class_" if key == "class" else key): value for key, value in roles.items()})
        for name, roles in tables.items()
    }


# What is read


def released(release, roles):
    """Return the tables of a release by name, the columns as roles, each line with the part that holds it."""
    manifest = json.loads((Path(release) / "manifest.json").read_text(encoding="utf-8"))
    tables = {}
    for name, role in roles.items():
        files = [file["path"] for file in manifest["tables"][name]["files"]]
        parts = [played(read(Path(release) / path), role, part) for part, path in enumerate(files)]
        tables[name] = pl.concat(parts, how="diagonal")
    return tables


def sources(folder, roles):
    """Return the same of the files from which a release was made; a file is a part."""
    tables = {}
    for name, role in roles.items():
        parts = []
        for part, path in enumerate(sorted(Path(folder).glob(role.source))):
            lines = read(path, role.separator)
            for column, value in dict(role.where).items():
                lines = lines.filter(pl.col(column).cast(pl.String).str.contains(value))
            parts.append(played(lines, role, part))
        tables[name] = pl.concat(parts)
    return tables


def read(path, separator=","):
    """Read a file with all columns as they are."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    if path.suffix == ".avro":
        return pl.read_avro(path)
    return pl.read_csv(path, separator=separator, infer_schema=False)


def played(lines, roles, part):
    """Return the columns of a table as texts under the names of their roles; a role without its column is left out.

    A column that the release lacks plays no part: an attacker cannot use it.
    """
    made = []
    for role, columns in roles.columns.items():
        there = [column for column in columns if column in lines.columns]
        if there:
            texts = [_text(column) for column in there]
            made.append(pl.concat_str(texts, separator=JOINT, ignore_nulls=False).alias(role))
    return (
        lines.select(made)
        .with_columns(pl.lit(part, pl.Int32).alias(PART))
        .filter(pl.col(PERSON).is_not_null())
    )


def _text(column):
    text = pl.col(column).cast(pl.String)
    return pl.when(text.str.len_chars() > 0).then(text)


# What is counted


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
    return lines.with_columns(month()).drop_nulls("month").group_by(PERSON, "month").agg(what)


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
    found = {}
    classes = {name: lines for name, lines in tables.items() if CLASS in lines.columns}
    for name, lines in tables.items():
        there = set(lines.columns)
        if TIME in there:
            lines = lines.with_columns(day(), month())
        for title, names in {
            "item": (ITEM,),
            "item × day": (ITEM, "day"),
            "item × month": (ITEM, "month"),
            "shop": (SHOP,),
            "shop × day": (SHOP, "day"),
            "shop × month": (SHOP, "month"),
            "class": (CLASS,),
        }.items():
            if set(names) <= set(lines.columns):
                found[name, title] = of_facts(lines, *names, k=k)
        if ITEM in there:
            found[name, "two items"] = of_pairs(lines, ITEM, k=k)
            if TIME in there:
                found[name, "two of item × month"] = of_pairs(lines, ITEM, "month", k=k)
            found[name, "set of items"] = of_sets(lines, ITEM, k=k)
            for other, people in classes.items():
                both = lines.select(PERSON, ITEM).join(people.select(PERSON, CLASS).unique(), on=PERSON)
                found[name, f"item × class of {other}"] = of_facts(both, ITEM, CLASS, k=k)
        if TIME in there:
            windows = totals(lines, roles[name].bands)
            found[name, "lines in a month"] = of_facts(windows, "month", "lines", k=k)
            if "total" in windows.columns:
                found[name, "total of a month"] = of_facts(windows, "month", "total", k=k)
            ends = lines.group_by(PERSON).agg(
                pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
            )
            found[name, "first and last day"] = of_facts(ends, "first", "last", k=k)
        found[name, "number of lines"] = of_facts(lines.group_by(PERSON).len("lines"), "lines", k=k)
        found[name, "part"] = of_facts(lines, PART, k=k)
    return found | over_tables(tables, classes, k) | of_declared(tables, roles, k)


def of_declared(tables, roles, k):
    """Attack by the facts that the policy declares, over all tables: one, and any two."""
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
    }


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


def months_of_parts(tables):
    """Return by table how many parts there are, and how many of them hold one month alone."""
    told = {}
    for name, lines in tables.items():
        if TIME in lines.columns:
            months = lines.with_columns(month()).group_by(PART).agg(pl.col("month").n_unique())["month"]
            told[name] = len(months), int((months == 1).sum())
    return told


def main():
    """Print what an outsider can do with the sources, and with the release."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", type=Path, help="folder with manifest.json")
    parser.add_argument("description", type=Path, help="which columns play which part")
    parser.add_argument("--k", type=int, default=5)
    args = parser.parse_args()
    roles = described(args.description)
    was, now = sources(args.description.parent, roles), released(args.release, roles)
    before, after = attacks(was, roles, args.k), attacks(now, roles, args.k)
    for name in roles:
        print(
            f"{name}: {was[name][PERSON].n_unique():,} people before, {now[name][PERSON].n_unique():,} after"
        )
    print(
        f"\n| table | known | alone: before | after | fewer than {args.k}: before | after |\n|---|---|---|---|---|---|"
    )
    for where, then in before.items():
        left = after.get(where)
        shown = [
            f"{then.alone:,}",
            f"{left.alone:,}" if left else "–",
            f"{then.few:,}",
            f"{left.few:,}" if left else "–",
        ]
        print(f"| {' | '.join([*where, *shown])} |")
    for name, (parts, single) in months_of_parts(now).items():
        print(f"\n{name}: {parts} parts, {single} of them of one month alone")


if __name__ == "__main__":
    main()
