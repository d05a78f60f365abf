"""Beam asks the same of classes and functions thousands of times while it builds a graph: answered once in tests.

Half of the time of a small job in one process went into parsers of options, which each view of the options builds
anew, and into reading signatures. Neither answer can change while a process lives; jobs in processes of their own,
as on the engines, run Beam as it is.
"""

import copy
from argparse import Namespace
from types import FunctionType, MethodType
from weakref import WeakKeyDictionary

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.transforms import core, userstate
from apache_beam.typehints import decorators


def remember(patch):
    """Let Beam remember parsed options, signatures, and the states and timers of classes (``pytest.MonkeyPatch``)."""
    patch.setattr(PipelineOptions, "view_as", _viewing(PipelineOptions.view_as))
    signature = _reading(decorators.get_signature)
    patch.setattr(decorators, "get_signature", signature)
    patch.setattr(core, "get_signature", signature)
    patch.setattr(userstate, "get_dofn_specs", _looking(userstate.get_dofn_specs))


def _viewing(view_as):
    parsed = {}

    def quick(self, cls):
        if self._flags is None:  # Beam then reads sys.argv
            return view_as(self, cls)
        key = cls, tuple(self._flags)
        if key not in parsed:
            parsed[key] = cls(self._flags)._visible_options
        view = cls.__new__(cls)
        view._flags, view._all_options = self._flags, self._all_options
        own = {name: copy.copy(value) for name, value in vars(parsed[key]).items()}  # some are lists
        view._visible_options = Namespace(**own)
        for name, value in own.items():
            self._all_options.setdefault(name, value)
        return view

    return quick


def _reading(get_signature):
    known = {FunctionType: WeakKeyDictionary(), MethodType: WeakKeyDictionary()}

    def quick(func):
        if type(func) not in known:
            return get_signature(func)
        signatures = known[type(func)]
        function = getattr(func, "__func__", func)
        if function not in signatures:
            signatures[function] = get_signature(func)
        return signatures[function]

    return quick


def _looking(get_dofn_specs):
    known = WeakKeyDictionary()

    def quick(dofn):
        kind = type(dofn)
        if any(name.startswith("_inspect_") for name in dir(kind)):  # answers for a function that it wraps
            return get_dofn_specs(dofn)
        if kind not in known:
            known[kind] = get_dofn_specs(dofn)
        return known[kind]

    return quick
