"""Check digits of whole columns: appended to synthetic numbers, compared by the leak search.

All take n x w matrices of plain digits (0 to 9) without the check digit, and return n check digits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Digits = npt.NDArray[np.uint8]

_MY_NUMBER = np.array([6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2], dtype=np.int32)
_DOUBLED = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], dtype=np.uint8)


def my_number_check(digits: Digits) -> Digits:
    """Return the check digit of 個人番号 (総務省令85号5条) for 11 digits; remainders 0 and 1 both give 0."""
    rest = digits.astype(np.int32) @ _MY_NUMBER % 11
    return np.where(rest <= 1, 0, 11 - rest).astype(np.uint8)


def luhn_check(digits: Digits) -> Digits:
    """Return the Luhn digit (ISO/IEC 7812-1; also 検証番号 of 保険者番号) for up to 27 digits."""
    backwards = digits[:, ::-1]
    # A byte holds the sum of up to 28 digits; a card number has at most 19.
    total = _DOUBLED[backwards[:, ::2]].sum(axis=1, dtype=np.uint8)
    total += backwards[:, 1::2].sum(axis=1, dtype=np.uint8)
    check: Digits = (10 - total % 10) % 10
    return check
