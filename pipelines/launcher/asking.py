"""Questions of a suggestion, asked one by one on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokumei.transforms.suggest.questions import Answers, Question, choice, questions

if TYPE_CHECKING:
    from tokumei.transforms.suggest.suggestion import Suggestion

_REASON = "提供側で確かめたため"


def ask(suggestion: Suggestion, answers: Answers) -> Answers:
    """Ask the open questions of a suggestion; an empty answer leaves a question open.

    Args:
        suggestion: what is suggested.
        answers: those that were given before.

    Returns:
        The answers, those before included. Where the input ends, the questions that are left stay open.
    """
    given = dict(answers)
    for line in suggestion.trial:
        print(line)
    try:
        for question in questions(suggestion):
            answer = _asked_kind(question) if question.proposed else _asked_text(question)
            if answer is not None:
                given[question.place] = answer
    except EOFError:
        print()
    return given


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
