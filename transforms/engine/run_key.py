"""The key of one run, under which pseudonyms, counts of people and draws are made."""

from __future__ import annotations

import hashlib
import hmac
import secrets

KEY_BYTES = 32


class RunKey:
    """The key of one run: drawn from the operating system, never printed, never stored by us.

    Guarantee: two runs have independent keys; `repr` and `str` show only the fingerprint.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def draw(cls) -> RunKey:
        """Draw a new key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    @property
    def hexadecimal(self) -> str:
        """The key itself, to be kept: never of a run, only of what lasts over many (`earlier`)."""
        return self._secret.hex()

    def derive(self, purpose: str) -> bytes:
        """Return an independent 32-byte key for one purpose (HMAC-SHA256 of its name)."""
        return hmac.digest(self._secret, purpose.encode(), hashlib.sha256)

    @property
    def fingerprint(self) -> str:
        """Text that tells two keys apart and reveals neither."""
        return self.derive("fingerprint").hex()[:16]

    def __reduce__(self) -> tuple[type[RunKey], tuple[bytes]]:
        return RunKey, (self._secret,)

    def __repr__(self) -> str:
        return f"RunKey({self.fingerprint})"
