"""三号: codes that link the data to other information (情報を相互に連結する符号), deleted or pseudonymized.

施行規則 34条3号 / 62条3号. A pseudonym (仮ID) is a keyed function of the code under a key drawn for this run
and destroyed with it; a plain hash would be restorable (ガイドライン 3-2-2-1, 3-2-3-1).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tokumei.schemas import treatments as t
from tokumei.schemas.pseudonym_periods import PERIOD_NAMES
from tokumei.transforms.counting.codes import folded_codes
from tokumei.transforms.counting.keyed import pseudonyms
from tokumei.transforms.criteria.base import Applied, ByRecord, ChunkRows
from tokumei.transforms.criteria.coded import input_changed
from tokumei.transforms.criteria.deletion import Delete
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.values.cells import as_text, present
from tokumei.transforms.values.periods import NO_PERIOD, period_codes


class DeleteLink(Delete, treats=t.Delete, numbers=(3,)):
    """Delete a linking code column whole."""

    def explain(self, decision: None) -> str:
        """Return that the whole code is deleted."""
        return "連結符号の全部を削除した。"


class Pseudonym(ByRecord, treats=t.Pseudonym):
    """Replace the code by 128 bits of AES-CMAC under a key of this run and this link, and of a period."""

    pictured = False
    spec: t.Pseudonym

    @property
    def of_records(self) -> bool:
        """Whether the pseudonym depends on when, or in which table, a record stands."""
        return self.spec.per is not None

    @property
    def limit(self) -> str:
        """Return what pseudonyms of periods do not stop."""
        if self.spec.per is None:
            return ""
        return (
            "仮IDを期間ごと又は表ごとに変えても、行動の型（よく買う品目、よく行く店など）が似ていれば、別の期間又は"
            "別の表の同じ人と推測されることがある。別の期間の購買履歴だけを手掛かりに、85,000人の顧客の65％が"
            "見つかった例がある（Tournier・de Montjoye 2022）。この推測に対しては確かめていない。"
        )

    def apply(self, decision: None, values: pa.Array, key: RunKey) -> Applied:
        """Return pseudonyms: equal codes of one link agree over all tables of the run, and nowhere else.

        Where they depend on records, return the codes as they are compared.
        """
        texts = as_text(values)
        codes = folded_codes(texts) if self._folds else texts
        made = codes if self.of_records else pseudonyms(codes, key.derive(_purpose(self.spec.link)))
        return Applied(made, present(values))

    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Return pseudonyms: equal codes of one link and period agree over all tables of the run.

        Raises:
            InputError: a record has no time; pass 1 has refused it, so the input changed.
        """
        spec, changed = self.spec, present(values)
        if spec.time is None:
            key = rows.key.derive(_purpose(spec.link, "table", rows.column[0]))
            return Applied(pseudonyms(values, key), changed)
        periods = period_codes(rows.times[spec.time], spec.per or "")
        if (periods == NO_PERIOD).any():
            raise input_changed(self.where)
        made: pa.Array = pa.nulls(len(values), pa.string())
        for period in np.unique(periods):
            of_period = pa.array(periods == period)
            key = rows.key.derive(_purpose(spec.link, f"{spec.per}", f"{period}"))
            made = pc.replace_with_mask(made, of_period, pseudonyms(values.filter(of_period), key))
        return Applied(made, changed)

    def explain(self, decision: None) -> str:
        """Return that pseudonyms are left, for how long, and that their key is lost."""
        spelling = "全角・半角、前後の空白などの書き方の違いをそろえてから、" if self._folds else ""
        per = self.spec.per
        period = "" if per is None else f"仮IDは{PERIOD_NAMES[per]}に異なり、互いに結び付けられない。"
        made = f"{spelling}今回限りの鍵による仮IDに置き換えた。{period}"
        return f"{made}鍵は保存せず、処理の終了とともに失われる。"

    @property
    def _folds(self) -> bool:
        return self.spec.link in self.context.folded


def _purpose(link: str, *within: str) -> str:
    """Return the name under which the key of a link, or of a period of it, is derived."""
    return "\0".join((f"pseudonym:{link}", *within))
