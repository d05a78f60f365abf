"""The privacy models in words: English for messages, Japanese for the report."""

from __future__ import annotations

import math

from transforms.recode import closeness, models


def name_of(model: models.PrivacyModel) -> str:  # noqa: PLR0911, PLR0912  # one return a model
    """Return what a model is called in the policy, with its parameter."""
    match model:
        case models.KAnonymity():
            return f"k={model.k}"
        case models.KMap():
            return f"k_map k={model.k}"
        case models.DeltaPresence():
            return f"delta_presence {model.least:g} to {model.most:g}"
        case models.AverageRisk():
            return f"average_risk at_most={model.at_most:g}"
        case models.SampleUniqueness():
            return f"sample_uniqueness at_most={model.at_most:g}"
        case models.DistinctDiversity():
            return f"l_diversity (distinct) l={model.l:g} of {model.column}"
        case models.EntropyDiversity():
            return f"l_diversity (entropy) l={model.l:g} of {model.column}"
        case models.RecursiveDiversity():
            return f"l_diversity (recursive) l={model.l} c={model.c:g} of {model.column}"
        case models.BetaLikeness():
            kind = "enhanced" if model.enhanced else "basic"
            return f"beta_likeness ({kind}) beta={model.beta:g} of {model.column}"
        case models.DeltaDisclosure():
            return f"delta_disclosure delta={model.delta:g} of {model.column}"
        case closeness.EqualCloseness():
            return f"t_closeness (equal) t={model.t:g} of {model.column}"
        case closeness.OrderedCloseness():
            return f"t_closeness (ordered) t={model.t:g} of {model.column}"
        case closeness.HierarchicalCloseness():
            return f"t_closeness (hierarchical) t={model.t:g} of {model.column}"
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
                f"母集団で同じ組合せの人のうち、このファイルにいる人の割合が{model.least:g}以上{model.most:g}以下である。",
            )
        case models.AverageRisk():
            return "平均リスク", f"グループの数を人数で割った値が{model.at_most:g}以下である。"
        case models.SampleUniqueness():
            return "標本一意率", f"同じ組合せの人が他にいない人の割合が{model.at_most:g}以下である。"
        case models.DistinctDiversity():
            return "ℓ-多様性", f"どのグループにも、{title}の異なる値が{model.l:g}種類以上ある。"
        case models.EntropyDiversity():
            return (
                "エントロピーℓ-多様性",
                f"どのグループでも、{title}の値の散らばりが{model.l:g}種類が等しく現れるとき以上である。",
            )
        case models.RecursiveDiversity():
            return (
                "再帰的(c,ℓ)-多様性",
                f"どのグループでも、最も多い{title}の値が、{model.l}番目以降に多い値の合計の{model.c:g}倍より少ない。",
            )
        case models.BetaLikeness():
            kind = "強化" if model.enhanced else "基本"
            return (
                f"β-類似性（{kind}）",
                f"どのグループでも、{title}の各値の割合が、ファイル全体での割合に比べて{model.beta:g}倍を超えて増えない。",
            )
        case models.DeltaDisclosure():
            return (
                "δ-開示",
                f"どのグループでも、{title}の各値の割合とファイル全体での割合との比の対数が±{model.delta:g}の内にある。",
            )
        case closeness.EqualCloseness() | closeness.OrderedCloseness() | closeness.HierarchicalCloseness():
            kind = {"E": "等距離", "O": "順序距離", "H": "階層距離"}[type(model).__name__[0]]
            return (
                f"t-近接性（{kind}）",
                f"どのグループでも、{title}の値の分布とファイル全体の分布との距離が{model.t:g}以下である。",
            )
    raise TypeError(type(model).__name__)


def amount(value: float) -> str:
    """Write what a class reaches: four significant digits; ∞ where a ratio has no denominator."""
    return "∞" if math.isinf(value) else f"{value:.4g}"
