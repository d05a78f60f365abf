"""A small campaign on every run of the suite, and that a campaign can fail; `make fuzz` runs a large one."""

import json
import random
from types import SimpleNamespace

import pytest
from fuzz import fuzzing
from fuzz.seeds import KINDS, MARK, POLICY, SEEDS
from hypothesis import given, settings
from hypothesis import strategies as st

from tokumei.schemas.errors import InputError, PolicyError
from tokumei.schemas.policy_file import parse_policy
from tokumei.transforms.formats import jsonl


@pytest.fixture
def clocked():
    fuzzing.be_told()


class Straight(random.Random):
    """Draws no variant."""

    def random(self):
        return 0.99


@pytest.mark.parametrize("kind", SEEDS)
def test_seeds_are_good(kind, tmp_path, clocked):
    for data, options in SEEDS[kind]:
        assert fuzzing.attempt(kind, tmp_path, data, options, Straight()) == "taken"


@pytest.mark.parametrize("kind", SEEDS)
def test_mutated_inputs_end_as_documented(kind, tmp_path, clocked):
    ended = {}
    for index in range(40 if kind == "policy" else 120):
        ended[index] = fuzzing.attempt(kind, tmp_path, *fuzzing.mutated(kind, index, seed=11))
    assert {i: how for i, how in ended.items() if how.startswith("!")} == {}
    assert len(set(ended.values())) > 1 or kind == "parquet"


def test_a_campaign_fails_where_a_reader_does(tmp_path, monkeypatch, clocked):
    data, options = SEEDS["jsonl"][0]

    def attempt(fault):
        monkeypatch.setattr(jsonl, "rows", fault)
        return fuzzing.attempt("jsonl", tmp_path, data, options, random.Random(1))

    def endless(*_):
        while True:
            pass

    def leak(*_):
        raise InputError("x", where=f"{MARK}1", what="x", fix="x")

    def crash(*_):
        raise KeyError(MARK)

    monkeypatch.setattr(fuzzing, "SECONDS", 0.2)
    assert attempt(endless) == "! too slow"
    assert attempt(leak) == "! a value is shown: x"
    assert attempt(crash).startswith("! KeyError at") and "test_fuzz.py" in attempt(crash)
    peaks = iter([SimpleNamespace(ru_maxrss=kib) for kib in (0, 300 << 10)])
    monkeypatch.setattr(fuzzing.resource, "getrusage", lambda _: next(peaks))
    assert attempt(lambda *_: iter(())) == "! 300 MiB of memory"


def test_the_death_of_a_process_is_told_and_the_rest_is_read(monkeypatch):
    monkeypatch.setenv("TOKUMEI_FUZZ_DIE_AT", "3")
    counts, failures = fuzzing.watch_chunk("csv", 0, 6, 1)
    assert counts["! the process died"] == 1 and counts.total() == 6
    assert list(failures) == ["csv 3"]


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
TREE = st.recursive(
    LEAF,
    lambda t: st.lists(t, max_size=3) | st.dictionaries(st.text(max_size=5), t, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.data())
def test_any_value_anywhere_in_a_policy(data):
    import yaml

    tree = yaml.safe_load(POLICY)
    node, key = data.draw(st.sampled_from(list(fuzzing._places(tree))))
    node[key] = data.draw(TREE)
    with_any = json.dumps(tree, default=str)
    try:
        parse_policy(with_any, "policy.yaml")
    except PolicyError as error:
        assert error.where.startswith("policy.yaml") and error.fix


@settings(max_examples=150)
@given(
    st.sampled_from(["csv", "tsv", "jsonl"]),
    st.binary(max_size=300),
    st.sampled_from(["utf-8", "cp932", "euc_jp"]),
)
def test_any_bytes_after_a_header(kind, body, encoding):
    head = b"" if kind == "jsonl" else ("," if kind == "csv" else "\t").join(KINDS).encode() + b"\n"
    options = {"format": kind} if kind == "jsonl" else {"format": kind, "encoding": encoding}
    try:
        fuzzing.read_records(head + body, options, random.Random(2))
    except InputError as error:
        assert error.code.split(".")[0] in {"input", "csv"}
