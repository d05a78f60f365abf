"""Values of people, as keyed hashes of person and value: what other tables of the same people may not hold.

A reader joins tables of one link by their pseudonyms. What one of them deletes of a person is not gone while
another has it, under whatever name. Compared are letters and digits, numbers without the zeros before them,
of whole cells and of stretches of sentences, by their first 64 letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from tokumei.transforms.counting.keyed import joint_keys, keyed_hashes
from tokumei.transforms.detect.hash_set import HashSet
from tokumei.transforms.detect.shadow import letters_alone, spelled
from tokumei.transforms.detect.text_array import Factors, three_letters

Persons = npt.NDArray[np.uint64]

VALUES_PURPOSE = "values of people"  # of the key
_LONGEST = 64  # letters by which values are compared
_FIRST = 3  # letters, by which a value inside a sentence is first looked for
_SHORTEST, _SHORTEST_ASCII = 3, 5
_DIGITS = r"^[0-9]+$"
_SURE_DIGITS = 9  # equal numbers of one person in two columns, that is no chance


@dataclass(frozen=True, eq=False)
class PeopleValues:
    """Values of people, of which none can be read without the key; merges in any order and grouping.

    Attributes:
        whole: hashes of person and value.
        begins: hashes of person and the first letters of a value.
        lengths: of the values, in letters.
    """

    whole: HashSet
    begins: HashSet
    lengths: frozenset[int]

    @classmethod
    def merged(cls, parts: Sequence[PeopleValues]) -> PeopleValues | None:
        """Return the values of all parts; None of none."""
        if not parts:
            return None
        return cls(
            HashSet.merged([part.whole for part in parts]),
            HashSet.merged([part.begins for part in parts]),
            frozenset().union(*(part.lengths for part in parts)),
        )


class Theirs(NamedTuple):
    """What other tables hold of the people of some records.

    Attributes:
        values: of people, as `values_of` makes them.
        key: of the hashes.
        persons: whose each record is.
    """

    values: PeopleValues
    key: bytes
    persons: Persons


def values_of(persons: Persons, columns: Sequence[pa.Array], key: bytes) -> PeopleValues:
    """Return the values of some people.

    Args:
        persons: whose each record is: keyed hashes.
        columns: their values, one a record.
        key: of the run, for `VALUES_PURPOSE`.
    """
    hashes, begins, lengths = [], [], set[int]()
    for values in columns:
        compared, _ = person_values(letters_alone(spelled(days_as_texts(values))))
        of = persons[compared.rows]
        hashes.append(value_keys(of, compared.texts, key))
        begins.append(begin_keys(of, compared.texts, key))
        lengths |= set(compared.texts.str.len_chars().unique())
    return PeopleValues(
        HashSet.merged([HashSet.of(found) for found in hashes]),
        HashSet.merged([HashSet.of(found) for found in begins]),
        frozenset(lengths),
    )


def days_as_texts(values: pa.Array) -> pa.Array:
    """Return days and times as eight digits; any other column as it is."""
    if not (pa.types.is_date(values.type) or pa.types.is_timestamp(values.type)):
        return values
    return pl.Series(values).dt.strftime("%Y%m%d").to_arrow().cast(pa.string())


class LongEnough(NamedTuple):
    """Texts that are long enough to be compared, and their rows."""

    rows: npt.NDArray[np.intp]
    texts: pl.Series


def person_values(plain: pl.Series) -> tuple[LongEnough, npt.NDArray[np.bool_]]:
    """Return the texts that are long enough to be compared, as they are.

    Args:
        plain: letters and digits; nulls are nobody's.

    Returns:
        These, and which of them are short numbers, which two columns share by chance.
    """
    digits = plain.str.contains(_DIGITS).fill_null(value=False)
    texts = pl.select(pl.when(digits).then(plain.str.strip_chars_start("0")).otherwise(plain)).to_series()
    letters, size = texts.str.len_chars(), texts.str.len_bytes()
    least = pl.select(pl.when(letters == size).then(_SHORTEST_ASCII).otherwise(_SHORTEST)).to_series()
    rows = (letters.cast(pl.Int64) >= least).fill_null(value=False).arg_true().to_numpy().astype(np.intp)
    chosen = texts.gather(pl.Series(rows)).str.slice(0, _LONGEST)
    short = (digits & (letters < _SURE_DIGITS)).fill_null(value=False).to_numpy()[rows]
    return LongEnough(rows, chosen), short


def value_keys(persons: Persons, texts: pl.Series, key: bytes) -> Persons:
    """Return hashes of texts and who has them."""
    hashes = keyed_hashes(texts.to_arrow().cast(pa.string()), key).view(np.int64).reshape(-1, 2)[:, 0]
    return joint_keys(persons, hashes)


def factors_of(key: bytes) -> Factors:
    """Return with which the first three letters are hashed."""
    one, other, third = (int.from_bytes(key[at : at + 4]) | 1 for at in (0, 4, 8))
    return one, other, third


def begin_keys(persons: Persons, texts: pl.Series, key: bytes) -> Persons:
    """Return hashes of the first letters of texts and who has them."""
    joined = texts.str.slice(0, _FIRST).str.join("").item() if len(texts) else ""
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    first, second, third = codes.reshape(-1, _FIRST).T
    return joint_keys(persons, three_letters(first, second, third, factors_of(key)))
