"""Synthetic files with their sidecars: which rows are peculiar or dirty is drawn before any is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeVar

import numpy as np

from tokumei.schemas.errors import PolicyError
from tokumei.transforms.synthesis.dirty import Dirt, dirt_kinds
from tokumei.transforms.synthesis.sampling import pick_rows, stream
from tokumei.transforms.synthesis.table import SPAN_ROWS, Plant, PresetFile, Span, plant
from tokumei.transforms.synthesis.write import Layout, open_sink

_What = TypeVar("_What")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is asked for; the same order gives the same bytes.

    Attributes:
        preset: name of a module of this room that has TABLES.
        rows: of the largest file; a preset of two files sizes both from it.
        seed: 0 or more.
        peculiar: planted people; None for one of each kind, or none in files too small for that.
        dirty: unreadable rows, in the files that take them.
        shuffled: person ids in random instead of ascending order.
    """

    preset: str
    rows: int
    seed: int
    peculiar: int | None
    dirty: int
    shuffled: bool


@dataclass(frozen=True)
class FilePlan:
    """One file to write, and what is peculiar in it, by row number from 0."""

    table: PresetFile
    path: Path
    rows: int
    plants: Mapping[int, Plant]
    dirt: Mapping[int, Dirt]

    @property
    def sidecar(self) -> Path:
        """The listing of planted and dirty rows."""
        return self.path.with_name(f"{self.table.name}.planted.json")


def plan_files(order: Order, layout: Layout, folder: Path) -> list[FilePlan]:
    """Return the files of an order, each with the rows that will be peculiar or dirty.

    Raises:
        PolicyError: a file has fewer rows than are to be peculiar and dirty.
    """
    tables: tuple[PresetFile, ...] = import_module(f"tokumei.transforms.synthesis.{order.preset}").TABLES
    kinds = [(table, plant) for table in tables for plant in table.plants]
    fits = all(table.rows(order.rows) >= len(table.plants) * table.planted_lines for table in tables)
    wanted = order.peculiar if order.peculiar is not None else len(kinds) if fits else 0
    plans = []
    for table in tables:
        rows = table.rows(order.rows)
        planted = [plant for of, plant in (kinds[i % len(kinds)] for i in range(wanted)) if of is table]
        dirty = order.dirty if table.takes_dirt else 0
        lines = table.planted_lines
        if len(planted) * lines + dirty > rows:
            raise PolicyError(
                "synthesize.usage",
                where="--peculiar, --dirty",
                what=f"{table.name} has only {rows} rows for {len(planted)} peculiar people, each with up to"
                f" {lines} rows, and {dirty} dirty rows",
                fix="ask for more rows or fewer of them",
            )
        plant_rows = lines * pick_rows(order.seed, f"{table.name}.peculiar", rows // lines, len(planted))
        taken = np.add.outer(plant_rows, np.arange(lines)).ravel()
        dirty_rows = pick_rows(order.seed, f"{table.name}.dirty", rows, dirty, avoid=taken)
        ways = dirt_kinds(table, layout.format)
        plans.append(
            FilePlan(
                table,
                folder / (table.name + layout.suffix),
                rows,
                dict(zip(plant_rows.tolist(), planted, strict=True)),
                {row: ways[i % len(ways)] for i, row in enumerate(dirty_rows.tolist())},
            )
        )
    return plans


def write_file(plan: FilePlan, order: Order, layout: Layout) -> None:
    """Write a file and its sidecar; the file appears under its name only when it is complete."""
    part = plan.path.with_name(plan.path.name + ".part")
    sink = None
    people: dict[int, str] = {}
    all_plants, all_dirt = _by_chunk(plan.plants), _by_chunk(plan.dirt)
    for chunk, start in enumerate(range(0, plan.rows, SPAN_ROWS)):
        plants, dirt = all_plants.get(chunk, {}), all_dirt.get(chunk, {})
        frame = plan.table.generate(
            Span(
                rng=stream(order.seed, plan.table.name, chunk),
                seed=order.seed,
                start=start,
                size=min(SPAN_ROWS, plan.rows - start),
                total=plan.rows,
                requested=order.rows,
                planted=np.array(sorted(plants), dtype=np.int64),
                shuffled=order.shuffled,
            )
        )
        people |= {start + offset: frame[plan.table.person][offset] for offset in plants}
        sink = sink or open_sink(part, layout, frame)
        sink.write(plant(frame, plants), dirt)
    if sink is not None:
        sink.close()
    part.replace(plan.path)
    plan.sidecar.write_text(_listing(plan, order.seed, people), encoding="utf-8")


def _by_chunk(rows: Mapping[int, _What]) -> dict[int, dict[int, _What]]:
    """Sort row numbers into chunks, as offsets there."""
    chunks: dict[int, dict[int, _What]] = {}
    for row, what in rows.items():
        chunks.setdefault(row // SPAN_ROWS, {})[row % SPAN_ROWS] = what
    return chunks


def _listing(plan: FilePlan, seed: int, people: Mapping[int, str]) -> str:
    listing = {
        "file": plan.path.name,
        "rows": plan.rows,
        "seed": seed,
        "peculiar": [
            {"row": row + 1, "kind": plan.plants[row].kind, "person": people[row]} for row in sorted(people)
        ],
        "dirty": [{"row": row + 1, "kind": plan.dirt[row].kind} for row in sorted(plan.dirt)],
    }
    return json.dumps(listing, ensure_ascii=False, indent=1) + "\n"
