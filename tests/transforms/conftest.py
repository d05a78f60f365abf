"""The realistic release, and what papers are made of, for the rooms that write them."""

from __future__ import annotations

from typing import Any

import pytest
from support.id_pos_release import id_pos_policy, id_pos_report
from support.pages import Page

from tokumei.schemas.register import RegisterEntry
from tokumei.schemas.released_entry import entry_of
from tokumei.schemas.report import (
    Report,
)


@pytest.fixture(scope="session")
def parse() -> type[Page]:
    return Page


@pytest.fixture
def report() -> Report:
    return id_pos_report()


@pytest.fixture
def make_report() -> Any:
    return id_pos_report


@pytest.fixture
def make_policy() -> Any:
    return id_pos_policy


@pytest.fixture
def entry(make_policy, make_report):
    """Make the entry of a release, by release id, file name and regime."""

    def make(
        release_id="r1", name="ポイント会員購買ファイル", regime="public", people=21_934, **file
    ) -> RegisterEntry:
        report = make_report(release_id=release_id, people=people)
        return entry_of(make_policy(regime, name=name, **file), report)

    return make
