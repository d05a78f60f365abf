"""What a data engineer would write by hand in DuckDB for full-domain generalization at levels found elsewhere.

Run: ``python by_duckdb_levels.py IN.csv PREFIX COLUMN=LEVEL,… K OUT.csv``; PREFIX of the hierarchies' files.
Classes of fewer than K records are left out.
"""

import sys

import duckdb


def main(source, prefix, levels, k, target):
    """Join every column with its hierarchy, count, and write whom enough others are like."""
    db = duckdb.connect()
    db.execute(f"create view rows as select * from read_csv('{source}', delim=';', all_varchar=true)")
    labels, joins = [], []
    for i, (column, level) in enumerate(levels.items()):
        path = f"{prefix}{column}.csv"
        db.execute(
            f"create view h{i} as select column0 as value, column{level} as label"
            f" from read_csv('{path}', delim=';', all_varchar=true, header=false,"
            f" names=[{','.join(repr(f'column{n}') for n in range(columns_of(path)))}])"
        )
        labels.append(f'h{i}.label as "{column}"')
        joins.append(f'join h{i} on h{i}.value = rows."{column}"')
    db.execute(f"create view generalized as select {', '.join(labels)} from rows {' '.join(joins)}")
    names = ", ".join(f'"{column}"' for column in levels)
    db.execute(
        f"copy (select * from generalized qualify count(*) over (partition by {names}) >= {k})"
        f" to '{target}' (delimiter ';', header)"
    )


def columns_of(path):
    """Return how many levels the file of a hierarchy has, the values themselves included."""
    with open(path, encoding="utf-8") as stream:
        return stream.readline().count(";") + 1


if __name__ == "__main__":
    chosen = dict(pair.split("=") for pair in sys.argv[3].split(","))
    main(sys.argv[1], sys.argv[2], chosen, int(sys.argv[4]), sys.argv[5])
