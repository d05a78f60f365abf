"""What kernel tests share: a chain from plain data, and one way to fit and apply it without an engine."""

import itertools
import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from tokumei.schemas.column import Column
from tokumei.transforms.counting.keyed import person_hashes
from tokumei.transforms.criteria import Context
from tokumei.transforms.criteria.chain import Chain
from tokumei.transforms.engine.run_key import RunKey

KEY = RunKey(bytes(range(32)))


def chain_of(kind, *treat, k=5, reference=None, base=Path()):
    """The chain of one column."""
    column = Column.model_validate_json(json.dumps({"type": kind, "treat": treat}))
    return Chain("c", column, Context(k, reference), str(base), "tables.t.columns.c")


def hashes_of(persons):
    """The person hashes a chain sees; None where rows are people."""
    return None if persons is None else person_hashes(pa.array(persons, pa.string()), KEY)[:, 0]


def fit(chain, batches, persons=None):
    """Decide from batches; ``persons`` holds one list a batch."""
    people = persons or [None] * len(batches)
    parts = [chain.profile(chain.reach(b, KEY), hashes_of(p)) for b, p in zip(batches, people, strict=True)]
    return chain.fit(chain.merge(parts) if chain.needs_profile else None, KEY)


def treat(chain, values, persons=None):
    """Fit on one batch and return its treated values."""
    fitted = fit(chain, [values], None if persons is None else [persons])
    return chain.apply(fitted, values, KEY).rows().to_pylist()


def cut(items, places):
    """Cut a list (or an array) into consecutive pieces; pieces may be empty."""
    edges = [0, *sorted(min(p, len(items)) for p in places), len(items)]
    return [items[a:b] for a, b in itertools.pairwise(edges)]


def kept(treated, rows):
    """Which rows a treated column leaves."""
    return np.ones(rows, bool) if treated.drop is None else ~treated.drop
