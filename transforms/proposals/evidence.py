"""What a judgement rests on, kept with the cases of a body by its digest: the answers of rehearsals."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import yaml
from pydantic import ValidationError

from tokumei.schemas.errors import InputError
from tokumei.schemas.register import body_folder
from tokumei.transforms.ledger.state import Body
from tokumei.transforms.proposals.method import MethodAnswer
from tokumei.transforms.storage.base import Store

_FOLDER = "evidence"


def keep_evidence(store: Store, register: str, body: str, answer: MethodAnswer) -> str:
    """Keep an answer, and return its SHA-256; the same answer again changes nothing."""
    data = (answer.model_dump_json(indent=2) + "\n").encode()
    digest = hashlib.sha256(data).hexdigest()
    store.make_private(store.join(register, body_folder(body), _FOLDER))
    with suppress(FileExistsError):
        store.create(_place(store, register, body, digest), data)
    return digest


def read_evidence(store: Store, register: str, body: str, digest: str) -> MethodAnswer:
    """Return the answer that an event names.

    Raises:
        InputError: it is missing, or not as it was kept.
    """
    uri = _place(store, register, body, digest)
    data, _ = store.read(uri)
    try:
        if hashlib.sha256(data).hexdigest() == digest:
            return MethodAnswer.model_validate_json(data)
    except ValidationError:
        pass
    raise InputError(
        "evidence.damaged",
        where=uri,
        what="this is not what the screening rested on",
        fix="restore the register from a backup",
    )


def screened_policy(store: Store, register: str, body: Body, case_id: str) -> str:
    """Return, as YAML, the policy by which the wanted method of a case was tried (法114条1項3号).

    Raises:
        InputError: the case is none, or no method of it was tried; the evidence is missing or damaged.
    """
    case = body.cases.get(case_id)
    judged = case.judged.get(3) if case is not None else None
    if judged is None or judged.evidence is None:
        raise InputError(
            "evidence.none",
            where=f"case {case_id}",
            what="no trial of a method is kept with this case",
            fix="correct --case; of 118条, the product is there already",
        )
    kept = yaml.safe_load(read_evidence(store, register, body.name, judged.evidence).policy)
    return yaml.safe_dump(kept, allow_unicode=True, sort_keys=False)


def _place(store: Store, register: str, body: str, digest: str) -> str:
    return store.join(register, body_folder(body), _FOLDER, f"{digest}.json")
