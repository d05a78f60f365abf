"""二号: individual identification codes (個人識別符号), deleted whole.

施行規則 34条2号 / 62条2号: the whole of every code of 法2条2項, 施行令1条 (My Number, licence, passport,
pension, insurance numbers …). Nothing of a code may be recoverable, so deletion is the only method.
"""

from __future__ import annotations

from tokumei.schemas import treatments as t
from tokumei.transforms.criteria.deletion import Delete


class DeleteCode(Delete, treats=t.Delete, numbers=(2,)):
    """Delete a declared code column whole; it is read only where the release is searched for its values."""

    def explain(self, decision: None) -> str:
        """Return that the whole code is deleted."""
        return "個人識別符号の全部を削除した。"
