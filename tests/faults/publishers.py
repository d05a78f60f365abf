"""Publishes many small releases into one output, one after the other: run twice at once, they meet at its book.

The reports are copies of a real one under other release ids; planning, publishing and the register are the
product's own.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import google_crc32c

from tokumei.schemas.report import Report
from tokumei.transforms.planning.prepare import make_plan
from tokumei.transforms.release.parts import Part
from tokumei.transforms.release.publish import find_published, publish
from tokumei.transforms.report.documents import documents_of
from tokumei.transforms.storage.places import open_store


@dataclass
class Written:
    parts: tuple[Part, ...]


def publish_many(folder: Path, output: str, name: str, count: int) -> None:
    """Publish ``count`` releases named after ``name``; every second one is of the file that both publish."""
    report = Report.model_validate_json((folder / "report.json").read_text())
    policy = json.loads((folder / "policy.yaml").read_text())
    store = open_store(output)
    for i in range(count):
        release = f"{name}-{i}"
        policy["file"]["name"] = "共有ファイル" if i % 2 else f"ファイル{release}"
        path = folder / f"{name}.yaml"
        path.write_text(json.dumps(policy, ensure_ascii=False))
        plan, _ = make_plan(str(path), output, release)
        if find_published(plan, store):
            raise RuntimeError(f"{release} is published already")
        data = release.encode()
        part = f"part-{plan.attempt}-{i:024x}.parquet"
        uri = store.join(output, "releases", release, "data", "t", part)
        store.create(uri, data)
        written = {
            "t": Written(
                (
                    Part(
                        uri=uri,
                        sha256=hashlib.sha256(data).hexdigest(),
                        crc32c=int(google_crc32c.value(data)),
                        size=len(data),
                        records=1,
                        people=1,
                    ),
                )
            )
        }
        told = report.model_copy(update={"release_id": release})
        publish(plan, told, written, partial(documents_of, plan.policy, told))  # type: ignore[arg-type]


if __name__ == "__main__":
    publish_many(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
