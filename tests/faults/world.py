"""The file that is released again and again here: a release of it is there before, and a newer one is to come."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path

import reader
from children import Case, Step, run_all
from reader import must

MARKS = ("HIMITSU", "KAIIN")  # begin the values of identifying columns
ROWS, FILES = 1200, 2
FILE = {
    "name": "試験ファイル",
    "body": "試験株式会社",
    "department": "試験課",
    "purpose": "試験",
    "sensitive": True,
    "how_provided": "媒体の手渡し",
}
GENERALIZE = {"criterion": 5, "method": "generalize"}
PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "p"}]}
COLUMNS = {
    "id": PSEUDONYM,
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "birth": {
        "type": "date",
        "treat": [
            {"criterion": 1, "method": "age"},
            {**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [10, 20]}},
        ],
    },
    "town": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]},
    "disease": {"sensitive": True, "keep": True, "because": "試験"},
}
BOUGHT = {  # joined to these, so that every stage is there to be struck
    "id": PSEUDONYM,
    "item": {"treat": [{"criterion": 4, "method": "coarsen", "hierarchy": {"kind": "prefix", "keep": [1]}}]},
}
FACTS = [{"table": "bought", "columns": ["item"]}, {"table": "t", "quasi_identifiers": True}]


class World:
    """A folder with inputs, policies, and an output that holds the release ``old``.

    A second table and facts over both make a run about twice as long: only who needs these stages asks for them.
    """

    def __init__(self, root: Path, *, histories: bool) -> None:
        self.root, self._histories, self._cases = root, histories, 0
        for version in ("old", "new"):
            self._write_inputs(version)
        self.template = root / "template"
        run_all([self._first()], 1)
        self.before = reader.snapshot(self.template)
        self.manifest = reader.published(self.template)["old"]

    def _write_inputs(self, version: str) -> None:
        rng = random.Random(version)
        (self.root / version).mkdir(parents=True)
        for number in range(FILES):
            lines = ["id,name,birth,town,disease"]
            lines += [
                f"KAIIN{number}{i:05},HIMITSU{i},{rng.randint(1940, 2009)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)},"
                f"town{rng.randint(0, 9)},d{rng.randint(0, 3)}"
                for i in range(ROWS // FILES)
            ]
            (self.root / version / f"t-{number}.csv").write_text("\n".join(lines) + "\n")
        lines = ["id,item"]
        lines += [
            f"KAIIN{i % FILES}{i // FILES:05},{rng.choice('AAABBC')}{rng.randint(0, 5)}" for i in range(ROWS)
        ]
        (self.root / version / "bought.csv").write_text("\n".join(lines) + "\n")
        policy = {
            "version": 1,
            "regime": "private",
            "file": FILE,
            "reference_date": "2026-04-01",
            "tables": {
                "t": {
                    "source": {"path": f"{version}/t-*.csv", "format": "csv"},
                    "person": "id",
                    "rows_per_person": "several",  # so that people and rows wait to be grouped
                    "columns": COLUMNS,
                },
            },
            "requirements": {"k": 3, "because": "試験", "suppression_limit": 0.05},
        }
        if self._histories:
            policy["tables"]["bought"] = {
                "source": {"path": f"{version}/bought.csv", "format": "csv"},
                "person": "id",
                "rows_per_person": "several",
                "columns": BOUGHT,
            }
            policy["histories"] = [{"facts": FACTS, "known": 2, "because": "試験"}]
        (self.root / f"{version}.yaml").write_text(json.dumps(policy, ensure_ascii=False))

    def _first(self) -> Case:
        done = yield self.release(self.template, "old")
        must(done.status == 0, f"the first release failed: {done.err}")

    def output(self) -> Path:
        """A new output directory with the old release in it."""
        self._cases += 1
        out = self.root / f"case{self._cases}" / "out"
        shutil.copytree(self.template, out)
        return out

    def release(self, out: Path, version: str = "new", **how) -> Step:
        args = (
            "anonymize",
            str(self.root / f"{version}.yaml"),
            "--output",
            str(out),
            "--release-id",
            version,
        )
        temp = out.parent / "temp"
        roots = (str(out), str(self.root / version), str(temp))
        return Step(args, out.parent / "notes", roots, temp=temp, **how)

    def spilled(self, out: Path, *, killed: bool = False) -> None:
        """No file of a run is left in its temporary folder; a folder may be, if it was killed."""
        left = [p for p in (out.parent / "temp").rglob("*") if not (killed and p.is_dir())]
        must(not left, f"left in the temporary folder: {[p.name for p in left]}")
        self.emptied(out)

    def emptied(self, out: Path) -> None:
        """Its temporary folder is gone with all that a run could not remove, so that the next begins anew."""
        shutil.rmtree(out.parent / "temp", ignore_errors=True)

    def clean(self, out: Path) -> Step:
        """Clean, everything being a month old."""
        month_ago = time.time() - 30 * 86_400
        for path in (out, *out.rglob("*")):
            os.utime(path, (month_ago, month_ago))
        return Step(("clean", str(out)), out.parent / "notes")

    def state(self, out: Path) -> str:
        """What readers see: ``old``, or ``new``; anything in between is a violation."""
        found, ids = reader.published(out), reader.entered(out)
        must(found.get("old") == self.manifest, "the old release is not as it was")
        for name, data in self.before.items():
            if name.startswith("releases/"):
                must((out / name).read_bytes() == data, "a file of the old release has changed")
        must(ids in (["old"], ["old", "new"]), f"the book holds {ids}")
        must("new" in found or ids == ["old"], "the book holds a release that has no manifest")
        reader.views(out, self.before)
        return "new" if "new" in found else "old"

    def finished(self, out: Path) -> None:
        """The new release is complete in every way, and nothing else is there."""
        must(self.state(out) == "new", "the new release is not published")
        must(reader.entered(out) == ["old", "new"], "register and manifests do not agree")
        reader.views(out)
        expected, found = reader.proper(out), reader.files(out)
        must(expected <= found, f"missing: {sorted(expected - found)[:3]}")
        must(found <= expected, f"left over: {sorted(found - expected)[:3]}")

    def cleaned(self, out: Path, state: str) -> None:
        """Nothing is left but what readers see."""
        must(self.state(out) == state, "cleaning changed what readers see")
        found = reader.files(out)
        left = sorted(found - reader.proper(out) - reader.untaken(out))[:3]
        must(not left, f"clean left: {left}")
        if state == "old":
            must(reader.snapshot(out) == self.before, "clean changed the old state")
            must(not (out / "releases" / "new").exists(), "clean left an empty folder")
