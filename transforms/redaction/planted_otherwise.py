"""Planted cases of what others tried: odd signs between digits, words beside short numbers, wrapped twice.

Each stood in a redacted text once. They are planted so that what was mended stays so, in every run.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Sequence
from urllib.parse import quote

from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.draws import Draws
from tokumei.transforms.redaction.planted_kinds import (
    LOWER,
    PlantedKind,
    mobile,
    people_of_faker,
    worded_kind,
)
from tokumei.transforms.redaction.spellings import GROUPED, PLAIN, Spelling, put_between

_AS_WRITTEN = {"as written": PLAIN["as written"]}
_NARROW_OR_FULL = {name: GROUPED[name] for name in ("as written", "full width")}
_FRAMES = ("{}", "本人の申し出：{}。", "{}\n以上", "以前は {} だった。")
_TOWNS = ("芝浦", "上用賀", "児島元浜町", "桜木", "旭ケ丘", "本町", "緑が丘", "泉ヶ丘")
_FAMILY = 2  # of the names of Faker: that in Latin letters


def _after_each(sign: str) -> Spelling:
    return lambda number: sign.join(number.replace("-", ""))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_ODD_SIGNS: dict[str, Spelling] = {
    **{f"{sign} between groups": put_between(sign) for sign in "+〒#~●;&"},
    **{f"{sign} after each digit": _after_each(sign) for sign in "xの"},
}
_BASE64, _JSON, _XML = PLAIN["base64"], PLAIN["json"], PLAIN["xml"]
_TWICE: dict[str, Spelling] = {
    "base64 of a URL": lambda n: _encoded(f"携帯は{quote(n.replace('-', 'ー'))}"),
    "base64 in a URL": lambda n: quote(_BASE64(n), safe=""),
    "base64 of base64": lambda n: _encoded(_BASE64(n)),
    "hexadecimal of base64": lambda n: _BASE64(n).encode().hex(),
    "base64 of JSON": lambda n: _encoded(f'{{"tel": "{_JSON(n)}"}}'),
    "JSON of XML": lambda n: _JSON(_XML(n)),
    "URL of a URL": lambda n: PLAIN["url"](n).replace("%", "%25"),
    "XML of XML": lambda n: _XML(n).replace("&", "&amp;"),
}
_JOINTS = ("", " ", "は", "：")
_SHORT_ONES = (  # words, and how many digits stand behind them
    (("診察券", "診察券番号", "カルテ番号", "患者ID", "社員番号", "ケース番号"), 5),
    (("生活保護番号", "暗証番号"), 4),
    (("普通", "口座", "会員No", "銀行 当座"), 7),
)


def _digits(size: int) -> Callable[[Draws], str]:
    return lambda draws: draws.digits(size, first="123456789")


def _mail(draws: Draws) -> str:
    at = draws.of(("(a)", "アット", " at "))
    return f"{draws.letters(6, LOWER)}{at}example.com"


def _page(draws: Draws) -> str:
    return f"{draws.of(('note.com', 'instagram.com'))}/{draws.letters(6, LOWER)}_{draws.letters(1, LOWER)}"


def _numbers(draws: Draws, *most: int) -> list[int]:
    return [1 + draws.below(top) for top in most]


def _town_alone(draws: Draws) -> str:
    form = draws.of(("{}{}丁目{}番{}号", "{}{}丁目{}-{}", "{}{}丁目 {}番 {}号"))
    return form.format(draws.of(_TOWNS), *_numbers(draws, 9, 30, 20))


def _born(draws: Draws) -> str:
    year, month, day = 40 + draws.below(50), 1 + draws.below(12), 1 + draws.below(28)
    forms = (
        f"19{year}生まれ",
        f"S{1 + draws.below(63)}年生",
        f"{year}{month:02d}{day:02d}生",
        f"{month}/{day}生",
    )
    return draws.of(forms)


def _titled(draws: Draws) -> str:
    family, _ = people_of_faker()
    return draws.of(family)[_FAMILY]


OTHERWISE: tuple[PlantedKind, ...] = (
    PlantedKind("電話番号（変わった区切り）", mobile, _FRAMES, _ODD_SIGNS),
    PlantedKind("電話番号（二重の符号化）", mobile, _FRAMES, _TWICE),
    *(
        worded_kind("言葉で分かる短い番号", words, _digits(size), joints=_JOINTS, spellings=_NARROW_OR_FULL)
        for words, size in _SHORT_ONES
    ),
    PlantedKind("電子メールアドレス（言い換え）", _mail, _FRAMES, _AS_WRITTEN),
    PlantedKind("頁のアドレス（https のないもの）", _page, _FRAMES, _AS_WRITTEN),
)
_TITLED = (
    "Mr. {}",
    "Mrs. {} より電話",
    "Ms. {} called",
    "{}様に連絡",
    "{}さんから電話",
    "Dr. {}",
    "{}-san came",
)
_TOLD: Sequence[tuple[SpanLabel, PlantedKind]] = (
    (SpanLabel.PERSON, PlantedKind("氏名（ローマ字の姓のみ）", _titled, _TITLED, _AS_WRITTEN, certain=False)),
    (
        SpanLabel.PLACE,
        PlantedKind(
            "住所（市区町村のないもの）",
            _town_alone,
            ("{}", "実家は{}", "{}に転居"),
            _AS_WRITTEN,
            certain=False,
        ),
    ),
    (
        SpanLabel.DATE,
        PlantedKind(
            "生年月日（略したもの）", _born, ("{}", "本人（{}）", "{}の方"), _AS_WRITTEN, certain=False
        ),
    ),
)


def otherwise_kinds(left: Collection[SpanLabel]) -> tuple[PlantedKind, ...]:
    """Return these kinds, without those of sentences that are left standing."""
    return (*OTHERWISE, *(kind for label, kind in _TOLD if label not in left))
