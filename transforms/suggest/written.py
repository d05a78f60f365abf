"""A suggestion as the YAML of a policy: every decision with a comment, and no value of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tokumei.schemas.strict import TO_DECIDE
from tokumei.transforms.suggest.holdings import Content
from tokumei.transforms.suggest.proposals import is_deleted, is_quasi
from tokumei.transforms.suggest.relations import separating
from tokumei.transforms.suggest.suggestion import Suggestion
from tokumei.transforms.suggest.tables import SuggestedTable

_OPEN = (
    "「{mark}」（案の時点で{count}か所）のすべてに答えるまで、tokumei check は受け付けない。"
    "答えか理由に書き換える。"
)
_ANSWERED = "問いにはすべて答えがある。"
_SETS = 5
_WIDEST = 1 << 20
_HEAD = """\
# tokumei suggest による方針の案。項目ごとの注記は判断の根拠（名称の語、値の型と割合）であり、値は記さない。
# {open}
# source.path は、このファイルを置いたフォルダから読まれる。型: 9 数字、A 英字、あ ア 漢 かな・カナ・漢字。"""


def written(suggestion: Suggestion) -> str:
    """Return the YAML of a suggestion."""
    policy = suggestion.policy
    lines = [f"version: {policy['version']}", f"regime: {policy['regime']}", "file:"]
    lines += [f"  {key}: {_flow(value)}" for key, value in policy["file"].items()]
    lines.append("tables:")
    for name, table in policy["tables"].items():
        lines += _table_lines(name, table, suggestion.tables[name])
    lines += [_comment(f"{table.found.source.path}: {reason}") for table, reason in suggestion.left_out]
    lines += [_comment(line) for line in suggestion.trial]
    lines.append("requirements:")
    lines += [f"  {key}: {_flow(value)}" for key, value in policy["requirements"].items()]
    if rejects := policy.get("rejects"):
        lines += [
            "# 読めない記録は渡さない。ファイルを直せば不要である",
            f"rejects: {_flow(rejects)}",
        ]
    for history in policy.get("histories", ()):
        lines += [
            "histories:",
            f"  - known: {history['known']}",
            f"    because: {_flow(history['because'])}",
            "    facts:",
        ]
        lines += [f"      - {_flow(fact)}" for fact in history["facts"]]
        lines += [
            f"    {_comment(line)}" for table in suggestion.tables.values() for line in _taken_unknown(table)
        ]
    body = "\n".join(lines)
    count = sum(TO_DECIDE in line for line in lines if not line.lstrip().startswith("#"))
    told = _OPEN.format(count=count, mark=TO_DECIDE) if count else _ANSWERED
    return f"{_HEAD.format(open=told)}\n{body}\n"


def _flow(value: Any) -> str:
    """Return a value in one line; a question in quotes, in which an answer may hold any mark."""
    if isinstance(value, str) and value.startswith(TO_DECIDE):
        return json.dumps(value, ensure_ascii=False)
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=_WIDEST, sort_keys=False)
    return text.strip().removesuffix("\n...")


def _key(name: str) -> str:
    """Return the name of a column as a key: in quotes where YAML would read it as anything else."""
    try:
        plain = yaml.safe_load(f"{name}: 0") == {name: 0}
    except yaml.YAMLError:
        plain = False
    return name if plain else json.dumps(name, ensure_ascii=False)


def _comment(text: str) -> str:
    """Return a comment, whatever marks the names in it hold."""
    return "# " + re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def _table_lines(name: str, table: Mapping[str, Any], suggested: SuggestedTable) -> Iterator[str]:
    yield f"  {name}:"
    for line in _about(suggested):
        yield f"    {_comment(line)}"
    for key, value in table.items():
        if key != "columns":
            yield f"    {key}: {_flow(value)}"
    yield "    columns:"
    for column, fate in table["columns"].items():
        held = suggested.table.held.get(column)
        if held is not None:
            for line in _why(column, held, suggested):
                yield f"      {_comment(line)}"
        yield f"      {_key(column)}:"
        for key, value in fate.items():
            if key == "treat":
                yield "        treat:"
                yield from (f"          - {_flow(step)}" for step in value)
            else:
                yield f"        {key}: {_flow(value)}"


def _taken_unknown(suggested: SuggestedTable) -> Iterator[str]:
    """Yield what of lines is released and taken for unknown: those who know it may single people out."""
    left = [
        name
        for name, fate in suggested.fates.items()
        if suggested.facts
        and name not in {*suggested.facts, suggested.person.column}
        and not is_deleted(fate)
        and not is_quasi(fate)
    ]
    if left:
        yield (
            f"{suggested.table.found.name}の{'、'.join(left)}は、行ごとには知られないものとした。"
            "知られ得るなら facts に加える。"
        )


def _about(suggested: SuggestedTable) -> Iterator[str]:
    sketch, person = suggested.table.sketch, suggested.person
    yield f"{sketch.rows:,}件" + (f"（ほかに読めない記録 {sketch.broken:,}件）" if sketch.broken else "")
    if person.column is not None:
        rows = (
            f"1人に平均{person.rows[1]:.1f}件、多い人は{person.rows[0]:,}件以上"
            if person.several
            else "1人1件"
        )
        about = "" if suggested.people.all_kept else "約"
        yield f"本人: {person.column}（{about}{person.people:,}人、{rows}）"
    sets = list(separating(sketch, suggested.table.held, person))
    if sets:
        yield "準識別子になり得る組（本人の対の9割以上を分ける最小の組。違い: 種類÷人数、分離: 分かれる対）:"
        for columns, distinction, separation in sets[:_SETS]:
            yield f"  {'＋'.join(columns)}: 違い {distinction:.2f}、分離 {separation:.2f}"


def _why(column: str, held: Content, suggested: SuggestedTable) -> Iterator[str]:
    sketch, seen = suggested.table.sketch.columns[column], suggested.table.seen[column]
    parts = [*held.why]
    if seen is not None:
        if seen.patterns:
            parts.append("型 " + "、".join(f"{pattern} {share:.0%}" for pattern, share in seen.patterns))
        about = "" if sketch.all_kept else "約"
        parts.append(f"{about}{min(sketch.distinct, sketch.cells):,}種／{sketch.cells:,}件")
        if seen.few:
            parts.append("値が少なく、確かでない")
    told = f"{held.holding.value}: {'; '.join(parts)}" if parts else held.holding.value
    yield told
    yield from suggested.notes[column]
    if held.doubt and held.instead:
        yield f"ほかの扱い: {'、'.join(other.value for other in held.instead)}"
