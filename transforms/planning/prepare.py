"""What is fixed before a run begins: its policy, its files, the place and the name of its release."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokumei.schemas.errors import PolicyError
from tokumei.schemas.parameters import ENVIRONMENT
from tokumei.schemas.policy import Policy
from tokumei.schemas.policy_file import NONE_SET, parse_policy, written_policy
from tokumei.schemas.splits import TableFile
from tokumei.transforms.formats.partitions import partitions
from tokumei.transforms.planning.inputs import check_files, is_text, refuse_released, without_unsearched
from tokumei.transforms.planning.plan import Plan, TablePlan
from tokumei.transforms.planning.plan_tables import plan_populations, plan_tables
from tokumei.transforms.planning.redactions import dictionaries_of
from tokumei.transforms.storage.content import digests_of
from tokumei.transforms.storage.places import open_store
from tokumei.transforms.storage.policy_folder import folder_of, locate, read_policy

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def make_plan(
    policy: Policy | str,
    output: str | None,
    release_id: str | None,
    settings: Mapping[str, str] = NONE_SET,
) -> tuple[Plan, list[TableFile]]:
    """Read the policy, find the files, compare their headers, and fix the release id.

    Args:
        policy: a path or gs:// URI, or a policy as an object. Its relative paths start from its folder; those
            of an object from the working directory.
        output: directory or gs:// URI; None for what the policy says.
        release_id: None for one that follows from the policy and the inputs: the same work has the same id.
        settings: values of the parameters that a policy read from a file declares, by name.

    Returns:
        The plan, with a new random name of this attempt, and the files of all tables and populations.

    Raises:
        PolicyError: the policy or an argument is wrong.
        InputError: no file is found, its columns are not those declared, or storage cannot be reached.
    """
    if release_id is not None and not _ID.fullmatch(release_id):
        raise PolicyError(
            "usage.release_id",
            where="--release-id",
            what="a release id has 1 to 64 letters, digits, dots, dashes and underscores, and starts with"
            " a letter or digit",
            fix="for example --release-id 2026-11-23",
        )
    if isinstance(policy, str):
        read, base = read_policy(policy, settings), folder_of(policy)
    else:  # a changed copy of a policy was checked by nobody
        read, base = parse_policy(written_policy(policy), "policy"), str(Path.cwd())
    return plan_of(read, base, output_of(read, base, output), release_id)


def plan_of(
    read: Policy, base: str, target: str, release_id: str | None = None
) -> tuple[Plan, list[TableFile]]:
    """Find the files of a policy that was read, compare their headers, and fix the release id.

    Args:
        read: the policy.
        base: the folder that its relative paths start from.
        target: where the release is written.
        release_id: as `make_plan` takes it.

    Raises:
        PolicyError, InputError: as `make_plan` raises them.
    """
    tables = plan_tables(read, base)
    populations = plan_populations(tables)
    files = check_files([*tables.values(), *populations.values()], base)
    tables = without_unsearched(tables, files)
    refuse_released([f.file.uri for f in files], target)
    work = _fingerprint(read, tables, _delivered([*tables.values(), *populations.values()], files))
    name = release_id or f"r-{work[:16]}"
    return Plan(
        policy=read,
        tables=tables,
        populations=populations,
        output=target,
        release_id=name,
        named=release_id is not None,
        work=work,
        delivery=_digest([read.file.entry_id, rules_of(read, tables), _values_of(read)]),
        attempt=secrets.token_hex(6),
    ), files


def output_of(policy: Policy, base: str, output: str | None) -> str:
    """Return where a policy's release is written: ``output``, or what the policy says, from its folder on.

    Raises:
        PolicyError: neither says it, or it is no place that can be written to.
    """
    target = output or (policy.output.directory and locate(base, policy.output.directory))
    if not target:
        raise PolicyError(
            "usage.output",
            where="--output",
            what="there is nowhere to write the release",
            fix="give --output DIR, or output.directory in the policy",
        )
    if "://" in target and not target.startswith("gs://"):
        raise PolicyError(
            "usage.output",
            where="--output",
            what="a release can be written only to a local path or a gs:// URI",
            fix="give --output DIR or --output gs://bucket/folder",
        )
    if not is_text(target):
        raise PolicyError(
            "usage.output",
            where="--output",
            what="the path is not UTF-8",
            fix="name a directory by characters that are text",
        )
    if "://" not in target:
        target = str(Path(target).absolute())  # workers elsewhere have another working directory
    return target


def rules_of(policy: Policy, tables: Mapping[str, TablePlan]) -> str:
    """Return the SHA-256 of the rules (加工の方法): what is done to whatever records, and required of them.

    That is the policy as it is understood, defaults and parameters put in, with the lines of hierarchy files;
    without what a product of the same method may have otherwise: items of the register, sources, output,
    comparisons.
    """
    sources = {"__all__": {"source": True}}
    content = policy.model_dump(
        mode="json",
        exclude={"file": True, "output": True, "report": True, "parameters": True, "tables": sources},
    )
    return _digest([content, _hierarchies(tables)])


def _fingerprint(policy: Policy, tables: Mapping[str, TablePlan], inputs: object) -> str:
    """Return the SHA-256 of what determines a release: policy, hierarchy files, inputs, dictionaries."""
    left: dict[str, Any] = {"source": {"expect", "path"}}  # how it was delivered is no part of the work
    tables_but = {"__all__": {**left, "population": left}}
    content = policy.model_dump(
        mode="json", exclude={"output": {"directory", "replaces"}, "parameters": True, "tables": tables_but}
    )
    read_by = dictionaries_of(tables.values())
    return _digest([content, _values_of(policy), _hierarchies(tables), inputs, read_by])


def _values_of(policy: Policy) -> dict[str, str | None]:
    """Return the values of the parameters that say which run this is: all but where files are."""
    return {
        name: parameter.default
        for name, parameter in policy.parameters.items()
        if not name.startswith(ENVIRONMENT)
    }


def _delivered(plans: Sequence[TablePlan], files: Sequence[TableFile]) -> list[list[object]]:
    """Return what the files of each table hold, in no order: contents, and columns in names of folders."""
    found: list[list[object]] = []
    for plan in plans:
        own = [file.file for file in files if file.table == plan.name]
        columns = [sorted(partitions(plan.table.source, file.uri).items()) for file in own]
        contents = digests_of(open_store(own[0].uri), own)
        found += [[plan.name, *told] for told in zip(columns, contents, strict=True)]
    return sorted(found, key=json.dumps)


def _hierarchies(tables: Mapping[str, TablePlan]) -> dict[str, object]:
    return {
        hierarchy.where: sorted(hierarchy.rows.items())
        for table in tables.values()
        for chain in table.chains.values()
        for hierarchy in chain.hierarchies
        if hierarchy.rows
    }


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
