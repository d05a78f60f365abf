"""Brute force in plain Python: every node of a small lattice counted from its rows, and no code shared.

A problem is plain data; models are ("name", parameter, …) pairs. Sets and dictionaries only, so that it can be
read against the papers.
"""

import itertools
import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field

NULL_LAST = lambda value: (value is None, value or "")  # noqa: E731


@dataclass
class Problem:
    """A table, what its classes must satisfy, and what is to be minimized.

    ``files``: per column, value → labels from level 1 to the last. ``persons``: None where rows are people.
    """

    files: list
    rows: list
    persons: list | None = None
    sensitive: list | None = None
    population: list | None = None
    models: list = field(default_factory=list)
    weights: list | None = None
    limit: float = 0.0
    groups: dict | None = None  # of the sensitive column: value → labels from level 1 to the last

    def __post_init__(self):
        self.who = self.persons or list(range(len(self.rows)))
        self.weight = self.weights or [1] * len(self.files)
        self.everybody = [*self.rows, *(self.population or [])]
        self.domains = [
            sorted({row[i] for row in self.everybody}, key=NULL_LAST) for i in range(len(self.files))
        ]

    def label(self, column, value, level):
        file = self.files[column]
        if value is None:
            depth = len(next(iter(file.values())))
            return "*" if level == depth else None
        return (value, *file[value])[level]

    def labels(self, row, node):
        return tuple(self.label(i, v, n) for i, (v, n) in enumerate(zip(row, node, strict=True)))

    def nodes(self):
        return itertools.product(*(range(len(next(iter(file.values()))) + 1) for file in self.files))

    def order(self, node):
        """Sort key of classes: labels count in the order in which the sorted domain first shows them."""
        first = [
            list(dict.fromkeys(self.label(i, v, level) for v in self.domains[i]))
            for i, level in enumerate(node)
        ]
        return lambda cls: tuple(numbers.index(label) for numbers, label in zip(first, cls, strict=True))


@dataclass
class Outcome:
    """What one node keeps and suppresses."""

    node: tuple
    gone: list  # per row
    people: int  # suppressed
    possible: bool  # no class fails in which nobody can be suppressed
    classes: dict  # class → its row numbers

    @property
    def records(self):
        return sum(self.gone)


def count(problem, node):
    """Count one node."""
    members, population = defaultdict(list), Counter()
    for number, row in enumerate(problem.rows):
        members[problem.labels(row, node)].append(number)
    for row in problem.population or []:
        population[problem.labels(row, node)] += 1
    people = {cls: {problem.who[i] for i in rows} for cls, rows in members.items()}
    failing, possible = set(), True
    for name, *args in problem.models:
        if name in ("average_risk", "sample_uniqueness"):
            continue
        if name == "wildcard":
            failing |= _wildcard(people, *args)
            continue
        for cls in members.keys() | population.keys():
            if cls in members:
                if fails(problem, name, args, members[cls], population[cls]):
                    failing.add(cls)
            elif name == "presence" and not args[0] - 1e-12 <= 0 <= args[1] + 1e-12:
                possible = False
    for name, *args in problem.models:
        if name in ("average_risk", "sample_uniqueness"):
            key = problem.order(node)
            left = sorted(members.keys() - failing, key=lambda c: (len(people[c]), key(c)))
            failing |= set(left) - set(_bounded(left, people, name, *args))
    gone = [problem.labels(row, node) in failing for row in problem.rows]
    hit = {person for person, g in zip(problem.who, gone, strict=True) if g}
    return Outcome(node, gone, len(hit), possible, dict(members))


def _wildcard(people, k):
    left = set(people)
    while True:
        short = {
            c
            for c in left
            if sum(
                len(people[d])
                for d in left
                if all(x == y or x is None or y is None for x, y in zip(c, d, strict=True))
            )
            < k
        }
        if not short:
            return people.keys() - left
        left -= short


def _bounded(left, people, name, at_most):
    while left:
        sizes = [len(people[c]) for c in left]
        bad = len(sizes) if name == "average_risk" else sizes.count(1)
        if bad <= at_most * len(set().union(*(people[c] for c in left))) * (1 + 1e-12):
            break
        left = left[1:]
    return left


def shares(problem, rows):
    """Share of each sensitive value among some rows; a person counts once for each value."""
    pairs = {(problem.who[i], problem.sensitive[i]) for i in rows}
    counts = Counter(value for _, value in pairs)
    return {value: n / len(pairs) for value, n in counts.items()}


def counts(problem, rows):
    return Counter(value for _, value in {(problem.who[i], problem.sensitive[i]) for i in rows})


def fails(problem, name, args, rows, population=0):
    """Return whether a class of some rows, and as many people of the population, fails a model."""
    people = {problem.who[i] for i in rows}
    if name == "k":
        return len(people) < args[0]
    if name == "k_map":
        return population < args[0]
    if name == "presence":
        share = len(people) / max(population, 1)
        return share < args[0] - 1e-12 or share > args[1] + 1e-12
    p = shares(problem, rows)
    q = shares(problem, range(len(problem.rows)))
    if name == "distinct":
        return len(p) < args[0]
    if name == "entropy_l":
        return math.exp(-sum(x * math.log(x) for x in p.values())) < args[0] * (1 - 1e-12)
    if name == "recursive":
        f = sorted(counts(problem, rows).values(), reverse=True)
        return not f[0] < args[1] * sum(f[args[0] - 1 :]) * (1 - 1e-12)
    if name == "basic_beta":
        return any(p[v] / q[v] - 1 > args[0] + 1e-12 for v in p)
    if name == "enhanced_beta":
        return any(p[v] / q[v] - 1 > min(args[0], -math.log(q[v])) + 1e-12 for v in p)
    if name == "disclosure":
        return any(abs(math.log(p[v] / q[v])) >= args[0] - 1e-12 for v in p)
    return distance(problem, name, p, q) > args[0] + 1e-12


def distance(problem, name, p, q):
    """Earth mover's distance of two distributions (Li et al. 2007), densely over all values of q."""
    values = sorted(q, key=NULL_LAST)
    extra = {v: p.get(v, 0.0) - q[v] for v in values}
    if name == "equal":
        return sum(abs(e) for e in extra.values()) / 2
    if name == "ordered":
        total, so_far = 0.0, 0.0
        for v in values:
            so_far += extra[v]
            total += abs(so_far)
        return total / max(len(values) - 1, 1)
    assert name == "hierarchical"
    height = len(next(iter(problem.groups.values())))
    path = {v: (v, *problem.groups[v]) if v is not None else (None,) * height + ("*",) for v in values}
    moved = 0.0
    for level in range(1, height + 1):
        for group in {path[v][level] for v in values}:
            children = defaultdict(float)
            for v in values:
                if path[v][level] == group:
                    children[path[v][level - 1]] += extra[v]
            pos = sum(e for e in children.values() if e > 0)
            neg = -sum(e for e in children.values() if e < 0)
            moved += level / height * min(pos, neg)
    return moved


def cost(problem, outcome, metric):
    """Return the cost of a counted node."""
    n, suppressed = len(problem.rows), outcome.records
    kept = [rows for rows in outcome.classes.values() if not outcome.gone[rows[0]]]
    if metric == "discernibility":
        return sum(len(rows) ** 2 for rows in kept) + suppressed * n
    if metric == "average_class_size":
        return n / max(len(kept) + (suppressed > 0), 1)
    weights = [w / sum(problem.weight) for w in problem.weight]
    column = {
        "loss": _loss,
        "precision": _precision,
        "entropy": _entropy,
        "normalized_entropy": _normalized,
    }[metric]
    costs = [column(problem, outcome, i) for i in range(len(problem.files))]
    if metric == "loss":
        return math.prod((v + 1) ** w for v, w in zip(costs, weights, strict=True)) - 1
    scale = len(costs) if metric == "entropy" else 1
    return scale * sum(v * w for v, w in zip(costs, weights, strict=True))


def _loss(problem, outcome, i):
    file, level, n = problem.files[i], outcome.node[i], len(problem.rows)
    size = len(file)
    if size == 1:
        return 0.0
    leaves = Counter(problem.label(i, value, level) for value in file)
    total = sum(
        1 if gone else max(leaves[problem.label(i, row[i], level)], 1) / size
        for row, gone in zip(problem.rows, outcome.gone, strict=True)
    )
    return (total - n / size) / (n - n / size)


def _precision(problem, outcome, i):
    height = len(next(iter(problem.files[i].values())))
    return sum(1 if gone else outcome.node[i] / height for gone in outcome.gone) / len(problem.rows)


def _entropy(problem, outcome, i):
    values = [row[i] for row in problem.rows]
    labels = [problem.label(i, v, outcome.node[i]) for v in values]
    of_value, of_label = Counter(values), Counter(labels)
    bits = sum(math.log2(of_label[x] / of_value[v]) for v, x in zip(values, labels, strict=True))
    gone = Counter(x for x, g in zip(labels, outcome.gone, strict=True) if g)
    return bits + sum(c * math.log2(outcome.records / c) for c in gone.values())


def _normalized(problem, outcome, i):
    of_value = Counter(row[i] for row in problem.rows)
    most = sum(count * math.log2(len(problem.rows) / count) for count in of_value.values())
    return _entropy(problem, outcome, i) / most if most else 0.0


def optimum(problem, metric):
    """Return (cost, Outcome) of the best feasible node, or None.

    Costs that agree to twelve digits are ties: fewer suppressed records, then the smaller sum of levels, then
    the smaller levels from the first column on.
    """
    allowed = math.floor(problem.limit * len(set(problem.who)) + 1e-9)
    feasible = [
        (cost(problem, outcome, metric), outcome)
        for outcome in (count(problem, node) for node in problem.nodes())
        if outcome.possible and outcome.people <= allowed
    ]
    if not feasible:
        return None
    least = min(c for c, _ in feasible)
    ties = [(c, o) for c, o in feasible if c <= least + 1e-11 * max(1.0, abs(least))]
    return min(ties, key=lambda t: (t[1].records, sum(t[1].node), t[1].node))
