"""Keyed hashes of whole columns: AES-CMAC (NIST SP 800-38B), a pseudorandom function, block by block.

One cipher call handles one 16-byte block of every value of the column, so the cost is a few tens of
nanoseconds a value instead of one hash object each. Used for pseudonyms (仮ID) and for counting people.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from tokumei.transforms.engine.run_key import RunKey

_BLOCK = 16
_DIGITS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16).astype(np.uint32)
_HEXADECIMAL = np.add.outer(_DIGITS << 16, _DIGITS).ravel()  # of two bytes, as a little-endian number
_LONG = 1024  # bytes; longer values are hashed one by one so that the block loop stays short


def keyed_hashes(values: pa.StringArray, key: bytes) -> npt.NDArray[np.uint8]:
    """Return the AES-CMAC of each value's UTF-8 bytes.

    Args:
        values: strings; nulls hash like the empty string, so callers mask them.
        key: 16, 24 or 32 bytes.

    Returns:
        An array of shape (n, 16): 128 bits a value. Equal values give equal hashes; without the key the
        hashes are indistinguishable from random and cannot be recomputed.
    """
    n = len(values)
    out = np.zeros((n, _BLOCK), dtype=np.uint8)
    if n == 0:
        return out
    offsets, data = _utf8(values)
    lengths = offsets[1:] - offsets[:-1]
    encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # CMAC's building block
    last_full, last_partial = _subkeys(encrypt.update(bytes(_BLOCK)))
    if lengths[0] <= _BLOCK and (lengths == lengths[0]).all():  # codes of one width, as codes mostly are
        width = int(lengths[0])
        out[:, :width] = data[offsets[0] : offsets[-1]].reshape(n, width)
        if width < _BLOCK:
            out[:, width] = 0x80
        out ^= last_full if width == _BLOCK else last_partial
        return np.frombuffer(encrypt.update(out.data), dtype=np.uint8).reshape(-1, _BLOCK)
    blocks = np.maximum(1, -(-lengths // _BLOCK))
    at = np.ndarray(len(data) - _BLOCK + 1, dtype=f"V{_BLOCK}", buffer=data, strides=(1,))
    keeps, ends = _last_blocks(last_full, last_partial)
    rows = np.nonzero(lengths <= _LONG)[0]
    begin, states = offsets[rows], np.zeros((len(rows), 2), dtype=np.uint64)
    step = 0
    while rows.size:
        chunk = at[begin].view(np.uint64).reshape(-1, 2)
        step += 1
        final = np.nonzero(blocks[rows] == step)[0]
        left = lengths[rows[final]] - (step - 1) * _BLOCK
        chunk[final] = chunk[final] & keeps[left] ^ ends[left]
        states = np.frombuffer(encrypt.update((states ^ chunk).view(np.uint8).data), np.uint64).reshape(-1, 2)
        begin = begin + _BLOCK
        if final.size:
            out[rows[final]] = states[final].view(np.uint8)
            others = np.nonzero(blocks[rows] > step)[0]
            rows, begin, states = rows[others], begin[others], states[others]
    for row in np.nonzero(lengths > _LONG)[0]:
        mac = CMAC(algorithms.AES(key))
        mac.update(data[offsets[row] : offsets[row + 1]].tobytes())
        out[row] = np.frombuffer(mac.finalize(), dtype=np.uint8)
    return out


def pseudonyms(values: pa.StringArray, key: bytes) -> pa.StringArray:
    """Return 32 hexadecimal digits a value (仮ID, 128 bits); nulls stay null (三号, 規則34条3号)."""
    digits = _HEXADECIMAL.take(keyed_hashes(values, key).view("<u2"))
    offsets = np.arange(0, digits.nbytes + 1, 2 * _BLOCK, dtype=np.int32)
    text = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(digits))
    return (
        text if values.null_count == 0 else pc.if_else(values.is_null(), pa.scalar(None, pa.string()), text)
    )


def person_hashes(values: pa.Array, key: RunKey) -> npt.NDArray[np.uint64]:
    """Return one 128-bit keyed hash a person as shape (n, 2); integers hash as their decimal digits.

    Equal codes give equal hashes, whatever the table or column; whether they are the same person, the
    numbering of the tables says, and people of two numberings are never counted together.
    """
    text = values if pa.types.is_string(values.type) else values.cast(pa.string())
    return keyed_hashes(text, key.derive("person")).view(np.uint64)


def joint_keys(persons: npt.NDArray[np.uint64], codes: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """Return one key for each pair of a person and a window, receipt or line of theirs.

    The person is a keyed hash already, so mixing (splitmix64) is enough: nobody can choose what collides.
    """
    return _mixed(persons + _mixed(codes.astype(np.int64, copy=False).view(np.uint64)))


def _mixed(numbers: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    mixed = numbers + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    result: npt.NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return result


def uniforms(blocks: npt.NDArray[np.uint64], key: bytes) -> npt.NDArray[np.float64]:
    """Return two numbers between 0 and 1, both exclusive, for each 128-bit block: its AES encryption.

    Args:
        blocks: shape (n, 2); equal blocks give equal numbers, others independent ones.
        key: 32 bytes. Without it no number can be computed, however many others are known, which a
            statistical generator would not promise: whoever knows their own noise must not learn others'.

    Returns:
        Shape (n, 2), in steps of 2^-53.
    """
    return ((encrypted(blocks, key) >> 11).astype(np.float64) + 0.5) * 2.0**-53


def drawn_permutation(n: int, key: bytes) -> npt.NDArray[np.intp]:
    """Return the numbers 0 to n - 1 in a random order, the same for the same key of 32 bytes.

    Each number stands in the last bits of a word behind random ones, so that sorting the words, which are all
    different, is drawing: many times as fast as sorting places by random numbers.
    """
    places = np.uint64(max(n - 1, 1).bit_length())
    words = encrypted(counters(-(-n // 2)), key).ravel()[:n] >> places << places
    words = np.sort(words | np.arange(n, dtype=np.uint64))
    return (words & ((np.uint64(1) << places) - np.uint64(1))).astype(np.intp)


def encrypted(blocks: npt.NDArray[np.uint64], key: bytes) -> npt.NDArray[np.uint64]:
    """Return the AES encryption of each 128-bit block, shape (n, 2): equal for equal blocks, else random."""
    encrypt = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  # distinct blocks, as in CTR
    bits = encrypt.update(np.ascontiguousarray(blocks).tobytes())
    return np.frombuffer(bits, dtype=np.uint64).reshape(-1, 2)


def counters(n: int) -> npt.NDArray[np.uint64]:
    """Return the blocks 0 to n - 1 for `uniforms`."""
    return np.stack([np.arange(n, dtype=np.uint64), np.zeros(n, dtype=np.uint64)], axis=1)


def _utf8(values: pa.StringArray) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    _, offset_buffer, data_buffer = values.buffers()
    start = values.offset
    offsets = np.frombuffer(offset_buffer, dtype=np.int32)[start : start + len(values) + 1]
    size = int(offsets[-1])
    data = np.zeros(size + _BLOCK, dtype=np.uint8)  # a block may be read past the last value
    if data_buffer is not None and size:
        data[:size] = np.frombuffer(data_buffer, dtype=np.uint8, count=size)
    return offsets.astype(np.int64), data


def _last_blocks(
    full: npt.NDArray[np.uint8], partial: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Return, by how many bytes a last block has, which of its bits are kept, and what is added to them."""
    keeps, ends = np.zeros((2, _BLOCK + 1, _BLOCK), dtype=np.uint8)
    for left in range(_BLOCK):
        keeps[left, :left], ends[left, left] = 0xFF, 0x80
    keeps[_BLOCK] = 0xFF
    ends ^= partial
    ends[_BLOCK] = full
    return keeps.view(np.uint64), ends.view(np.uint64)


def _subkeys(zero: bytes) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Subkeys K1 and K2 of SP 800-38B, section 6.1, from the encryption of the zero block."""
    result = []
    value = int.from_bytes(zero, "big")
    for _ in range(2):
        value = (value << 1 & (1 << 128) - 1) ^ (0x87 if value >> 127 else 0)
        result.append(np.frombuffer(value.to_bytes(_BLOCK, "big"), dtype=np.uint8))
    return result[0], result[1]
