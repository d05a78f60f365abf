"""What a complete delivery of a table's files is, so that half of one is not released."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from tokumei.schemas.strict import Matching, Strict, broken

FileName = Annotated[
    str,
    Matching(
        r"[^/\x00-\x1f*?\[\]]{1,255}",
        "source.expect_name",
        "the name of a file in the folder of source.path, without / and wildcards",
        "for example marker: _SUCCESS",
    ),
]


class Expect(Strict):
    """What must be there before anything is read; a run ends with exit 3, or waits, until it is."""

    files: int | None = Field(default=None, ge=1, description="How many files match `path`.")
    marker: FileName | None = Field(
        default=None,
        description="A file in the folder of `path`, written after all others, as `_SUCCESS`.",
    )
    checksums: FileName | None = Field(
        default=None,
        description="A file there, as `SHA256SUMS`, with SHA-256 and name of each file: these and no others.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if (self.files, self.marker, self.checksums) == (None, None, None):
            raise broken("source.expect", "nothing is expected", "add files, marker or checksums")
        return self
