"""What k would cost: pass 1, pass 2 and the search of a run, on the quasi-identifiers of each table alone.

The tables are read whole, and the search is that of a run. What a run does beside (criteria 4, histories, the
tables together) can leave out more people; the lines say so, and where the true figures are had. How many
people have several lines is estimated by the sketch where they are many, and told as 約.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import yaml

from tokumei.schemas.errors import InputError, RequirementError
from tokumei.schemas.policy_file import parse_policy
from tokumei.schemas.splits import Split
from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.decisions.fitted import Fits
from tokumei.transforms.engine.chunks import NOTHING_LEFT_OUT, Work
from tokumei.transforms.engine.overlap import overlapped
from tokumei.transforms.engine.run_key import RunKey
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.planning.reading import read_chunks
from tokumei.transforms.profile.fit import fit, tables_to_count
from tokumei.transforms.profile.profile import Profile, merge_profiles, profile_chunk
from tokumei.transforms.recode.choose import choose
from tokumei.transforms.recode.count import Histograms, count_chunk, count_tuples, merge_histograms
from tokumei.transforms.suggest.measure import READERS, splits_of
from tokumei.transforms.suggest.proposals import is_quasi
from tokumei.transforms.suggest.suggestion import Suggestion
from tokumei.transforms.suggest.tables import SuggestedTable

TRIED = (5, 10, 20)
_WHY = "試算"
_NOT_TRIED = (
    "この試算は表ごとに準識別子だけで行い、表の結合、histories、四号の処理を含まない。実際に残る人数は、",
    "要確認に答えた後、tokumei rehearse policy.yaml --try k=5,10,20 で分かる。",
)

M = TypeVar("M")


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What one k would cost a table.

    Attributes:
        k: tried; people: all; about: these are estimated.
        kept: who are released, None where no generalization meets it.
        loss: of the quasi-identifiers, 0 to 1; levels: of each, how it is called.
    """

    k: int
    people: int
    kept: int | None
    about: bool = False
    loss: float = 1.0
    levels: Mapping[str, str] | None = None


def with_trials(suggestion: Suggestion, base: str) -> Suggestion:
    """Return a suggestion with what each of `TRIED` would cost, and the largest k up to its own that is met.

    Args:
        suggestion: what is suggested.
        base: folder that relative paths start from.
    """
    tried = {name: _try_ks(name, suggestion, base) for name in suggestion.tables}
    lines = [line for name, found in tried.items() for line in _told(name, found)]
    lines += _NOT_TRIED if lines else ()
    unmet = {one.k for found in tried.values() for one in found if one.kept is None}
    asked = suggestion.policy["requirements"]
    met = [k for k in TRIED if k <= asked["k"] and k not in unmet]
    requirements = {**asked, "k": max(met, default=asked["k"])}
    return replace(suggestion, policy={**suggestion.policy, "requirements": requirements}, trial=tuple(lines))


def _try_ks(name: str, suggestion: Suggestion, base: str) -> list[Tried]:
    """Return what each of `TRIED` would cost a table; nothing where it has no quasi-identifier."""
    data, table = _alone(name, suggestion.policy), suggestion.tables[name]
    if data is None:
        return []
    read = parse_policy(yaml.safe_dump(data, allow_unicode=True), name)
    tables = plan_tables(read, base)
    plan = Plan(policy=read, tables=tables, populations={}, output="", release_id="", work="", attempt="")
    key = RunKey.draw()
    profile = _profile(plan, table, key)
    counted = tables_to_count(tables, profile)
    people = {n: table.person.people if table.person.several else profile[n].records for n in counted}
    fits = fit(plan, profile, people, key)
    histograms = _classes(plan, table, fits, profile, key)
    about = table.person.several and not table.people.all_kept
    return [replace(_tried(plan, name, k, fits, histograms, key=key), about=about) for k in TRIED]


def _alone(name: str, policy: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a policy of one table, of which nothing is released but its quasi-identifiers."""
    table = {key: value for key, value in policy["tables"][name].items() if key != "title"}
    quasi = {c for c, fate in table["columns"].items() if is_quasi(fate)}
    if not quasi:
        return None
    if table.get("person", "").startswith(TO_DECIDE):
        return None
    table["columns"] = {
        c: {
            key: value
            for key, value in fate.items()
            if key not in {"title", "released_as", "because", "sensitive"}
        }
        if c in quasi or c == table.get("person")
        else {"drop": True, "because": _WHY}
        for c, fate in table["columns"].items()
    }
    rejects = policy.get("rejects")
    said = dict.fromkeys(("name", "body", "department", "purpose", "how_provided"), _WHY)
    requirements = {
        "k": min(TRIED),
        "because": _WHY,
        "suppression_limit": policy["requirements"]["suppression_limit"],
    }
    made = {"version": 1, "regime": "private", "file": said, "tables": {name: table}}
    return {**made, "requirements": requirements, **({"rejects": rejects} if rejects else {})}


def _each_split(table: SuggestedTable, work: Callable[[Split], list[M]]) -> Iterator[M]:
    for parts in overlapped(work, splits_of(table.table.found), READERS):
        yield from parts


def _profile(plan: Plan, table: SuggestedTable, key: RunKey) -> Profile:
    (own,) = plan.tables.values()

    def profiled(split: Split) -> list[Profile]:
        chunks = read_chunks(own, own.profile_types(), Work(split, key, NOTHING_LEFT_OUT))
        return [merge_profiles(plan.sources, [profile_chunk(own, chunk) for chunk in chunks])]

    merged = Profile()
    for part in _each_split(table, profiled):
        merged = merge_profiles(plan.sources, [merged, part])
    return merged


def _classes(plan: Plan, table: SuggestedTable, fits: Fits, profile: Profile, key: RunKey) -> Histograms:
    ((name, own),) = plan.tables.items()
    if (early := profile[name].tuples) is not None:
        return {name: count_tuples(own, fits[name], early, key)}

    def counted(split: Split) -> list[Histograms]:
        chunks = read_chunks(own, own.count_types(), Work(split, key, fits[name]))
        return [merge_histograms([count_chunk(own, chunk) for chunk in chunks])]

    merged: Histograms = {}
    for part in _each_split(table, counted):
        merged = merge_histograms([merged, part]) if merged else part
    return merged


def _tried(plan: Plan, name: str, k: int, fits: Fits, histograms: Histograms, *, key: RunKey) -> Tried:
    own = plan.tables[name]
    asked = own.requirements.model_copy(update={"k": k})
    changed: TablePlan = replace(own, requirements=asked)
    people = fits[name].people or fits[name].records
    try:
        chosen = choose(replace(plan, tables={name: changed}), fits, histograms, key)
    except (RequirementError, InputError):
        return Tried(k=k, people=people, kept=None)
    recoded = chosen.accounts[name].recoded
    if recoded is None:
        return Tried(k=k, people=people, kept=None)
    titles = zip(own.quasi_identifiers, recoded.titles, recoded.base, strict=True)
    return Tried(
        k=k,
        people=recoded.people_before,
        kept=recoded.people_before - recoded.count.suppressed_people,
        loss=float(recoded.costs["loss"]),
        levels={column: levels[level] for column, levels, level in titles},
    )


def _told(name: str, tried: list[Tried]) -> Iterator[str]:
    """Yield what trials of a table showed, for comments."""
    if not tried:
        return
    yield f"試算（{name}だけ、準識別子だけ）:"
    for one in tried:
        if one.kept is None:
            yield f"  k={one.k}: 満たす一般化がない"
            continue
        levels = "、".join(f"{column} {level}" for column, level in (one.levels or {}).items())
        gone = one.people - one.kept
        kept = f"{'約' if one.about else ''}{one.kept:,}人が残る（{gone:,}人を除く）"
        yield f"  k={one.k}: {kept}、損失 {one.loss:.2f}（{levels}）"
