"""What the report says of redacted texts: labels by kind, and what of the planted cases was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokumei.schemas.redaction import RedactText
from tokumei.schemas.report import StepReport
from tokumei.schemas.report_redaction import LabelCount, PlantedCount, RedactionReport
from tokumei.transforms.planning.plan import TablePlan
from tokumei.transforms.planning.redactions import redacted_columns
from tokumei.transforms.release.written import Written

_LEFT = {"places": "場所", "dates": "日付", "ages": "年齢"}


def code_steps(table: TablePlan, name: str) -> tuple[StepReport, ...]:
    """Return what redaction of a column's texts does for criterion 2; none where they are not redacted."""
    steps = table.table.columns[name].treat
    if not steps or not isinstance(spec := steps[-1], RedactText):
        return ()
    sentence = "自由記述の中の個人識別符号に当たる番号を、全部〔番号〕に置き換えた。"
    return (StepReport(criterion=2, method=spec.method, sentence=sentence),)


def explain_redactions(tables: Mapping[str, TablePlan], written: Written) -> Iterator[RedactionReport]:
    """Yield what was done to each column of redacted text, in the order of the policy.

    Args:
        tables: the plans, by name.
        written: what was written, and verified.
    """
    for name, table in tables.items():
        for column, spec in redacted_columns(table).items():
            found = written[name].tally.redactions[column]
            yield RedactionReport(
                table=name,
                column=column,
                title=table.table.columns[column].title or column,
                because=spec.because,
                texts=found.texts,
                changed=found.changed,
                whole=found.whole,
                characters=found.characters,
                unknown=1000 * found.unknown / max(1, found.characters),
                dictionary="、".join(sorted(found.dictionaries)),
                floor=spec.floor,
                left=tuple(_LEFT[kind] for kind in spec.leave),
                labels=tuple(LabelCount(label=label, labels=n) for label, n in found.labels.items()),
                planted=tuple(
                    PlantedCount(kind=kind, planted=n, missed=found.missed[kind])
                    for kind, n in found.planted.items()
                ),
            )
