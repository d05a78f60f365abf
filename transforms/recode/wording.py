"""The privacy models in words: English for messages, Japanese for the report."""

from __future__ import annotations

import math
from decimal import Decimal

from tokumei.transforms.recode import closeness, models


def name_of(model: models.PrivacyModel) -> str:  # noqa: PLR0911, PLR0912  # one return a model
    """Return what a model is called in the policy, with its parameter."""
    match model:
        case models.KAnonymity():
            return f"k={model.k}"
        case models.KMap():
            return f"k_map k={model.k}"
        case models.DeltaPresence():
            return f"delta_presence {plain(model.least)} to {plain(model.most)}"
        case models.AverageRisk():
            return f"average_risk at_most={plain(model.at_most)}"
        case models.SampleUniqueness():
            return f"sample_uniqueness at_most={plain(model.at_most)}"
        case models.DistinctDiversity():
            return f"l_diversity (distinct) l={plain(model.l)} of {model.column}"
        case models.EntropyDiversity():
            return f"l_diversity (entropy) l={plain(model.l)} of {model.column}"
        case models.RecursiveDiversity():
            return f"l_diversity (recursive) l={model.l} c={plain(model.c)} of {model.column}"
        case models.BetaLikeness():
            kind = "enhanced" if model.enhanced else "basic"
            return f"beta_likeness ({kind}) beta={plain(model.beta)} of {model.column}"
        case models.DeltaDisclosure():
            return f"delta_disclosure delta={plain(model.delta)} of {model.column}"
        case closeness.EqualCloseness():
            return f"t_closeness (equal) t={plain(model.t)} of {model.column}"
        case closeness.OrderedCloseness():
            return f"t_closeness (ordered) t={plain(model.t)} of {model.column}"
        case closeness.HierarchicalCloseness():
            return f"t_closeness (hierarchical) t={plain(model.t)} of {model.column}"
    raise TypeError(type(model).__name__)


def meaning_of(model: models.PrivacyModel, title: str) -> tuple[str, str]:  # noqa: PLR0911
    """Return a model's Japanese name, and what it asks in one sentence.

    Args:
        model: the model.
        title: Japanese name of its sensitive column, where it has one.
    """
    match model:
        case models.KAnonymity():
            nulls = "（空欄はどの値にも当てはまると数える）" if model.wildcard else ""
            return "k-匿名性", f"同じ組合せの人が{model.k}人以上いる{nulls}。"
        case models.KMap():
            return "k-マップ", f"母集団の中に、同じ組合せの人が{model.k}人以上いる。"
        case models.DeltaPresence():
            return (
                "δ-存在性",
                f"母集団で同じ組合せの人のうち、このファイルにいる人の割合が{plain(model.least)}以上{plain(model.most)}以下である。",
            )
        case models.AverageRisk():
            return "平均リスク", f"グループの数を人数で割った値が{plain(model.at_most)}以下である。"
        case models.SampleUniqueness():
            return "標本一意率", f"同じ組合せの人が他にいない人の割合が{plain(model.at_most)}以下である。"
        case models.DistinctDiversity():
            return "ℓ-多様性", f"どのグループにも、{title}の異なる値が{plain(model.l)}種類以上ある。"
        case models.EntropyDiversity():
            return (
                "エントロピーℓ-多様性",
                f"どのグループでも、{title}の値の散らばりが{plain(model.l)}種類が等しく現れるとき以上である。",
            )
        case models.RecursiveDiversity():
            return (
                "再帰的(c,ℓ)-多様性",
                f"どのグループでも、最も多い{title}の値が、{model.l}番目以降に多い値の合計の{plain(model.c)}倍より少ない。",
            )
        case models.BetaLikeness():
            bound = (
                "増えず、かつ、ファイル全体での割合の自然対数の符号を変えた値（−ln）倍も超えて増えない"
                if model.enhanced
                else "増えない"
            )
            return (
                f"β-類似性（{'強化' if model.enhanced else '基本'}）",
                f"どのグループでも、{title}の各値の割合が、ファイル全体での割合に比べて"
                f"{plain(model.beta)}倍を超えて{bound}。",
            )
        case models.DeltaDisclosure():
            return (
                "δ-開示",
                f"どのグループでも、{title}の各値の割合とファイル全体での割合との比の対数が±{plain(model.delta)}の内にある。",
            )
        case closeness.EqualCloseness() | closeness.OrderedCloseness() | closeness.HierarchicalCloseness():
            kind = {"E": "等距離", "O": "順序距離", "H": "階層距離"}[type(model).__name__[0]]
            return (
                f"t-近接性（{kind}）",
                f"どのグループでも、{title}の値の分布とファイル全体の分布との距離が{plain(model.t)}以下である。",
            )
    raise TypeError(type(model).__name__)


def amount(value: float) -> str:
    """Write what a class reaches: four significant digits, whole from 1,000 on; ∞ without a denominator."""
    if math.isinf(value):
        return "∞"
    return f"{value:,.0f}" if abs(value) >= 1_000 else plain(value, digits=4)


def plain(value: float, digits: int = 12) -> str:
    """Write a number in plain digits, without an exponent: 0.00005, 20000."""
    return f"{Decimal(f'{value:.{digits}g}'):f}"
