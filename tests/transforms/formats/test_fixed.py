"""Text of fixed width: in bytes and in characters, by lines and without, cut anywhere."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.reading import error_of, read

WIDTHS = {"no": 4, "name": 10, "age": 3}
KINDS = {"no": "string", "name": "string", "age": "integer"}
PEOPLE = [("0001", "山田　太郎", 35), ("0002", "髙橋ｱ", 7), ("0003", "O'Neil", 100), ("0004", "", None)]


def padded(text, size, encoding, right=False):
    raw = text.encode(encoding)
    fill = b" " * (size - len(raw))
    return fill + raw if right else raw + fill


def written(people, encoding="cp932", end=b"\r\n"):
    return b"".join(
        padded(no, 4, encoding)
        + padded(name, 10, encoding)
        + padded("" if age is None else str(age), 3, encoding, right=True)
        + end
        for no, name, age in people
    )


def expected(people):
    return [{"no": no, "name": name.strip("　 ") or None, "age": age} for no, name, age in people]


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("target", [20, 60, 32 << 20])
def test_records_of_bytes(tmp_path, end, target):
    path = tmp_path / "f.txt"
    path.write_bytes(written(PEOPLE, end=end) + b"\x1a")
    if end == b"\r":
        target = 32 << 20
    rows, rejects, records = read(path, "fixed", KINDS, widths=WIDTHS, encoding="cp932", target=target)
    assert (rows, rejects, records) == (expected(PEOPLE), [], 4)
    path.write_bytes(gzip.compress(written(PEOPLE, end=end)))
    assert read(path, "fixed", KINDS, widths=WIDTHS, encoding="cp932", target=target) == (rows, [], 4)


@pytest.mark.parametrize("target", [1, 40, 32 << 20])
def test_records_without_line_breaks(tmp_path, target):
    path = tmp_path / "f.txt"
    options = {"widths": WIDTHS, "encoding": "cp932", "line_breaks": False, "target": target}
    path.write_bytes(written(PEOPLE * 50, end=b"") + b"\x1a")
    assert read(path, "fixed", KINDS, **options) == (expected(PEOPLE * 50), [], 200)
    path.write_bytes(written(PEOPLE, end=b"") + b"0005")
    rows, rejects, records = read(path, "fixed", KINDS, **options)
    assert (rows, rejects, records) == (expected(PEOPLE), [(5, "", "width")], 5)
    path.write_bytes(written(PEOPLE[:1], end=b"") + b"00\n6" + b" " * 13 + written(PEOPLE[1:2], end=b""))
    rows, rejects, records = read(path, "fixed", KINDS, **options)
    assert (rows, rejects, records) == (expected(PEOPLE[:2]), [(2, "", "width")], 3)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("target", [20, 32 << 20])
def test_records_of_characters(tmp_path, encoding, target):
    people = [("0001", "山田　太郎𠮷", 35), ("0002", "髙橋", 7), ("0003", "Ångström", 100)]
    path = tmp_path / "f.txt"
    lines = [f"{no}{name:10}{age:3}\n" for no, name, age in people]
    path.write_bytes(("\ufeff" + "".join(lines)).encode("utf-16-le" if encoding == "utf-16" else encoding))
    rows, rejects, _ = read(path, "fixed", KINDS, widths=WIDTHS, encoding=encoding, target=target)
    assert (rows, rejects) == (expected(people), [])


def test_utf8_in_bytes_and_cp932_in_characters(tmp_path):
    path = tmp_path / "f.txt"
    people = [("0001", "山田", 35), ("0002", "ab", 7)]
    path.write_bytes(written(people, "utf-8"))
    assert read(path, "fixed", KINDS, widths=WIDTHS, width_unit="bytes")[0] == expected(people)
    path.write_bytes("".join(f"{no}{name:10}{age:3}\n" for no, name, age in people).encode("cp932"))
    options = {"widths": WIDTHS, "encoding": "cp932", "width_unit": "characters"}
    assert read(path, "fixed", KINDS, **options)[0] == expected(people)


def test_bad_records_are_rejects_with_their_numbers(tmp_path):
    path = tmp_path / "f.txt"
    good = written(PEOPLE[:1], end=b"")
    cut = (
        padded("0002", 4, "cp932") + b"123456789" + "山".encode("cp932") + b"12"
    )  # two fields share a character
    nul, foreign = good.replace(b"0001", b"00\x001"), good[:4] + b"\x81 " + good[6:]
    lines = [good, good[:-1], cut, b"", nul, good + b" ", foreign, good.replace(b" 35", b"3.5"), good]
    path.write_bytes(b"\r\n".join(lines))
    for columns in (KINDS, {"age": "integer"}):
        rows, rejects, records = read(path, "fixed", columns, list(WIDTHS), widths=WIDTHS, encoding="cp932")
        assert (len(rows), records) == (2, 8)
        assert [(n, why) for n, _, why in rejects] == [
            (2, "width"), (3, "undecodable"), (4, "undecodable"), (5, "width"), (6, "undecodable"), (7, "integer"),
        ]  # fmt: skip
    assert read(path, "fixed", {}, list(WIDTHS), widths=WIDTHS, encoding="cp932")[2] == 8


def test_wrong_widths_are_told_before_the_run(run, tmp_path):
    from support.helpers import policy_of
    from support.refusals import refused

    keep = {"keep": True, "because": "試験"}
    source = {"format": "fixed", "widths": {"a": 4, "b": 5}}
    files = {"data.csv": "CANARY0001\nCANARY0002\n"}
    error = refused(
        run, policy_of({"a": keep, "b": keep}, source=source), files, "input.width", "are 10 characters long"
    )
    assert "the widths make 9" in error["what"]
    source["widths"] = {"a": 4, "c": 6}
    refused(
        run,
        policy_of({"a": keep, "b": keep}, source=source),
        files,
        "input.columns",
        "missing: b; not declared: c",
    )


def test_a_whole_release(run):
    from support.helpers import policy_of

    keep = {"keep": True, "because": "試験"}
    columns = {
        "no": {"drop": True, "because": "試験"},
        "name": {"treat": [{"criterion": 1, "method": "delete"}]},
        "age": {"type": "integer", **keep},
    }
    source = {"format": "fixed", "encoding": "cp932", "widths": WIDTHS}
    done = run(policy_of(columns, source=source), {"data.csv": written(PEOPLE[:3] * 20)})
    assert done.status == 0, done.err
    assert sorted(row["age"] for row in done.rows()) == sorted([35, 7, 100] * 20)


@settings(max_examples=150, deadline=None)
@given(
    fields=st.lists(st.tuples(st.text("xあｱ髙 ", max_size=3), st.text("b亜", max_size=2)), max_size=12),
    encoding=st.sampled_from(["cp932", "euc_jp", "utf-8"]),
    target=st.integers(1, 40),
    by_line=st.booleans(),
)
def test_any_fields_come_back_however_cut(tmp_path_factory, fields, encoding, target, by_line):
    if encoding == "euc_jp":
        fields = [(a.replace("髙", "高"), b) for a, b in fields]
    path = tmp_path_factory.mktemp("fixed") / "f"
    end = b"\n" if by_line else b""
    path.write_bytes(b"".join(padded(a, 9, encoding) + padded(b, 6, encoding) + end for a, b in fields))
    options = {
        "widths": {"a": 9, "b": 6},
        "encoding": encoding,
        "width_unit": "bytes",
        "line_breaks": by_line,
    }
    wanted = {"a": "string", "b": "string"}
    rows, rejects, records = read(path, "fixed", wanted, target=target, **options)
    whole = [{"a": a.strip(" ") or None, "b": b or None} for a, b in fields]
    assert rows == [row for row in whole if any(row.values())]
    assert (rejects, records) == ([], len(fields))
    kept, _, _ = read(path, "fixed", wanted, target=target, blank_records="keep", **options)
    assert kept == whole
    alone, _, _ = read(path, "fixed", {"b": "string"}, ["a", "b"], target=target, **options)
    assert alone == [{"b": row["b"]} for row in rows]


def test_values_are_not_shown(tmp_path):
    path = tmp_path / "f"
    path.write_text("himitsu1\nhimitsu22\n")
    assert error_of(path, "fixed", {"b": "string"}, widths={"a": 8}).code == "input.header"


@pytest.mark.parametrize("wanted", [["番号"], ["店"], ["番号", "店"], []])
@pytest.mark.parametrize("blanks", ["skip", "keep"])
def test_records_that_repeat_the_column_names_are_refused(tmp_path, wanted, blanks):
    path = tmp_path / "f.txt"
    lines = ["番号店  ", "0001本店", "番号本店", "        ", "番号　店", "0002店  ", "番号店  "]
    path.write_bytes("".join(line + "\n" for line in lines).encode("cp932"))
    options = {"widths": {"番号": 4, "店": 4}, "encoding": "cp932", "blank_records": blanks}
    kinds = dict.fromkeys(wanted, "string")
    rows, rejects, records = read(path, "fixed", kinds, ["番号", "店"], **options)
    assert (rejects, records) == ([(1, "", "header"), (5, "", "header"), (7, "", "header")], 7)
    read_of = [
        ("0001", "本店"),
        ("番号", "本店"),
        *([(None, None)] if blanks == "keep" else []),
        ("0002", "店"),
    ]
    whole = [dict(zip(("番号", "店"), r, strict=True)) for r in read_of]
    assert rows == ([{n: r[n] for n in wanted} for r in whole] if wanted else [])
