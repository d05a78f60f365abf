"""What a column holds: its name raises a hypothesis, its values confirm it, or a question stays.

Where name and values agree, or values alone are sure (check digits, mail, telephones, addresses), it is
decided. What is deleted needs no question: nothing of it can leak. Where a name says a person and the values
do not, or neither says anything of nearly unique texts, an officer decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tokumei.schemas.column_names import Role, roles_of
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.suggest.evidence import Evidence
from tokumei.transforms.suggest.sketch import ColumnSketch
from tokumei.transforms.suggest.words import Said, said_by
from tokumei.transforms.values.code_formats import CARD, LICENCE, MY_NUMBER

_MOSTLY, _HALF, _SOME = 0.8, 0.5, 0.3
_FEW_VALUES = 60
_FEW_NUMBERS = 12
_OLDEST = 125
_DATES: frozenset[ColumnType] = frozenset({"date", "month", "datetime"})


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
class Held:
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


def held_by(name: str, column: ColumnSketch, seen: Evidence | None, rows: int) -> Held:
    """Return what a column holds.

    Args:
        name: as the file has it.
        column: its sketch; seen: what its values show, None without values.
        rows: of the table.
    """
    said = said_by(name)
    roles = {named.role: named.kind for named in roles_of(name)}
    if seen is None:
        return Held(holding=Holding.EMPTY)
    if column.distinct == 1:
        return Held(holding=Holding.CONSTANT)
    found = (
        _by_values(seen)
        or _by_role(roles, column, seen)
        or _by_date(said, roles, seen)
        or _by_words(said, column, seen)
        or _by_shape(said, column, seen)
    )
    sensitive = Role.SENSITIVE in roles
    return Held(**{**vars(found), "sensitive": sensitive, "why": (*found.why, *_told(roles, said))})


def _told(roles: dict[Role, str | None], said: Said) -> list[str]:
    told = [f"名称の語: {role.value}{f'/{kind}' if kind else ''}" for role, kind in roles.items()]
    return told or ([f"名称の語: {said.holds}"] if said.holds else [])


def _by_values(seen: Evidence) -> Held | None:
    """Return what values alone are sure to be."""
    for kind, holding in ((MY_NUMBER, Holding.CODE), (LICENCE, Holding.CODE), (CARD, Holding.IDENTIFIER)):
        if kind in seen.codes:
            return Held(holding=holding, kind="card" if kind is CARD else None, why=(f"検査数字: {kind.title}",))
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
            return Held(holding=holding, kind=name, why=(f"{title} {seen.share(name):.0%}",))
    return None


def _by_role(roles: dict[Role, str | None], column: ColumnSketch, seen: Evidence) -> Held | None:
    """Return what a personal word of the name says, as far as the values do not speak against it."""
    few = column.distinct <= 5 and column.cells >= 50
    for role, holding in _BY_ROLE.items():
        if role not in roles:
            continue
        if few and role not in {Role.CODE, Role.BIOMETRICS}:
            question = f"名称は{holding.value}を示すが、値は{column.distinct}種しかない。{holding.value}そのものか、有無などの区分か"
            return Held(holding=holding, kind=roles[role], doubt=question, instead=(Holding.CATEGORY,))
        shape = seen.share("kanji name", "kana", "latin name")
        if holding is Holding.NAME and shape < _SOME:
            question = f"名称は氏名を示すが、氏名の形の値は{shape:.0%}しかない。人の氏名か、物や団体の名か"
            return Held(holding=holding, doubt=question, instead=(Holding.ITEM,))
        return Held(holding=holding, kind=roles[role], why=(f"氏名の形 {shape:.0%}",) if holding is Holding.NAME else ())
    read = seen.share("address", "prefecture")
    if (Role.ADDRESS in roles and not few) or (read >= _MOSTLY and seen.share("street") >= _SOME):
        return Held(holding=Holding.ADDRESS, why=(f"市区町村まで読める住所 {read:.0%}",))
    if Role.POSTAL in roles or seen.share("postal") >= 0.95 and any("-" in p for p, _ in seen.patterns):
        return Held(holding=Holding.POSTAL, why=(f"郵便番号の形 {seen.share('postal'):.0%}",))
    if Role.LINK in roles and not few:
        return Held(holding=Holding.LINK)
    if Role.AGE in roles and seen.numbers and 0 <= seen.numbers[0] and seen.numbers[-1] <= _OLDEST:
        return Held(holding=Holding.AGE, why=("0〜125の整数",))
    if Role.SEX in roles or (seen.share("sex") == 1 and column.distinct <= 6):
        return Held(holding=Holding.SEX, why=(f"性別の語 {seen.share('sex'):.0%}",))
    sentences = seen.share("sentence")
    if (Role.FREE_TEXT in roles and column.distinct > _FEW_VALUES) or (sentences >= _SOME and seen.lengths[0] >= 15):
        return Held(holding=Holding.TEXT, why=(f"文の形 {sentences:.0%}、平均{seen.lengths[0]:.0f}字",))
    return None


def _by_date(said: Said, roles: dict[Role, str | None], seen: Evidence) -> Held | None:
    if Role.BIRTH in roles:
        if seen.kind in _DATES or seen.numbers:
            return Held(holding=Holding.BIRTH, kind=roles[Role.BIRTH], why=("日付として全件読める",) if seen.kind in _DATES else ())
        unread = f"{seen.nearly[1]:,}件が日付として読めない" if seen.nearly else "値が日付として読めない"
        return Held(holding=Holding.BIRTH, doubt=f"名称は生年月日を示すが、{unread}。削除してよいか")
    if seen.kind in _DATES and said.holds not in {"quantity", "item"}:
        return Held(holding=Holding.TIME, why=("日付・時刻として全件読める",))
    if seen.nearly and seen.nearly[0] in _DATES and not said.code:
        question = f"ほとんどは日付だが、{seen.nearly[1]:,}件が読めない。項目を渡さないか、ファイルを直すか"
        return Held(holding=Holding.OPEN, doubt=question)
    return None


def _by_words(said: Said, column: ColumnSketch, seen: Evidence) -> Held | None:
    """Return what an impersonal word of the name says, if the values can be that."""
    if said.holds == "position" and seen.numbers:
        return Held(holding=Holding.IDENTIFIER, kind="position")
    if said.holds == "key":
        return Held(holding=Holding.KEY)
    if seen.share("address", "prefecture") >= _MOSTLY or said.holds == "place":
        return Held(holding=Holding.PLACE, why=(f"市区町村・都道府県 {seen.share('address', 'prefecture'):.0%}",))
    if said.holds == "observable":
        return Held(holding=Holding.OBSERVABLE)
    if said.holds == "quantity" and seen.numbers and not said.code:
        return Held(holding=Holding.QUANTITY)
    if said.holds == "item":
        return Held(holding=Holding.ITEM)
    if said.holds == "category" and column.distinct <= 1000:
        return Held(holding=Holding.CATEGORY if column.distinct <= _FEW_VALUES else Holding.ITEM)
    return None


def _by_shape(said: Said, column: ColumnSketch, seen: Evidence) -> Held:
    """Return what values look like of which no name tells anything."""
    unique = column.distinct >= 0.9 * column.cells and column.cells >= 50
    coded = seen.zeros or said.code or (not seen.numbers and seen.share("code", "digits", "UUID") >= _MOSTLY)
    if column.distinct <= (_FEW_NUMBERS if seen.numbers and not coded else _FEW_VALUES):
        return Held(holding=Holding.CATEGORY)
    if seen.numbers and not coded:
        return Held(holding=Holding.QUANTITY)
    if coded:
        return Held(holding=Holding.KEY if unique else Holding.ITEM)
    person = seen.share("kanji name", "kana")
    if person >= _HALF and said.holds is None:
        question = f"値の{person:.0%}が氏名にも品名にも見える形である。人の氏名か、物や団体の名か"
        return Held(holding=Holding.NAME, doubt=question, instead=(Holding.ITEM,))
    if unique:
        question = "値がほぼすべて異なる文字列で、何の項目か名称から分からない。何を記録した項目か"
        return Held(holding=Holding.OPEN, doubt=question, instead=(Holding.TEXT, Holding.NAME))
    return Held(holding=Holding.ITEM)
