"""The class sizes of the Adult data over nine quasi-identifiers."""

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tokumei.transforms.risk.sizes import ClassSizes

ADULT = Path(__file__).parents[2] / "data" / "arx_adult"


def lines(name):
    with (ADULT / name).open(encoding="utf-8", newline="") as stream:
        return [tuple(row) for row in csv.reader(stream, delimiter=";")]


@pytest.fixture(scope="session")
def adult_rows():
    return lines("adult.csv")[1:]


@pytest.fixture(scope="session")
def adult(adult_rows):
    return ClassSizes.of(np.array(list(Counter(adult_rows).values())))


@pytest.fixture(scope="session")
def adult_classes(adult_rows):
    """Class sizes of a node: the level of each of the nine columns."""
    names = lines("adult.csv")[0]
    ladders = [{row[0]: row for row in lines(f"adult_hierarchy_{name}.csv")} for name in names]

    def classes(node):
        generalized = (
            tuple(ladder[value][level] for ladder, value, level in zip(ladders, row, node, strict=True))
            for row in adult_rows
        )
        return np.array(list(Counter(generalized).values()))

    return classes
