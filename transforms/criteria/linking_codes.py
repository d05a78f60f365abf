"""三号: codes that link the data to other information (情報を相互に連結する符号), deleted or pseudonymized.

施行規則 34条3号 / 62条3号. A pseudonym (仮ID) is a keyed function of the code under a key drawn for this run
and destroyed with it; a plain hash would be restorable (ガイドライン 3-2-2-1, 3-2-3-1).
"""

from __future__ import annotations

import pyarrow as pa

from tokumei.schemas import treatments as t
from tokumei.transforms.counting.codes import folded_codes
from tokumei.transforms.counting.keyed import pseudonyms
from tokumei.transforms.criteria.base import Applied, Criterion
from tokumei.transforms.criteria.deletion import Delete
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.values.cells import as_text, present


class DeleteLink(Delete, treats=t.Delete, numbers=(3,)):
    """Delete a linking code column whole."""

    def explain(self, decision: None) -> str:
        """Return that the whole code is deleted."""
        return "連結符号の全部を削除した。"


class Pseudonym(Criterion[None, None], treats=t.Pseudonym):
    """Replace the code by 128 bits of AES-CMAC under a key of this run and this link."""

    pictured = False
    spec: t.Pseudonym

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Return pseudonyms: equal codes of one link agree over all tables of the run, and nowhere else."""
        texts = as_text(values)
        codes = folded_codes(texts) if self._folds else texts
        return Applied(pseudonyms(codes, key.derive(link_purpose(self.spec.link))), present(values))

    def explain(self, decision: None) -> str:
        """Return that pseudonyms are left, and that their key is lost."""
        spelling = "全角・半角、前後の空白などの書き方の違いをそろえてから、" if self._folds else ""
        return f"{spelling}今回限りの鍵による仮IDに置き換えた。鍵は保存せず、処理の終了とともに失われる。"

    @property
    def _folds(self) -> bool:
        return self.spec.link in self.context.folded


def link_purpose(link: str) -> str:
    """Return the name under which a link's key is derived."""
    return f"pseudonym:{link}"
