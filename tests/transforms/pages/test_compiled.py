"""Templates that were compiled once: used while nothing differs, and no condition of a release."""

import sys

import pytest
from jinja2 import DictLoader, Environment

from tokumei.transforms.pages.compiled import Compiled


@pytest.fixture
def maker(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (tmp_path / "environment.py").write_text("made so")
    return tmp_path / "environment.py"


@pytest.fixture
def compilings(monkeypatch):
    """The names of templates in the order in which they are compiled."""
    names, compile_ = [], Environment.compile

    def compiling(environment, source, name=None, *args, **options):
        names.append(name)
        return compile_(environment, source, name, *args, **options)

    monkeypatch.setattr(Environment, "compile", compiling)
    return names


def rendered(maker, source="{{ 1 + n }} 人"):
    loader = DictLoader({"a/page.j2": source})
    return Environment(loader=loader, bytecode_cache=Compiled(maker)).get_template("a/page.j2").render(n=1)


def kept(maker):
    return list((maker.parent / "__pycache__").glob("*"))


def test_another_process_compiles_nothing(maker, compilings):
    assert rendered(maker) == rendered(maker) == "2 人"
    assert len(compilings) == 1
    (file,) = kept(maker)
    assert file.stat().st_mode == maker.stat().st_mode


def test_what_differs_is_compiled_anew(maker, compilings):
    assert (rendered(maker), rendered(maker, "{{ 2 + n }} 人")) == ("2 人", "3 人")
    maker.write_text("made otherwise")
    assert rendered(maker, "{{ 2 + n }} 人") == "3 人"
    assert len(compilings) == 3
    assert len(kept(maker)) == 1


@pytest.mark.parametrize("length", [0, 3, 20, 100])
def test_a_damaged_file_is_made_anew(maker, compilings, length):
    rendered(maker)
    (file,) = kept(maker)
    file.write_bytes(file.read_bytes()[:length])
    assert rendered(maker) == rendered(maker) == "2 人"
    assert len(compilings) == 2


def test_nothing_is_kept_where_python_keeps_nothing(maker, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert rendered(maker) == "2 人"
    assert not kept(maker)


def test_a_folder_that_cannot_be_written_costs_time_alone(maker, compilings):
    (maker.parent / "__pycache__").write_text("no folder")
    assert rendered(maker) == rendered(maker) == "2 人"
    assert len(compilings) == 2
