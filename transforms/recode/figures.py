"""Figures as messages and the report write them."""

from __future__ import annotations

import math
from decimal import Decimal


def amount(value: float) -> str:
    """Write what a class reaches: four significant digits, whole from 1,000 on; ∞ without a denominator."""
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 1_000 else plain_digits(value, 4)


def plain_digits(value: float, digits: int = 12) -> str:
    """Write a number in plain digits, without an exponent: 0.00005, 20000."""
    return f"{Decimal(f'{value:.{digits}g}'):f}"
