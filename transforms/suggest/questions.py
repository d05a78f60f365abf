"""The questions of a suggestion, and the answers that an officer gave: by place, so that they can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.suggest.holdings import Holding
from tokumei.transforms.suggest.suggestion import Suggestion
from tokumei.transforms.suggest.tables import SeenTable

Answers = dict[str, Any]
_AS, _BECAUSE = "as", "because"


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
    if isinstance(node, str) and node.startswith(TO_DECIDE):
        yield place, node.removeprefix(TO_DECIDE)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _open(value, f"{place}.{key}" if place else str(key))


def decided(seen: Sequence[SeenTable], answers: Answers) -> list[SeenTable]:
    """Return tables in which the columns that were with_answers hold what was with_answers.

    Raises:
        PolicyError: an answer names no kind of column.
    """
    return [replace(table, held={n: _held(table, n, answers) for n in table.held}) for table in seen]


def _held(table: SeenTable, name: str, answers: Answers) -> Any:
    held = table.held[name]
    place = f"tables.{table.found.name}.columns.{name}"
    answer = answers.get(place)
    if held.doubt is None or not isinstance(answer, Mapping):
        return held
    said = answer.get(_AS, held.holding.value)
    if said not in {kind.value for kind in Holding}:
        raise PolicyError(
            "suggest.answer",
            where=f"answers, {place}",
            what="the answer names no kind of column",
            fix=f"one of {', '.join(kind.value for kind in Holding)}",
        )
    return replace(
        held, holding=Holding(said), doubt=None, why=(f"答え: {answer.get(_BECAUSE, '')}", *held.why)
    )


def with_answers(suggestion: Suggestion, answers: Answers) -> Suggestion:
    """Return a suggestion with the answers to its texts; an empty answer removes the key."""
    return replace(suggestion, policy=_answered(suggestion.policy, answers, ""))


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
