"""Names of columns that look like the declared ones are those, if there is only one such; else the message tells."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reading import error_of, read

from tokumei.schemas.errors import InputError
from tokumei.transforms.formats.columns import matched_names

DECLARED = ["ポイント残高", "10～19歳", "電話－自宅", "ＩＤ", "備考"]


def written(path, *names):
    path.write_text(",".join(names) + "\n" + ",".join(str(i) for i in range(len(names))) + "\n")
    return path


@pytest.mark.parametrize(
    "names",
    [
        [unicodedata.normalize("NFD", n) for n in DECLARED],
        ["ポイント残高", "10〜19歳", "電話−自宅", "ID", "備考"],
        ["ﾎﾟｲﾝﾄ残高", "１０~１９歳", "電話―自宅", "ＩＤ ", "　備考"],
        ["備考\ufe0f", "ID", "電話—自宅", "10∼19歳", "ポイント残高"],
    ],
    ids=["NFD", "JIS and Unicode", "half width and spaces", "another order"],
)
def test_names_that_look_alike_are_the_declared_ones(tmp_path, names):
    rows, rejects, _ = read(written(tmp_path / "f.csv", *names), "csv", dict.fromkeys(DECLARED, "string"))
    places = [next(i for i, n in enumerate(names) if alike(n, d)) for d in DECLARED]
    assert rows == [dict(zip(DECLARED, map(str, places), strict=True))] and not rejects


def alike(name, declared):
    return (
        unicodedata.normalize("NFKC", name)[0] == unicodedata.normalize("NFKC", declared)[0]
        or name.strip("\u3000 \ufe0f") == declared
    )


@pytest.mark.parametrize(
    "found, declared",
    [
        (["A〜", "A~", "b", "c"], ["A～", "b", "c", "d"]),
        (["A〜", "b", "c", "d"], ["A～", "A~", "b", "c"]),
        (["ＩＤ", "I\uff24", "b", "c"], ["ID", "b", "c", "d"]),
    ],
)
def test_names_that_look_like_several_are_told(found, declared):
    with pytest.raises(InputError) as caught:
        matched_names(found, declared, "f")
    assert caught.value.code == "input.columns" and "look alike: there is U+" in caught.value.what


def test_the_differing_characters_are_told(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"a〜": "x", "b": "x", "c": "x"}\n')
    error = error_of(path, "jsonl", {"a～": "string", "b": "string", "c": "string"})
    assert "1 of them look alike: there is U+301C in the file where the policy has U+FF5E" in error.what


def test_kana_and_its_mark_are_no_dashes(tmp_path):
    error = error_of(
        written(tmp_path / "f.csv", "センタ-", "b", "c"),
        "csv",
        dict.fromkeys(["センター", "b", "c"], "string"),
    )
    assert error.code == "input.columns" and "alike" not in error.what


@given(st.lists(st.text("ABab〜～~−- ｱア", max_size=3), min_size=1, max_size=5), st.randoms())
def test_exact_names_are_never_renamed(names, rng):
    declared = list(dict.fromkeys(names))
    found = rng.sample(declared, len(declared))
    assert matched_names(found, declared, "f") == found
