"""Folding of codes, value by value, against Python's own normalization."""

import re
import unicodedata

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.counting.codes import folded_codes, merge_spellings, spellings_of, unpadded

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6)
CODES = st.lists(
    st.none() | st.text('0012AＡａ１０ 　\t="あ①ｱﾞ-', max_size=8) | st.text(max_size=6), max_size=20
)


# What Unicode calls white space, of what Python does.
SPACES = "".join(c for c in map(chr, range(0x3001)) if c.isspace() and not "\x1c" <= c <= "\x1f")


def fold(code):
    code = unicodedata.normalize("NFKC", code).strip(SPACES)
    bare = re.fullmatch(r'="([^"]*)"', code)
    return bare[1].strip(SPACES) if bare else code


@given(codes=CODES, cut=st.integers(0, 20))
def test_folding_is_that_of_each_code_alone(codes, cut):
    values = pa.array(codes, pa.string())
    expected = [None if c is None else fold(c) for c in codes]
    assert folded_codes(values).to_pylist() == expected
    assert folded_codes(values.dictionary_encode()).to_pylist() == expected
    assert folded_codes(values.slice(cut)).to_pylist() == expected[cut:]
    again = folded_codes(pa.array(expected, pa.string()))
    assert again.to_pylist() == expected
    bare = [None if c is None else (c.lstrip("0") or ("0" if c else "")) for c in expected]
    assert unpadded(values).to_pylist() == bare


@given(codes=CODES, cut=st.integers(0, 20))
def test_nothing_is_seen_only_where_folding_changes_nothing(codes, cut):
    values = pa.array(codes, pa.string())
    seen = spellings_of(values)
    known = [c for c in codes if c is not None]
    assert bool(seen.kinds) == any(fold(c) != c for c in known)
    lengths = [len(c.encode()) for c in known]
    assert seen.lengths == ((min(lengths), max(lengths)) if known and max(lengths) else (0, 0))
    assert seen.padded == any(len(c.encode()) > 1 and c[0] == "0" for c in known)
    assert merge_spellings([spellings_of(values.slice(0, cut)), spellings_of(values.slice(cut))]) == seen


def test_numbers_have_one_spelling():
    numbers = pa.array([1, None, 12])
    assert (
        folded_codes(numbers) is numbers and not spellings_of(numbers).kinds and unpadded(numbers) is numbers
    )
