"""What a column's name says that it holds: a name of a person, a code, a birth date, free text, or nothing.

A name is a hint, not a proof: it raises a question, which the values or an officer's reason answer. Names are
read in whole words, not by letters that stand somewhere in them: 患者名 names a person, 商品名, 駅名 and
file_name do not. The words stand in `schemas/tables/column_words.csv`, those of identification codes in
`code_words.csv`; sources of what is asked: 法2条2項, 施行令1条, 規則2–4条 (個人識別符号), 規則34条1号–3号 and
guideline 3-2-2 (氏名, 連絡先, 住所, 生年月日, 会員番号), 法2条3項 and 施行令2条 (要配慮個人情報).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from tokumei.schemas.column_words import DIGITS, Word, split_words
from tokumei.schemas.tables import ColumnWord


class Role(StrEnum):
    """What a column holds, from what is worst to release to what is least.

    Attributes:
        CODE, BIOMETRICS: an individual identification code (個人識別符号), by number or by body.
        NAME, KANA: a name of a person, or how it is read.
        CONTACT: a telephone number or mail address. ADDRESS: where somebody lives.
        IDENTIFIER: what others know a person or a device by: account, card, IP address, plate, position.
        LINK: a code that a business gives a person (会員番号), which links records.
        FREE_TEXT: sentences. BIRTH: a birth date, month or year.
        POSTAL, AGE, SEX: attributes that many share.
        SENSITIVE: what may be 要配慮個人情報. AGE_BAND: bands of ages (年代).
    """

    CODE = "code"
    BIOMETRICS = "biometrics"
    NAME = "name"
    KANA = "kana"
    CONTACT = "contact"
    ADDRESS = "address"
    IDENTIFIER = "identifier"
    LINK = "link"
    FREE_TEXT = "free_text"
    BIRTH = "birth"
    POSTAL = "postal"
    AGE = "age"
    SEX = "sex"
    SENSITIVE = "sensitive"
    AGE_BAND = "age_band"


_CRITERIA = {Role.CODE: 2, Role.BIOMETRICS: 2, Role.LINK: 3, Role.POSTAL: 5, Role.AGE: 5, Role.SEX: 5}
_NO_CRITERION = frozenset({Role.SENSITIVE, Role.AGE_BAND})
PERSONAL = frozenset({Role.NAME, Role.KANA, Role.CONTACT, Role.ADDRESS})
CODES = frozenset({Role.CODE, Role.BIOMETRICS})
_RANK = {role: i for i, role in enumerate(Role)}


class Named(NamedTuple):
    """What one name says.

    Attributes:
        role: what the column holds.
        kind: which of its kind: of a code as in ``code_words.csv``; phone or mail; bank, card, ip, device …;
            date, month or year of a birth. None where there is one kind only.
    """

    role: Role
    kind: str | None = None

    @property
    def criterion(self) -> int | None:
        """The criterion under which it is treated first (規則34条, 62条); None where none is."""
        return None if self.role in _NO_CRITERION else _CRITERIA.get(self.role, 1)


def roles_of(*texts: str | None) -> tuple[Named, ...]:
    """Return what names or titles of a column say that it holds, what is worst to release first.

    Args:
        texts: the column's name and its title; None says nothing.

    Returns:
        Each role once; none where a name says nothing known, or speaks about such a thing (電話番号の有無).
    """
    found = {said for text in texts if text for said in _read(text)}
    return tuple(sorted(found, key=lambda said: (_RANK[said.role], said.kind or "")))


def says(roles: Collection[Role], *texts: str | None) -> bool:
    """Return whether names or titles of a column say one of some roles; see `roles_of`."""
    return any(said.role in roles for said in roles_of(*texts))


def name_part(text: str) -> tuple[Literal["family", "given"], str] | None:
    """Return which part of a person's name a column's name says, and what it says without that word.

    Args:
        text: the name or title of a column that says `Role.NAME` or `Role.KANA`.

    Returns:
        Of 患者姓 and 患者名 the same rest, so that they belong together; None where it says no part.
    """
    words = split_words(text)
    for i, (_, word) in enumerate(words):
        for part in _PARTS:
            if _is(word, part):
                return part, "#".join(
                    "".join(letters for letters, _ in of) for of in (words[:i], words[i + 1 :])
                )
    return None


@cache
def _read(text: str) -> tuple[Named, ...]:
    words = _Words(word for _, word in split_words(text))
    said = {Named(Role(row.role), row.kind or None) for row in words.said()} | words.links()
    return tuple(said - ({Named(Role.NAME)} if Named(Role.KANA) in said else set()))


class _Words(list[Word]):
    """The words of one name, each with all that it may be; an unknown one is empty."""

    def said(self) -> Iterable[ColumnWord]:
        """Return the words by which the name tells what the column holds."""
        about = self._about()
        for i, word in enumerate(self):
            for row in word:
                if row.role and (not about or row.role == Role.SENSITIVE) and self._stands(i, row):
                    yield row

    def links(self) -> set[Named]:
        """Return LINK where a number of somebody is named: 会員番号, customer_id."""
        numbered = any(
            _is(who, "who") and not _is(who, "numbered") and _is(number, "number")
            for who, number in pairwise(self)
        )
        return {Named(Role.LINK)} if numbered and not self._about() else set()

    def _about(self) -> bool:
        """Whether the name speaks about a thing and not of it: 電話番号の有無, has_email."""
        heads = [word for word in self if not _is(word, "form")]
        first, last = (heads[0], heads[-1]) if heads else ((), ())
        return _is(first, "ask") or (_is(last, "about") and not any(row.role for row in last))

    def _stands(self, i: int, row: ColumnWord) -> bool:
        """Whether a word stands as it must to mean its role."""
        before, after = self[:i], self[i + 1 :]
        if row.part == "whole":
            return all(word is DIGITS for word in (*before, *after))
        if self._of_thing(before, row.role):
            return False
        if row.part == "alone":
            numbered = ("number",) if row.role in _NUMBERED else ()
            firms = ("firm",) if row.role == Role.CONTACT else ()
            free = all(_is(w, *_FREE, *firms) or _has(w, row.role) for w in before)
            return free and all(_is(w, *_FREE, *numbered) or _has(w, row.role) for w in after)
        if row.part == "last":
            return all(_is(w, "form", "of") or _has(w, row.role) for w in after)
        if row.part == "numbered":
            number = next((w for w in after if not _is(w, "form")), ())
            return _is(number, "number") and all(_is(w, *_FREE, "number") for w in after)
        return not (row.role == Role.FREE_TEXT and bool(after) and _is(after[-1], "number"))

    @staticmethod
    def _of_thing(before: list[Word], role: str) -> bool:
        """Whether it is the name or address of a thing: 店舗電話番号, 商品名フリガナ."""
        near = next((w for w in before[::-1] if not _is(w, "form", "alone")), ())
        of_thing = _is(near, "thing") or (_is(near, "firm") and role != Role.CONTACT)
        return of_thing and role in _OF_THINGS_TOO


_PARTS: tuple[Literal["family"], Literal["given"]] = ("family", "given")
_FREE = ("form", "who", "of")  # what may stand beside a word that must else stand alone
_NUMBERED = frozenset({Role.CODE, Role.BIOMETRICS, Role.IDENTIFIER})
_OF_THINGS_TOO = frozenset({Role.NAME, Role.KANA, Role.CONTACT, Role.ADDRESS, Role.IDENTIFIER})
_GROUPS = ({Role.NAME, Role.KANA}, {Role.CODE, Role.BIOMETRICS})


def _is(word: Word, *parts: str) -> bool:
    return any(row.part in parts for row in word)


def _has(word: Word, role: str) -> bool:
    group = next((group for group in _GROUPS if role in group), {role})
    return any(row.role in group for row in word)
