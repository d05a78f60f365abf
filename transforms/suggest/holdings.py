"""What a column holds: its name raises a hypothesis, its values confirm it, or a question stays.

Where name and values agree, or values alone are sure (check digits, mail, telephones, addresses), it is
decided. What is deleted needs no question: nothing of it can leak. Where a name says a person and the values
do not, or neither says anything of nearly unique texts, an officer decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import pyarrow.compute as pc

from tokumei.schemas.column_names import Role, roles_of
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.suggest.evidence import Traits
from tokumei.transforms.suggest.sketch import ColumnSketch
from tokumei.transforms.suggest.words import Said, said_by
from tokumei.transforms.values.code_formats import CARD, LICENCE, MY_NUMBER

_NEARLY, _MOSTLY, _HALF, _SOME = 0.95, 0.8, 0.5, 0.3
_FLAGS = 5  # values: no names or telephones of so many records
_LEAST = 50  # records, from which much follows
_LONG = 15  # characters
_CATEGORIES = 1000
_LONG_NUMBER = 10**7  # a middle value of no quantity that nobody calls one
_OF_A_CODE = 20  # records
FEW_RECORDS = "few records"  # the kind of a number that nobody calls a person's
_FEW_VALUES = 60
_FEW_NUMBERS = 12
_OLDEST = 125
# Words of age or sex inside labels: "adults 50up male", 30代, 女性.
_OF_A_PERSON = (
    r"(?i)(?:^|[^a-z])(?:fe)?males?(?:[^a-z]|$)|[男女]|[0-9]{2}\s*(?:歳|才|代|up|over|plus)"
    r"|(?:^|[^0-9])[0-9]{2}[_~〜～-][0-9]{2}(?:[^0-9]|$)"
)
DATES: frozenset[ColumnType] = frozenset({"date", "month", "datetime"})
_NUMBERS: frozenset[ColumnType] = frozenset({"integer", "number"})


class Holding(StrEnum):
    """What a column holds, as a comment of the policy calls it."""

    EMPTY = "値なし"
    CONSTANT = "一定の値"
    CODE = "個人識別符号"
    NAME = "氏名"
    CONTACT = "連絡先"
    ADDRESS = "住所"
    IDENTIFIER = "個人に至る番号・位置"
    LINK = "本人の番号（連結符号）"
    KEY = "記録の番号"
    TEXT = "自由記述"
    POSTAL = "郵便番号"
    BIRTH = "生年月日"
    AGE = "年齢"
    SEX = "性別"
    OBSERVABLE = "外から知り得る属性"
    PLACE = "地域"
    TIME = "時点"
    QUANTITY = "量"
    ITEM = "品目など多種の区分"
    CATEGORY = "区分"
    OPEN = "不明"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What a column holds, and why.

    Attributes:
        holding: what; kind: which, as the words of names tell it.
        sensitive: by its name it may be 要配慮個人情報.
        why: what says so, for the comment.
        doubt: what an officer must decide, in Japanese; None where nothing is.
        instead: what else it may be, of a doubtful one.
    """

    holding: Holding
    kind: str | None = None
    sensitive: bool = False
    why: tuple[str, ...] = ()
    doubt: str | None = None
    instead: tuple[Holding, ...] = ()


_BY_ROLE = {
    Role.NAME: Holding.NAME,
    Role.KANA: Holding.NAME,
    Role.CONTACT: Holding.CONTACT,
    Role.IDENTIFIER: Holding.IDENTIFIER,
    Role.CODE: Holding.CODE,
    Role.BIOMETRICS: Holding.CODE,
}


_BY_WORD = {
    "position": Holding.IDENTIFIER,
    "key": Holding.KEY,
    "place": Holding.PLACE,
    "observable": Holding.OBSERVABLE,
    "quantity": Holding.QUANTITY,
    "item": Holding.ITEM,
    "category": Holding.CATEGORY,
}


def held_by(name: str, column: ColumnSketch, seen: Traits | None) -> Content:
    """Return what a column holds.

    Args:
        name: as the file has it.
        column: its sketch.
        seen: what its values show, None without values.
    """
    said = said_by(name)
    roles = {named.role: named.kind for named in roles_of(name)}
    if seen is None:
        return Content(holding=Holding.EMPTY)
    if column.distinct == 1:
        return Content(holding=Holding.CONSTANT)
    found = (
        _by_values(seen)
        or _by_identity(roles, column, seen)
        or _by_address(roles, column, seen)
        or _by_attribute(roles, column, seen)
        or _by_date(said, roles, seen)
        or _by_words(said, column, seen)
        or _by_shape(said, roles, column, seen)
    )
    if found.holding is Holding.CATEGORY and _of_a_person(column):
        found = replace(found, holding=Holding.OBSERVABLE, why=("値の半ば以上に性別や年齢層の語", *found.why))
    sensitive = Role.SENSITIVE in roles or said.sensitive
    return Content(**{**vars(found), "sensitive": sensitive, "why": (*found.why, *_told(roles, said))})


def _told(roles: dict[Role, str | None], said: Said) -> list[str]:
    told = [f"名称の語: {role.value}{f'/{kind}' if kind else ''}" for role, kind in roles.items()]
    return told or ([f"名称の語: {said.holds}"] if said.holds else [])


def _by_values(seen: Traits) -> Content | None:
    """Return what values alone are sure to be."""
    for kind, holding in ((MY_NUMBER, Holding.CODE), (LICENCE, Holding.CODE), (CARD, Holding.IDENTIFIER)):
        if kind in seen.codes:
            return Content(
                holding=holding, kind="card" if kind is CARD else None, why=(f"検査数字: {kind.title}",)
            )
    for name, holding, title in (
        ("e-mail address", Holding.CONTACT, "電子メールアドレスの形"),
        ("telephone number", Holding.CONTACT, "電話番号計画に合う番号"),
        ("web address", Holding.IDENTIFIER, "URLの形"),
        ("account name", Holding.IDENTIFIER, "アカウントの形"),
        ("IP address", Holding.IDENTIFIER, "IPアドレスの形"),
        ("MAC address", Holding.IDENTIFIER, "MACアドレスの形"),
        ("number plate", Holding.IDENTIFIER, "自動車登録番号の形"),
        ("position", Holding.IDENTIFIER, "緯度・経度の形"),
    ):
        if seen.share(name) >= _HALF:
            return Content(holding=holding, kind=name, why=(f"{title} {seen.share(name):.0%}",))
    return None


def _by_identity(roles: dict[Role, str | None], column: ColumnSketch, seen: Traits) -> Content | None:
    """Return what a word for what tells who a person is says, unless the values speak against it."""
    role = next((role for role in _BY_ROLE if role in roles), None)
    if role is None:
        return None
    holding, kind = _BY_ROLE[role], roles[role]
    if holding is Holding.CODE:
        return Content(holding=holding, kind=kind)
    if _few(column):
        question = (
            f"名称は{holding.value}を示すが、値は{column.distinct}種しかない。"
            f"{holding.value}そのものか、有無などの区分か"
        )
        return Content(holding=holding, kind=kind, doubt=question, instead=(Holding.CATEGORY,))
    shape = seen.share("kanji name", "kana", "latin name")
    if holding is Holding.NAME and shape < _SOME:
        question = f"名称は氏名を示すが、氏名の形の値は{shape:.0%}しかない。人の氏名か、物や団体の名か"
        return Content(holding=holding, doubt=question, instead=(Holding.ITEM,))
    return Content(
        holding=holding, kind=kind, why=(f"氏名の形 {shape:.0%}",) if holding is Holding.NAME else ()
    )


def _of_a_person(column: ColumnSketch) -> bool:
    """Whether half of the labels tell a sex or an age band, which outsiders know."""
    return 2 * (pc.sum(pc.match_substring_regex(column.texts, _OF_A_PERSON)).as_py() or 0) >= column.distinct


def _few(column: ColumnSketch) -> bool:
    return column.distinct <= _FLAGS and column.cells >= _LEAST


def _by_address(roles: dict[Role, str | None], column: ColumnSketch, seen: Traits) -> Content | None:
    read = seen.share("address", "prefecture")
    named = Role.ADDRESS in roles and not _few(column)
    if named or (read >= _MOSTLY and seen.share("street") >= _SOME):
        return Content(holding=Holding.ADDRESS, why=(f"市区町村まで読める住所 {read:.0%}",))
    dashed = any("-" in pattern for pattern, _ in seen.patterns)
    if Role.POSTAL in roles or (seen.share("postal") >= _NEARLY and dashed):
        return Content(holding=Holding.POSTAL, why=(f"郵便番号の形 {seen.share('postal'):.0%}",))
    return None


def _by_attribute(roles: dict[Role, str | None], column: ColumnSketch, seen: Traits) -> Content | None:
    """Return a person's number, age or sex, or sentences."""
    if Role.LINK in roles and not _few(column):
        return Content(holding=Holding.LINK)
    if Role.AGE in roles and seen.numbers and seen.numbers[0] >= 0 and seen.numbers[-1] <= _OLDEST:
        return Content(holding=Holding.AGE, why=(f"0〜{_OLDEST}の数",))
    if Role.SEX in roles or (seen.share("sex") == 1 and column.distinct <= 6):
        return Content(holding=Holding.SEX, why=(f"性別の語 {seen.share('sex'):.0%}",))
    sentences = seen.share("sentence")
    named = Role.FREE_TEXT in roles and column.distinct > _FEW_VALUES
    various = column.distinct >= _SOME * column.cells  # goods repeat, sentences do not
    if named or (various and sentences >= _SOME and seen.lengths[0] >= _LONG):
        return Content(holding=Holding.TEXT, why=(f"文の形 {sentences:.0%}、平均{seen.lengths[0]:.0f}字",))
    if Role.FREE_TEXT in roles:
        question = f"名称は自由記述を示すが、値は{column.distinct}種しかない。文章か、選択肢などの区分か"
        return Content(holding=Holding.TEXT, doubt=question, instead=(Holding.CATEGORY,))
    return None


def _by_date(said: Said, roles: dict[Role, str | None], seen: Traits) -> Content | None:
    if Role.BIRTH in roles:
        if seen.kind in DATES or seen.numbers:
            return Content(
                holding=Holding.BIRTH,
                kind=roles[Role.BIRTH],
                why=("日付として全件読める",) if seen.kind in DATES else (),
            )
        unread = f"{seen.nearly[1]:,}件が日付として読めない" if seen.nearly else "値が日付として読めない"
        return Content(holding=Holding.BIRTH, doubt=f"名称は生年月日を示すが、{unread}。削除してよいか")
    if seen.kind in DATES and said.holds not in {"quantity", "item"}:
        return Content(holding=Holding.TIME, why=("日付・時刻として全件読める",))
    if seen.nearly and seen.nearly[0] in DATES and not said.code:
        question = f"ほとんどは日付だが、{seen.nearly[1]:,}件が読めない。項目を渡さないか、ファイルを直すか"
        return Content(holding=Holding.OPEN, doubt=question)
    return None


def _by_words(said: Said, column: ColumnSketch, seen: Traits) -> Content | None:
    """Return what an impersonal word of the name says, if the values can be that."""
    read = seen.share("address", "prefecture")
    if said.holds == "quantity" and not said.code and seen.nearly and seen.nearly[0] in _NUMBERS:
        question = f"ほとんどは数だが、{seen.nearly[1]:,}件が読めない。項目を渡さないか、ファイルを直すか"
        return Content(holding=Holding.OPEN, doubt=question)
    can = {
        "position": bool(seen.numbers),
        "quantity": bool(seen.numbers) and not said.code,
        "category": column.distinct <= _CATEGORIES,
        "time": False,
    }
    if said.holds is None or not can.get(said.holds, True):
        return (
            Content(holding=Holding.PLACE, why=(f"市区町村・都道府県 {read:.0%}",))
            if read >= _MOSTLY
            else None
        )
    holding = _BY_WORD[said.holds]
    if holding is Holding.CATEGORY and column.distinct > _FEW_VALUES:
        holding = Holding.ITEM
    return Content(holding=holding, kind="position" if said.holds == "position" else None)


def _by_shape(said: Said, roles: dict[Role, str | None], column: ColumnSketch, seen: Traits) -> Content:
    """Return what values look like of which no name tells anything."""
    alone = bool((column.counts == 1).all()) and column.cells >= _FEW_NUMBERS
    unique = alone or (column.distinct >= 0.9 * column.cells and column.cells >= _LEAST)
    texts = not seen.numbers and seen.share("code", "digits", "UUID") >= _MOSTLY
    long = seen.kind == "integer" and bool(seen.numbers) and abs(seen.numbers[5]) >= _LONG_NUMBER
    coded = seen.zeros or said.code or texts or long
    labels = _FEW_NUMBERS if seen.numbers and not coded and Role.SENSITIVE not in roles else _FEW_VALUES
    person = seen.share("kanji name", "kana")
    if coded and unique:
        found = Content(holding=Holding.KEY)
    elif seen.share("time of day") >= _NEARLY:
        found = Content(holding=Holding.KEY, kind="time of day", why=("時刻の形",))
    elif person >= _HALF and said.holds is None and not roles:
        other = Holding.CATEGORY if column.distinct <= labels else Holding.ITEM
        question = f"値の{person:.0%}が氏名にも品名にも見える形である。人の氏名か、物や団体の名か"
        found = Content(holding=Holding.NAME, doubt=question, instead=(other,))
    elif column.distinct <= labels:
        found = Content(holding=Holding.CATEGORY)
    elif seen.numbers and not coded:
        found = Content(holding=Holding.QUANTITY)
    elif coded:
        # A code of few records each belongs to a person, or to what only few persons do.
        few = said.holds is None and not roles and column.cells < _OF_A_CODE * column.distinct
        found = Content(holding=Holding.LINK, kind=FEW_RECORDS) if few else Content(holding=Holding.ITEM)
    elif unique:
        question = "値がほぼすべて異なる文字列で、何の項目か名称から分からない。何を記録した項目か"
        found = Content(holding=Holding.OPEN, doubt=question, instead=(Holding.TEXT, Holding.NAME))
    else:
        found = Content(holding=Holding.ITEM)
    return found
