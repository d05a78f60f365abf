"""The loss of Adult's optimum, recomputed from the hierarchy files, and how little of the lattice it takes."""

import csv
import math
from collections import Counter

import pytest
from support import adult

from tokumei.transforms.recode.models.k_anonymity import KAnonymity


@pytest.mark.parametrize(
    ("limit", "node"), [(0.04, (0, 3, 0, 1, 1, 1, 1, 2, 0)), (1.0, (0, 3, 0, 0, 2, 1, 1, 1, 0))]
)
def test_little_of_the_lattice_is_counted(limit, node):
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [KAnonymity(5)], "loss", limit)
    choice = asked.optimum()
    assert choice.node == node and choice.count.suppressed_people == choice.count.suppressed_records
    assert choice.lattice_nodes == 12960 and choice.nodes_checked < 900


def test_the_loss_is_the_published_formula():
    """Per column (Σ share − N/|dom|)/(N − N/|dom|), suppressed records with share 1; Π(v+1)^(1/n) − 1."""
    node = (0, 3, 0, 1, 1, 1, 1, 2, 0)
    asked = adult.Problem(adult.NINE, adult.histogram(adult.NINE), [KAnonymity(5)], "loss", 0.04)
    cost, count = asked.at(node)
    lines = {}
    for name in adult.NINE:
        path = adult.FOLDER / f"adult_hierarchy_{name}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            lines[name] = {line[0]: line for line in csv.reader(stream, delimiter=";") if line}
    rows = [
        tuple(lines[n][v][level] for n, v, level in zip(adult.NINE, row, node, strict=True))
        for row in adult.ROWS
    ]
    counts = Counter(rows)
    total, size = 1.0, len(rows)
    for i, (name, level, measured) in enumerate(
        zip(adult.NINE, node, asked.objective.columns(count), strict=True)
    ):
        leaves, domain = Counter(line[level] for line in lines[name].values()), len(lines[name])
        shares = math.fsum(1.0 if counts[row] < 5 else leaves[row[i]] / domain for row in rows)
        loss = (shares - size / domain) / (size - size / domain)
        assert measured == pytest.approx(loss, abs=1e-12)
        total *= (loss + 1) ** (1 / len(node))
    assert cost == pytest.approx(total - 1, abs=1e-12)


def test_a_file_a_hundred_times_as_large_has_the_same_optimum():
    """Weights do not change the histogram's size, and k = 500 of it is k = 5 of the file."""
    on = adult.histogram(adult.NINE, times=100)
    choice = adult.Problem(adult.NINE, on, [KAnonymity(500)], "loss", 0.04).optimum()
    assert choice.node == (0, 3, 0, 1, 1, 1, 1, 2, 0) and choice.count.suppressed_records == 117800
    assert choice.cost == pytest.approx(0.26611081915757495, rel=adult.RELATIVE)
