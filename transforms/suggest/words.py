"""What a column's name says that is no personal item: a time, a quantity, goods, a place; and its title.

Personal items are said by `schemas.column_names`. A name is split at its separators and humps; a table of
words says what they hold. Longest first, from the end: of 商品 コード the goods, of invoice date the date.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from tokumei.schemas.column_names import Role, roles_of
from tokumei.schemas.tables import impersonal_words

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SEPARATORS = re.compile(r"[\s_./()（）・-]+")
_CODE = re.compile(r"(?:番号|コード|ID|記号|CD|CODE|NO|NUM|NUMBER|KEY|BANGO)$")
_JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠々]")
_CODES = {
    "CD": "コード",
    "CODE": "コード",
    "ID": "ID",
    "NO": "番号",
    "NUM": "番号",
    "NAME": "名",
    "KEY": "キー",
}
_ROLE_TITLES = {
    Role.NAME: "氏名",
    Role.KANA: "氏名の読み",
    Role.ADDRESS: "住所",
    Role.POSTAL: "郵便番号",
    Role.AGE: "年齢",
    Role.SEX: "性別",
    Role.BIRTH: "生年月日",
}


class Said(NamedTuple):
    """What a name says.

    Attributes:
        holds: time, quantity, item, observable, place, key, position or category; None for nothing known.
        code: it ends as the name of a code.
        title: in Japanese; None where it cannot be told.
    """

    holds: str | None
    code: bool
    title: str | None


def said_by(name: str) -> Said:
    """Return what a name of a column says."""
    words = [w.upper() for w in _SEPARATORS.split(_HUMP.sub("_", unicodedata.normalize("NFKC", name))) if w]
    code = bool(words) and _CODE.search(words[-1]) is not None
    found = _found(words, code=code)
    return Said(found[0] if found else None, code, _title(name, words, found[1] if found else None))


def _found(words: list[str], *, code: bool) -> tuple[str, str] | None:
    """Return what the longest known run of words holds, the last of equals, and its title.

    Of the name of a code the word right before it counts: drug_exposure_id is no drug.
    """
    known = _words()
    for size in range(len(words), 0, -1):
        for end in range(len(words), max(size, len(words) - 1) - 1 if code else size - 1, -1):
            if row := known.get("".join(words[end - size : end])):
                return row
    whole = "".join(words)
    if _JAPANESE.search(whole):
        inside = [w for w in known if len(w) > 1 and w in whole and _JAPANESE.search(w)]
        if inside:
            return known[max(inside, key=lambda w: (whole.rfind(w) + len(w), len(w)))]
    return None


def _title(name: str, words: list[str], known: str | None) -> str | None:
    if _JAPANESE.search(name):
        return unicodedata.normalize("NFKC", name).strip()
    role = next((_ROLE_TITLES[said.role] for said in roles_of(name) if said.role in _ROLE_TITLES), None)
    if role is not None:
        return role
    if known is not None and len(words) > 1 and (last := _CODES.get(words[-1])) and not known.endswith(last):
        return known + last
    return known


@cache
def _words() -> dict[str, tuple[str, str]]:
    return {row.word.upper(): (row.holds, row.title) for row in impersonal_words()}
