"""UTF-8 that a format promises: checked at once, and found cell by cell."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.formats.garbled import is_utf8, without_garbled

PIECES = st.sampled_from(
    [b"", b"a", "é".encode(), "都".encode(), "𠮷".encode(), b"\x80", b"\xe9\x83", b"\xbd", b"\xff"]
)
CELL = st.none() | st.lists(PIECES, max_size=3).map(b"".join)


def is_good(cell):
    try:
        (cell or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


@given(cells=st.lists(CELL, max_size=8), before=st.lists(CELL, max_size=2), encoded=st.booleans())
def test_exactly_the_cells_that_are_no_utf8_become_null(cells, before, encoded):
    """Also where the end of one cell and the beginning of the next make a character together."""
    column = pa.array([*before, *cells], pa.binary())
    if encoded:
        found = column.dictionary_encode()
        texts = pa.DictionaryArray.from_arrays(found.indices, found.dictionary.view(pa.string()))
    else:
        texts = column.view(pa.string())
    values, bad = without_garbled(texts.slice(len(before)))
    assert bad == {i: "undecodable" for i, cell in enumerate(cells) if not is_good(cell)}
    assert values.to_pylist() == [
        cell.decode() if cell is not None and is_good(cell) else None for cell in cells
    ]


@given(cell=CELL.filter(bool))
def test_one_text(cell):
    assert is_utf8(cell) == is_good(cell)
