"""A text that no document may take for markup."""

from __future__ import annotations

HOSTILE = "<script>alert(1)</script>\"'&`|*_[x](y)\n# h"
