"""The entry of a file that is held, for all tests of the register."""

from __future__ import annotations

import pytest

from tokumei.schemas.register import entry_of_file


@pytest.fixture
def held(make_policy):
    """Make the entry of a file that is held, without a release."""

    def make(
        name="ポイント会員購買ファイル", at="2026-10-01T09:00:00+09:00", regime="public", small=False, **file
    ):
        return entry_of_file(make_policy(regime, name=name, **file), at, small=small)

    return make
