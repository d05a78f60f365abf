"""A privacy model is one declaration and one class, which says all that others must know of it."""

import ast
import pickle
import typing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from support.choosing import GENERALIZE, decide, plan_of

from tokumei.schemas import privacy_models as spec
from tokumei.schemas.errors import RequirementError
from tokumei.schemas.hierarchies import FileHierarchy
from tokumei.transforms.hierarchies.ladders import build_ladder
from tokumei.transforms.hierarchies.rows import HierarchyRows
from tokumei.transforms.recode.models import Monotone, PrivacyModel, WholeFile, collective_models, model_of
from tokumei.transforms.recode.models.base import MODEL_CLASSES, _registry
from tokumei.transforms.recode.models.k_anonymity import KAnonymity
from tokumei.transforms.report.recoding import recoding_of

ROOT = Path(__file__).parents[3]
FILE = FileHierarchy(kind="file", path="random.csv")
DECLARED = [
    model
    for union in (spec.AnyModel, spec.AnyProtection)
    for model in typing.get_args(typing.get_args(union)[0])
]


class Hierarchy:
    def ladder(self, values):
        return build_ladder(values, FILE, HierarchyRows(dict.fromkeys(values, ("any", "*"))))


WHOLE = WholeFile("x", ("10", "9", "a"), (0.5, 0.25, 0.25), Hierarchy())
# declared → what messages call it, its title, what it asks
TOLD = [
    (
        spec.KMap(model="k_map", k=100),
        "k_map k=100",
        "k-マップ",
        "母集団の中に、同じ組合せの人が100人以上いる。",
    ),
    (
        spec.DeltaPresence(model="delta_presence", at_least=0.05, at_most=0.5),
        "delta_presence 0.05 to 0.5",
        "δ-存在性",
        "母集団で同じ組合せの人のうち、このファイルにいる人の割合が0.05以上0.5以下である。",
    ),
    (
        spec.AverageRisk(model="average_risk", at_most=0.05),
        "average_risk at_most=0.05",
        "平均リスク",
        "グループの数を人数で割った値が0.05以下である。",
    ),
    (
        spec.SampleUniqueness(model="sample_uniqueness", at_most=0.01),
        "sample_uniqueness at_most=0.01",
        "標本一意率",
        "同じ組合せの人が他にいない人の割合が0.01以下である。",
    ),
    (
        spec.LDiversity(model="l_diversity", kind="distinct", l=3),
        "l_diversity (distinct) l=3 of x",
        "ℓ-多様性",
        "どのグループにも、病名の異なる値が3種類以上ある。",
    ),
    (
        spec.LDiversity(model="l_diversity", kind="entropy", l=2.5),
        "l_diversity (entropy) l=2.5 of x",
        "エントロピーℓ-多様性",
        "どのグループでも、病名の値の散らばりが2.5種類が等しく現れるとき以上である。",
    ),
    (
        spec.LDiversity(model="l_diversity", kind="recursive", l=3, c=2),
        "l_diversity (recursive) l=3 c=2 of x",
        "再帰的(c,ℓ)-多様性",
        "どのグループでも、最も多い病名の値が、3番目以降に多い値の合計の2倍より少ない。",
    ),
    (
        spec.BetaLikeness(model="beta_likeness", kind="basic", beta=2),
        "beta_likeness (basic) beta=2 of x",
        "β-類似性（基本）",
        "どのグループでも、病名の各値の割合が、ファイル全体での割合に比べて2倍を超えて増えない。",
    ),
    (
        spec.BetaLikeness(model="beta_likeness", kind="enhanced", beta=2e4),
        "beta_likeness (enhanced) beta=20000 of x",
        "β-類似性（強化）",
        "どのグループでも、病名の各値の割合が、ファイル全体での割合に比べて20000倍を超えて増えず、"
        "かつ、ファイル全体での割合の自然対数の符号を変えた値（−ln）倍も超えて増えない。",
    ),
    (
        spec.DeltaDisclosure(model="delta_disclosure", delta=1.5),
        "delta_disclosure delta=1.5 of x",
        "δ-開示",
        "どのグループでも、病名の各値の割合とファイル全体での割合との比の対数が±1.5の内にある。",
    ),
    (
        spec.TCloseness(model="t_closeness", distance="equal", t=0.2),
        "t_closeness (equal) t=0.2 of x",
        "t-近接性（等距離）",
        "どのグループでも、病名の値の分布とファイル全体の分布との距離が0.2以下である。",
    ),
    (
        spec.TCloseness(model="t_closeness", distance="ordered", t=0.00005),
        "t_closeness (ordered) t=0.00005 of x",
        "t-近接性（順序距離）",
        "どのグループでも、病名の値の分布とファイル全体の分布との距離が0.00005以下である。",
    ),
    (
        spec.TCloseness(model="t_closeness", distance="hierarchical", t=0.2, hierarchy=FILE),
        "t_closeness (hierarchical) t=0.2 of x",
        "t-近接性（階層距離）",
        "どのグループでも、病名の値の分布とファイル全体の分布との距離が0.2以下である。",
    ),
]


def test_every_declaration_is_served_by_one_class():
    assert set(MODEL_CLASSES) == {(kind, variant) for kind in DECLARED for variant in kind.variants()}
    with pytest.raises(TypeError, match="k_map"):

        class Another(PrivacyModel, serves=spec.KMap):
            pass


def test_every_model_is_in_the_table():
    assert {(type(declared), declared.variant) for declared, *_ in TOLD} == set(MODEL_CLASSES)


@pytest.mark.parametrize(("declared", "wording", "title", "meaning"), TOLD, ids=lambda told: str(told)[:20])
def test_a_model_says_all_about_itself(declared, wording, title, meaning):
    model = model_of(declared, WHOLE)
    assert (model.wording, model.title, model.meaning("病名")) == (wording, title, meaning)
    assert wording.startswith(declared.name())
    assert pickle.loads(pickle.dumps(model)) == model
    watches = any(type(declared) is kind for kind in typing.get_args(typing.get_args(spec.AnyProtection)[0]))
    assert model.watches == ("x" if watches else None)
    assert model.full_domain_only == declared.needs_population
    assert isinstance(model.monotone, Monotone)


def test_k_says_all_about_itself():
    value, wildcard = KAnonymity(5), KAnonymity(5, wildcard=True)
    assert value.wording == wildcard.wording == "k=5"
    assert value.title == wildcard.title == "k-匿名性"
    assert value.meaning("") == "同じ組合せの人が5人以上いる。"
    assert wildcard.meaning("") == "同じ組合せの人が5人以上いる（空欄はどの値にも当てはまると数える）。"
    assert (value.full_domain_only, wildcard.full_domain_only) == (False, True)


def test_values_are_ordered_by_size_and_grouped_by_the_hierarchy():
    ordered, grouped = (model_of(declared, WHOLE) for declared, *_ in TOLD[-2:])
    assert ordered.order == (1, 0, 2)
    assert grouped.groups == ((0, 1, 2), (0, 0, 0), (0, 0, 0))


def test_nobody_else_asks_which_model_it_is():
    ours = {model.__name__ for model in MODEL_CLASSES.values()} | {kind.__name__ for kind in DECLARED}
    texts = {kind.name() for kind in DECLARED}
    home = ROOT / "transforms" / "recode" / "models"
    for path in (p for floor in ("transforms", "pipelines") for p in (ROOT / floor).rglob("*.py")):
        tree = ast.parse(path.read_text())
        if home not in path.parents:
            named = {getattr(node, "attr", getattr(node, "id", None)) for node in ast.walk(tree)}
            said = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            assert not named & ours and not said & texts, path


def test_messages_name_models_in_the_order_of_their_declaration():
    assert spec.OF_POPULATION == "k_map and delta_presence"
    assert collective_models() == ("average_risk", "sample_uniqueness")


# All that a new model is: a declaration, and the class that serves it.


class Records(spec.ModelDeclaration):
    """At least so many records a class."""

    model: typing.Literal["records"]
    least: int


@pytest.fixture
def fewest():
    """The class of the declaration, known to the registry for one test."""

    @dataclass(frozen=True)
    class Fewest(PrivacyModel, serves=Records):
        least: int
        monotone = Monotone.RECORDS
        title = "件数"

        @classmethod
        def of(cls, declared, whole):
            return cls(declared.least)

        def failing(self, classes):
            return (classes.records < self.least) & (classes.records > 0)

        def reached(self, classes):
            return float(np.min(classes.records))

        @property
        def wording(self):
            return f"records least={self.least}"

        def meaning(self, column):
            return f"{self.least}件以上ある。"

    yield Fewest
    del _registry[Records, ""]


COLUMNS = {
    "id": {"treat": [{"method": "delete", "criterion": 3}]},
    "age": {
        "type": "integer",
        "treat": [{**GENERALIZE, "hierarchy": {"kind": "intervals", "widths": [5, 10]}}],
    },
    "sex": {"treat": [{**GENERALIZE, "hierarchy": {"kind": "suppress"}}]},
    "illness": {"sensitive": True, "keep": True, "because": "試験"},
}
PEOPLE = [[(f"p{age}", age, "男", "風邪") for age in (20, 21, 22, 23, 30, 31, 32, 33)]]


def asking(*models, **update):
    plan = plan_of(rows="one", k=2, limit=0.0, columns=COLUMNS)
    table = plan.tables["t"]
    needed = table.requirements.model_copy(update={"models": models, **update})
    return replace(plan, tables={"t": replace(table, requirements=needed)})


@pytest.mark.parametrize("recoding", ["full_domain", "cells", "local", "multidimensional"])
def test_a_new_model_is_searched_told_and_reported(fewest, recoding):
    assert decide(asking(), PEOPLE).accounts["t"].recoded.choice.node == (1, 0)
    plan = asking(Records(model="records", least=5), recoding=recoding)
    recoded = decide(plan, PEOPLE).accounts["t"].recoded
    assert recoded.choice.node == (3, 0)
    assert recoded.models == (KAnonymity(2), fewest(5))
    told = recoding_of(plan.tables["t"], recoded, None, compared=False)
    assert told.models[1].model_dump() == {
        "model": "records least=5",
        "title": "件数",
        "column": None,
        "meaning": "5件以上ある。",
        "before": "1",
        "after": "8",
    }
    with pytest.raises(RequirementError, match="records least=9 cannot be met") as refused:
        decide(asking(Records(model="records", least=9), recoding=recoding), PEOPLE)
    assert "records least=9 fails for 8 people (the weakest class reaches 8)" in refused.value.what
