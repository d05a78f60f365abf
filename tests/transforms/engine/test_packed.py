"""What many steps hold is pickled once, and is one object in each process."""

import pickle
from dataclasses import dataclass, replace
from functools import cached_property

from tokumei.transforms.engine.packed import PackedOnce


@dataclass(frozen=True)
class Held(PackedOnce):
    names: tuple[str, ...]

    @cached_property
    def many(self):
        return len(self.names)


def test_equal_objects_become_one_without_what_they_have_worked_out():
    held = Held(("a", "b"))
    assert held.many == 2
    first, again = (pickle.loads(pickle.dumps([i, held]))[1] for i in range(2))
    assert first is again and first is not held
    assert first == held and "many" not in vars(first)
    assert pickle.dumps(first) == pickle.dumps(held)


def test_a_changed_copy_is_pickled_anew():
    held = Held(("a",))
    pickle.dumps(held)
    assert pickle.loads(pickle.dumps(replace(held, names=("b",)))).names == ("b",)
