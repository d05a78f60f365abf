"""The different texts of a released column, and who has them: grouped and looked at once for all searches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.transforms.detect.name_set import NameHits, NameSet
from tokumei.transforms.detect.shadow import letters_alone
from tokumei.transforms.detect.text_array import CharacterKind, stretches
from tokumei.transforms.leaks.beginnings import ANY_FACTORS, SeenLetters
from tokumei.transforms.leaks.values import Read, Texts, at_home, one_a_record

_TEXT, _PERSON = "text", "person"
_Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class WrittenColumn:
    """The shadows of a column.

    Attributes:
        read: its cells.
        people: whose record each is; None where a record is a person.
        home: the shadow of each of the cells, as texts are compared (`at_home`).
        texts: of these each once, without null.
        records: how many records have each.
        cells: which text each cell is; -1 of null.
        rows: which text each record has; -1 of null.
        hits: where names stand in the texts; None where none are sought.
        seen: of which letters the texts are.
    """

    read: Read
    people: pl.Series | None
    home: pl.Series
    texts: pl.Series
    records: _Places
    cells: _Places
    rows: _Places
    hits: NameHits | None
    seen: SeenLetters

    @classmethod
    def of(cls, read: Read, names: NameSet | None, people: pl.Series | None) -> WrittenColumn:
        """Look at a column.

        Args:
            read: its cells.
            names: to be looked for; None: none.
            people: whose record each is; None where a record is a person.
        """
        home = at_home(read.written)
        texts, cells = _each_once(home)
        rows = cells
        if read.places is not None:
            rows = np.append(cells, -1)[read.places.fill_null(len(cells)).to_numpy()]
        records = np.bincount(rows[rows >= 0], minlength=len(texts))
        seen = SeenLetters(ANY_FACTORS if names is None else names.factors)
        hits = None
        if names is None:
            seen.look(texts)
        else:
            hits = names.find_in(seen.through(stretches(texts)))
        return cls(
            read=read,
            people=people,
            home=home,
            texts=texts,
            records=records,
            cells=cells,
            rows=rows,
            hits=hits,
            seen=seen,
        )

    @cached_property
    def bearers(self) -> _Places:
        """How many people have each text."""
        if self.people is None:
            return self.records
        several = np.append(self.records > 1, False)[self.rows]
        found = self.records.copy()
        counted = (
            pl.DataFrame({_TEXT: self.rows[several], _PERSON: self.people.filter(pl.Series(several))})
            .group_by(_TEXT)
            .agg(pl.col(_PERSON).n_unique())
        )
        found[counted[_TEXT].to_numpy()] = counted[_PERSON].to_numpy()
        return found

    @cached_property
    def compared(self) -> Texts:
        """The texts of the records as they are compared; most are read as letters alone at no cost."""
        rows, plain = pl.Series(np.flatnonzero(self.cells_have(CharacterKind.SIGN))), self.home
        if 2 * len(rows) > len(plain):
            plain = letters_alone(plain)
        elif len(rows):
            plain = plain.clone().scatter(rows, letters_alone(plain.gather(rows)))
        return one_a_record(Texts(plain, self.home), self.read)

    def texts_have(self, of: int) -> npt.NDArray[np.bool_]:
        """Return which texts have a character of some kinds (`CharacterKind`)."""
        return self._having(of)[:-1]

    def cells_have(self, of: int) -> npt.NDArray[np.bool_]:
        """Return which cells have one."""
        return self._having(of)[self.cells]

    def rows_have(self, of: int) -> npt.NDArray[np.bool_]:
        """Return which records have one in their cell."""
        return self._having(of)[self.rows]

    def _having(self, of: int) -> npt.NDArray[np.bool_]:
        return np.append((self.seen.has & np.uint8(of)) > 0, False)


def _each_once(written: pl.Series) -> tuple[pl.Series, _Places]:
    """Return different texts without null, and which of them each is; -1 of null."""
    hashes = written.hash()
    if hashes.n_unique() == len(written) and not written.null_count():
        return written, np.arange(len(written))
    alone = hashes.is_unique() & written.is_not_null()
    rows, others = alone.arg_true().to_numpy(), (~alone).arg_true().to_numpy()
    repeated = written.filter(~alone).to_arrow().dictionary_encode()
    which = np.empty(len(written), dtype=np.int64)
    which[rows] = np.arange(len(rows))
    places = repeated.indices.fill_null(-1).to_numpy().astype(np.int64)
    which[others] = np.where(places < 0, places, places + len(rows))
    return pl.concat([written.filter(alone), pl.Series(repeated.dictionary, dtype=pl.String)]), which
