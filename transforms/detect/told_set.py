"""Addresses and birth dates of the people of the files, as keyed hashes; and which texts tell one of anybody.

An address is compared from its town on, a birth date only where a word says that somebody was born then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import polars as pl

from tokumei.transforms.detect import written_otherwise as otherwise
from tokumei.transforms.detect.hash_set import Hashes, HashSet, mixed, text_hashes
from tokumei.transforms.detect.other_forms import ADDRESSES, address_forms, birth_forms, birth_numbers

_DAYS = date(1868, 1, 1), date(2049, 12, 31)  # on which people of a file may be born
_LONGEST, _LONGEST_TOWN = 32, 12  # letters, of what is compared and of the town
_STEPS = 3  # of an address; what follows is a room
_NUMBERS = "(?:[0-9]+(?:-[0-9]+)+|[0-9]{3,})"
_CHAIN = rf"[^0-9#]{{2,}}{_NUMBERS}#"
_TOWN_AND_NUMBER = rf"([^0-9#]{{2,{_LONGEST_TOWN}}})({_NUMBERS})#$"
_WITHOUT_ROOM = rf"^((?:[0-9]+-){{{_STEPS - 1}}}[0-9]+)(?:-[0-9]+)+$"
_PERHAPS_BORN = r"生|誕|BIRTH|BORN|DOB|D\.O\.B"
_SAID_BEFORE = (
    r"(?:生年月日|誕生日|出生日?|生まれ|生れ|DOB|D\.O\.B\.?|BIRTH ?(?:DAY|DATE)|DATE OF BIRTH|BORN(?: ON)?)"
    r"[^0-9A-Z#]{0,6}"
)
_SAID_BEHIND = (
    r" ?(?:生まれ|生れ|うまれ|誕生|に?出生|BORN"
    r"|生(?:[^\p{Hiragana}\p{Han}]|$|の[方人者男女父母夫妻息娘本患]))"
)
_DAY = r"(?:[MTSHR']?[0-9]{1,4}(?:-[0-9]{1,4}){2}|[MTSHR]?[0-9]{6,8})#"


class HomesMet(NamedTuple):
    """What was met of addresses in some texts.

    Attributes:
        texts: places of the texts that hold somebody's.
        decoys: how many hold that of nobody, made of two.
        looked: stretches that were looked up.
    """

    texts: pl.Series
    decoys: int
    looked: int


@dataclass(frozen=True, eq=False, kw_only=True)
class ToldSet:
    """Addresses and birth dates; none can be read from it without the key. Merges in any order and grouping.

    Attributes:
        seeds: of the hashes, from the key of the run.
        homes: the hashes of towns with their numbers.
        decoys: of the town of one with the number of another.
        towns: how long the towns are, in letters.
        born: of birth dates.
    """

    seeds: tuple[int, int]
    homes: HashSet
    decoys: HashSet
    towns: frozenset[int]
    born: HashSet

    @classmethod
    def of(cls, addresses: pl.Series, born: Sequence[pl.Series], key: bytes) -> ToldSet:
        """Take addresses, as shadows, and days of birth.

        Args:
            addresses: of people.
            born: days, by column.
            key: of the run, for this purpose.
        """
        seeds = int.from_bytes(key[8:16]) | 1, int.from_bytes(key[16:24]) | 1
        forms = address_forms(addresses.drop_nulls().unique())[0].drop_nulls()
        town, number = _town_and_number(forms)
        number = pl.concat([number, number.str.extract(_WITHOUT_ROOM)])
        frame = pl.DataFrame({"town": pl.concat([town, town]), "number": number}).drop_nulls()
        towns, numbers = (_of_each(frame[name], seeds) for name in ("town", "number"))
        homes, order = np.unique(_joined(towns, numbers, seeds), return_index=True)  # that nobody chose
        days = (
            pl.concat([pl.Series(dtype=pl.Date), *(day.cast(pl.Date) for day in born)]).drop_nulls().unique()
        )
        return cls(
            seeds=seeds,
            homes=HashSet.of(homes),
            decoys=HashSet.of(_joined(towns[order], numbers[np.roll(order, 1)], seeds)),
            towns=frozenset(frame["town"].str.len_chars().unique()),
            born=HashSet.of(_day_hashes(days, seeds)),
        )

    @classmethod
    def merged(cls, parts: Sequence[ToldSet]) -> ToldSet | None:
        """Return the union; None of none."""
        if not parts:
            return None
        return cls(
            seeds=parts[0].seeds,
            homes=HashSet.merged([part.homes for part in parts]),
            decoys=HashSet.merged([part.decoys for part in parts]),
            towns=frozenset().union(*(part.towns for part in parts)),
            born=HashSet.merged([part.born for part in parts]),
        )

    @property
    def size(self) -> int | None:
        """How many addresses there are; None of so many that they are not kept one by one."""
        return len(self.homes.known) if self.homes.bits is None else None

    @property
    def nbytes(self) -> int:
        """Its size."""
        return self.homes.nbytes + self.decoys.nbytes + self.born.nbytes

    @cached_property
    def a_decoy(self) -> float:
        """How many addresses a decoy stands for."""
        nobody = len(self.decoys.known) - int(self.homes.holds(self.decoys.known).sum())
        return max(1.0, len(self.homes.known) / nobody) if nobody else 1.0

    def find_homes(self, shadows: pl.Series) -> HomesMet:
        """Return which texts hold the address of somebody, from the town on; nulls hold none."""
        rows = (
            shadows.str.contains(ADDRESSES.pattern).fill_null(value=False).arg_true()
            if self.towns
            else pl.Series(dtype=pl.UInt32)
        )
        chains = otherwise.addresses(shadows.gather(rows)).str.extract_all(_CHAIN)
        pieces = pl.DataFrame({"row": rows, "chain": chains}).explode("chain").drop_nulls()
        before, number = _town_and_number(pieces["chain"])
        shorter = number.str.extract(_WITHOUT_ROOM)
        pieces = pl.DataFrame(
            {
                "row": pl.concat([pieces["row"]] * 2),
                "before": pl.concat([before] * 2),
                "number": pl.concat([number, shorter]),
            }
        ).drop_nulls()
        numbers = _of_each(pieces["number"], self.seeds)
        letters = pieces["before"].str.len_chars()
        met, decoys, looked = [pl.Series(dtype=pl.UInt32)], [pl.Series(dtype=pl.UInt32)], 0
        for length in sorted(self.towns):
            long = letters >= length
            some = pieces.filter(long)
            towns = _of_each(some["before"].str.slice(-length), self.seeds)
            hashes = _joined(towns, numbers[long.to_numpy()], self.seeds)
            held = self.homes.holds(hashes)
            met.append(some["row"].filter(pl.Series(held)))
            decoys.append(some["row"].filter(pl.Series(self.decoys.holds(hashes) & ~held)))
            looked += len(some)
        return HomesMet(pl.concat(met).unique(), pl.concat(decoys).n_unique(), looked)

    def find_births(self, shadows: pl.Series) -> pl.Series:
        """Return which texts say that somebody was born on the birth date of a person; nulls say nothing."""
        rows = shadows.str.contains(_PERHAPS_BORN).fill_null(value=False).arg_true()
        said = otherwise.dates(shadows.gather(rows))
        found = said.str.extract_all(f"{_SAID_BEFORE}{_DAY}|{_DAY}{_SAID_BEHIND}")
        days = pl.DataFrame({"row": rows, "day": found}).explode("day").drop_nulls()
        if not len(days):
            return days["row"]
        return days["row"].filter(days["day"].str.extract(f"({_DAY})").is_in(self._births.implode())).unique()

    @cached_property
    def _births(self) -> pl.Series:
        """The spellings of the birth dates, made where a text first tells one."""
        days = pl.date_range(*_DAYS, eager=True)
        held = days.filter(pl.Series(self.born.holds(_day_hashes(days, self.seeds))))
        return pl.concat([form.drop_nulls() for form in (*birth_forms(held), *birth_numbers(held))]).unique()


def _day_hashes(days: pl.Series, seeds: tuple[int, int]) -> Hashes:
    return text_hashes(days.dt.strftime("%Y%m%d"), 8, seeds)


def _of_each(texts: pl.Series, seeds: tuple[int, int]) -> Hashes:
    """Return the hash of each text; the same towns and the same numbers are those of many."""
    encoded = texts.to_arrow().dictionary_encode()
    found: Hashes = text_hashes(pl.Series(encoded.dictionary, dtype=pl.String), _LONGEST, seeds).take(
        encoded.indices.to_numpy()
    )
    return found


def _joined(towns: Hashes, numbers: Hashes, seeds: tuple[int, int]) -> Hashes:
    """Return the hash of each town with a number."""
    return mixed(towns * np.uint64(seeds[0]) + numbers, np.uint64(seeds[1]))


def _town_and_number(chains: pl.Series) -> tuple[pl.Series, pl.Series]:
    found = chains.str.extract_groups(_TOWN_AND_NUMBER).struct
    return found.field("1"), found.field("2")
