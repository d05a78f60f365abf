"""The outcome of the search: what to do, and what report and verification know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tokumei.transforms.counting.histogram import Ints
from tokumei.transforms.criteria.promise import Promise
from tokumei.transforms.decisions.decision import Decision
from tokumei.transforms.decisions.fitted import FittedTable
from tokumei.transforms.decisions.settlement import Settlement
from tokumei.transforms.joined.removal import GivenNode
from tokumei.transforms.recode.cells import Round
from tokumei.transforms.recode.downcoding import Narrowed
from tokumei.transforms.recode.fewest import BlankedCells
from tokumei.transforms.recode.models import PrivacyModel
from tokumei.transforms.recode.objectives.base import Node, NodeCount
from tokumei.transforms.recode.queries import Answer
from tokumei.transforms.recode.ranking import Choice
from tokumei.transforms.recode.ways import WayLoss, WayName
from tokumei.transforms.risk.sizes import ClassSizes

if TYPE_CHECKING:  # most policies have none, and their room is large
    from tokumei.transforms.histories.solve import HistoryAccount


@dataclass(frozen=True, kw_only=True)
class Recoded:
    """What the report and the verification know about one table's recoding.

    Attributes:
        choice: the full-domain node chosen by the search.
        count: what the release keeps and suppresses, whichever way it is recoded.
        costs: by metric, the cost of the release; ``column_loss`` its loss per quasi-identifier.
        base: the node of most records; with full-domain recoding of all that are released.
        levels: per quasi-identifier, the finest and the coarsest level of any released record.
        titles: per quasi-identifier, what each of its levels means.
        way: how the release is recoded.
        alternatives: what every way of recoding loses, as far as they were to be compared and worked out.
        answers: what the declared queries answer before and after.
        rounds: of the rescue of whom the optimum suppresses, for cells.
        regions: the number of classes, for local and multidimensional; 0 otherwise.
        narrowed: whom a reader who knows the way can narrow; None if that is not known.
        usual_loss: what the same way loses with a deterministic cut; None where the release has that.
        least_loss: no release loses less, however it is recoded; None if that is not known.
        blanked: for cells, how many are blanked, and how many are needed at least; None if that is not known.
        models: what every class satisfies.
        reached: by model, in the same order, what the weakest class reaches before and after.
        classes_before: how many classes have how many people before any generalization; as far as people are
            told apart.
        people_before: distinct people whom criteria 1 to 4 leave.
        against_before: people of these classes, and in the population table, where there is one.
        matching_before: people of these classes, and of all that each matches, where nulls match every value.
        average_before: the average risk in these classes, of people told apart by their codes.
        population: for models of a population, its people in each released class, by the class's labels.
    """

    choice: Choice
    count: NodeCount
    costs: Mapping[str, float]
    column_loss: tuple[float, ...]
    base: Node
    levels: tuple[tuple[int, int], ...]
    titles: tuple[tuple[str, ...], ...]
    way: WayName
    alternatives: tuple[WayLoss, ...]
    answers: tuple[Answer, ...]
    rounds: tuple[Round, ...]
    regions: int
    narrowed: Narrowed | None
    usual_loss: float | None
    least_loss: float | None
    blanked: BlankedCells | None
    models: tuple[PrivacyModel, ...]
    reached: tuple[tuple[float, float], ...]
    classes_before: ClassSizes
    people_before: int
    against_before: tuple[Ints, Ints] | None
    matching_before: tuple[Ints, Ints] | None
    average_before: float | None
    population: Mapping[tuple[str | None, ...], int] | None


def before_joining(recoded: Recoded, given: GivenNode | None) -> Recoded:
    """Return what is known of a recoding, measured before anybody was left out of joined tables."""
    if given is None:
        return recoded
    after = (reached for _, reached in recoded.reached)
    return replace(
        recoded,
        classes_before=given.classes_before,
        people_before=given.people_before,
        reached=tuple(zip(given.reached_before, after, strict=True)),
        average_before=given.average_before,
    )


@dataclass(frozen=True)
class Account:
    """What the report says about one table: the decisions of pass 1, and the recoding if there is one.

    ``promises`` and ``settlement``: as in `Decision`.
    """

    fitted: FittedTable
    recoded: Recoded | None
    promises: Mapping[str, Promise] = field(default_factory=dict)
    settlement: Settlement | None = None


@dataclass(frozen=True)
class Chosen:
    """The outcome of deciding, by table: what to do, and what to tell; and of the facts that may be known."""

    decisions: Mapping[str, Decision]
    accounts: Mapping[str, Account]
    histories: tuple[HistoryAccount, ...] = ()
