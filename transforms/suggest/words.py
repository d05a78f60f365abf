"""What a column's name says that is no personal item: a time, a quantity, goods, a place; and its title.

Personal items are said by `schemas.column_names`. A name is split at its separators and humps; a table of
words says what they hold. Longest first, from the end: of 商品 コード the goods, of invoice date the date.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
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
_ROLE_TITLES: dict[tuple[Role, str | None], str] = {
    (Role.NAME, None): "氏名",
    (Role.KANA, None): "氏名の読み",
    (Role.ADDRESS, None): "住所",
    (Role.POSTAL, None): "郵便番号",
    (Role.AGE, None): "年齢",
    (Role.SEX, None): "性別",
    (Role.BIRTH, None): "生年月日",
    (Role.BIRTH, "year"): "生年",
    (Role.BIRTH, "month"): "生月",
    (Role.CONTACT, None): "連絡先",
    (Role.CONTACT, "phone"): "電話番号",
    (Role.CONTACT, "mail"): "電子メールアドレス",
    (Role.IDENTIFIER, "card"): "カード番号",
    (Role.IDENTIFIER, "bank"): "口座番号",
    (Role.IDENTIFIER, "foreign"): "公的な番号",
    (Role.FREE_TEXT, None): "自由記述",
}
_BIRTHS = {"DAYOFBIRTH": "生日", "BIRTHYM": "生年月", "BIRTHYEARMONTH": "生年月"}
_SOURCE = ["SOURCE", "VALUE"]  # a code as it was in the system before: 12345 is no number of anything


class Said(NamedTuple):
    """What a name says.

    Attributes:
        holds: time, quantity, item, observable, place, key, position or category; None for nothing known.
        code: it ends as the name of a code.
        sensitive: a word of it is of health, or another matter that may be 要配慮個人情報.
        title: in Japanese; None where it cannot be told.
    """

    holds: str | None
    code: bool
    sensitive: bool
    title: str | None


def said_by(name: str) -> Said:
    """Return what a name of a column says."""
    words = [w.upper() for w in _SEPARATORS.split(_HUMP.sub("_", unicodedata.normalize("NFKC", name))) if w]
    code = bool(words) and _CODE.search(words[-1]) is not None
    known, _ = _runs(words)
    sensitive = any(said.role is Role.SENSITIVE for _, title in known for said in roles_of(title))
    return Said(_found(words, code=code), code or words[-2:] == _SOURCE, sensitive, _title(name, words))


def _found(words: list[str], *, code: bool) -> str | None:
    """Return what the longest known run of words holds, the last of equals.

    Of the name of a code the word right before it counts: drug_exposure_id is no drug.
    """
    known = {word: holds for word, (holds, _) in _words().items() if holds}
    for size in range(len(words), 0, -1):
        for end in range(len(words), max(size, len(words) - 1) - 1 if code else size - 1, -1):
            if holds := known.get("".join(words[end - size : end])):
                return holds
    whole = "".join(words)
    if _JAPANESE.search(whole):
        inside = [w for w in _words() if len(w) > 1 and w in whole and _JAPANESE.search(w)]
        if inside:
            return known.get(max(inside, key=lambda w: (whole.rfind(w) + len(w), len(w))))
    return None


def _title(name: str, words: list[str]) -> str | None:
    if _JAPANESE.search(name):
        return unicodedata.normalize("NFKC", name).strip()
    if born := _BIRTHS.get("".join(words)):
        return born
    roles = roles_of(name)
    keys = [key for said in roles for key in ((said.role, said.kind), (said.role, None))]
    if role := next((_ROLE_TITLES[key] for key in keys if key in _ROLE_TITLES), None):
        return role
    runs, unknown = _runs(words)
    if not runs or (unknown and not any(holds for holds, _ in runs)):
        return None
    said = runs[0][1]
    for (before, _), (holds, title) in pairwise(runs):
        said += title if before == holds == "time" else f"の{title}"
    last = _CODES.get(words[-1])
    return said + last if last and not said.endswith(last) else said


def _runs(words: list[str]) -> tuple[list[tuple[str, str]], bool]:
    """Return the known runs of words, longest first from the left, and whether any other word is unknown."""
    known, found, unknown, at = _words(), [], False, 0
    while at < len(words):
        sizes = range(len(words) - at, 0, -1)
        size = next((n for n in sizes if "".join(words[at : at + n]) in known), 0)
        if size:
            found.append(known["".join(words[at : at + size])])
        else:
            unknown |= words[at] not in _CODES
        at += size or 1
    return found, unknown


@cache
def _words() -> dict[str, tuple[str, str]]:
    return {row.word.upper(): (row.holds, row.title) for row in impersonal_words()}
