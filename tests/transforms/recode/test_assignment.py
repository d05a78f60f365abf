"""What is released keeps the models, recomputed naively from the released rows; and costs what was searched."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import brute
from support.problems import BOUNDS, SENSITIVE, K, kernel_inputs, problems

from tokumei.transforms.recode.assignment import count_assignment, full_domain, recoder_of, released_classes
from tokumei.transforms.recode.lattice import Lattice, failing_classes
from tokumei.transforms.recode.objectives import OBJECTIVES
from tokumei.transforms.recode.ranking import InfeasibleError
from tokumei.transforms.recode.search import find_optimum

METRICS = list(OBJECTIVES)


def assignment_at(lattice, node):
    classes, of_tuple = lattice.classes(node)
    failing, _ = failing_classes(lattice.models, classes)
    return full_domain(node, failing[of_tuple])


@settings(max_examples=150, deadline=None)
@given(problems())
def test_an_assignment_costs_what_its_node_does(problem):
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    for node in problem.nodes():
        count = lattice.count(node)
        recounted = count_assignment(assignment_at(lattice, node), ladders, histogram)
        assert recounted.suppressed_records == count.suppressed_records
        if count.suppressed_people <= histogram.total_people:
            assert recounted.suppressed_people == count.suppressed_people
        for kind in OBJECTIVES.values():
            objective = kind(ladders, histogram.marginals(), problem.weight)
            assert objective.value(recounted) == pytest.approx(objective.value(count), rel=1e-10, abs=1e-10)


@settings(max_examples=300, deadline=None)
@given(st.data(), st.sampled_from(METRICS))
def test_the_released_rows_keep_the_models(data, metric):
    kinds = data.draw(st.lists(st.sampled_from([K[0], *SENSITIVE, *BOUNDS]), min_size=1, max_size=3))
    problem = data.draw(problems(kinds))
    ladders, histogram, models = kernel_inputs(problem)
    lattice = Lattice(ladders, histogram, models)
    objective = OBJECTIVES[metric](ladders, histogram.marginals(), problem.weight)
    try:
        choice = find_optimum(
            objective, models, lattice.count, math.floor(problem.limit * histogram.total_people + 1e-9)
        )
    except InfeasibleError:
        return
    assignment = assignment_at(lattice, choice.node)
    codes = [
        np.array([d.index(row[i]) for row in problem.rows], np.int32) for i, d in enumerate(problem.domains)
    ]
    recoding = recoder_of(assignment, ladders, histogram)
    numbers, released = recoding.apply(codes)
    texts = [[names[n] for n in column] for names, column in zip(recoding.labels, numbers, strict=True)]
    members = defaultdict(list)
    for i, labels in enumerate(zip(*texts, strict=True)):
        if released[i]:
            assert labels == problem.labels(problem.rows[i], choice.node)
            members[labels].append(i)
    assert int((~released).sum()) == choice.count.suppressed_records
    lost = {who for who, kept in zip(problem.who, released, strict=True) if not kept}
    assert len(lost) == choice.count.suppressed_people <= problem.limit * len(set(problem.who)) + 1e-9
    people = [len({problem.who[i] for i in rows}) for rows in members.values()]
    for name, *args in problem.models:
        if name == "average_risk":
            assert len(people) <= args[0] * sum(people) * (1 + 1e-9)
        elif name == "sample_uniqueness":
            assert people.count(1) <= args[0] * sum(people) * (1 + 1e-9)
        else:
            for rows in members.values():
                assert not brute.fails(problem, name, args, rows)
    classes, _ = released_classes(assignment, ladders, histogram)
    held = classes.records > 0
    assert sorted(classes.records[held]) == sorted(len(rows) for rows in members.values())
    cap = max([args[0] for name, *args in problem.models if name == "k"], default=0)
    if any(name != "k" for name, *_ in problem.models):
        cap = len(problem.rows)
    assert sorted(np.minimum(classes.people[held], cap)) == sorted(min(n, cap) for n in people)
