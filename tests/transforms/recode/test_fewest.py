"""Fewest cells against every way to blank the leftovers of small tables."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support.lattices import histogram_of, ladder_of

from tokumei.transforms.recode import fewest
from tokumei.transforms.recode.assignment import count_assignment, full_domain, holds
from tokumei.transforms.recode.fewest import fewest_cells
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.recode.objectives import OBJECTIVES


@st.composite
def releases(draw):
    """A lattice, one of its nodes, and its full-domain release."""
    sizes = [draw(st.integers(2, 4)) for _ in range(draw(st.integers(1, 3)))]
    ladders = [ladder_of(size, draw(st.sampled_from([(), (2,)]))) for size in sizes]
    rows = draw(st.lists(st.tuples(*(st.integers(0, s - 1) for s in sizes)), min_size=3, max_size=14))
    histogram = histogram_of(np.array(rows, np.int32).T, sizes)
    lattice = Lattice(ladders, histogram, [KAnonymity(draw(st.integers(2, 4)))])
    node = tuple(draw(st.integers(0, top)) for top in lattice.top)
    objective = OBJECTIVES[draw(st.sampled_from(sorted(OBJECTIVES)))](
        ladders, histogram.marginals(), [1.0] * len(sizes)
    )
    return lattice, objective, node, full_domain(node, lattice.failing(node))


def least_cells(lattice, node, out):
    """The fewest cells of any choice of columns to blank, by leftovers with the same labels; and of the leftovers."""
    h = lattice.histogram
    own = [
        ladder.codes[level][codes]
        for ladder, level, codes in zip(lattice.ladders, node, h.codes, strict=True)
    ]
    columns = [i for i, (level, top) in enumerate(zip(node, lattice.top, strict=True)) if level < top]
    left = {}
    for t in np.flatnonzero(out).tolist():
        labels = tuple(int(own[i][t]) for i in columns)
        left[labels] = left.get(labels, 0) + int(h.records[t])
    assume(len(left) <= 4)
    sets = [b for n in range(len(columns) + 1) for b in itertools.combinations(range(len(columns)), n)]
    best = len(columns) * sum(left.values())
    for choice in itertools.product([None, *sets], repeat=len(left)):
        classes, cells = {}, 0
        for (labels, records), blank in zip(left.items(), choice, strict=True):
            cells += records * len(columns if blank is None else blank)
            if blank is not None:
                seen = tuple("*" if i in blank else label for i, label in enumerate(labels))
                classes[seen] = classes.get(seen, 0) + records
        if all(records >= lattice.models[0].k for records in classes.values()):
            best = min(best, cells)
    return best, left


@settings(max_examples=150, deadline=None)
@given(releases())
def test_fewest_cells_as_brute_force_finds_them(release):
    lattice, objective, node, optimum = release
    least, _ = least_cells(lattice, node, ~optimum.released)
    found, blanked = fewest_cells(lattice, objective, optimum, optimum)
    assert blanked.least <= least <= blanked.cells
    costs = [
        objective.value(count_assignment(a, lattice.ladders, lattice.histogram)) for a in (found, optimum)
    ]
    assert costs[0] <= costs[1] + 1e-9
    if objective.name == "precision":  # of which each cell costs as much, whoever is suppressed
        assert blanked.cells == blanked.least == least or set(node) != {0}
    assert holds(found, lattice.ladders, lattice.histogram, lattice.models)
    assert (found.of_tuple == 0).tolist() == (optimum.of_tuple == 0).tolist()


@settings(max_examples=50, deadline=None)
@given(releases())
def test_a_bound_without_the_program_bounds(release):
    lattice, objective, node, optimum = release
    least, _ = least_cells(lattice, node, ~optimum.released)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fewest, "_PLACES", -1)
        found, blanked = fewest_cells(lattice, objective, optimum, optimum)
        assert blanked.least <= least <= blanked.cells
        assert holds(found, lattice.ladders, lattice.histogram, lattice.models)
        patch.setattr(fewest, "_WORK", 0)
        assert fewest_cells(lattice, objective, optimum, optimum)[1].least <= blanked.least
