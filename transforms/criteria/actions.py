"""What is done where a value is too peculiar: it becomes a label, its cell blank, or its record goes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tokumei.transforms.criteria.base import Applied
from tokumei.transforms.values.cells import Mask, where


def act(values: pa.Array, mask: Mask, action: str, label: str) -> Applied:
    """Treat the masked cells.

    Args:
        values: a column.
        mask: its peculiar cells.
        action: ``record`` drops their records, ``cell`` blanks them; any other one writes the label.
        label: the text that they become.
    """
    if action == "record":
        return Applied(values, np.zeros(len(values), bool), drop=mask)
    return Applied(where(mask, None if action == "cell" else label, values), mask)


def done(action: str, label: str) -> str:
    """Return the end of a Japanese sentence about values: what `act` did to them."""
    if action == "record":
        return "値を持つ記録を、記録ごと削除した。"
    if action == "cell":
        return "値を空欄にした（セル削除）。"
    return f"値を「{label}」に置き換えた。"
