"""五号: all dates of a person moved by one number of days (日付の平行移動), a noise that keeps gaps (別表2).

Source of the idea: the date shift of clinical data bases, for example A. E. W. Johnson et al., MIMIC-III, a
freely accessible critical care database, Scientific Data 3, 2016.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas import perturbations as t
from tokumei.schemas.errors import InputError
from tokumei.transforms.counting.keyed import uniforms
from tokumei.transforms.criteria.base import Applied, ChunkRows, PerRecord
from tokumei.transforms.criteria.identifiers import TIME_UNITS
from tokumei.transforms.values import dates
from tokumei.transforms.values.cells import like, measures, present
from tokumei.transforms.values.date_bytes import MONTH_STARTS

_FIRST_DAY, _AFTER = int(MONTH_STARTS[12]), int(MONTH_STARTS[120000])  # of the years 1 to 9999


class ShiftDates(PerRecord, treats=t.ShiftDates):
    """Move every date by the number of days of its person, and cut it after that."""

    spec: t.ShiftDates
    asks_units = True

    @property
    def limit(self) -> str:
        """Return what gaps still tell."""
        return (
            "日付の平行移動は、日付の間隔を残す。ある人の日付を一つ正確に知る者は、その人の動かした日数を知り、他の日付を"
            "元に戻せる。曜日の偏りや、全員に共通する日（休業日など）からも、動かした日数が推測されることがある。"
        )

    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Return moved dates of the same type, or texts where they are cut; nulls stay.

        Raises:
            InputError: a date lies so near the end of the calendar that it may leave it, as 9999-12-31 does,
                which stands for "no end" and would tell by how many days it was moved.
        """
        if rows.units is None:
            raise TypeError("the shift of a person needs the units of the records")
        held, days = present(values), measures(values.cast(pa.date32()))
        outside = held & ((days < _FIRST_DAY + self.spec.days) | (days >= _AFTER - self.spec.days))
        if outside.any():
            raise InputError(
                "input.shift_range",
                where=self.where,
                what=f"{int(outside.sum()):,} dates lie within {self.spec.days:,} days of the calendar's end;"
                " moved, they would tell by how many days",
                fix="list texts that stand for no date (as 9999-12-31) in source.null_values",
            )
        moved = _moved(values, shifts(rows.units, self.spec.days, rows))
        if self.spec.unit is not None:
            moved = dates.truncate_times(moved.cast(pa.timestamp("s")), self.spec.unit)
        return Applied(moved, held)

    def explain(self, decision: None) -> str:
        """Return how far dates moved, and what stays: this restores no value."""
        spec = self.spec
        said = (
            f"本人ごとに、前後{spec.days}日までの0でない日数を等しい確率で一つ引き、この方法によるその人の全ての日付を"
            "その日数だけ動かした（仮IDの期間があるときは、期間ごとに引いた）。日付の間隔は元のままである。"
        )
        return said if spec.unit is None else f"{said}その後、{TIME_UNITS[spec.unit]}単位に切り捨てた。"


def shifts(units: npt.NDArray[np.uint64], days: int, rows: ChunkRows) -> npt.NDArray[np.int64]:
    """Return by how many days the dates of each unit move: -days to days without 0, as likely each."""
    blocks = np.stack([units, np.zeros_like(units)], axis=1)
    draws = uniforms(blocks, rows.key.derive(f"shift_dates\0{rows.numbering}"))[:, 0]
    drawn = np.floor(draws * (2 * days)).astype(np.int64) - days
    return np.where(drawn < 0, drawn, drawn + 1)


def _moved(values: pa.Array, by: npt.NDArray[np.int64]) -> pa.Array:
    if pa.types.is_date(values.type):
        return like(measures(values) + by, values)
    return pc.add(values, pa.array(by * 86_400).cast(pa.duration("s"))).cast(values.type)
