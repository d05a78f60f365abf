"""Figures that are the same on every processor, to the last bit.

Every processor rounds + − × ÷ correctly (IEEE 754). What differs is the order in which a BLAS kernel adds up
a product, and the logarithms, exponentials and powers of NumPy and of the C library, which have one version
for each family of processors. So what is compared, ranked or written is made of those four operations alone,
in an order that is written down. Sums are of whole numbers where they can be, and exact; else rounded once.

No rounding afterwards could do the same: two figures a bit apart may lie on either side of where it splits.
`significant` has another purpose, that equal costs reached on different ways are found equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_Numbers = TypeVar("_Numbers", float, Floats)
LN2 = 0.6931471805599453
_ROOT_HALF = 0.7071067811865476
_ARTANH = [1.0 / (2 * k + 1) for k in range(10, -1, -1)]  # of z = s² ≤ 0.0295: the rest is below 1e-18
_EXP = [1.0 / math.factorial(k) for k in range(13, -1, -1)]  # of |x| ≤ ln 2 ÷ 2: the rest is below 1e-17
_COS = [(-1) ** k / math.factorial(2 * k) for k in range(9, -1, -1)]  # of x ≤ π ÷ 4: the rest is below 1e-18
_SIN = [(-1) ** k / math.factorial(2 * k + 1) for k in range(8, -1, -1)]
_TABLE = 1 << 16


def log2(numbers: Floats) -> Floats:
    """Return the binary logarithms of positive numbers, to a unit or two of the last place; exact of 2^n.

    With s = (m − 1)/(m + 1), ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + …); m is within √½ and √2.
    """
    mantissa, exponent = np.frexp(numbers)
    low = mantissa < _ROOT_HALF
    mantissa[low] *= 2
    return (exponent - low) + _log2(mantissa)


def exp2(numbers: Floats) -> Floats:
    """Return 2 to the power of numbers, to a unit or two of the last place; exact of whole ones."""
    whole = np.rint(numbers)
    return np.ldexp(_polynomial(_EXP, (numbers - whole) * LN2), whole.astype(np.int32))


def log(numbers: Floats) -> Floats:
    """Return the natural logarithms of positive numbers."""
    return log2(numbers) * LN2


def exp(numbers: Floats) -> Floats:
    """Return e to the power of numbers: to 15 digits near 0, to 12 at the ends of the range."""
    return exp2(numbers / LN2)


def cosine_of_turns(turns: Floats) -> Floats:
    """Return the cosines of angles from 0 to 1 turn, to a unit or two of the last place of 1.

    An angle is brought within an eighth of a turn of a multiple of a quarter, exactly; there the cosine
    or the sine of the rest is a short series.
    """
    quarter = np.rint(turns * 4)
    rest = (turns * 4 - quarter) * (math.pi / 2)
    square = rest * rest
    even, odd = _polynomial(_COS, square), rest * _polynomial(_SIN, square)
    return np.choose(quarter.astype(np.int64) % 4, [even, -odd, -even, odd])


def power(numbers: Floats, exponents: Floats | float) -> Floats:
    """Return positive numbers to some powers, as precise as `exp`."""
    return exp2(log2(numbers) * exponents)


def product_of_powers(numbers: Iterable[float], exponents: Iterable[float]) -> float:
    """Return the product of few positive numbers, each to its power."""
    bits = []
    for number, exponent in zip(numbers, exponents, strict=True):
        mantissa, whole = math.frexp(number)
        if mantissa < _ROOT_HALF:
            mantissa, whole = 2 * mantissa, whole - 1
        bits.append((whole + _log2(mantissa)) * exponent)
    total = math.fsum(bits)
    return math.ldexp(_polynomial(_EXP, (total - round(total)) * LN2), round(total))


def log2_of_counts(counts: Ints) -> Floats:
    """Return the binary logarithms of whole numbers, and 0 of 0; those of small ones from a table."""
    bits = _table().take(counts, mode="clip")
    large = np.flatnonzero(counts >= _TABLE)
    bits[large] = log2(counts[large].astype(np.float64))
    return bits


def squares(counts: Ints) -> int:
    """Return Σ n² exactly."""
    if int(counts.sum()) < 1 << 31:
        return int(counts @ counts)
    return sum(n * n for n in counts.tolist())  # which may exceed int64


def significant(value: float, digits: int = 12) -> float:
    """Round to significant digits, so that what is equal but for rounding errors is equal."""
    return float(f"{value:.{digits}g}")


def _log2(mantissa: _Numbers) -> _Numbers:
    s = (mantissa - 1) / (mantissa + 1)
    return s * _polynomial(_ARTANH, s * s) * (2 / LN2)


def _polynomial(coefficients: list[float], x: _Numbers) -> _Numbers:
    """Evaluate by Horner's scheme; the coefficient of the highest power comes first."""
    total = x * coefficients[0] + coefficients[1]
    for coefficient in coefficients[2:]:
        total *= x
        total += coefficient
    return total


@cache
def _table() -> Floats:
    return log2(np.maximum(np.arange(_TABLE), 1).astype(np.float64))
