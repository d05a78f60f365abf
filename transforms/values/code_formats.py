"""Number formats whose check digits are published: My Number, driver's licence, insurers, payment cards.

For each, which digits fit the format at all, and which of these pass the check. Of numbers that fit, one in
ten passes by chance, whatever the format: exactly one of ten check digits is right.

Sources: 個人番号 総務省令85号5条; 運転免許証 (secondary sources, no official text); 保険者番号 検証番号 of
保険者番号設定要領; cards ISO/IEC 7812-1 (Luhn) with the ranges that issuers use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tokumei.transforms.values.check_digits import Digits, luhn_check, my_number_check

Mask = npt.NDArray[np.bool_]

CHANCE = 0.1

_LICENCE = np.array([5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
# 法別番号 of health insurers; 8-digit dates begin with none of them.
_INSURERS = frozenset({1, 2, 3, 4, 6, 7, 31, 32, 33, 34, 39, 63, 67, 72, 73, 74, 75})
_PREFECTURES = 47
# First and last prefix, and the lengths, of cards in use: Visa, Mastercard, Amex, JCB, Diners, UnionPay and
# Discover, Maestro, UATP. Cards of 13 digits and less are no longer issued; they would be taken for JAN
# codes.
_CARDS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4000, 4999, frozenset({16, 19})),
    (5100, 5599, frozenset({16})),
    (2221, 2720, frozenset({16})),
    (3400, 3499, frozenset({15})),
    (3700, 3799, frozenset({15})),
    (3528, 3589, frozenset({16, 17, 18, 19})),
    (3000, 3059, frozenset({14, 16})),
    (3095, 3095, frozenset({14, 16})),
    (3600, 3699, frozenset({14, 16})),
    (3800, 3999, frozenset({14, 16})),
    (6000, 6999, frozenset({16, 17, 18, 19})),
    (5000, 5099, frozenset({16, 17, 18, 19})),
    (5600, 5899, frozenset({16, 17, 18, 19})),
    (1000, 1999, frozenset({15})),
)


@dataclass(frozen=True)
class Format:
    """A number format with a check digit.

    Attributes:
        name, title: in messages, and in the report.
        widths: numbers of digits that it may have.
        fits: n x w digits → which fit the format, the check digit aside.
        passes: n x w digits → which have the right check digit.
    """

    name: str
    title: str
    widths: frozenset[int]
    fits: Callable[[Digits], Mask]
    passes: Callable[[Digits], Mask]


def my_number_passes(digits: Digits) -> Mask:
    """Check 12 digits."""
    passes: Mask = digits[:, 11] == my_number_check(digits[:, :11])
    return passes


def licence_passes(digits: Digits) -> Mask:
    """Check 12 digits, of which the last counts reissues; remainder 0 gives 1, and 1 gives 0."""
    passes: Mask = digits[:, 10] == (11 - digits[:, :10] @ _LICENCE % 11) % 10
    return passes


def luhn_passes(digits: Digits) -> Mask:
    """Check any number of digits, the last of which is the check digit."""
    passes: Mask = digits[:, -1] == luhn_check(digits[:, :-1])
    return passes


def _everything(digits: Digits) -> Mask:
    # Twelve equal digits are a placeholder, whatever their check digit.
    various: Mask = (digits != digits[:, :1]).any(axis=1)
    return various


def _licence_fits(digits: Digits) -> Mask:
    fits: Mask = _everything(digits) & (digits[:, 0] > 0) & (_number(digits, 0, 2) <= 97)
    return fits


def _insurer_fits(digits: Digits) -> Mask:
    prefecture = _number(digits, 2, 4)
    return np.isin(_number(digits, 0, 2), list(_INSURERS)) & (prefecture >= 1) & (prefecture <= _PREFECTURES)


def _card_fits(digits: Digits) -> Mask:
    prefix, width = _number(digits, 0, 4), digits.shape[1]
    fits = np.zeros(len(digits), dtype=bool)
    for first, last, widths in _CARDS:
        if width in widths:
            fits |= (first <= prefix) & (prefix <= last)
    return fits & _everything(digits)


def _number(digits: Digits, start: int, end: int) -> npt.NDArray[np.int64]:
    places = 10 ** np.arange(end - start - 1, -1, -1)
    return digits[:, start:end].astype(np.int64) @ places


MY_NUMBER = Format("My Number", "個人番号", frozenset({12}), _everything, my_number_passes)
LICENCE = Format(
    "driver's licence number", "運転免許証の番号", frozenset({12}), _licence_fits, licence_passes
)
CARD = Format("payment card number", "カード番号", frozenset(range(14, 20)), _card_fits, luhn_passes)
INSURER = Format("insurer number", "保険者番号", frozenset({8}), _insurer_fits, luhn_passes)
