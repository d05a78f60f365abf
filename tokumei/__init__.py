"""Tokumei (匿名): personal-information files become 匿名加工情報, distributed on Apache Beam.

In a pipeline of your own:

    import apache_beam as beam
    from tokumei import Anonymize

    with beam.Pipeline("FnApiRunner") as pipeline:  # in process; Beam's default may fetch another engine
        released = pipeline | Anonymize("policy.yaml", output="out")
        released | beam.Map(lambda release: print(release.release))

What `__all__` lists is public. All else is private, whatever its name: modules move and functions change with
any version. A public name is imported when it is first used: `import tokumei` itself neither imports Beam
nor logs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokumei.schemas.errors import (
        AlreadyPublishedError,
        InputError,
        PolicyError,
        RequirementError,
        TokumeiError,
        recover,
    )
    from tokumei.schemas.policy import Policy
    from tokumei.transforms.release.publish import Published
    from tokumei.transforms.stages.anonymize import Anonymize
    from tokumei.transforms.storage.policy_folder import read_policy

    __version__: str

__all__ = [
    "AlreadyPublishedError",
    "Anonymize",
    "InputError",
    "Policy",
    "PolicyError",
    "Published",
    "RequirementError",
    "TokumeiError",
    "__version__",
    "read_policy",
    "recover",
]

_HOMES = {
    "Anonymize": "tokumei.transforms.stages.anonymize",
    "Policy": "tokumei.schemas.policy",
    "Published": "tokumei.transforms.release.publish",
    "read_policy": "tokumei.transforms.storage.policy_folder",
}


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "__version__":
        from importlib.metadata import version

        found: Any = version("tokumei")
    else:
        found = getattr(import_module(_HOMES.get(name, "tokumei.schemas.errors")), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
