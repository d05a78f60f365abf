"""Counting the work of a run, for guards that cannot flake: requests, reads, calls, pickles and what crosses a shuffle.

Hooks stand at the borders of the job (the store, the engine's data plane, pickling) and at functions and methods
by identity, wherever they are imported: none depends on threads, nor on how a module is cut.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
import re
import sys
import threading
from collections import Counter, defaultdict
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
from apache_beam.runners.portability.fn_api_runner.fn_runner import FnApiRunner
from apache_beam.runners.worker.bundle_processor import DataOutputOperation

from tokumei import transforms
from tokumei.transforms.counting.keyed import keyed_hashes
from tokumei.transforms.criteria.base import Criterion
from tokumei.transforms.criteria.encoding import encode
from tokumei.transforms.engine import progress, spill
from tokumei.transforms.engine.run_key import KEY_BYTES, RunKey
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.local import LocalStore

for found in pkgutil.walk_packages(transforms.__path__, "tokumei.transforms."):
    importlib.import_module(found.name)  # what is imported while a hook is set would keep it

# Elements that are shipped to workers or hold what all of a file tells: how often each is pickled matters.
PICKLED = {
    "Work",
    "Chunk",
    "Anonymized",
    "ReleasedChunk",
    "FittedTable",
    "Decision",
    "TableCount",
    "TableProfile",
    "TableWritten",
}
_SHUFFLE = re.compile(r"(/CombinePerKey/Group|(/Reshuffle)?/ReshufflePerKey/GroupByKey|/GroupByKey)$")
_REQUESTS = [name for name in vars(Store) if not name.startswith("_") and name != "join"]


class Fact(NamedTuple):
    """A line of the table: what was counted, the exact count, and bytes of which only the order is exact."""

    what: str
    count: str
    size: int | None = None


@dataclass
class Opening:
    """One opening of an input file: the (offset, length) of every read."""

    uri: str
    ranges: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Work:
    """What a run did.

    Attributes:
        requests: of the store, by name. openings: of inputs, in order. written: bytes by URI.
        calls, values: by function or treatment, how often it was called, over how many values in all.
        elements, bytes: what was handed to the engine, by step: shuffled, or kept for other stages.
        pickled: by class.
    """

    requests: Counter = field(default_factory=Counter)
    openings: list[Opening] = field(default_factory=list)
    written: dict[str, int] = field(default_factory=dict)
    calls: Counter = field(default_factory=Counter)
    values: Counter = field(default_factory=Counter)
    elements: Counter = field(default_factory=Counter)
    bytes: Counter = field(default_factory=Counter)
    pickled: Counter = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, counter, what, n=1):
        """Add to a counter, whatever thread this is."""
        with self.lock:
            counter[what] += n

    def facts(self):
        """Return all counts, in order."""
        yield from (Fact(f"records, {stage}", f"{n.total:,}") for stage, n in progress.seen().items())
        yield from self._reads()
        yield from (Fact(f"store, {name}", f"{n:,}") for name, n in sorted(self.requests.items()))
        for name, n in sorted(self.calls.items()):
            yield Fact(f"calls, {name}", f"{n:,} over {self.values[name]:,} values")
        yield from (Fact(f"pickled, {kind}", f"{self.pickled[kind]:,}") for kind in sorted(PICKLED))
        for step, n in sorted(self.elements.items()):
            yield Fact(step, f"{n:,}", self.bytes[step])
        parts = [size for uri, size in self.written.items() if "/data/" in uri]
        yield Fact("parts written", f"{len(parts):,}", sum(parts))

    def _reads(self):
        """What each opening read of the files of a table; all files of a table are read alike."""
        passes, read_bytes = defaultdict(set), Counter()
        for uri in {opening.uri for opening in self.openings}:
            mine = [opening for opening in self.openings if opening.uri == uri]
            size, columns = Path(uri).stat().st_size, _columns_of(uri)
            read = [found for opening in mine if (found := _columns_read(opening, columns, size))]
            table = Path(uri).stem.rsplit("-", 1)[0]
            passes[f"openings, {table}"].add(f"{len(mine)}")
            for number, found in enumerate(read, 1):
                passes[f"read, {table}, {number}"].add(found)
            read_bytes[table] = max(read_bytes[table], sum(n for opening in mine for _, n in opening.ranges))
        assert all(len(alike) == 1 for alike in passes.values()), dict(passes)
        yield from (Fact(what, alike.pop()) for what, alike in sorted(passes.items()))
        yield from (Fact(f"read, {table}, bytes of a file", "", n) for table, n in sorted(read_bytes.items()))


def _columns_of(uri):
    """Where every column of a Parquet file lies: name → (begin, end) of its chunks; text is all of one piece."""
    if not uri.endswith(".parquet"):
        return {"everything": [(0, Path(uri).stat().st_size)]}
    metadata = pq.read_metadata(uri)
    places = defaultdict(list)
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(metadata.num_columns)):
            begin = min(filter(None, (chunk.dictionary_page_offset, chunk.data_page_offset)))
            places[chunk.path_in_schema].append((begin, begin + chunk.total_compressed_size))
    return places


def _columns_read(opening, columns, size):
    """The columns that an opening read; empty where it looked at header or footer alone.

    The footer is read with whatever precedes it; of a text, the header is read alone before the records.
    """
    footer = len(columns) > 1
    ranges = [(at, at + n) for at, n in opening.ranges if not (footer and at + n == size)]
    touched = {}
    for name, places in columns.items():
        read = sum(max(0, min(stop, end) - max(at, begin)) for at, stop in ranges for begin, end in places)
        touched[name] = read / sum(end - begin for begin, end in places)
    if not footer and max(touched.values()) < 1:
        return ""
    return " ".join(
        name if round(share, 2) == 1 else f"{name} ({share:.2f} times)"
        for name, share in touched.items()
        if share
    )


class _Watched:
    """An input that notes what is read of it."""

    def __init__(self, stream, ranges):
        self._stream, self._ranges = stream, ranges

    def __getattr__(self, name):
        return getattr(self._stream, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stream.close()

    def read(self, size=-1):
        at, data = self._stream.tell(), self._stream.read(size)
        self._ranges.append((at, len(data)))
        return data

    def readinto(self, buffer):
        at, n = self._stream.tell(), self._stream.readinto(buffer)
        self._ranges.append((at, n))
        return n


def count_work(patch):
    """Set the hooks with a MonkeyPatch; return what will be filled while jobs run in this process."""
    work = Work()
    # People fall into the same buckets in every run.
    patch.setattr(RunKey, "draw", classmethod(lambda cls: cls(bytes(range(KEY_BYTES)))))
    patch.setattr(spill, "spilling", nullcontext)  # the bytes that an engine elsewhere would shuffle
    _watch_store(patch, work)
    everywhere(patch, encode, _counted(work, encode, lambda args: "encode", 0))
    everywhere(patch, keyed_hashes, _counted(work, keyed_hashes, lambda args: "keyed_hashes", 0))
    for kind in _kinds(Criterion):
        if "apply" in vars(kind):
            patch.setattr(kind, "apply", _counted(work, kind.apply, _treatment, 2))
    for module in [
        m for name, m in sys.modules.items() if name.startswith(("tokumei.transforms.", "tokumei.schemas."))
    ]:
        for kind in [k for k in vars(module).values() if isinstance(k, type) and k.__name__ in PICKLED]:
            if kind.__module__ == module.__name__:
                patch.setattr(kind, "__getstate__", _pickling(work), raising=False)
    _watch_engine(patch, work)
    return work


def everywhere(patch, function, instead):
    """Replace a function in every module of ours that has imported it."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("tokumei.transforms.", "tokumei.pipelines.")):
            for attribute in [a for a, value in vars(module).items() if value is function]:
                patch.setattr(module, attribute, instead)


def _kinds(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _kinds(child)


def _treatment(args):
    _, table, _, column, _ = args[0].where.split(".")
    return f"{table}.{column}: {args[0].method}"


def _counted(work, function, name, values):
    @functools.wraps(function)
    def call(*args, **kwargs):
        work.note(work.calls, name(args))
        work.note(work.values, name(args), len(args[values]))
        return function(*args, **kwargs)

    return call


def _pickling(work):
    def state(self):
        work.note(work.pickled, type(self).__name__)
        return vars(self)

    return state


def _watch_store(patch, work):
    inside = threading.local()

    def outermost(name, method):
        @functools.wraps(method)
        def call(self, *args):
            if getattr(inside, "busy", False):
                return method(self, *args)
            inside.busy = True
            try:
                found = method(self, *args)
            finally:
                inside.busy = False
            work.note(work.requests, name)
            if name == "open_input":
                opening = Opening(args[0].uri)
                work.openings.append(opening)
                return _Watched(found, opening.ranges)
            if name == "create":
                work.written[args[0]] = len(args[1])
            return found

        return call

    for name in _REQUESTS:
        patch.setattr(LocalStore, name, outermost(name, getattr(LocalStore, name)))


def _watch_engine(patch, work):
    """Count what leaves a fused stage of Beam's in-process runner: by the transform that made it."""
    maker = {}
    run = FnApiRunner.run_via_runner_api

    def noted(self, pipeline, options):
        found = pipeline.components.transforms.values()
        leaves = [t for t in found if not t.subtransforms]
        for leaf in leaves:  # one that adds nothing to the graph hands on what another made
            made = set(leaf.outputs.values()) - set(leaf.inputs.values())
            maker.update(dict.fromkeys(made, leaf.unique_name))
        return run(self, pipeline, options)

    def process(self, value):
        before = self.output_stream.size()
        self.windowed_coder_impl.encode_to_stream(value, self.output_stream, True)
        name = self.transform_id.removesuffix("/Write")
        step = f"{maker[name]}, kept" if name in maker else f"{_SHUFFLE.sub('', name)}, shuffled"
        work.note(work.elements, step)
        work.note(work.bytes, step, self.output_stream.size() - before)
        self.output_stream.maybe_flush()

    patch.setattr(FnApiRunner, "run_via_runner_api", noted)
    patch.setattr(DataOutputOperation, "process", process)
