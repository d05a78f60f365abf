"""How the names of people in a column are looked for in texts: each name alone, and turned round."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from tokumei.transforms.detect.readings import are_given, are_two_names, name_parts
from tokumei.transforms.detect.shadow import spelled
from tokumei.transforms.values.cells import without_dictionary
from tokumei.transforms.values.text import strings

_LONGEST = 200  # bytes of a cell that holds names
_ASIDE = r"[(\[〔【<《「][^)\]〕】>》」]*[)\]〕】>》」]"  # 佐藤太郎（世帯主）
_ADDRESSED = r"\s*(?:様|殿|氏|さん|さま|先生)$"
_COMMA = r"^([A-Z'-]+), ?([A-Z'-]+)$"  # SATO, TARO
_SEVERAL = r"[,、，;/|&\n＋+]"
_MORE = r"\s*(?:ほか|他|外)\s*[0-9一二三四五六七八九十]*\s*名?$"  # 佐藤太郎ほか1名
_LONG = r"^[\p{Han}々ヶノ]{3,}[\s・][\p{Han}々ヶノ]{2,}$"
_WORDS = r"^[\p{Han}々ヶノ]+(?:[\s・][\p{Han}々ヶノ]+){2,3}$"
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
    texts = texts.str.replace(_MORE, "")
    several = texts.str.contains(_SEVERAL)
    parts = texts.filter(several).str.replace_all(_SEVERAL, "\n").str.split("\n").explode()
    names = pl.concat([texts.filter(~several), parts]).str.strip_chars().str.replace(_ADDRESSED, "")
    names = _one_each(names.filter(~names.str.contains(_NOBODY)))
    family, given = name_parts(names)
    return [names, (given + " " + family).drop_nulls()]


def _one_each(names: pl.Series) -> pl.Series:
    """Return names of which some were two in one: 佐藤太郎 鈴木花子, 佐藤太郎・花子, 佐藤 太郎 花子."""
    long, words = names.str.contains(_LONG), names.str.contains(_WORDS)
    if not (long | words).any():
        return names
    two = names.filter(long)
    one, other = two.str.extract(_TWO, 1), two.str.extract(_TWO, 2)
    family, _ = name_parts(one)
    apart, alike = are_two_names(one, other), family.is_not_null() & are_given(other)
    shared = (family + " " + other).filter(alike)
    pieces = [word for text in names.filter(words) for word in _by_two(text.replace("・", " ").split())]
    alone = pl.concat([names.filter(~(long | words)), two.filter(~apart)])
    more = [one.filter(apart | alike), other.filter(apart), shared, pl.Series(pieces, dtype=pl.String)]
    return pl.concat([alone, *more])


def _by_two(words: list[str]) -> list[str]:
    """Return the people of 佐藤 太郎 花子, who share a family name, and of 佐藤 太郎 鈴木 花子."""
    family, *rest = words
    pairs = (
        [(family, given) for given in rest] if len(words) == 3 else [(family, rest[0]), (rest[1], rest[2])]
    )
    return [f"{one} {other}" for one, other in pairs]


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
