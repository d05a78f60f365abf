"""Redaction of free text (自由記述の置換え): what a policy asks for, and what must be found for it to pass.

施行規則34条1号・2号 and 62条1号・2号 let what identifies a person, and identification codes, be
replaced by other descriptions. Deleting stays the default for text; a policy that keeps it says why.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tokumei.schemas.strict import Number, Text
from tokumei.schemas.treatment_base import Left, Treatment


class RedactText(Treatment):
    """Free text with a label for everything personal that is found in it (自由記述の置換え).

    Identification codes (二号) are among it, and the record's own values of what is not released, in every
    form that the leak search looks for. Not found are employers, schools and hospitals that no word near
    them tells, accounts and parts of numbers that no word names, and what the sentences are about; a surname
    within such a name (山口大学) stays, in everybody's text.
    In every process of a run made-up cases of every kind are redacted as the texts are, and a sample of them
    with the texts of each chunk. If one of a code, a contact or a record's own value is missed, or more of
    the others than the floor allows, nothing is released.
    """

    method: Literal["redact_text"]
    criterion: Literal[1]
    because: Text = Field(description="Why the text is kept, and not deleted; stands in the report.")
    floor: Annotated[Number, Field(ge=0.5, le=1)] = Field(
        default=0.9,
        description="Of planted people, places, dates and ages, each, the share that must be found. Of codes,"
        " contacts and own values all must be.",
    )
    leave: tuple[Literal["places", "dates", "ages"], ...] = Field(
        default=(), description="What sentences tell and may stand as it is; the reason is in because."
    )
    accepts = frozenset({"text"})
    last = True
    per_record = True
    left = Left.OWN
    keeps_coarse = True
    example = (
        "{type: text, treat: [{criterion: 1, method: redact_text, because: 相談の傾向の分析に文章が要る}]}"
    )
