"""What a complete delivery of a table's files is, so that half of one is not released."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from tokumei.schemas.japan_time import JST
from tokumei.schemas.strict import Matching, Strict, as_day, broken

FileName = Annotated[
    str,
    Matching(
        r"[^/\x00-\x1f*?\[\]]{1,255}",
        "source.expect_name",
        "the name of a file in the folder of source.path, without / and wildcards",
        "for example marker: _SUCCESS",
    ),
]

Freshness = Annotated[
    str,
    Matching(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[1-9][0-9]{0,3}[hd]",
        "source.expect_newer",
        "a day YYYY-MM-DD, or an age in hours or days",
        "for example newer_than: ${date}, or newer_than: 26h",
    ),
]
FewestMost = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class Expect(Strict):
    """What a delivery must be; a run ends with exit 3, or waits, until it is, and publishes nothing else."""

    files: int | None = Field(default=None, ge=1, description="How many files match `path`.")
    marker: FileName | None = Field(
        default=None,
        description="A file in the folder of `path`, written after all others, as `_SUCCESS`.",
    )
    checksums: FileName | None = Field(
        default=None,
        description="A file there, as `SHA256SUMS`, with SHA-256 and name of each file: these and no others.",
    )
    newer_than: Freshness | None = Field(
        default=None,
        description="Every file was written on this day (Japanese time), as `${date}`, or later; or, as `26h`"
        " and `3d`, at most so long ago.",
    )
    rows: FewestMost | None = Field(
        default=None, description="Fewest and most readable records, as `[900000, 1100000]`."
    )
    people: FewestMost | None = Field(
        default=None, description="Fewest and most distinct people; of one row a person, records."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise broken(
                "source.expect",
                "nothing is expected",
                "add files, marker, checksums, newer_than, rows or people",
            )
        for key, bounds in (("rows", self.rows), ("people", self.people)):
            if bounds is not None and bounds[0] > bounds[1]:
                raise broken("source.expect", "the fewest are more than the most", "swap them", [key])
        if self.newer_than is not None and self.since(dt.datetime.now(JST)) is None:
            raise broken("source.expect", "there is no such day", "correct it", ["newer_than"])
        return self

    def since(self, now: dt.datetime) -> dt.datetime | None:
        """Return the moment from which on every file must have been written; None where any will do."""
        text = self.newer_than or ""
        if text[-1:] in {"h", "d"}:
            return now - dt.timedelta(hours=int(text[:-1]) * (24 if text[-1] == "d" else 1))
        day = as_day(text)
        return None if day is None else dt.datetime.combine(day, dt.time(), JST)
