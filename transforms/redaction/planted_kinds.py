"""The kinds of planted cases: how one of each is made, what stands around it, and how it may be written.

The people, addresses and numbers are made up; names come from Faker, places from the table of municipalities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from tokumei.schemas.tables import municipalities, plate_offices
from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.own import OwnColumn
from tokumei.transforms.redaction.spellings import GROUPED, PLAIN, Spelling
from tokumei.transforms.values.check_digits import Digits, luhn_check, my_number_check
from tokumei.transforms.values.code_formats import LICENCE

_FRAMES = ("{}", "本人の申し出：{}。", "（{}）", "以前のもの {} を訂正", "{}、確認済み", "{}\n以上")
_UPPER = "ABCDEFGHJKLMNPRSTUVWXYZ"
_LOWER = "abcdefghijklmnopqrstuvwxyz"
_WRITTEN = {"as written": PLAIN["as written"], "full width": PLAIN["full width"]}


class PlantedKind(NamedTuple):
    """A kind of planted case.

    Attributes:
        title: in Japanese, for the report.
        make: a new one.
        frames: sentences that it may stand in.
        spellings: that it may have.
        certain: whether every one must be found; else the share that the policy asks for.
    """

    title: str
    make: Callable[[Draws], str]
    frames: Sequence[str] = _FRAMES
    spellings: Mapping[str, Spelling] = GROUPED
    certain: bool = True


def _checked(digits: str, check: Callable[[Digits], Digits]) -> str:
    row = np.frombuffer(digits.encode("ascii"), dtype=np.uint8).reshape(1, -1) - ord("0")
    return str(int(check(row)[0]))


def _in_groups(digits: str, *sizes: int) -> str:
    cut, done = [], 0
    for size in sizes:
        cut.append(digits[done : done + size])
        done += size
    return "-".join(cut)


def _my_number(draws: Draws) -> str:
    digits = draws.digits(11)
    return _in_groups(digits + _checked(digits, my_number_check), 4, 4, 4)


def _licence(draws: Draws) -> str:
    digits = draws.digits(10, first="123456789")
    digits = "4" + digits[1:]
    return _in_groups(digits + _checked(digits, LICENCE.check) + draws.digits(1), 4, 4, 4)


def _card(draws: Draws) -> str:
    digits = "4" + draws.digits(14)
    return _in_groups(digits + _checked(digits, luhn_check), 4, 4, 4, 4)


def _mobile(draws: Draws) -> str:
    return f"0{draws.of('789')}0-{draws.digits(4, first='123456789')}-{draws.digits(4)}"


def _landline(draws: Draws) -> str:
    return f"{draws.of(('03', '06'))}-{draws.digits(4, first='3456')}-{draws.digits(4)}"


def _mail(draws: Draws) -> str:
    who = f"{draws.letters(6, _LOWER)}.{draws.letters(4, _LOWER)}{draws.digits(2)}"
    return f"{who}@example.{draws.of(('jp', 'com'))}"


def _uuid(draws: Draws) -> str:
    return "-".join(draws.letters(n, "0123456789abcdef") for n in (8, 4, 4, 4, 12))


def _mac(draws: Draws) -> str:
    return ":".join(["a4", *(draws.letters(2, "0123456789ABCDEF") for _ in range(5))])


def _address(draws: Draws) -> str:
    return ".".join(str(1 + draws.below(254)) for _ in range(4))


def _plate(draws: Draws) -> str:
    numbers = f"{draws.digits(2, first='123456789')}-{draws.digits(2)}"
    return (
        f"{draws.of(plate_offices())} {draws.of(('300', '530', '58'))} {draws.of('あかさたなは')} {numbers}"
    )


def _position(draws: Draws) -> str:
    return f"35.{draws.digits(6)}, 139.{draws.digits(6)}"


def _worded(title: str, words: Sequence[str], make: Callable[[Draws], str]) -> PlantedKind:
    frames = [
        frame.format(f"{word}{joint}{{}}")
        for word in words
        for joint in ("は", "：", " ")
        for frame in _FRAMES
    ]
    return PlantedKind(title=title, make=make, frames=frames)


PLANTED_CODES: tuple[PlantedKind, ...] = (
    PlantedKind(title="個人番号", make=_my_number),
    PlantedKind(title="運転免許証の番号", make=_licence),
    PlantedKind(title="カード番号", make=_card),
    _worded("基礎年金番号", ("基礎年金番号", "年金手帳"), lambda d: _in_groups(d.digits(10), 4, 6)),
    _worded("住民票コード", ("住民票コード", "住基番号"), lambda d: d.digits(11, first="123456789")),
    _worded("旅券番号", ("旅券番号", "パスポート"), lambda d: d.letters(2, _UPPER) + d.digits(7)),
    _worded(
        "在留カード等の番号",
        ("在留カード",),
        lambda d: d.letters(2, _UPPER) + d.digits(8) + d.letters(2, _UPPER),
    ),
    _worded("雇用保険被保険者番号", ("雇用保険", "雇保"), lambda d: _in_groups(d.digits(11), 4, 6, 1)),
    _worded("保険の番号", ("保険証の番号", "国保 番号"), lambda d: d.digits(7, first="123456789")),
    _worded("銀行口座の番号", ("銀行口座 普通",), lambda d: d.digits(7)),
    _worded("端末の番号", ("IMEI",), lambda d: f"35{d.digits(13)}"),
    PlantedKind(title="そのほかの長い番号", make=lambda d: d.digits(9, first="3456789")),
)
CONTACTS: tuple[PlantedKind, ...] = (
    PlantedKind(title="携帯電話の番号", make=_mobile),
    PlantedKind(title="固定電話の番号", make=_landline),
    PlantedKind(title="電子メールアドレス", make=_mail, spellings=PLAIN),
    PlantedKind(
        title="URL",
        make=lambda d: f"https://{d.letters(8, _LOWER)}.example.jp/{d.letters(5, _LOWER)}",
        spellings=PLAIN,
    ),
    PlantedKind(
        title="SNS等のアカウント", make=lambda d: f"@{d.letters(7, _LOWER)}{d.digits(2)}", spellings=PLAIN
    ),
    PlantedKind(title="IPアドレス", make=_address, spellings=PLAIN),
    PlantedKind(title="MACアドレス", make=_mac, spellings=PLAIN),
    PlantedKind(title="UUID", make=_uuid, spellings=PLAIN),
    PlantedKind(title="自動車の登録番号", make=_plate, spellings=PLAIN),
    PlantedKind(title="緯度・経度", make=_position, spellings=PLAIN),
    PlantedKind(title="郵便番号", make=lambda d: f"〒{d.digits(3)}-{d.digits(4)}", spellings=_WRITTEN),
)
_OWN_NAME, _OWN_PLACE, _OWN_TEXT = "本人の値（氏名など）", "本人の値（住所）", "本人の値（そのほか）"


def own_kind(column: OwnColumn) -> PlantedKind:
    """Return the kind of the values of a column, as its name tells."""
    if column.places:
        return PlantedKind(_OWN_PLACE, _place, spellings=PLAIN)
    if column.names:
        return PlantedKind(_OWN_NAME, _name, spellings=_NAMES)
    return PlantedKind(_OWN_TEXT, lambda d: f"{d.letters(2, _UPPER)}-{d.digits(6)}", spellings=PLAIN)


def _name(draws: Draws) -> str:
    people = _people()
    return f"{draws.of(people[0])} {draws.of(people[1])}"


def _place(draws: Draws) -> str:
    place = draws.of(municipalities())
    return f"{place.full}{1 + draws.below(9)}-{1 + draws.below(30)}-{1 + draws.below(20)}"


@cache
def _people() -> tuple[list[str], list[str]]:
    """Return family names and given names, in kanji."""
    from faker.providers.person.ja_JP import Provider  # it takes a while

    given = (*Provider.first_name_male_pairs, *Provider.first_name_female_pairs)
    return [name for name, *_ in Provider.last_name_pairs], [name for name, *_ in given]


_NAMES: dict[str, Spelling] = PLAIN | {
    "closed up": lambda name: name.replace(" ", ""),
    "wide space": lambda name: name.replace(" ", "\u3000"),
    "middle dot": lambda name: name.replace(" ", "・"),
    "the other way": lambda name: " ".join(reversed(name.split())),
    "family name": lambda name: f"{name.split()[0]}様",
}
