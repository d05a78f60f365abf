"""What the payloads of all events share: they say what kind of thing they change the state of."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeAlias

from tokumei.schemas.strict import Strict

Subject: TypeAlias = Literal["file", "call", "case", "bar", "proposer", "complaint", "inquiry", "event"]


class Payload(Strict):
    """What an event says; ``of`` tells what kind of thing it changes the state of.

    A bar and what identifies a proposer belong to a case and are named by it; ``event`` is an event itself.
    """

    of: ClassVar[Subject]
