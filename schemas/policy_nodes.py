"""The YAML of a policy as nodes with their lines, strictly: no aliases, no tags, not too deep."""

from __future__ import annotations

import re

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

_MAX_DEPTH = 20
# Where libyaml accepts what PyYAML refuses (tabs, question marks, a comment that touches | or >, a byte order
# mark inside), or counts lines otherwise (at an end without a line break).
_READ_OTHERWISE = re.compile(r"[\t?]|[|>][-+0-9]*#|\ufeff|[^\n]\Z")


class UnwantedError(Exception):
    """YAML that is valid, but not in a policy.

    Attributes:
        what, fix, code: for the error that becomes of it.
        line: where it stands, from 1.
    """

    def __init__(self, what: str, fix: str, at: yaml.Event, code: str = "policy.yaml") -> None:
        self.what, self.fix, self.line, self.code = what, fix, getattr(at.start_mark, "line", 0) + 1, code
        super().__init__(what)


class _Strict(Composer):
    """Composes nodes without aliases, tags and depth: they hide what a policy says, or exhaust memory."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[attr-defined]
        if isinstance(event, yaml.AliasEvent):
            raise UnwantedError("aliases (*name) are not allowed", "write the part out in each place", event)
        if getattr(event, "tag", None) is not None:
            raise UnwantedError(
                "tags (!name) are not allowed", "remove the tag; quote a text that begins with !", event
            )
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise UnwantedError(
                f"nested deeper than {_MAX_DEPTH} levels",
                "check indentation and brackets",
                event,
                "policy.depth",
            )
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Loader(_Strict, yaml.SafeLoader):
    """PyYAML's own reader."""


def compose(text: str) -> yaml.Node | None:
    """Return the root of a document; None if there is nothing in it.

    libyaml, where it is installed, reads what it is known to read as PyYAML does, in a third of the time.
    What it refuses is read again, because errors are told in PyYAML's words.

    Raises:
        UnwantedError: the document uses what policies may not.
        yaml.YAMLError: it is not YAML.
    """
    if yaml.__with_libyaml__ and not _READ_OTHERWISE.search(text):
        try:
            return _quickly(text)
        except (yaml.YAMLError, UnwantedError, UnicodeEncodeError):  # half a character has no UTF-8
            pass
    return _Loader(text).get_single_node()


def _quickly(text: str) -> yaml.Node | None:
    from yaml._yaml import CParser

    class Quick(_Strict, Resolver, CParser):
        def __init__(self) -> None:
            CParser.__init__(self, text)
            Composer.__init__(self)
            Resolver.__init__(self)

    return Quick().get_single_node()
