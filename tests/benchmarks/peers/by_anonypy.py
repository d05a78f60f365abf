"""What a user of anonypy would write: Mondrian with k people a class. Its classes are not cut along hierarchies.

Run: ``python by_anonypy.py IN.csv COLUMNS K OUT.csv``; columns by comma. Written are classes, with their number
of records as ``count``: of numbers the least and the greatest, of texts all that occur.
"""

import sys

import anonypy
import pandas as pd


def main(source, columns, k, target):
    """Classes of the quasi-identifiers alone: anonypy wants a sensitive column, so all are given the same value."""
    table = pd.read_csv(source, sep=";")[columns]
    for column in columns:
        if table[column].dtype.kind not in "if":
            table[column] = table[column].astype("category")
    rows = anonypy.Preserver(table.assign(same="x"), columns, "same").anonymize_k_anonymity(k=k)
    told = pd.DataFrame(rows)
    told[columns] = told[columns].map(lambda cell: cell[0])  # each cell is a list of one text
    told.to_csv(target, sep=";", index=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2].split(","), int(sys.argv[3]), sys.argv[4])
