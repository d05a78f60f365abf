"""Who made a proposal (提案者): kept apart from the events, for those who screen, not for ever (法66条)."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from typing import Literal

from pydantic import Field

from tokumei.schemas.strict import Strict, Text

# kinds of bodies as they stand in names, and in short
_FORM = re.compile(
    "(株式|有限|合同|合資|合名)会社|(一般|公益)(社団|財団)法人|(特定非営利活動|学校|医療|社会福祉|npo)法人|"
    r"\((株|有|同|資|名|社|財)\)"
)


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

    def reference(self, key: bytes) -> str:
        """Return what events call this proposer; without the key it tells nothing, not even by trying names.

        A body is known by its number where it has one; else proposers are told apart by name and address.
        """
        return _keyed(key, folded_name(self.corporate_number or f"{self.name}\0{self.address}"))

    def marks(self, key: bytes) -> tuple[str, ...]:
        """Return what tells that another may be this proposer though the reference differs; keyed alike.

        Whoever is barred may leave the number out, move, or write 株式会社 in short: the bare name, and of
        a body the seat with the representative, are marks. They raise a doubt, which officers decide.
        """
        name = folded_name(self.name or "")
        found = ["name\0" + (_FORM.sub("", name) or name)] if name else []
        if self.is_ == "body" and self.address and self.representative:
            found.append(f"seat\0{folded_name(self.address)}\0{folded_name(self.representative)}")
        return tuple(_keyed(key, mark) for mark in found)

    def named_officers(self) -> int:
        """Return how many officers are named."""
        return len([name for name in re.split("[\n;；、]", self.officers or "") if name.strip()])


def right_corporate_number(text: str) -> bool:
    """Return whether a 法人番号 has 13 digits, of which the first is the check digit of the others.

    Source: 法人番号の指定等に関する省令2条: 9 − (Σ PₙQₙ mod 9), Q being 1 and 2 by turns from the last digit.
    """
    digits = unicodedata.normalize("NFKC", text)
    if not re.fullmatch(r"[0-9]{13}", digits):
        return False
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits[1:])))
    return int(digits[0]) == 9 - total % 9


def folded_name(text: str) -> str:
    """Return a text of which names are compared: the same in wide and narrow characters, without blanks."""
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _keyed(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:24]


class KeptProposer(Strict):
    """A file of the part that is kept apart: the proposer of one case, until destroyed."""

    format: Literal["tokumei-proposer-1"] = "tokumei-proposer-1"
    case: Text
    proposer: Proposer


class KeptGrounds(Strict):
    """A file of the same part: what test 1 found of a proposer and their officers (法113条)."""

    format: Literal["tokumei-grounds-1"] = "tokumei-grounds-1"
    case: Text
    reason: Text = Field(description="As the paper gives it.")
