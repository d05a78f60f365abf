"""The column PRF equals CMAC value by value, and keys stay out of sight."""

import pickle

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.counting.keyed import (
    drawn_permutation,
    keyed_hashes,
    person_hashes,
    pseudonyms,
)
from tokumei.transforms.engine.run_key import RunKey


def cmac(text: str, key: bytes) -> bytes:
    mac = CMAC(algorithms.AES(key))
    mac.update(text.encode())
    return mac.finalize()


def test_nist_sp800_38b_examples():
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    assert keyed_hashes(pa.array([""]), key)[0].tobytes().hex() == "bb1d6929e95937287fa37d129b756746"
    block = bytes.fromhex("6bc1bee22e409f96e93d7e117393172a")
    raw = pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 16], np.int32)), pa.py_buffer(block))
    assert keyed_hashes(raw, key)[0].tobytes().hex() == "070a16b46b4d4144f79bdd9dd04a287c"


@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=20), st.integers(0, 5))
def test_equals_cmac_per_value_also_on_slices(texts, skip):
    key = bytes(range(32))
    values = pa.array(texts, pa.string()).slice(min(skip, len(texts)))
    got = keyed_hashes(values, key)
    assert [h.tobytes() for h in got] == [cmac(t or "", key) for t in values.to_pylist()]


def test_long_values_take_the_same_function():
    key = bytes(32)
    texts = ["あ" * 341, "a" * 1024, "a" * 1025, "漢" * 5000]
    assert [h.tobytes() for h in keyed_hashes(pa.array(texts), key)] == [cmac(t, key) for t in texts]


def test_pseudonyms_are_consistent_null_safe_and_new_with_each_key():
    values = pa.array(["00123", None, "00123", "123"])
    first, second = (pseudonyms(values, RunKey.draw().derive("pseudonym:x")).to_pylist() for _ in range(2))
    assert first[0] == first[2] != first[3] and first[1] is None and len(first[0]) == 32
    assert first[0] != second[0]


def test_people_are_the_same_whether_written_as_text_or_number():
    key = RunKey.draw()
    assert (person_hashes(pa.array([7, 12]), key) == person_hashes(pa.array(["7", "12"]), key)).all()


def test_key_survives_pickle_and_is_never_shown():
    key = RunKey.draw()
    assert pickle.loads(pickle.dumps(key)).derive("a") == key.derive("a")
    secret = key.__reduce__()[1][0]
    assert secret.hex() not in repr(key) + str(key) and key.fingerprint not in secret.hex()
    assert key.derive("a") != key.derive("b")


def test_a_drawn_order_is_any_order_and_that_of_its_key():
    for n in (0, 1, 2, 3, 1000, (1 << 16) + 1):
        order = drawn_permutation(n, bytes(32))
        assert order.dtype == np.intp and np.array_equal(np.sort(order), np.arange(n))
        assert np.array_equal(order, drawn_permutation(n, bytes(32)))
    assert not np.array_equal(order, drawn_permutation(len(order), bytes([1] * 32)))
    drawn = [tuple(drawn_permutation(3, i.to_bytes(32)).tolist()) for i in range(6000)]
    counts = np.unique(drawn, axis=0, return_counts=True)[1]
    assert len(counts) == 6 and ((counts - 1000) ** 2 / 1000).sum() < 20.5  # chi², 5 degrees: 1 in 1,000
