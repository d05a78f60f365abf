"""二号: individual identification codes (個人識別符号), deleted whole.

施行規則 34条2号 / 62条2号: the whole of every code of 法2条2項, 施行令1条 (My Number, licence, passport,
pension, insurance numbers …). Nothing of a code may be recoverable, so deletion is the only method.
"""

from __future__ import annotations

from typing import Any

from tokumei.transforms.criteria.base import Delete


class DeleteCode(Delete):
    """Delete a declared code column whole; it is read only where the release is searched for its values."""

    def explain(self, decision: Any) -> str:
        """Say so."""
        return "個人識別符号の全部を削除した。"
