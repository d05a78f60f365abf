"""Planted cases are tried once a process, in part with every chunk, and each chunk tells what came of all."""

import pytest

from tokumei.transforms.redaction.counted import Redaction, merge_redactions
from tokumei.transforms.redaction.once import tried_once
from tokumei.transforms.redaction.planted import planted_cases, sample_of


def test_what_is_the_same_is_tried_once():
    made = []

    def attempt():
        made.append(1)
        return {"個人番号": 31}, {"個人番号": len(made)}

    first, again, other = (tried_once(("test", key), attempt) for key in ("a", "a", "b"))
    assert first == again == ({"個人番号": 31}, {"個人番号": 1})
    assert other == ({"個人番号": 31}, {"個人番号": 2}) and len(made) == 2


def test_what_fails_is_tried_again():
    def failing():
        raise OSError

    with pytest.raises(OSError):
        tried_once(("test", "fails"), failing)
    assert tried_once(("test", "fails"), lambda: ({"電話": 2}, {"電話": 0})) == ({"電話": 2}, {"電話": 0})


def test_old_ones_are_forgotten():
    for key in range(100):
        tried_once(("test", key), lambda: ({}, {}))
    assert tried_once(("test", 0), lambda: ({"電話": 1}, {})) == ({"電話": 1}, {})


def test_samples_of_sixteen_chunks_are_all_cases_that_must_be_found():
    cases = planted_cases(b"a" * 32, [])
    samples = [sample_of(cases, bytes([n])) for n in range(16)]
    certain = [case for case in cases if case.kind.certain]
    assert sorted(case.text for sample in samples for case in sample) == sorted(case.text for case in certain)
    assert max(map(len, samples)) - min(map(len, samples)) <= 1 < len(certain) / 16


def test_of_all_chunks_the_worst_counts():
    parts = [Redaction(planted={"電話": 62}, missed={"電話": missed}, texts=3) for missed in (0, 2, 1)]
    whole = merge_redactions(parts)
    assert (whole.texts, whole.planted, whole.missed) == (9, {"電話": 62}, {"電話": 2})
