"""Two runs of one file at once: each is compared with the other, or does not publish.

What a run keeps of its release is there before its manifest, and is seen by all. So each writes its own, and
then looks for that of others: whoever writes later sees the other. An attempt that has not yet decided to
publish is given up, and publishes nothing any more; before one that has, the later run ends.
"""

from __future__ import annotations

from tokumei.schemas.errors import TokumeiError
from tokumei.transforms.earlier.kept import private_folder_of
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.release.attempt import CANCEL, decide_attempt
from tokumei.transforms.release.earlier import entry_of_plan, read_earlier
from tokumei.transforms.release.manifest import read_manifest
from tokumei.transforms.release.orphans import RECORD
from tokumei.transforms.storage.base import Store


def refuse_others_at_once(plan: Plan, store: Store) -> None:
    """Give up what others are about to publish of the same file, once the run's own record is there.

    Args:
        plan: the run; it is compared with earlier releases.
        store: of the output.

    Raises:
        TokumeiError: another release of the file has come since the run was planned, or is about to.
        InputError: the store cannot be reached.
    """
    for file in store.walk(private_folder_of(store, plan.output, entry_of_plan(plan))):
        name = RECORD.fullmatch(file.uri.rsplit("/", 1)[-1])
        if file.becomes is not None or name is None or name["release"] == plan.release_id:
            continue
        base = store.join(plan.output, "releases", name["release"])
        given_up = decide_attempt(store, base, name["attempt"], CANCEL)
        if not given_up or read_manifest(store, base) is not None:
            raise TokumeiError(
                "earlier_releases.at_once",
                where=base,
                what="this release of the same file is being published at this moment, or its run died there;"
                " this one was not compared with it",
                fix="run the same command again. If it stays so, run the command of that release again, or"
                " remove with tokumei clean what its run has left",
            )
    read_earlier(plan)
