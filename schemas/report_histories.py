"""What report.json says of histories: what who knows some facts about a person can tell, before and after."""

from __future__ import annotations

from pydantic import Field

from tokumei.schemas.strict import Strict


class SingledOut(Strict):
    """People of whom what is known tells who they are, or nearly; each counted once."""

    few: int = Field(description="People who share some of it with fewer than k people, themselves included.")
    alone: int = Field(description="Of them, people whom some of it points at alone.")


class Knowledge(Strict):
    """What somebody may know, and whom it singles out.

    ``before`` is counted after all other methods, before facts were coarsened and blanked. None: there were
    more sets of facts than are counted.
    """

    title: str = Field(description="What is known, in Japanese.")
    people_before: int = Field(description="People who were looked at.")
    before: SingledOut | None
    people_after: int
    after: SingledOut | None


class SampledFacts(Strict):
    """How many people of a random sample so many facts of theirs, drawn at random, single out (unicity).

    Lists go by the number of facts, from one; who has fewer is known by all of them. Before and after, the
    people are others: each is a sample of those who have a fact then.
    """

    people_before: int
    before: tuple[int, ...]
    people_after: int
    after: tuple[int, ...]


class LevelUse(Strict):
    """One level of a group of columns: how many of its cells are released there."""

    title: str
    cells: int


class GroupReport(Strict):
    """Columns that became coarser together, or one whose cells were blanked alone.

    Cells are counted once for each different line of a person: by level, blanked (``deleted``), and gone with
    lines that were deleted (``with_lines``).
    """

    table: str
    columns: tuple[str, ...]
    title: str
    levels: tuple[LevelUse, ...]
    deleted: int
    with_lines: int


class WindowsReport(Strict):
    """What was left out of one table because measures would single people out: all lines of some windows."""

    table: str
    title: str
    windows: int = Field(description="Windows of people that were left out.")
    of_windows: int = Field(description="Windows of people that there were.")
    lines: int = Field(description="Lines that were left out with them.")
    of_lines: int
    people: int = Field(description="People of whom no line of the table is left.")


class LinesReport(Strict):
    """What was deleted of one table because facts of its lines would single people out: whole lines."""

    table: str
    title: str
    lines: int = Field(description="Lines that were deleted; each counts.")
    of_lines: int
    people: int = Field(description="People of whom no line of the table is left.")
    stayed: int = Field(
        description="People who would have lost all lines, and keep one without its facts, because the table"
        " is joined with others."
    )


class ShareReport(Strict):
    """The share of a sensitive value among those who have some facts."""

    title: str
    share: float = Field(description="At most so much, as the policy says.")
    reached: float = Field(description="The largest share found in what was written.")


class UndeclaredColumn(Strict):
    """A released column that no fact names alone: whom one of its values singles out in the release."""

    table: str
    column: str
    title: str
    after: SingledOut | None = Field(description="None: it has more values than are counted.")


class HistoryReport(Strict):
    """One declaration of facts: what is promised, what it was before, and what it cost."""

    people: str = Field(description="Whose history: a link or a table, as the policy names it.")
    whose: str = Field(description="The same in Japanese.")
    period: str | None = Field(description="For how long their pseudonyms stand; None: for the whole run.")
    known: int = Field(description="So many facts may be known at once (m).")
    k: int
    because: str
    headline: str = Field(description="What who knows so many facts can tell, in one Japanese sentence.")
    guarantee: str = Field(description="The part of it that may leave the house.")
    people_before: int = Field(description="People with any fact, before.")
    people_after: int
    facts: tuple[Knowledge, ...] = Field(description="By kind: one fact is known.")
    sets: tuple[Knowledge, ...] = Field(
        description="Up to one, two, and where declared three, facts are known, of any kinds."
    )
    whole: Knowledge = Field(
        description="All facts of a person are known; of many people, those of a random part are looked at."
    )
    sampled: SampledFacts
    at_most: ShareReport | None
    cells: int = Field(description="Cells that facts look at, once for each different line of a person.")
    deleted: int = Field(description="Of them, those that were blanked in lines that are released.")
    cells_blanked: int = Field(description="Cells of released records that were blanked.")
    blanked_later: int = Field(
        description="Cells that tell a fact, and that were blanked or made `*` after facts were decided, as"
        " too few people bear their label in the release. `after` and `sampled` are counted before that."
    )
    lines: int = Field(
        description="Lines that tell a fact: different ones of each person; each where lines may be deleted."
    )
    lines_lost: int = Field(description="Of them, those that tell none any more, deleted ones among them.")
    people_lost: int = Field(
        description="People who are left without any fact; those of their lines that are not deleted are"
        " released."
    )
    loss: float = Field(
        description="Mean over the cells of the share of the column's values that the released one may be;"
        " 1 for a blank."
    )
    groups: tuple[GroupReport, ...]
    windows: tuple[WindowsReport, ...] = Field(
        description="By table with measures. `before` is counted without what was left out."
    )
    deleted_lines: tuple[LinesReport, ...] = Field(description="By table of which lines may be deleted.")
    undeclared: tuple[UndeclaredColumn, ...]
