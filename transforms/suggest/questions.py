"""The questions of a suggestion, and the answers that an officer gave: by place, so that they can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.suggest.holdings import Content, Holding
from tokumei.transforms.suggest.series import series_of
from tokumei.transforms.suggest.suggestion import Suggestion
from tokumei.transforms.suggest.tables import SeenTable

Answers = dict[str, Any]
_AS, _BECAUSE, _PERSON, _TITLE = "as", "because", "person", "title"


class Question(NamedTuple):
    """What must be decided.

    Attributes:
        place: in the policy, dotted; under this an answer is kept.
        text: the question.
        proposed: what holds unless another is chosen; instead: what may be chosen; none of what is a text.
    """

    place: str
    text: str
    proposed: Holding | None = None
    instead: tuple[Holding, ...] = ()


def questions(suggestion: Suggestion) -> Iterator[Question]:
    """Yield the questions that are open, in the order of the policy."""
    for place, text in _open(suggestion.policy, ""):
        _, _, rest = place.partition("tables.")
        found = next(
            (t for name, t in suggestion.tables.items() if rest.startswith(f"{name}.columns.")), None
        )
        column = rest.partition(".columns.")[2].removesuffix(f".{_BECAUSE}")
        held = found.table.held.get(column) if found else None
        if held is None:
            yield Question(place, text)
        else:
            yield Question(place.removesuffix(f".{_BECAUSE}"), text, held.holding, held.instead)


def _open(node: Any, place: str) -> Iterator[tuple[str, str]]:
    for at, value in _leaves(node, place):
        if isinstance(value, str) and value.startswith(TO_DECIDE):
            yield at, value.removeprefix(TO_DECIDE)


def _leaves(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Yield what a policy says, with its places."""
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from _leaves(value, f"{place}.{key}" if place else str(key))
    else:
        yield place, node


def decided(seen: Sequence[SeenTable], answers: Answers) -> list[SeenTable]:
    """Return tables whose columns hold, and whose records are, what was answered.

    Raises:
        PolicyError: an answer is to nothing that there is, or names no kind of column.
    """
    for place, answer in answers.items():
        if place.startswith("tables."):
            _check_place(place, seen, answer)
    return [
        replace(
            table,
            held={n: _held(table, n, answers) for n in table.held},
            said=answers.get(f"tables.{table.found.name}.{_PERSON}"),
        )
        for table in seen
    ]


def _check_place(place: str, seen: Sequence[SeenTable], answer: object) -> None:
    """Refuse an answer that nothing asks for: a name spelled otherwise would leave the question as it is."""
    _, _, rest = place.partition("tables.")
    table = next((t for t in seen if rest.startswith(f"{t.found.name}.")), None)
    if table is None:
        raise _unasked(place)
    of_table = rest.removeprefix(f"{table.found.name}.")
    if of_table == _PERSON and answer not in {"", *table.held}:
        raise PolicyError(
            "suggest.answer",
            where=f"answers, {place}",
            what="the answer names no column of the table",
            fix=f'one of {", ".join(table.held)}, or "" where a record is a person',
        )
    columns = (f"columns.{name}" for name in table.held)
    if of_table not in {_PERSON, _TITLE} and not any(
        of_table == c or of_table.startswith(f"{c}.") for c in columns
    ):
        raise _unasked(place)


def _unasked(place: str) -> PolicyError:
    return PolicyError(
        "suggest.answer",
        where=f"answers, {place}",
        what="nothing in the suggestion asks for this answer",
        fix="spell the place as the policy has it (tables.<table>.columns.<column>), or take it out",
    )


def _held(table: SeenTable, name: str, answers: Answers) -> Content:
    held = table.held[name]
    place = f"tables.{table.found.name}.columns.{name}"
    answer = answers.get(place)
    if answer is None:
        return held
    said = answer.get(_AS, held.holding.value) if isinstance(answer, Mapping) else None
    if said not in {kind.value for kind in Holding}:
        raise PolicyError(
            "suggest.answer",
            where=f"answers, {place}",
            what="the answer names no kind of column",
            fix=f"{{as: …, because: …}} with one of {', '.join(kind.value for kind in Holding)}",
        )
    because = answer.get(_BECAUSE, "")
    return replace(held, holding=Holding(said), doubt=None, why=(f"答え: {because}", *held.why))


def with_answers(suggestion: Suggestion, answers: Answers) -> Suggestion:
    """Return a suggestion with the answers to its texts; an empty answer removes the key.

    Raises:
        PolicyError: an answer is to no text of the policy.
    """
    asked = {place for place, _ in _leaves(suggestion.policy, "")}
    for place in answers:
        if not place.startswith("tables.") and place not in asked:
            raise _unasked(place)
    return replace(suggestion, policy=_answered(suggestion.policy, _of_series(suggestion, answers), ""))


def _of_series(suggestion: Suggestion, answers: Answers) -> Answers:
    """Return answers, with that to the title of one column of a series for each that has none of its own.

    Their titles are put into the policy, which has that of the one column alone.
    """
    found = dict(answers)
    for name, table in suggestion.tables.items():
        columns = suggestion.policy["tables"][name]["columns"]
        place = f"tables.{name}.columns.{{}}.{_TITLE}"
        for series in series_of(table.fates):
            first = next((n for n in series.names if TO_DECIDE in str(columns[n].get(_TITLE, ""))), None)
            if first is None:
                continue
            said = answers.get(place.format(first))
            titles = series.titles(str(said)) if said else {}
            for column in (n for n in series.names if n == first or _TITLE not in columns[n]):
                own = None if column == first else answers.get(place.format(column))
                if title := own or titles.get(column):
                    columns[column] = {_TITLE: "", **columns[column]}
                    found[place.format(column)] = title
    return found


def _answered(node: Mapping[str, Any], answers: Answers, place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in node.items():
        at = f"{place}.{key}" if place else str(key)
        if isinstance(value, Mapping):
            found[key] = _answered(value, answers, at)
        elif answers.get(at, value) != "":
            found[key] = answers.get(at, value)
    return found


def read_answers(text: str, name: str) -> Answers:
    """Return kept answers.

    Raises:
        PolicyError: it is no mapping of places to answers.
    """
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError:
        found = None
    if not isinstance(found, dict):
        raise PolicyError(
            "suggest.answers",
            where=name,
            what="answers are a mapping of places to answers",
            fix="name the file that was written before, or a new one",
        )
    return {str(place): answer for place, answer in found.items()}


def written_answers(answers: Answers) -> str:
    """Return answers as `read_answers` reads them."""
    return yaml.safe_dump(answers, allow_unicode=True, sort_keys=False)


def choice(holding: Holding, because: str) -> Mapping[str, str]:
    """Return the answer that a column holds something."""
    return {_AS: holding.value, _BECAUSE: because}
