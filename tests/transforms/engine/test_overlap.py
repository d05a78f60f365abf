import threading

import pytest

from tokumei.transforms.engine.overlap import Overlap, overlapped


def test_results_come_in_order_and_only_a_few_items_are_worked_on():
    begun = []

    def square(n):
        begun.append(n)
        return n * n

    overlap = Overlap(square, 2)
    out = []
    for n in range(20):
        out.extend(overlap.put(n))
        assert len(out) == max(0, n - 1)  # all but two
    assert [*out, *overlap.rest()] == [n * n for n in range(20)] and begun == list(range(20))
    overlap.close()


def test_items_are_worked_on_at_once():
    meeting = threading.Barrier(2, timeout=30)
    overlap = Overlap(lambda n: meeting.wait() >= 0, 2)
    assert not [*overlap.put(1), *overlap.put(2)]
    assert list(overlap.rest()) == [True, True]
    overlap.close()


def test_an_error_comes_where_the_result_would_have():
    overlap = Overlap(lambda n: 6 // n, 2)
    assert not [*overlap.put(3), *overlap.put(0)]
    coming = overlap.rest()
    assert next(coming) == 2
    with pytest.raises(ZeroDivisionError):
        next(coming)
    overlap.drop()
    assert list(overlap.put(1)) == [] and list(overlap.rest()) == [6]
    overlap.close()


def test_items_that_fail_fail_after_the_results_before_them():
    def items():
        yield from (3, 2)
        raise KeyError

    coming = overlapped(lambda n: 6 // n, items(), 2)
    assert [next(coming), next(coming)] == [2, 3]
    with pytest.raises(KeyError):
        next(coming)
    assert list(overlapped(lambda n: 6 // n, iter([]), 2)) == []
    coming = overlapped(lambda n: 6 // n, iter([1, 0, 2]), 2)
    assert next(coming) == 6
    with pytest.raises(ZeroDivisionError):
        next(coming)
