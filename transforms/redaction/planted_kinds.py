"""The kinds of planted cases: how one of each is made, what stands around it, and how it may be written.

The people, addresses and numbers are made up; names come from Faker, places from the table of municipalities.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from tokumei.schemas.tables import municipalities, plate_offices
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.spellings import GROUPED, LATIN, PLAIN, Spelling
from tokumei.transforms.values.check_digits import Digits, luhn_check, my_number_check
from tokumei.transforms.values.code_formats import LICENCE

_FRAMES = ("{}", "本人の申し出：{}。", "（{}）", "以前のもの {} を訂正", "{}、確認済み", "{}\n以上")
UPPER = "ABCDEFGHJKLMNPRSTUVWXYZ"
_UNUSUAL = "桐杜椛榊楠樺漣灘燿珀琥瑛皐禎稜竪苳萱蓼蕗"
LOWER = "abcdefghijklmnopqrstuvwxyz"
_WRITTEN = {"as written": PLAIN["as written"], "full width": PLAIN["full width"]}
_IN_PLACE = {
    name: PLAIN[name] for name in ("as written", "full width", "zero width", "soft hyphen", "joiner")
}


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


def mobile(draws: Draws) -> str:
    """Return a telephone number of a mobile."""
    return f"0{draws.of('789')}0-{draws.digits(4, first='123456789')}-{draws.digits(4)}"


def _landline(draws: Draws) -> str:
    return f"{draws.of(('03', '06'))}-{draws.digits(4, first='3456')}-{draws.digits(4)}"


def mail_address(draws: Draws) -> str:
    """Return a mail address."""
    who = f"{draws.letters(6, LOWER)}.{draws.letters(4, LOWER)}{draws.digits(2)}"
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


def worded_kind(
    title: str,
    words: Sequence[str],
    make: Callable[[Draws], str],
    *,
    joints: Sequence[str] = ("は", "：", " "),
    spellings: Mapping[str, Spelling] = GROUPED,
) -> PlantedKind:
    """Return a kind that is told by a word before it.

    Args:
        title: in Japanese, for the report.
        words: of which one stands before it.
        make: a new one.
        joints: what may stand between.
        spellings: that it may have.
    """
    frames = [frame.format(f"{word}{joint}{{}}") for word in words for joint in joints for frame in _FRAMES]
    return PlantedKind(title=title, make=make, frames=frames, spellings=spellings)


PLANTED_CODES: tuple[PlantedKind, ...] = (
    PlantedKind(title="個人番号", make=_my_number),
    PlantedKind(title="運転免許証の番号", make=_licence),
    PlantedKind(title="カード番号", make=_card),
    worded_kind("基礎年金番号", ("基礎年金番号", "年金手帳"), lambda d: _in_groups(d.digits(10), 4, 6)),
    worded_kind("住民票コード", ("住民票コード", "住基番号"), lambda d: d.digits(11, first="123456789")),
    worded_kind("旅券番号", ("旅券番号", "パスポート"), lambda d: d.letters(2, UPPER) + d.digits(7)),
    worded_kind(
        "在留カード等の番号",
        ("在留カード",),
        lambda d: d.letters(2, UPPER) + d.digits(8) + d.letters(2, UPPER),
    ),
    worded_kind("雇用保険被保険者番号", ("雇用保険", "雇保"), lambda d: _in_groups(d.digits(11), 4, 6, 1)),
    worded_kind("保険の番号", ("保険証の番号", "国保 番号"), lambda d: d.digits(7, first="123456789")),
    worded_kind("銀行口座の番号", ("銀行口座 普通",), lambda d: d.digits(7)),
    worded_kind("端末の番号", ("IMEI",), lambda d: f"35{d.digits(13)}"),
    PlantedKind(title="そのほかの長い番号", make=lambda d: d.digits(9, first="3456789")),
)
MAIL: dict[str, Spelling] = LATIN | {
    "at in brackets": lambda text: text.replace("@", " [at] "),
    "at and dot": lambda text: (
        text.replace("@", " at ").replace(".jp", " dot jp").replace(".com", " dot com")
    ),
}
CONTACTS: tuple[PlantedKind, ...] = (
    PlantedKind(title="携帯電話の番号", make=mobile),
    PlantedKind(title="固定電話の番号", make=_landline),
    PlantedKind(title="電子メールアドレス", make=mail_address, spellings=MAIL),
    PlantedKind(
        title="URL",
        make=lambda d: f"https://{d.letters(8, LOWER)}.example.jp/{d.letters(5, LOWER)}",
        spellings=LATIN,
    ),
    PlantedKind(
        title="SNS等のアカウント", make=lambda d: f"@{d.letters(7, LOWER)}{d.digits(2)}", spellings=LATIN
    ),
    worded_kind(
        "言葉で分かるアカウント",
        ("LINE ID", "LINE", "インスタ", "Twitter", "ID"),
        lambda d: f"{d.letters(7, LOWER)}{d.digits(2)}_{d.letters(1, LOWER)}",
        joints=("：", ": ", "は"),
        spellings=_IN_PLACE,
    ),
    worded_kind(
        "電話番号などの下4桁", ("下4桁", "末尾４桁", "下四桁"), lambda d: d.digits(4), spellings=_IN_PLACE
    ),
    PlantedKind(title="IPアドレス", make=_address, spellings=LATIN),
    PlantedKind(title="MACアドレス", make=_mac, spellings=LATIN),
    PlantedKind(title="UUID", make=_uuid, spellings=LATIN),
    PlantedKind(title="自動車の登録番号", make=_plate, spellings=LATIN),
    PlantedKind(title="緯度・経度", make=_position, spellings=LATIN),
    PlantedKind(title="郵便番号", make=lambda d: f"〒{d.digits(3)}-{d.digits(4)}", spellings=_WRITTEN),
)


def unheard_of(draws: Draws) -> str:
    """Return a name that no dictionary has, so that only what is known of the record can find it."""
    return f"{draws.letters(2, _UNUSUAL)} {draws.letters(2, _UNUSUAL)}"


def _name(draws: Draws) -> str:
    family, given = people_of_faker()
    return f"{draws.of(family)[0]} {draws.of(given)[0]}"


def made_up_place(draws: Draws) -> str:
    """Return an address: a municipality that there is, and numbers."""
    place = draws.of(municipalities())
    return f"{place.full}{1 + draws.below(9)}-{1 + draws.below(30)}-{1 + draws.below(20)}"


@cache
def people_of_faker() -> tuple[list[tuple[str, str, str]], list[tuple[str, str, str]]]:
    """Return family names and given names, each in kanji, katakana and Latin letters."""
    from faker.providers.person.ja_JP import Provider  # it takes a while

    given = (*Provider.first_name_male_pairs, *Provider.first_name_female_pairs)
    return [pair[:3] for pair in Provider.last_name_pairs], [pair[:3] for pair in given]


NAMES: dict[str, Spelling] = PLAIN | {
    "closed up": lambda name: name.replace(" ", ""),
    "wide space": lambda name: name.replace(" ", "\u3000"),
    "middle dot": lambda name: name.replace(" ", "・"),
    "the other way": lambda name: " ".join(reversed(name.split())),
    "family name": lambda name: f"{name.split()[0]}様",
}


def _kana(draws: Draws) -> str:
    family, given = people_of_faker()
    return f"{draws.of(family)[1]} {draws.of(given)[1]}"


def a_day(draws: Draws) -> tuple[int, int, int]:
    """Return year, month and day."""
    return 1930 + draws.below(80), 1 + draws.below(12), 1 + draws.below(28)


def _western(draws: Draws) -> str:
    return draws.of(("{}年{}月{}日", "{}/{}/{}", "{}-{:02d}-{:02d}", "{}.{}.{}")).format(*a_day(draws))


def _japanese(draws: Draws) -> str:
    era, years = draws.of((("昭和", 63), ("平成", 30), ("S", 63), ("H", 30)))
    _, month, day = a_day(draws)
    year = 1 + draws.below(years)
    return f"{era}{year}.{month}.{day}" if era.isascii() else f"{era}{year}年{month}月{day}日"


_BORN = ("生年月日：{}", "{}生まれの方", "{}生", "本人（{}生）から申し出", "誕生日は{}です。")
_AGED = ("{}の女性から電話。", "本人（{}）", "母は{}で一人暮らし。", "{}、男性")
_SAID = (
    "{}さんから電話あり。",
    "昨日{}様が来所。",
    "担当は{}です。",
    "夫の{}が同席した。",
    "{}氏に伝えた。",
    "申請者は{}本人。",
)
_LIVED = ("住所は{}。", "{}に転居した。", "{}在住", "書類を{}へ送る。", "本人は{}に住む。")
_FULL_NAMES = {name: spelling for name, spelling in NAMES.items() if name != "family name"}
_SHORT = {
    name: spelling for name, spelling in PLAIN.items() if name != "hexadecimal"
}  # of few digits: a number
_TO_STAFF = ("担当：{}", "{}に連絡済み。", "ケアマネ{}へ書類を送った。", "佐藤→{}へ引継ぎ", "医師 {}より電話")
_IN_LATIN = ("担当 {}", "担当：{}、電話済み", "Mr. {} called", "wife is {}, phone later", "Ms. {}より")


def _in_latin(draws: Draws) -> str:
    if draws.below(2):
        family, given = people_of_faker()
        return f"{draws.of(given)[2]} {draws.of(family)[2]}"
    first, last = ("Emily", "Michael", "Jennifer", "David"), ("Johnson", "Smith", "Miller", "Watson")
    return f"{draws.of(first)} {draws.of(last)}"


_DESCRIBED: tuple[tuple[SpanLabel, PlantedKind], ...] = (
    (SpanLabel.PERSON, PlantedKind("氏名", _name, _SAID, _FULL_NAMES, certain=False)),
    (SpanLabel.PERSON, PlantedKind("氏名（仮名）", _kana, _SAID[:2], _FULL_NAMES, certain=False)),
    (
        SpanLabel.PERSON,
        PlantedKind(
            "氏名（一字の姓）", lambda d: d.of("林森王金原関南泉"), _TO_STAFF, _IN_PLACE, certain=False
        ),
    ),
    (SpanLabel.PERSON, PlantedKind("氏名（ローマ字）", _in_latin, _IN_LATIN, _IN_PLACE, certain=False)),
    (SpanLabel.PLACE, PlantedKind("住所", made_up_place, _LIVED, PLAIN, certain=False)),
    (SpanLabel.DATE, PlantedKind("日付（西暦）", _western, _BORN, PLAIN, certain=False)),
    (SpanLabel.DATE, PlantedKind("日付（和暦）", _japanese, _BORN, _SHORT, certain=False)),
    (SpanLabel.AGE, PlantedKind("年齢", lambda d: f"{20 + d.below(75)}歳", _AGED, _SHORT, certain=False)),
)
OF_OTHERS = PlantedKind("ファイルにある他の人の氏名", unheard_of, _SAID, _FULL_NAMES)


def described_kinds(left: Collection[SpanLabel]) -> tuple[PlantedKind, ...]:
    """Return the kinds that sentences tell, without those that are left standing."""
    return tuple(kind for label, kind in _DESCRIBED if label not in left)
