"""How the names of people in a column are looked for in texts: each name alone, and turned round."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.values.cells import without_dictionary
from tokumei.transforms.values.text import strings

_LONGEST = 200  # bytes of a cell that holds names
_ASIDE = r"[(\[〔【<《「][^)\]〕】>》」]*[)\]〕】>》」]"  # 佐藤太郎（世帯主）
_ADDRESSED = r"\s*(?:様|殿|氏|さん|さま|先生)$"
_COMMA = r"^([A-Z'-]+), ?([A-Z'-]+)$"  # SATO, TARO
_SEVERAL = r"[,、，;/|&\n]"
_TWO = r"^([^\s・=]+)[\s・=]+([^\s・=]+)$"
# What stands for a name that is not there, and what has another kind of name.
_NOBODY = (
    r"不明|不詳|匿名|無記名|未登録|未記入|未入力|非公開|非公表|該当|なし$|ナシ$|無し$|同上|同左|本人|世帯主|テスト|ダミー|削除|退会|"
    r"会社|法人|商店|病院|医院|学校|大学|組合|協会|役所|役場|事務所|センター|UNKNOWN|NULL|ANONYM|DUMMY|TEST"
)


def full_names(values: pa.Array) -> list[pl.Series]:
    """Return the names that a column of whole names holds, spelled as texts are searched.

    Without what is said of a person in brackets or by way of address. Of several in a cell each is one. A
    name of two parts is looked for turned round too.

    Args:
        values: an Arrow array of texts, dictionary-encoded or not.
    """
    texts = _spelled(values)
    texts = texts.str.replace_all(_ASIDE, " ").str.strip_chars().str.replace(_COMMA, "$1 $2")
    several = texts.str.contains(_SEVERAL)
    parts = texts.filter(several).str.replace_all(_SEVERAL, "\n").str.split("\n").explode()
    names = pl.concat([texts.filter(~several), parts]).str.strip_chars().str.replace(_ADDRESSED, "")
    names = names.filter(~names.str.contains(_NOBODY))
    turned = names.filter(names.str.contains(_TWO)).str.replace(_TWO, "$2 $1")
    return [names, turned]


def joined_names(surnames: pa.Array, given: pa.Array) -> list[pl.Series]:
    """Return the names that two columns, 姓 and 名, make row by row, in both orders."""
    parts = [pl.Series(strings(without_dictionary(values)), dtype=pl.String) for values in (surnames, given)]
    both = pl.DataFrame({"s": parts[0], "g": parts[1]}).drop_nulls().unique()
    one, other = (spelled(both[name].to_arrow()).str.strip_chars() for name in ("s", "g"))
    whole = (one.str.len_chars() > 0) & (other.str.len_chars() > 0)
    whole &= ~(one.str.contains(_NOBODY) | other.str.contains(_NOBODY))
    one, other = one.filter(whole), other.filter(whole)
    return [one + " " + other, other + " " + one]


def _spelled(values: pa.Array) -> pl.Series:
    texts = pl.Series(strings(without_dictionary(values)), dtype=pl.String).unique().drop_nulls()
    return spelled(texts.filter(texts.str.len_bytes() <= _LONGEST).to_arrow())
