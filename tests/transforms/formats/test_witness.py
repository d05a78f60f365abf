"""A witness notes what is read, and refuses what is read otherwise the next time."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokumei.schemas.errors import InputError
from tokumei.schemas.splits import SourceFile
from tokumei.transforms.formats.witness import MAX_READS, Witness

FILE = SourceFile("data.bin", 1, "1")


class Memory:
    def __init__(self, content):
        self.content = content

    def open_input(self, file):
        return io.BytesIO(self.content)

    def stat(self, uri):
        return FILE


def read(content, places, before=b""):
    witness = Witness(Memory(content), [FILE], before)
    with witness.open_input(FILE) as stream:
        for start, size in places:
            stream.seek(start)
            assert stream.read(size) == content[start : start + size]
            assert stream.tell() == min(start + size, max(start, len(content)))
    return witness.seen()


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_other_byte_in_a_place_that_both_passes_read_is_refused(content, data):
    place = st.tuples(st.integers(0, len(content) - 1), st.integers(1, 9))
    first = data.draw(st.lists(place, min_size=1, max_size=8))
    again = data.draw(st.lists(st.one_of(place, st.sampled_from(first)), max_size=8))
    seen = read(content, first)
    read(content, again, seen)
    at = data.draw(st.integers(0, len(content) - 1))
    other = bytearray(content)
    other[at] ^= data.draw(st.integers(1, 255))
    got = [{(start, min(size, len(content) - start)) for start, size in places} for places in (first, again)]
    if any(start <= at < start + size for start, size in got[0] & got[1]):
        with pytest.raises(InputError) as caught:
            read(bytes(other), again, seen)
        assert caught.value.code == "input.changed"
    else:
        read(bytes(other), again, seen)


def test_what_is_seen_does_not_depend_on_the_order_of_reads():
    content = bytes(range(100))
    assert read(content, [(0, 10), (50, 5), (0, 10)]) == read(content, [(50, 5), (0, 10)])


def test_of_many_reads_the_same_few_are_kept_whichever_others_there_are():
    content = np.random.default_rng(1).bytes(9_000)
    places = [(i, 3) for i in range(0, 9_000, 3)]
    seen = read(content, places)
    assert len(seen) == MAX_READS * 24
    other = bytes(b ^ 1 for b in content)
    with pytest.raises(InputError):
        read(other, places, seen)


def test_buffered_and_direct_reads_are_both_noted():
    content = bytes(200)
    witness = Witness(Memory(content), [FILE])
    buffered = io.BufferedReader(witness.open_input(FILE), 64)
    assert buffered.read(150) == content[:150]
    seen = witness.seen()
    with pytest.raises(InputError):
        io.BufferedReader(Witness(Memory(b"\1" + content[1:]), [FILE], seen).open_input(FILE), 64).read(150)


def test_a_file_that_changes_within_a_pass_is_refused():
    memory = Memory(b"abc")
    witness = Witness(memory, [FILE])
    witness.open_input(FILE).read(2)
    memory.content = b"xbc"
    with pytest.raises(InputError):
        witness.open_input(FILE).read(2)
