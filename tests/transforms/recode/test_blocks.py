"""Counting in blocks against counting the whole histogram at once."""

import math
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.problems import K, kernel_inputs, problems

from tokumei.transforms.recode import blocks as blocks_module
from tokumei.transforms.recode.blocks import Blocks
from tokumei.transforms.recode.lattice import Lattice
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.ranking import InfeasibleError
from tokumei.transforms.recode.search import find_optimum

FIGURES = ("classes", "squares", "kept", "kept_squares", "suppressed_records", "suppressed_people")
FIGURES += ("doomed_records", "doomed_people")


@settings(max_examples=150, deadline=None)
@given(problems([K[0]]), st.integers(1, 9), st.booleans(), st.integers(1, 20), st.floats(0, 1))
def test_blocks_count_as_the_whole(problem, cell, dense, batch, share):
    """Parted by few columns or many, by position or sorted, in small batches or one; whole or as far as needed."""
    ladders, histogram, models = kernel_inputs(problem)
    if histogram.pair_rows is not None:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_module, "_CELL", cell)
        patch.setattr(blocks_module, "_BATCH", batch)
        patch.setattr(blocks_module, "_ALWAYS_DENSE", 1 << 16 if dense else 0)
        patch.setattr(blocks_module, "_DENSE", 0)
        lattice, blocks = Lattice(ladders, histogram, models), Blocks(ladders, histogram)
        enough = math.floor(share * histogram.total_people)
        for node in problem.nodes():
            theirs, ours = lattice.count(node), blocks.count(node, models[0].k, None)
            for name in FIGURES:
                assert getattr(ours, name) == getattr(theirs, name), name
            assert all((a == b).all() for a, b in zip(ours.gone, theirs.gone, strict=True))
            assert all((a == b).all() for a, b in zip(ours.doomed, theirs.doomed, strict=True))
            partly = blocks.count(node, models[0].k, enough)
            if theirs.doomed_people > enough:
                assert enough < partly.doomed_people <= histogram.total_people
            else:
                assert partly.doomed_people == theirs.doomed_people


@settings(max_examples=100, deadline=None)
@given(problems([K[0]]), st.sampled_from(list(OBJECTIVES)))
def test_the_search_needs_no_more_of_what_it_rules_out(problem, metric):
    ladders, histogram, models = kernel_inputs(problem)
    objective = OBJECTIVES[metric](ladders, histogram.marginals(), problem.weight)
    allowed = math.floor(problem.limit * histogram.total_people + 1e-9)
    if histogram.pair_rows is not None:
        return

    def found(count):
        try:
            return find_optimum(objective, models, count, allowed)
        except InfeasibleError as error:
            return error.closest.node, error.closest.suppressed_people

    with pytest.MonkeyPatch.context() as patch:
        whole = found(Lattice(ladders, histogram, models).count)
        patch.setattr("tokumei.transforms.recode.lattice._ROLL_UP", 0)
        partly = found(partial(Lattice(ladders, histogram, models).count_within, allowed))
    if isinstance(whole, tuple):
        assert partly == whole
    else:
        assert (partly.node, partly.cost, partly.gap) == (whole.node, whole.cost, whole.gap)
