import threading

import pytest

from transforms.ahead import Overlap, ahead


def test_all_items_come_in_order():
    assert list(ahead(iter(range(100)))) == list(range(100))
    assert list(ahead(iter([None, None]))) == [None, None]


def test_the_next_item_is_made_while_one_is_used():
    made = threading.Event()

    def items():
        yield 1
        made.set()
        yield 2

    one = next(ahead(items()))
    assert one == 1 and made.wait(timeout=10)


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        raise OSError("gone")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(OSError, match="gone"):
        next(coming)


def test_no_thread_is_left_behind_whoever_stops_early():
    coming = ahead(iter(range(100)))
    next(coming)
    coming.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("ahead")]


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
