"""A hierarchy file on its way into every step of a graph: small when pickled, and held once by a process."""

import pickle

from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.hierarchies.bound import BoundHierarchy


def test_copies_of_a_large_hierarchy_are_small_and_share_its_lines(tmp_path):
    lines = [(f"{i:06d}", f"区{i // 100}", f"県{i // 10_000}", "*") for i in range(50_000)]
    (tmp_path / "h.csv").write_text("".join(";".join(line) + "\n" for line in lines))
    bound = BoundHierarchy(FileHierarchy(kind="file", path="h.csv"), str(tmp_path), "tables.t.columns.c")
    pickled = pickle.dumps(bound)
    copies = [pickle.loads(pickled) for _ in range(3)]
    assert len(pickled) < 250_000
    assert all(copy.rows is bound.rows for copy in copies)
    assert list(bound.rows.items()) == [(line[0], line[1:]) for line in lines]
    assert copies[0].ladder(["000123", None]).labels == bound.ladder(["000123", None]).labels
