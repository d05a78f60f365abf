"""What becomes of each column: the fate that a policy would give it, from what it holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tokumei.schemas.strict import TO_DECIDE
from tokumei.schemas.treatment_base import ColumnType
from tokumei.transforms.suggest.evidence import Traits
from tokumei.transforms.suggest.holdings import Content, Holding
from tokumei.transforms.suggest.sketch import ColumnSketch

_GENERALIZE = "generalize"  # the method of quasi-identifiers alone
_DELETE = "delete"
_PEOPLE = 20  # who share a category, at least
_COVERED = 0.5  # share of the cells whose values so many have, or nothing would be left of the column
_OLD = 90
_FIRST, _LAST = 1868, 2100  # years of births
_FEW_BANDS = 12
_TENTHS = (1, 3, 5, 7, 9)
_UNDERSTOOD = 0.5
_MOSTLY, _SHORTEST = 0.8, 3  # of codes: share of the values, and characters
_LABELS = 60  # of a quasi-identifier that has no hierarchy

Keys = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a proposal depends on beside the column.

    Attributes:
        kind: the column's type in the file, where that says it; None for text.
        person: it is the person column.
        facts: it is a known fact of lines, whose levels `histories` decide.
        with_address: the table has an address, or a column of municipalities or prefectures.
        separates: it alone tells most people from most others, one record each: it belongs to the class.
        tree: columns of another table that make the levels of its values; empty for none.
    """

    kind: ColumnType | None
    person: bool
    facts: bool
    with_address: bool
    separates: bool
    tree: Mapping[str, Any]


def proposed(held: Content, column: ColumnSketch, seen: Traits | None, context: Around) -> Keys:
    """Return the keys of a column of the policy: type, treat, drop, because …, without its title."""
    holding = held.holding
    if seen is None or holding in {Holding.EMPTY, Holding.CONSTANT}:
        reason = "値がないため" if holding is Holding.EMPTY else "値が一つしかなく、何も伝えないため"
        return _dropped(reason)
    if context.person and holding in {Holding.LINK, Holding.KEY, Holding.ITEM, Holding.IDENTIFIER}:
        typed: Keys = {"type": "integer"} if context.kind in {"number", "integer"} else {}
        return {
            **typed,
            "released_as": "仮ID",
            "treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}],
        }
    fate = (
        _deleted(held, seen) or _quasi(held, column, seen, context) or _peculiar(held, column, seen, context)
    )
    if held.doubt is None:
        return fate
    fate = {key: value for key, value in fate.items() if key not in {"because"}}
    return {**fate, "because": f"{TO_DECIDE}{held.doubt}"}


def is_quasi(fate: Keys) -> bool:
    """Return whether a column becomes a quasi-identifier (準識別子)."""
    return _GENERALIZE in {step["method"] for step in fate.get("treat", ())}


def is_deleted(fate: Keys) -> bool:
    """Return whether nothing of a column is released; what is neither treated nor kept is deleted too."""
    return _DELETE in {step["method"] for step in fate.get("treat", [{"method": _DELETE}])[-1:]}


def _dropped(reason: str) -> Keys:
    return {"drop": True, "because": reason}


def _treated(criterion: int, method: str, **keys: Any) -> dict[str, Any]:
    return {"criterion": criterion, "method": method, **keys}


def _generalized(kind: str, **keys: Any) -> dict[str, Any]:
    return _treated(5, _GENERALIZE, hierarchy={"kind": kind, **keys})


# A label that rare values share, and not blanks: few blanks would point at those who have them.
_RARE = _treated(4, "rare_categories", people=_PEOPLE, action="group")
_OF_KEYS: Mapping[str | None, str] = {
    "time of day": "一日の行動を特定させるため",
    "lines": "本人の複数の行を束ねる番号であり、記録を特定させるため",
}
_SUPPRESS = {"kind": "suppress"}
_DELETED = {Holding.CODE: 2, Holding.NAME: 1, Holding.CONTACT: 1, Holding.IDENTIFIER: 1, Holding.LINK: 3}


def _deleted(held: Content, seen: Traits) -> Keys | None:
    holding = held.holding
    unread = holding is Holding.ADDRESS and seen.share("address", "prefecture") < _UNDERSTOOD
    if holding in _DELETED or unread:
        criterion = 3 if held.kind in {"card", "bank"} else _DELETED.get(holding, 1)
        return {"treat": [_treated(criterion, "delete")]}
    others: Mapping[Holding, Keys] = {
        Holding.KEY: _dropped(_OF_KEYS.get(held.kind, "受領者に不要であり、記録を一つに特定させるため")),
        Holding.TEXT: {"type": "text"},
        Holding.OPEN: _dropped(""),
    }
    return others.get(holding)


def _quasi(held: Content, column: ColumnSketch, seen: Traits, context: Around) -> Keys | None:
    """Return what becomes of what others can know: quasi-identifiers (五号)."""
    found: Mapping[Holding, Callable[[], Keys | None]] = {
        Holding.ADDRESS: lambda: _areas(seen, context),
        Holding.PLACE: lambda: _areas(seen, context) or _labels(column, context),
        Holding.POSTAL: lambda: _postal(seen, context),
        Holding.BIRTH: lambda: _born(seen),
        Holding.AGE: _aged,
        Holding.SEX: lambda: {"treat": [_generalized(**_SUPPRESS)]},
        Holding.OBSERVABLE: lambda: _labels(column, context),
        Holding.TIME: lambda: _time(seen, context),
    }
    return found.get(held.holding, lambda: None)()


def _chosen(context: Around, hierarchy: Mapping[str, Any]) -> dict[str, Any]:
    """Return the levels of what others can know: chosen with the class, or of lines for `histories`."""
    return _treated(5, "coarsen" if context.facts else _GENERALIZE, hierarchy=dict(hierarchy))


def _areas(seen: Traits, context: Around) -> Keys:
    """Return municipalities or prefectures, whichever the values are; nothing if they are neither."""
    read = {"city": seen.share("address"), "prefecture": seen.share("prefecture")}
    level = max(read, key=lambda name: read[name])
    if read[level] < _UNDERSTOOD:
        return {}
    said = "市区町村" if level == "city" else "都道府県"
    steps = [_treated(1, "address", level=level), _chosen(context, {"kind": "address"})]
    return {"released_as": f"{said}（またはより広い地域）", "treat": steps}


def _labels(column: ColumnSketch, context: Around) -> Keys | None:
    """Return the class by labels, of many labels the rare together; nothing where nearly all are rare."""
    if column.distinct <= _LABELS:
        return {"treat": [_chosen(context, _SUPPRESS)]}
    return {"treat": _rare_and(context)} if _common(column) >= _COVERED else None


def _rare_and(context: Around) -> list[dict[str, Any]]:
    """Return the rare together, and the rest chosen; known facts ask for k, and promise no more."""
    rare = {key: value for key, value in _RARE.items() if key != "people" or not context.facts}
    return [rare, _chosen(context, _SUPPRESS)]


def _common(column: ColumnSketch) -> float:
    """Return the share of the cells whose value stands in `_PEOPLE` or more."""
    return float(column.counts[column.counts >= _PEOPLE].sum() / max(1, column.counts.sum()))


def _postal(seen: Traits, context: Around) -> Keys:
    if context.with_address or seen.share("postal") < _UNDERSTOOD:
        return {"treat": [_treated(1, "delete")]}
    steps = [_treated(1, "postal_prefix", digits=3), _generalized("prefix", keep=[2, 1])]
    return {"released_as": "郵便番号の上3桁以下", "treat": steps}


def _aged() -> Keys:
    top = _treated(4, "top_code", at=_OLD, label=f"{_OLD}歳以上")
    return {"type": "integer", "treat": [top, _generalized("intervals", widths=[5, 10, 20])]}


def _born(seen: Traits) -> Keys:
    if seen.kind in {"date", "month", "datetime"}:
        year = [_treated(1, "year"), _generalized("dates", levels=["decade"])]
        return {"type": seen.kind, "released_as": "生年（または10年ごと）", "treat": year}
    if seen.numbers and seen.numbers[0] >= _FIRST and seen.numbers[-1] <= _LAST:
        widths = _generalized("intervals", widths=[5, 10, 20])
        return {"type": "integer", "released_as": "生年（または区間）", "treat": [widths]}
    return {"treat": [_treated(1, "delete")]}


def _time(seen: Traits, context: Around) -> Keys:
    before = [] if seen.kind == "month" else [_treated(1, "year_month")]
    levels = _chosen(context, {"kind": "dates", "levels": ["quarter", "year"]})
    return {"type": seen.kind, "released_as": "時期（年月、四半期または年）", "treat": [*before, levels]}


def _peculiar(held: Content, column: ColumnSketch, seen: Traits, context: Around) -> Keys:
    """Return what becomes of what nobody outside knows: no value that points at few (四号)."""
    if held.holding is Holding.QUANTITY:
        return _bands(seen)
    if seen.codes:
        return _dropped(f"{seen.codes[0].title}であり、番号は残せないため")
    sensitive: Keys = {"sensitive": True} if held.sensitive else {}
    typed = _category_type(seen, context)
    covered = _common(column)
    if context.facts:
        tree = context.tree or _prefixes(seen, context)
        steps = [_chosen(context, tree)] if tree else _rare_and(context)
        return {**typed, **sensitive, "treat": steps}
    if covered < _COVERED and (column.cells >= 50 or column.distinct > _PEOPLE):
        return _dropped(f"値の{1 - covered:.0%}は{_PEOPLE}件に満たない値であり、残せば本人を推測させるため")
    steps = _rare_and(context) if context.separates and not sensitive else [_RARE]
    return {**typed, **sensitive, "treat": steps}


def _prefixes(seen: Traits, context: Around) -> Keys:
    """Return the levels of codes by how they begin; nothing of numbers, whose beginnings say nothing."""
    mean, longest = seen.lengths
    if (
        context.kind not in {None, "text", "string"}
        or seen.share("code", "digits") < _MOSTLY
        or mean < _SHORTEST
    ):
        return {}
    if seen.numbers and not seen.zeros:
        return {}
    first = round(mean) - (longest <= round(mean))
    return {"kind": "prefix", "keep": sorted({first, math.ceil(mean / 2), 1}, reverse=True)}


def _category_type(seen: Traits, context: Around) -> Keys:
    if context.kind in {"integer", "boolean"}:
        return {"type": context.kind}
    return {"type": "integer"} if context.kind == "number" and seen.kind == "integer" else {}


def _bands(seen: Traits) -> Keys:
    """Return bands whose edges are round numbers near the tenths of the cells."""
    edges = sorted({_round(seen.numbers[i]) for i in _TENTHS})
    edges = [edge for edge in edges if seen.numbers[0] < edge <= seen.numbers[-1]]
    kind = "integer" if seen.kind == "integer" else "number"
    if not edges:
        return {"type": kind, "treat": [_treated(4, "tail", side="both", people=_PEOPLE)]}
    told = [f"{edge:,}".replace(",", "") for edge in edges]
    labels = [f"{told[0]}未満", *(f"{a}以上{b}未満" for a, b in pairwise(told)), f"{told[-1]}以上"]
    return {"type": kind, "treat": [_treated(4, "bands", edges=edges, labels=labels)]}


def _round(number: float) -> int | float:
    """Return the nearest of 1, 2, 5 times a power of ten."""
    if number == 0:
        return 0
    size = 10.0 ** math.floor(math.log10(abs(number)))
    nearest = min((1, 2, 5, 10), key=lambda step: abs(step * size - abs(number)))
    rounded = math.copysign(nearest * size, number)
    return int(rounded) if rounded == int(rounded) else round(rounded, 12)
