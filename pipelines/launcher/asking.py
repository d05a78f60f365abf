"""Questions of a suggestion, asked one by one on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tokumei.transforms.suggest.questions import Answers, Question, choice, questions

if TYPE_CHECKING:
    from tokumei.transforms.suggest.suggestion import Suggestion

_LAST = "requirements."
_REASON = "提供側で確かめたため"


def ask(suggestion: Suggestion, answers: Answers, again: Callable[[Answers], Suggestion]) -> Answers:
    """Ask the open questions of a suggestion; an empty answer leaves a question open.

    What is asked last, k and its reason, comes after a trial with the answers to all others.

    Args:
        suggestion: what is suggested.
        answers: those that were given before.
        again: makes the suggestion anew, with more answers.

    Returns:
        The answers, those before included. Where the input ends, the questions that are left stay open.
    """
    given = dict(answers)
    asked: set[str] = set()
    try:
        _ask([q for q in questions(suggestion) if not q.place.startswith(_LAST)], given, asked)
        suggestion = again(given)
        print("", *suggestion.trial, sep="\n")
        if any(q.place.startswith(_LAST) for q in questions(suggestion)) and f"{_LAST}k" not in given:
            said = input(f"\n{_LAST}k: k（空: {suggestion.policy['requirements']['k']}）\n> ").strip()
            given |= {f"{_LAST}k": int(said)} if said.isdecimal() and int(said) > 1 else {}
        _ask([q for q in questions(suggestion) if q.place not in asked], given, asked)
    except EOFError:
        print()
    return given


def _ask(open_ones: Sequence[Question], given: Answers, asked: set[str]) -> None:
    for question in open_ones:
        asked.add(question.place)
        answer = _asked_kind(question) if question.proposed else _asked_text(question)
        if answer is not None:
            given[question.place] = answer


def _asked_text(question: Question) -> str | None:
    print(f"\n{question.place}: {question.text}")
    return input("> ").strip() or None


def _asked_kind(question: Question) -> object | None:
    kinds = [kind for kind in (question.proposed, *question.instead) if kind is not None]
    print(f"\n{question.place}: {question.text}")
    for number, kind in enumerate(kinds, 1):
        print(f"  {number}. {kind.value}")
    said = input("番号 > ").strip()
    if not said.isdecimal() or not 1 <= int(said) <= len(kinds):
        return None
    return choice(kinds[int(said) - 1], input("理由 > ").strip() or _REASON)
