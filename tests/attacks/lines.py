"""The lines of a release, and of the files it was made from, as any reader reads them: with polars, and nothing of ours.

A description says which columns play a part in an attack:

    tables:
      receipts: {source: receipts.csv, person: member_id, item: [item], time: sold_at, shop: shop, amount: price}
      members: {source: members.csv, person: member_id, class: [gender, age]}
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import yaml

PERSON, ITEM, SHOP, TIME, AMOUNT, CLASS, PART = "person", "item", "shop", "time", "amount", "class", "part"
# What stands between the values of a tuple, in no value.
JOINT = "\x1f"


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
    where: dict[str, str] = field(default_factory=dict)
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


def described(path):
    """Return the roles of each table."""
    tables = yaml.safe_load(Path(path).read_text(encoding="utf-8"))["tables"]
    return {
        name: Roles(**{("class_" if key == "class" else key): value for key, value in roles.items()})
        for name, roles in tables.items()
    }


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
            for column, value in role.where.items():
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
