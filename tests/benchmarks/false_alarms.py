"""What the leak search takes for codes, contacts and names in public data, in which nothing is anybody's.

Run: ``PYTHONPATH=tests python tests/benchmarks/false_alarms.py FOLDER --names FILE --towns FILE``. FOLDER holds tables (csv, tsv,
parquet) and texts (txt, md) in UTF-8 or CP932; each column is searched as one that is kept. The files hold names
as mecab-ipadic has them (``Noun.name.csv``, EUC-JP), and towns as Japan Post has (``ken_all.zip``): looked for
are 300,000 people, family names and given names put together at random, in kanji and in kana, with an address in
such a town and a birth date each. Printed is each column that would stop a run, and the share of cells.
"""

import argparse
import csv
import io
import json
import random
import zipfile
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
from support.helpers import policy_of

from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.detect.name_forms import joined_names
from tokumei.transforms.detect.name_set import NameSet
from tokumei.transforms.detect.told_set import ToldSet
from tokumei.transforms.leaks.found import LeakSearch
from tokumei.transforms.leaks.numbers import numbers_in
from tokumei.transforms.leaks.own_tokens import own_tokens
from tokumei.transforms.leaks.people import addresses_and_births, names_in
from tokumei.transforms.leaks.values import read_cells
from tokumei.transforms.leaks.verdict import is_leak
from tokumei.transforms.leaks.written import WrittenColumn
from tokumei.transforms.planning.plan_tables import plan_tables

PEOPLE, LABEL = 300_000, 10
SURFACE, KIND, READING = 0, 7, 11  # fields of a line of mecab-ipadic
PREFECTURE, TOWN = 6, 8  # of KEN_ALL


def names_of(path):
    """Return people who do not exist."""
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="euc_jp"))))
    family, given = ([line for line in lines if line[KIND] == kind] for kind in ("姓", "名"))
    draw = random.Random(4)
    people = [(draw.choice(family), draw.choice(given)) for _ in range(PEOPLE)]
    forms = []
    for field in (SURFACE, READING):
        forms += joined_names(
            *(pa.array([word[field] for word in words]) for words in zip(*people, strict=True))
        )
    return NameSet.of(forms, bytes(range(32)))


def told_of(path):
    """Return where these people live, and when they were born."""
    draw, packed = random.Random(5), zipfile.ZipFile(path)
    lines = csv.reader(io.StringIO(packed.read(packed.namelist()[0]).decode("cp932")))
    towns = ["".join(line[PREFECTURE:TOWN]) + line[TOWN].split("（")[0] for line in lines]
    homes = [
        f"{draw.choice(towns)}{draw.randint(1, 6)}-{draw.randint(1, 30)}-{draw.randint(1, 20)}"
        for _ in range(PEOPLE)
    ]
    days = [date(1925, 1, 1) + timedelta(draw.randrange(36_000)) for _ in range(PEOPLE)]
    return ToldSet.of(pl.Series(homes), [pl.Series(days)], bytes(range(32)))


def dealt(path):
    """Return a table of people, and what makes as many as a column has cells: names as drawn, any telephone."""
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="euc_jp"))))
    family, given = ([line[SURFACE] for line in lines if line[KIND] == kind] for kind in ("姓", "名"))
    dropped = {"drop": True, "because": "不要"}
    columns = {"氏名": dropped, "電話番号": dropped, "note": {"keep": True, "because": "試験"}}
    table = plan_tables(parse_policy(json.dumps(policy_of(columns)), "policy"), ".")["t"]
    few = random.Random(6).sample(family, 2_000)  # as few as most people are called

    def people(count):
        draw = random.Random(7)
        names = [f"{draw.choice(few)} {draw.choice(given)}" for _ in range(count)]
        telephones = [f"090-{draw.randrange(10**4):04d}-{draw.randrange(10**4):04d}" for _ in range(count)]
        return pa.RecordBatch.from_pydict({"氏名": names, "電話番号": telephones})

    return table, people


def columns_of(path):
    """Yield the columns of a table, or the lines of a text, as texts."""
    if path.suffix == ".parquet":
        table = pl.read_parquet(path)
    else:
        raw = path.read_bytes()
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = raw.decode("cp932", errors="ignore")
        if path.suffix in {".txt", ".md"}:
            table = pl.DataFrame({"lines": text.splitlines()})
        else:
            head = text.split("\n", 1)[0]
            mark = max("\t;|,", key=head.count)
            table = pl.read_csv(
                io.StringIO(text), separator=mark, infer_schema=False, truncate_ragged_lines=True
            )
    for name in table.columns:
        if table[name].dtype == pl.String or table[name].dtype.is_integer():
            yield name, table[name].cast(pl.String)


def main():
    """Search every column of the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--towns", type=Path, required=True)
    args = parser.parse_args()
    names, told, cells, alarms = names_of(args.names), told_of(args.towns), 0, 0
    table, people = dealt(args.names)
    for path in sorted(args.folder.rglob("*")):
        if path.suffix.lower() not in {".csv", ".tsv", ".parquet", ".txt", ".md"} or path == args.names:
            continue
        for name, values in columns_of(path):
            read = read_cells(values.cast(pl.String).to_arrow().cast(pa.string()))
            written = WrittenColumn.of(read, names, None)
            found = {
                LeakSearch("number", name, kind): n
                for kind, n in numbers_in(read.cells.to_arrow().cast(pa.string()), written).items()
            }
            found |= names_in(names, name, written, LABEL)
            found |= addresses_and_births(told, name, written, LABEL)
            found |= own_tokens(table, people(len(values)), pa.array(range(len(values))), name, written)
            cells += len(values)
            for search, count in found.items():
                if is_leak(search, count):
                    alarms += count.sure + count.chance
                    print(
                        f"{path.relative_to(args.folder)} {name}: {search.of or search.kind}, {count}",
                        flush=True,
                    )
    print(f"{cells:,} cells, {alarms:,} of them taken for something")


if __name__ == "__main__":
    main()
