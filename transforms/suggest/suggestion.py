"""The whole suggestion: tables with people in them, trees from the others, links, facts and requirements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from tokumei.schemas.public_bodies import names_public_body
from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.engine.distinct import distinct
from tokumei.transforms.suggest.holdings import Holding
from tokumei.transforms.suggest.proposals import Keys, is_quasi
from tokumei.transforms.suggest.relations import HIGHEST, LINKED, determines, same_values
from tokumei.transforms.suggest.series import series_of
from tokumei.transforms.suggest.tables import SeenTable, SuggestedTable, suggest_table
from tokumei.transforms.suggest.words import said_by

UseCase = Literal["id_pos", "prescriptions", "cards", "residents"]
USE_CASES: tuple[UseCase, ...] = ("id_pos", "prescriptions", "cards", "residents")
K, K_LEAST = 10, 5
_SUPPRESSED = 0.02
_LEVELS = 3
_LISTED = 0.9  # share of a column's values that a table of labels must hold
_KNOWN_BY = {
    "id_pos": "店頭や会話から、買った物や日の1つ2つは知られ得るため",
    "prescriptions": "欠勤や会話から、病気や薬とその時期の1つ2つは知られ得るため",
    "cards": "同行者や店員には、店と時期の1つ2つは知られ得るため",
}
_OF_A_SERIES = "（答えは、番号を付けて {} の名称にもなる。この行を書き換えるだけなら、それらは列の名のまま）"
_PERSONS_NUMBER = "本人の番号"
_TOGETHER = frozenset({"prescriptions", "cards"})  # what is known of a line is known of one line
_KNOWN = "1人に複数の行があり、その品目、時期、場所の1つ2つは、居合わせた人に知られ得るため"
_OF_A_REGISTER: Mapping[str, str | Mapping[str, str]] = {  # 法74条1項・75条1項・117条
    "scope": "記録範囲（誰の情報か）",
    "collection": "記録情報の収集方法",
    "request_office": {"name": "開示請求等を受理する組織の名称", "address": "同じく所在地"},
    "product_office": {"name": "作成した情報の提案を受ける組織の名称", "address": "同じく所在地"},
    "product_period": {
        "start": "その提案ができる期間の初日（YYYY-MM-DD）",
        "end": "同じく末日（YYYY-MM-DD）",
    },
}


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What of the file as such the caller states; None is asked.

    Attributes:
        name, body, department, purpose, how_provided: as in the policy.
        regime: of the law; None goes by the name of the body, and asks for what a register entry needs.
    """

    name: str | None = None
    body: str | None = None
    department: str | None = None
    purpose: str | None = None
    how_provided: str | None = None
    regime: Literal["private", "public"] | None = None

    @property
    def public(self) -> bool:
        """Whether the file is one of a public body (行政機関等), whose entry in the register needs more."""
        if self.regime is None:
            return self.body is not None and names_public_body(self.body)
        return self.regime == "public"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A policy as plain data, in its order, and the tables that it is made from.

    Attributes:
        policy: what the YAML holds; tables: of it, by name; left_out: others, each with the reason.
        trial: what each k would cost, in lines.
    """

    policy: Mapping[str, Any]
    tables: Mapping[str, SuggestedTable]
    left_out: Sequence[tuple[SeenTable, str]]
    trial: tuple[str, ...] = ()


def suggest(seen: Sequence[SeenTable], facts: FileFacts, use_case: UseCase | None, k: int = K) -> Suggestion:
    """Return what is suggested for some tables.

    Args:
        seen: the tables.
        facts: what is said of the file.
        use_case: how facts of lines go together; they are declared wherever people have several lines.
        k: for the requirements.
    """
    people = [table for table in seen if table.personal] or list(seen)
    labels = [table for table in seen if table not in people]
    left_out = [
        (table, "個人の項目がない表であり、方針に入れていない（分類の木には使う）") for table in labels
    ]
    tables: dict[str, SuggestedTable] = {}
    for _ in range(2):  # the person columns of the first round tell those of the second
        for table in people:
            others = [t for name, t in tables.items() if name != table.found.name and t.person.column]
            tables[table.found.name] = suggest_table(table, others, _trees(table, labels))
    few = [name for name, table in tables.items() if table.person.people < K_LEAST]
    if len(few) < len(tables):
        left_out += [(tables.pop(name).table, f"{K_LEAST}人に満たず、公表できない表である") for name in few]
    links = _links(tables)
    policy: dict[str, Any] = {
        "version": 1,
        "regime": "public" if facts.public else "private",
        "file": _file(facts, tables, links),
        "tables": {name: _table(name, table, links) for name, table in tables.items()},
        "requirements": {
            "k": k,
            "because": f"{TO_DECIDE}上の試算を見て k を決め、その理由を書く",
            "suppression_limit": _suppressed(tables, k),
        },
    }
    if histories := _histories(tables, use_case):
        policy["histories"] = histories
    if broken := sum(table.table.sketch.broken for table in tables.values()):
        policy["rejects"] = {"limit": broken}
    return Suggestion(policy=policy, tables=tables, left_out=left_out)


def _suppressed(tables: Mapping[str, SuggestedTable], k: int) -> float:
    """Return the share of people who may be left out: also those whose presence in tables fewer than k share.

    Who stands in tables that others do not stand in is singled out by that alone, whatever is generalized.
    """
    kept = [table.people for table in tables.values() if table.person.column is not None]
    if len(kept) < 2:
        return _SUPPRESSED
    least = min((column.hashes[-1] for column in kept if not column.all_kept), default=HIGHEST)
    hashes = [column.hashes[column.hashes <= least] for column in kept]
    everybody = distinct(np.concatenate(hashes))
    present = np.stack([np.isin(everybody, own) for own in hashes], axis=1)
    _, which, counts = np.unique(present, axis=0, return_inverse=True, return_counts=True)
    scale = 2.0**64 / float(least)
    few = int((counts * scale < k)[which.ravel()].sum())
    return round(_SUPPRESSED + math.ceil(100 * few / len(everybody)) / 100, 2)


def _file(facts: FileFacts, tables: Mapping[str, SuggestedTable], links: Mapping[str, str]) -> dict[str, Any]:
    asked = {
        "name": (facts.name, "個人情報ファイルの名称"),
        "body": (facts.body, "事業者・機関の名称"),
        "department": (facts.department, "事務をつかさどる組織の名称"),
        "purpose": (facts.purpose, "利用目的"),
        "how_provided": (facts.how_provided, "提供の方法"),
    }
    found: dict[str, Any] = {key: said or f"{TO_DECIDE}{title}" for key, (said, title) in asked.items()}
    if facts.public:
        found |= {item: _asked(told) for item, told in _OF_A_REGISTER.items()}
    if any(held.sensitive for table in tables.values() for held in table.table.held.values()):
        found["sensitive"] = True
    named = list(dict.fromkeys(links.values()))
    if len(named) > 1:
        found["people"] = named[0]
    return found


def _asked(told: str | Mapping[str, str]) -> Any:
    if isinstance(told, str):
        return f"{TO_DECIDE}{told}"
    return {key: f"{TO_DECIDE}{title}" for key, title in told.items()}


def _links(tables: Mapping[str, SuggestedTable]) -> dict[str, str]:
    """Return by table the link of its person column: tables whose people are the same share one."""
    links: dict[str, str] = {}
    for name, table in tables.items():
        if table.person.column is None or "released_as" not in table.fates[table.person.column]:
            continue
        same = next(
            (
                link
                for other, link in links.items()
                if same_values(table.people, tables[other].people) >= LINKED
            ),
            None,
        )
        number = len(set(links.values()))
        links[name] = same or ("person" if not number else f"person{number + 1}")
    return links


def _table(name: str, table: SuggestedTable, links: Mapping[str, str]) -> dict[str, Any]:
    found, person = table.table.found, table.person
    source = found.source.model_dump(exclude_defaults=True, mode="json")
    told: dict[str, Any] = {"source": source, "title": f"{TO_DECIDE}表の日本語の名称"}
    if person.column is not None:
        others = "、".join(person.instead)
        question = (
            f"{TO_DECIDE}本人を表す列の名だけを書く。{person.column} と見たが、{others} も本人を表し得る"
        )
        told["person"] = question if others else person.column
        if table.table.sketch.columns[person.column].cells < table.table.sketch.rows:
            told["person_missing"] = "drop"
    elif table.table.personal or person.instead:
        among = f"（{'、'.join(person.instead)} か）" if person.instead else ""
        told["person"] = f"{TO_DECIDE}本人を表す列の名{among}を書く。1行が1人であれば、この行を消す"
    told["rows_per_person"] = "several" if person.several else "one"
    told["columns"] = {
        column: {**_title(column, fate, of_person=column == person.column), **_linked(fate, links.get(name))}
        for column, fate in table.fates.items()
    }
    for series in series_of(table.fates):
        asked = [n for n in series.names if str(told["columns"][n].get("title", "")).startswith(TO_DECIDE)]
        if len(asked) > 1:
            told["columns"][asked[0]]["title"] += _OF_A_SERIES.format("、".join(asked[1:]))
        for other in asked[1:]:
            del told["columns"][other]["title"]
    nested = {"drop": True, "because": "入れ子の値であり、処理できないため"}
    for column, kind in found.kinds.items():
        if kind is None:
            told["columns"][column] = {
                **_title(column, nested),
                **nested,
            }
    return told


def _title(column: str, fate: Keys, *, of_person: bool = False) -> Keys:
    """Return the title of a column; a question where a name does not tell it and the column is released."""
    title = said_by(column).title or (_PERSONS_NUMBER if of_person else None)
    if title is None and not fate.get("drop") and fate.get("treat", [{}])[-1].get("method") != "delete":
        title = f"{TO_DECIDE}項目の日本語の名称"
    return {} if title is None else {"title": title}


def _linked(fate: Keys, link: str | None) -> Keys:
    steps = fate.get("treat", [])
    if not steps or "link" not in steps[-1] or link is None:
        return fate
    return {**fate, "treat": [*steps[:-1], {**steps[-1], "link": link}]}


def _histories(tables: Mapping[str, SuggestedTable], use_case: str | None) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    for name, table in tables.items():
        if not table.facts:
            continue
        together = use_case in _TOGETHER
        facts += (
            [{"table": name, "columns": [*table.facts]}]
            if together
            else [{"table": name, "columns": [c]} for c in table.facts]
        )
    if not facts:
        return []
    classed = (name for name, table in tables.items() if any(is_quasi(f) for f in table.fates.values()))
    facts += [{"table": name, "quasi_identifiers": True} for name in classed]
    return [{"known": 2, "because": _KNOWN_BY.get(str(use_case), _KNOWN), "facts": facts}]


def _trees(table: SeenTable, labels: Sequence[SeenTable]) -> dict[str, Any]:
    """Return the hierarchies of items that tables of labels make: a code, and what it belongs to."""
    trees = {}
    for name in table.of(Holding.ITEM, Holding.CATEGORY):
        own = table.sketch.columns[name]
        for other in labels:
            source = other.found.source.model_dump(exclude_defaults=True, mode="json")
            for key, column in other.sketch.columns.items():
                unique = column.distinct > 1 and bool((column.counts == 1).all())
                whole = unique and column.cells == other.sketch.rows
                if whole and same_values(own, column) >= _LISTED and (levels := _above(other, key)):
                    columns = [key, *levels]
                    trees[name] = {"kind": "table", "source": source, "columns": columns, "other": "その他"}
    return trees


def _above(table: SeenTable, key: str) -> list[str]:
    """Return columns of labels, each coarser than the one before."""
    full = [n for n in table.of(Holding.ITEM, Holding.CATEGORY) if n != key]
    full = [n for n in full if table.sketch.columns[n].cells == table.sketch.rows]
    full.sort(key=lambda n: -table.sketch.columns[n].distinct)
    levels: list[str] = []
    for name in full:
        below = table.sketch.columns[levels[-1] if levels else key].distinct
        if table.sketch.columns[name].distinct <= 0.8 * below and (
            not levels or determines(table.sketch, levels[-1], name)
        ):
            levels.append(name)
    return levels[:_LEVELS]
