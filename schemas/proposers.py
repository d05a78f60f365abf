"""Who made a proposal (提案者): kept apart from the events, for those who screen, not for ever (法66条)."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict, Text


class Proposer(Strict):
    """法112条2項1号, and whom 法113条6号 asks about. What is not stated is asked for (補正)."""

    is_: Literal["person", "body"] = Field(alias="is", description="個人 or 法人その他の団体.")
    name: Text | None = Field(default=None, description="氏名又は名称")
    address: Text | None = Field(default=None, description="住所又は居所、本店又は主たる事務所の所在地")
    representative: Text | None = Field(default=None, description="代表者の氏名, of a body.")
    corporate_number: Text | None = Field(default=None, description="法人番号")
    officers: Text | None = Field(default=None, description="役員の氏名, of a body; each on a line.")
    contact: Text | None = Field(default=None, description="電話番号・電子メールアドレス等")
    agent: Text | None = Field(default=None, description="代理人の氏名・住所")

    @property
    def officers_named(self) -> int:
        """How many officers are named: each on a line, or before a semicolon."""
        return sum(1 for name in re.split("[\n;；]", self.officers or "") if name.strip())

    def reference(self, key: bytes) -> str:
        """Return what events call this proposer; without the key it tells nothing, not even by trying names.

        A body is known by its number where it has one; else proposers are told apart by name and address.
        """
        known_by = self.corporate_number or f"{self.name}\0{self.address}"
        text = "".join(unicodedata.normalize("NFKC", known_by).split())
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:24]


class KeptProposer(Strict):
    """A file of the part that is kept apart: the proposer of one case, until destroyed."""

    format: Literal["tokumei-proposer-1"] = "tokumei-proposer-1"
    case: Text
    proposer: Proposer
