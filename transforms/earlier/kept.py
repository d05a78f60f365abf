"""The ledger of a file's releases, beside the register book: what each adds, and what is read from it.

A release brings its record along: it is written before the manifest, which names it with its digest, and with
the manifest it counts. Whoever completes the release, at once or later, adds the record to the ledger by
compare-and-swap; a release that is there already changes nothing.
"""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import numpy.typing as npt
import polars as pl

from tokumei.schemas.errors import InputError
from tokumei.schemas.kept_releases import (
    KeptJoin,
    KeptKeys,
    KeptPeople,
    KeptRecoding,
    KeptReleases,
    ReleaseRecord,
)
from tokumei.transforms.earlier.changes import Counts, InClasses, Keys, Mask, Past, Stood
from tokumei.transforms.storage.base import Store
from tokumei.transforms.storage.ledger import Ledger, LedgerForm

RESTORE = (
    "restore this file's folder of register/private as it was after the newest of its releases: a copy from"
    " before lacks some, and is refused. If there is none, nothing can be compared any more: publish under"
    " another output only what recipients may hold beside all releases of this one"
)
PRIVATE_SIDE = "register", "private"  # in it an account may replace, as it does the book
KEPT_COUNTS = "#counts"
OVER_TIME = LedgerForm(
    name="earlier_releases",
    book="releases.json",
    model=KeptReleases,
    views={},
    when_busy="run the same command again; the release is there, only its record is missing",
    when_damaged=RESTORE,
    when_of_other_format="nothing of it is lost, but it cannot be compared with here: publish with the"
    " version that wrote it, or a newer one; or under another output, only what recipients may hold beside"
    " all releases of this one",
)


def private_folder_of(store: Store, output: str, entry_id: str) -> str:
    """Return the folder of what is kept of a file's releases."""
    return store.join(output, *PRIVATE_SIDE, entry_id)


def ledger_of(store: Store, output: str, entry_id: str) -> Ledger[KeptReleases]:
    """Return the ledger of a file's releases; its book is empty before the first."""
    return Ledger(OVER_TIME, store, private_folder_of(store, output, entry_id))


def keep_record(store: Store, output: str, record: ReleaseRecord) -> KeptReleases:
    """Add a release to the ledger of its file; the same release again changes nothing.

    Raises:
        InputError: the ledger is damaged; it is left as it is.
        TokumeiError: others kept writing it for as long as this was tried.
    """
    return ledger_of(store, output, record.entry_id).change(lambda kept: with_record(kept, record))


def with_record(kept: KeptReleases, record: ReleaseRecord) -> KeptReleases:
    """Return what is kept with one release more; the same object where it is there."""
    if record.release_id in kept.releases:
        return kept
    recodings = list(kept.recodings)
    # Of two first releases at once nobody can compare the people.
    lost = {"people": None} if kept.salt not in {"", record.salt} else {}
    for one in (table.model_copy(update=lost) for table in record.tables):
        place = next((i for i, other in enumerate(recodings) if other.same(one)), None)
        if place is None:
            recodings.append(one)
        else:
            recodings[place] = _joined(recodings[place], one)
    unclassed = dict(kept.unclassed)
    for name in record.unclassed:
        unclassed[name] = (*unclassed.get(name, ()), record.release_id)
    joins = list(kept.joins)
    for join in (join.model_copy(update=lost) for join in record.joins):
        place = next((i for i, other in enumerate(joins) if other.same(join)), None)
        if place is None:
            joins.append(join)
        else:
            joins[place] = _with_join(joins[place], join)
    return KeptReleases(
        salt=kept.salt or record.salt,
        releases=(*kept.releases, record.release_id),
        recodings=tuple(recodings),
        unclassed=unclassed,
        joins=tuple(joins),
    )


def _with_join(kept: KeptJoin, new: KeptJoin) -> KeptJoin:
    people = kept.people if new.people is None else new.people
    if kept.people is not None and new.people is not None:
        people = _with_people(kept.people, new.people)
    return kept.model_copy(update={"releases": (*kept.releases, *new.releases), "people": people})


def _joined(kept: KeptRecoding, new: KeptRecoding) -> KeptRecoding:
    """Add a release to a recoding. A class that is not there has nobody."""
    before, after = (kept_classes(recoding) for recoding in (kept, new))
    labels = [name for name in before.columns if name != KEPT_COUNTS]
    found = after.join(before, on=labels, how="full", coalesce=True, nulls_equal=True, suffix="_before")
    nobody = pl.lit([0], pl.List(pl.Int64))
    numbers = pl.concat_list(*(pl.col(n).fill_null(nobody) for n in (KEPT_COUNTS, f"{KEPT_COUNTS}_before")))
    classes = packed_classes(found.with_columns(numbers.list.unique(maintain_order=True).alias(KEPT_COUNTS)))
    people = kept.people if new.people is None else new.people
    if kept.people is not None and new.people is not None:
        people = _with_people(kept.people, new.people)
    return kept.model_copy(
        update={
            "releases": (*kept.releases, *new.releases),
            "classes": classes,
            "exact": kept.exact and new.exact,
            "people": people,
        }
    )


def packed_classes(classes: pl.DataFrame) -> str:
    """Return classes as they are kept; see `kept_classes`."""
    names = [name for name in classes.columns if name.startswith("e")]
    file = BytesIO()
    classes.select(*names, KEPT_COUNTS).sort(names, nulls_last=True).write_parquet(file)
    return base64.b64encode(file.getvalue()).decode()


def kept_classes(recoding: KeptRecoding) -> pl.DataFrame:
    """Return the classes of a recoding: labels as e0, e1, …, and `KEPT_COUNTS`, the newest first.

    Raises:
        InputError: they are damaged.
    """
    labels = [f"e{i}" for i in range(len(recoding.declared))]
    try:
        found = pl.read_parquet(BytesIO(base64.b64decode(recoding.classes, validate=True)))
        return found.select(pl.col(labels).cast(pl.String), pl.col(KEPT_COUNTS).cast(pl.List(pl.Int64)))
    except (ValueError, OSError, pl.exceptions.PolarsError):
        raise InputError(
            "earlier_releases.damaged",
            where=f"releases.json: classes of release {recoding.releases[-1]}",
            what="what is kept of the classes of earlier releases cannot be read",
            fix=RESTORE,
        ) from None


def kept_people(release: str, standing: InClasses) -> KeptPeople:
    """Return the people of one release.

    Args:
        release: its id.
        standing: who is released, in which class with which values, merged.
    """
    order = np.argsort(standing.pairs)
    return KeptPeople(
        releases=(release,),
        people=_once(standing.pairs[order]),
        classes=_packed(standing.classes[order]),
        columns={name: _once(np.unique(standing.tokens(name))) for name in standing.values},
    )


def _once(keys: Keys) -> KeptKeys:
    return KeptKeys(
        keys=_packed(keys),
        history=_packed(np.zeros(len(keys), np.int32)),
        histories=("1",) if len(keys) else (),
    )


_NO_KEYS = KeptKeys(keys="", history="", histories=())


def _with_people(kept: KeptPeople, new: KeptPeople) -> KeptPeople:
    bit = 1 << len(kept.releases)
    people = _with_keys(kept.people, new.people, bit)
    keys, classes = (np.concatenate([read(of) for of in (kept, new)]) for read in (_people, _classes))
    first = np.unique(keys, return_index=True)[1]
    columns = {
        name: _with_keys(kept.columns.get(name, _NO_KEYS), new.columns.get(name, _NO_KEYS), bit)
        for name in {**kept.columns, **new.columns}
    }
    return KeptPeople(
        releases=(*kept.releases, *new.releases),
        people=people,
        classes=_packed(classes[first]),
        columns=columns,
    )


def _people(kept: KeptPeople) -> Keys:
    return _keys(kept.people.keys)


def _classes(kept: KeptPeople) -> Keys:
    return _keys(kept.classes)


def _with_keys(kept: KeptKeys, new: KeptKeys, bit: int) -> KeptKeys:
    """Return keys with those that stand in one release more."""
    old, added = _keys(kept.keys), _keys(new.keys)
    keys = np.union1d(old, added)
    history = np.zeros(len(keys), np.int64)  # 0: none yet
    history[np.searchsorted(keys, old)] = _numbers(kept.history) + 1
    here = np.zeros(len(keys), bool)
    here[np.searchsorted(keys, added)] = True
    numbers, of = np.unique(history * 2 + here, return_inverse=True)
    masks = [0, *(int(mask, 16) for mask in kept.histories)]
    return KeptKeys(
        keys=_packed(keys),
        history=_packed(of.ravel().astype(np.int32)),
        histories=tuple(f"{masks[n // 2] | (bit if n % 2 else 0):x}" for n in numbers.tolist()),
    )


def past_of(people: KeptPeople) -> Past:
    """Return who stood in which classes; of releases that follow one another with the same people, one."""
    releases = len(people.releases)
    stood = {name: _stood(keys, releases) for name, keys in people.columns.items()}
    of_people = _stood(people.people, releases)
    bits = np.vstack([of_people.histories, *(s.histories for s in stood.values())])
    other = np.append((bits[:, 1:] != bits[:, :-1]).any(axis=0), True)
    return Past(
        _versions(of_people, other),
        _classes(people),
        {name: _versions(keys, other) for name, keys in stood.items()},
    )


def _stood(kept: KeptKeys, releases: int) -> Stood:
    masks = [int(mask, 16) for mask in kept.histories]
    bits = np.array([[mask >> i & 1 for i in range(releases)] for mask in masks], bool)
    return Stood(_keys(kept.keys), _numbers(kept.history), bits.reshape(len(masks), releases))


def _versions(stood: Stood, chosen: Mask) -> Stood:
    return Stood(stood.keys, stood.history, stood.histories[:, chosen])


def _packed(numbers: npt.NDArray[np.generic]) -> str:
    little = numbers.astype(numbers.dtype.newbyteorder("<"))
    return base64.b64encode(np.ascontiguousarray(little).tobytes()).decode()


def _keys(packed: str) -> Keys:
    return np.frombuffer(base64.b64decode(packed), "<u8").astype(np.uint64)


def _numbers(packed: str) -> Counts:
    return np.frombuffer(base64.b64decode(packed), "<i4").astype(np.int64)
