"""一号・二号: free text whose personal content is replaced by labels (自由記述の置換え)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tokumei.schemas import redaction as t
from tokumei.transforms.criteria.base import Applied, ChunkRows, PerRecord
from tokumei.transforms.detect.spans import SpanLabel
from tokumei.transforms.redaction.counted import Redaction, merge_redactions, worst_of
from tokumei.transforms.values.cells import as_text, present

if TYPE_CHECKING:
    from tokumei.transforms.redaction.once import TriedCases
    from tokumei.transforms.redaction.own_columns import OwnColumn
    from tokumei.transforms.redaction.planted import PlantedCase
    from tokumei.transforms.redaction.redact import Layers, Redacted

_LEFT = {"places": SpanLabel.PLACE, "dates": SpanLabel.DATE, "ages": SpanLabel.AGE}


class RedactText(PerRecord, treats=t.RedactText):
    """Replace by labels what is personal in a text, and count what of the planted cases was found."""

    spec: t.RedactText
    pictured = False
    asks_own = True

    @property
    def limit(self) -> str:
        """Return what nobody finds in a text."""
        return (
            "自由記述の置換えは、本人の値、番号、連絡先と、辞書と規則で分かる表現を見つける。文章の内容そのもの（珍しい出来事、"
            "職業、家族の事情など）から本人が分かることがないかは確かめていない。勤務先や学校、病院などの名称、言葉の添えられていない"
            "アカウントや番号の一部、人名と読めない呼び名は見つけない。機関名や病名などの語の一部である姓（山口大学、森田療法など）は、"
            "どの人の文章でもそのまま残す。"
        )

    def treat_records(self, values: pa.Array, rows: ChunkRows) -> Applied:
        """Return the texts with labels; nulls stay null."""
        # The rules for sentences are imported, and compiled, where there are sentences.
        from tokumei.transforms.detect.words import dictionary_version
        from tokumei.transforms.redaction.once import tried_once
        from tokumei.transforms.redaction.own import OwnValues
        from tokumei.transforms.redaction.planted import counted, names_of, planted_cases, sample_of
        from tokumei.transforms.redaction.redact import Layers

        left = frozenset(_LEFT[kind] for kind in self.spec.leave)
        others, seed = rows.names is not None, rows.column_seed(self.method)
        cases = planted_cases(seed, [*rows.own], left, others=others)
        names = () if rows.names is None else (rows.names, names_of(cases, seed))
        of_all = Layers(own=OwnValues([], {}), names=names, left=left)

        def attempt() -> TriedCases:
            nobody = {column: pa.array([], pa.string()) for column in rows.own}
            return counted(cases, _redacted([], nobody, cases, of_all).texts)

        whole = tried_once((seed, *rows.own, left, others), attempt)
        some = sample_of(cases, rows.chunk_seed(self.method))
        texts = as_text(values).fill_null("").to_pylist()
        done = _redacted(texts, rows.own, some, of_all)
        held, n = present(values), len(values)
        changed = np.zeros(n, dtype=bool)
        changed[[row for row in done.labels if row < n]] = True
        again = counted(some, done.texts[n:])
        told = Redaction(
            texts=int(held.sum()),
            characters=sum(map(len, texts)),
            unknown=int(done.unknown[:n].sum()),
            dictionaries=frozenset({dictionary_version()}),
            planted=whole[0],
            missed=worst_of((whole[1], again[1])),
        )
        return Applied(
            pa.array(done.texts[:n], pa.string(), mask=~held),
            changed,
            redaction=merge_redactions([told, _of_records(done, n)]),
        )

    def explain(self, decision: None) -> str:
        """Return what is replaced, and by what."""
        return (
            "自由記述から、本人の値、氏名、住所、連絡先、番号などを見つけ、〔氏名〕、〔住所〕、〔電話〕、〔番号〕などの語に置き換えた。"
            f"{self._left}"
        )

    @property
    def _left(self) -> str:
        names = "、".join(_LEFT[kind].title for kind in self.spec.leave)
        return f"文章から分かる{names}は、方針によりそのまま残した。" if names else ""


def _redacted(
    texts: list[str], own: Mapping[OwnColumn, pa.Array], cases: Sequence[PlantedCase], of_all: Layers
) -> Redacted:
    """Redact texts, and behind them the sentences of cases, each with the values of its record."""
    from tokumei.transforms.redaction.own import OwnValues
    from tokumei.transforms.redaction.planted import own_of
    from tokumei.transforms.redaction.redact import redact

    values = {
        column.name: pa.concat_arrays([as_text(of_records), pa.array(own_of(cases, column), pa.string())])
        for column, of_records in own.items()
    }
    return redact([*texts, *(case.text for case in cases)], replace(of_all, own=OwnValues([*own], values)))


def _of_records(done: Redacted, n: int) -> Redaction:
    labels: dict[str, int] = {}
    rows = [row for row in done.labels if row < n]
    for row in rows:
        for label, count in done.labels[row].items():
            labels[label.title] = labels.get(label.title, 0) + count
    return Redaction(changed=len(rows), whole=sum(row < n for row in done.whole), labels=labels)
