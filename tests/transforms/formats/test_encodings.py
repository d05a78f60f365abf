"""Encodings: EUC-JP as it is written, UTF-16, end marks, and the name of the encoding that would fit."""

import bz2
import codecs
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reading import error_of, read

from tokumei.transforms.values.encodings import decoded, fitting, utf16_order

AB = {"a": "string", "b": "string"}
NAMES = ["髙橋①", "山﨑㈱", "㎝と№", "あいう", "丂丄", "ｱｲｳ", "～－", "plain"]
# How CP51932 writes what Python's euc_jp does not: NEC's row 13, and IBM's extension in rows 89 to 92.
CP51932 = {
    "①": b"\xad\xa1",
    "㈱": b"\xad\xea",
    "㎝": b"\xad\xd1",
    "№": b"\xad\xe2",
    "髙": b"\xfc\xe2",
    "﨑": b"\xf9\xd5",
}


def euc(text):
    return b"".join(CP51932.get(c) or c.encode("euc_jp") for c in text)


def test_euc_jp_reads_what_cp51932_and_eucjp_ms_add():
    assert decoded(euc("髙橋①㈱㎝№ と ｱ"), "euc_jp") == "髙橋①㈱㎝№ と ｱ"
    # eucJP-ms, by three bytes; as `iconv -f EUC-JP-MS` reads them.
    assert (
        decoded(b"\x8f\xf3\xf3\x8f\xf4\xaa\x8f\xf4\xab\x8f\xf4\xac\x8f\xf4\xfb\x8f\xf4\xfe", "euc_jp")
        == "ⅰ＂㈱№髙黑"
    )


def test_every_extension_of_cp932_has_a_spelling_in_euc_jp():
    """CP932's NEC row 13 and IBM rows, byte by byte, against what the pairs of EUC bytes read as."""
    pairs = [bytes([lead, trail]) for lead in range(0xA1, 0xFF) for trail in range(0xA1, 0xFF)]
    triples = [b"\x8f" + pair for pair in pairs]
    read = set()
    for spelling in pairs + triples:
        try:
            (character,) = decoded(spelling, "euc_jp")
        except UnicodeDecodeError:
            continue
        read.add(character)
        try:  # what Python knows is as Python has it
            assert spelling.decode("euc_jp") == character
        except UnicodeDecodeError:
            assert codecs.encode(character, "cp932")  # the rest is CP932's
    for lead in (0x87, 0xED, 0xEE, 0xFA, 0xFB, 0xFC):
        for trail in range(0x40, 0xFD):
            try:
                character = bytes([lead, trail]).decode("cp932")
            except UnicodeDecodeError:
                continue
            assert character in read or character in "￢￤", character  # JIS X 0212 has ¬ and ¦


@given(st.text(st.sampled_from([*"あ亜①㈱髙ｱ丂a,"]), max_size=20), st.integers(0, 40))
def test_a_cut_euc_text_is_not_read(text, cut):
    raw = euc(text)
    assert decoded(raw, "euc_jp") == text
    half = raw[:cut]
    try:
        assert text.startswith(decoded(half, "euc_jp"))
    except UnicodeDecodeError as error:
        assert len(half) - error.start <= 3


@pytest.mark.parametrize(
    "bad", [b"\x8f\xf5\xa1", b"\xf5\xa1", b"\xa9\xa1", b"\xad", b"\xff", "山".encode("cp932")]
)
def test_what_is_not_euc_is_no_euc(bad):
    with pytest.raises(UnicodeDecodeError):
        decoded(b"a," + bad + b"\n", "euc_jp")


@pytest.mark.parametrize(
    "write, declared", [("cp932", "utf-8"), ("cp932", "euc_jp"), ("utf-8", "euc_jp"), ("utf-8", "cp932")]
)
@pytest.mark.parametrize(
    "text", ["東京都千代田区", "カタカナの名前", "山田 太郎（㈱）", "ﾔﾏﾀﾞ ﾀﾛｳ", "1,男,35"]
)
def test_the_encoding_that_fits_is_named(write, declared, text):
    raw = text.encode(write)
    try:
        decoded(raw, declared)
    except UnicodeDecodeError:
        assert fitting(raw, declared) == write


@pytest.mark.parametrize(
    "raw",
    [
        b"Jos\xe9 Garc\xeda",
        b"\xc1ngel",
        b"M\xfcller",
        b"Garc\xe9ra",
        b"caf\xe9,\xe0 la",
        b"\x81 ",
        b"\xff\xfe",
        b"\0\0",
    ],
)
def test_nothing_fits_what_is_not_japanese(raw):
    assert fitting(raw, "utf-8") is None


def test_euc_of_kana_alone_is_not_read_as_half_width_kana(tmp_path):
    path = tmp_path / "f.csv"
    path.write_bytes("a,b\n1,あい\n2,いう\n".encode("euc_jp"))  # reads as ､｢､､ in CP932
    assert decoded(path.read_bytes(), "cp932")
    assert "euc_jp" in error_of(path, "csv", AB, encoding="cp932").what
    path.write_bytes("a,b\n1,ﾔﾏﾀﾞ ﾀﾛｳ\n2,ｽｽﾞｷ､ｼﾞﾛｳ\n".encode("cp932"))
    rows, rejects, _ = read(path, "csv", AB, encoding="cp932")
    assert [r["b"] for r in rows] == ["ﾔﾏﾀﾞ ﾀﾛｳ", "ｽｽﾞｷ､ｼﾞﾛｳ"] and not rejects


def csv_of(end="\r\n"):
    return end.join(["a,b", *(f"{i},{name}" for i, name in enumerate(NAMES)), ""])


def pack(how, data):
    if how == "zip":
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("f.csv", data)
        return sink.getvalue()
    return {"plain": bytes, "gzip": gzip.compress, "bzip2": bz2.compress}[how](data)


@pytest.mark.parametrize("how", ["plain", "gzip", "bzip2", "zip"])
@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("target", [10, 32 << 20])
def test_utf16_is_read_with_and_without_mark(tmp_path, how, order, mark, target):
    path = tmp_path / "f.csv"
    text = mark + "a,b\r\n" + "".join(f"{i},{NAMES[i % 8]}\r\n" for i in range(1000))
    path.write_bytes(pack(how, text.encode(order)))
    rows, rejects, records = read(path, "csv", AB, encoding="utf-16", target=target)
    assert [r["b"] for r in rows] == [NAMES[i % 8] for i in range(1000)] and (rejects, records) == ([], 1000)


def test_half_characters_of_utf16_are_rejects(tmp_path):
    path = tmp_path / "f.csv"
    good = "\ufeffa,b\n1,x\n".encode("utf-16-le")
    lone = "2,".encode("utf-16-le") + b"\x3d\xd8" + "\n3,y\n4,z".encode("utf-16-le")
    path.write_bytes(good + lone + b"\x41")  # an odd byte at the end
    rows, rejects, records = read(path, "csv", AB, encoding="utf-16")
    assert [r["a"] for r in rows] == ["1", "3"] and records == 4
    assert [r[::2] for r in rejects] == [(2, "undecodable"), (4, "undecodable")]


@pytest.mark.parametrize("order", ["utf-16-le", "utf-16-be"])
def test_utf16_that_is_not_declared_is_named(tmp_path, order):
    path = tmp_path / "f.csv"
    for text in (csv_of(), "氏名,住所\r\n山田,東京\r\n"):
        path.write_bytes(text.encode(order))
        error = error_of(path, "csv", AB, header=False)
        assert error.code == "input.utf16" and order.upper() in error.fix
    assert utf16_order(b"a,b\0\n" * 20) is None and utf16_order(b"x\0" + "住所".encode() * 40) is None
    path.write_text("a,b\n1,2\n")
    assert error_of(path, "csv", AB, encoding="utf-16").what == "the file is not UTF-16"


@pytest.mark.parametrize("how", ["plain", "gzip", "bzip2", "zip"])
@pytest.mark.parametrize("mark", [b"\x1a", b"\x1a\r\n", b"\r\n\x1a", b"\x1a" * 700, b"\x1a" + bytes(100)])
@pytest.mark.parametrize("target", [10, 32 << 20])
def test_an_end_mark_is_no_text(tmp_path, how, mark, target):
    path = tmp_path / "f"
    text = "a,b\r\n" + "".join(f"{i},x\r\n" for i in range(200)) + "y,\x1a in the middle"
    path.write_bytes(pack(how, text.encode() + mark))
    rows, rejects, records = read(path, "csv", AB, target=target)
    assert (len(rows), rejects, records) == (201, [], 201) and rows[-1] == {
        "a": "y",
        "b": "\x1a in the middle",
    }
    path.write_bytes(pack(how, b'{"a":"1","b":"x"}\n{"a":"2"}' + mark))
    assert read(path, "jsonl", AB, target=target) == ([{"a": "1", "b": "x"}, {"a": "2", "b": None}], [], 2)
