"""What a policy promises of a release: so many people bear a label, and where they may be fewer."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict, Text

SETTLED = "promises"  # what a column lost for them, among the methods of its report


class MayFallBelow(Strict):
    """In the release fewer people than promised may bear a label, because somebody accepts it."""

    because: Text = Field(
        description="Why fewer people may share it; stands in the report, with their number."
    )
