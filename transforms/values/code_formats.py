"""Number formats whose check digits are published: My Number, driver's licence, insurers, payment cards.

For each, which digits fit the format at all, and which of these pass the check. Of numbers that fit, about
one in ten passes by chance, whatever the format: exactly one of ten check digits is right.

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


@dataclass(frozen=True, kw_only=True)
class Format:
    """A number format with a check digit.

    Attributes:
        name, title: in messages, and in the report.
        widths: numbers of digits that it may have.
        fits: n x w digits → which fit the format, the check digit aside.
        check: the digits before the check digit → the right one.
        place: of the check digit among the digits.
        backwards: whether the digits stand in turned order.
    """

    name: str
    title: str
    widths: frozenset[int]
    fits: Callable[[Digits], Mask]
    check: Callable[[Digits], Digits]
    place: int = -1
    backwards: bool = False

    def passes(self, digits: Digits) -> Mask:
        """Return which of n x w digits have the right check digit."""
        digits = self._forwards(digits)
        right: Mask = digits[:, self.place] == self.check(digits[:, : self.place])
        return right

    def by_chance(self, digits: Digits) -> float:
        """Return how many of n x w digits would pass if their check digits were dealt among them at random.

        Numbers in series (all ending in 0) pass more or less often than one in ten without being codes.
        """
        if not len(digits):
            return 0.0
        digits = self._forwards(digits)
        written, right = digits[:, self.place], self.check(digits[:, : self.place])
        both = np.bincount(written, minlength=10) * np.bincount(right, minlength=10)
        return float(both.sum()) / len(digits)

    def _forwards(self, digits: Digits) -> Digits:
        return digits[:, ::-1] if self.backwards else digits


def _licence_check(digits: Digits) -> Digits:
    """Return the check digit after 10 digits; remainder 0 gives 1, and 1 gives 0."""
    check: Digits = ((11 - digits @ _LICENCE % 11) % 10).astype(np.uint8)
    return check


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


MY_NUMBER = Format(
    name="My Number", title="個人番号", widths=frozenset({12}), fits=_everything, check=my_number_check
)
MY_NUMBER_BACKWARDS = Format(
    name="My Number written backwards",
    title="逆順の個人番号",
    widths=frozenset({12}),
    fits=_everything,
    check=my_number_check,
    backwards=True,
)
LICENCE = Format(
    name="driver's licence number",
    title="運転免許証の番号",
    widths=frozenset({12}),
    fits=_licence_fits,
    check=_licence_check,
    place=-2,
)
CARD = Format(
    name="payment card number",
    title="カード番号",
    widths=frozenset(range(14, 20)),
    fits=_card_fits,
    check=luhn_check,
)
INSURER = Format(
    name="insurer number", title="保険者番号", widths=frozenset({8}), fits=_insurer_fits, check=luhn_check
)
