"""Ten thousand texts with something personal in each, in hundreds of kinds and spellings: none of it is released.

What is planted here is made by code of its own, which shares nothing with what a run plants.
"""

import base64
import csv
import io
import json
import random
import re
import unicodedata
import urllib.parse

from support.helpers import policy_of

RECORDS = 10_000
PSEUDONYM = {"treat": [{"criterion": 3, "method": "pseudonym", "link": "x"}]}
DELETED = {"treat": [{"criterion": 1, "method": "delete"}]}
SUPPRESS = {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]}
TEXT = {"type": "text", "treat": [{"criterion": 1, "method": "redact_text", "because": "試験"}]}
COLUMNS = {"id": PSEUDONYM, "氏名": DELETED, "カナ": DELETED, "card": DELETED, "text": TEXT, "town": SUPPRESS}
FAMILY = {"鬼頭": "キトウ", "蓮沼": "ハスヌマ", "五十嵐": "イガラシ", "久保田": "クボタ", "橘": "タチバナ"}
GIVEN = {"朱鷺子": "トキコ", "弥一郎": "ヤイチロウ", "結": "ユイ", "千代": "チヨ", "蒼太": "ソウタ"}


def my_number(rng):
    digits = [rng.randrange(10) for _ in range(11)]
    weights = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    rest = sum(map(lambda a, b: a * b, digits, weights)) % 11
    return grouped("".join(map(str, [*digits, 0 if rest <= 1 else 11 - rest])), 4, 4, 4)


def card(rng):
    digits = [5, 1 + rng.randrange(5), *(rng.randrange(10) for _ in range(13))]
    total = sum(sum(divmod(d * 2, 10)) if i % 2 == 0 else d for i, d in enumerate(digits))
    return grouped("".join(map(str, [*digits, -total % 10])), 4, 4, 4, 4)


def licence(rng):
    digits = [3, 0, *(rng.randrange(10) for _ in range(8))]
    rest = sum(map(lambda a, b: a * b, digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])) % 11
    return grouped("".join(map(str, [*digits, {0: 1, 1: 0}.get(rest, 11 - rest), 1])), 4, 4, 4)


def grouped(digits, *sizes):
    parts = re.fullmatch("".join(f"(.{{{n}}})" for n in sizes), digits).groups()
    return "-".join(parts)


def some(rng, n, first="123456789"):
    return rng.choice(first) + "".join(rng.choice("0123456789") for _ in range(n - 1))


def word(rng, n):
    return "".join(rng.choice("bcdfghkmnprst") for _ in range(n))


NUMBERS = {  # what stands before it, and the number
    "マイナンバー": lambda r: ("個人番号 ", my_number(r)),
    "unnamed My Number": lambda r: ("控え ", my_number(r)),
    "card": lambda r: ("カードは", card(r)),
    "licence": lambda r: ("免許証：", licence(r)),
    "pension": lambda r: ("基礎年金番号は", grouped(some(r, 10), 4, 6)),
    "residence record": lambda r: ("住民票コード ", some(r, 11)),
    "employment": lambda r: ("雇用保険 ", grouped(some(r, 11), 4, 6, 1)),
    "account": lambda r: ("ゆうちょ銀行の普通口座 ", some(r, 7)),
    "insurance": lambda r: ("保険証の番号は", some(r, 8)),
    "mobile": lambda r: ("携帯", f"0{r.choice('789')}0-{some(r, 4)}-{some(r, 4)}"),
    "landline": lambda r: ("自宅 ", f"03-{some(r, 4, '3456')}-{some(r, 4)}"),
    "abroad": lambda r: ("TEL ", f"+81-90-{some(r, 4)}-{some(r, 4)}"),
    "imei": lambda r: ("端末のIMEI ", f"35{some(r, 13)}"),
}
OTHERS = {
    "passport": lambda r: ("旅券番号は", f"TK{some(r, 7)}"),
    "residence card": lambda r: ("在留カード ", f"AB{some(r, 8)}CD"),
    "mail": lambda r: ("連絡先は", f"{word(r, 6)}.{word(r, 5)}@{word(r, 5)}.co.jp"),
    "page": lambda r: ("ブログ ", f"https://{word(r, 8)}.example.com/{word(r, 5)}"),
    "account name": lambda r: ("SNSは ", f"@{word(r, 9)}_{some(r, 2)}"),
    "uuid": lambda r: (
        "端末 ",
        "-".join("".join(r.choice("0123456789abcdef") for _ in range(n)) for n in (8, 4, 4, 4, 12)),
    ),
    "mac": lambda r: (
        "無線 ",
        ":".join(["ac", *("".join(r.choice("0123456789abcdef") for _ in range(2)) for _ in range(5))]),
    ),
    "ip": lambda r: ("接続元 ", f"203.0.{r.randrange(10, 250)}.{r.randrange(10, 250)}"),
    "plate": lambda r: ("車は", f"横浜 330 {r.choice('さしすせ')} {some(r, 2)}-{some(r, 2)}"),
    "position": lambda r: ("場所 ", f"34.{some(r, 6)}, 135.{some(r, 6)}"),
}
ENCODED = {
    "json": lambda t: json.dumps(t) if not t.isascii() else "".join(f"\\u{ord(c):04x}" for c in t),
    "xml": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "url": lambda t: "".join(f"%{b:02X}" for b in t.encode()),
    "base64": lambda t: base64.b64encode(f"記録：{t}。".encode()).decode(),
    "hex": lambda t: f"記録：{t}。".encode().hex(),
    "shift jis": lambda t: urllib.parse.quote(f"　{t}", encoding="cp932", safe=""),
}
ANY = {
    "as it is": str,
    "wide": lambda t: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in t),
    "zero width": "\u200c".join,
    "byte order marks": "\ufeff".join,
    "combining": lambda t: "".join(f"{c}\u0301" if c.isalnum() else c for c in t),
    **ENCODED,
}
DIGITS = {
    **ANY,
    "kanji": lambda t: t.translate(str.maketrans("0123456789", "〇一二三四五六七八九")),
    "devanagari": lambda t: t.translate(str.maketrans("0123456789", "०१२३४५६७८९")),
    "bold": lambda t: t.translate({48 + i: 0x1D7EC + i for i in range(10)}),
    "spaced": lambda t: t.replace("-", " "),
    "dotted": lambda t: t.replace("-", "."),
    "slashed": lambda t: t.replace("-", "/"),
    "middle dots": lambda t: t.replace("-", "・"),
    "figure dashes": lambda t: t.replace("-", "‒"),
    "joined up": lambda t: t.replace("-", ""),
}
NAMES = {
    "own name": lambda r, me, _: me["氏名"],
    "own name, closed up": lambda r, me, _: me["氏名"].replace(" ", ""),
    "own name, turned round": lambda r, me, _: "　".join(me["氏名"].split()[::-1]),
    "own family name": lambda r, me, _: me["氏名"].split()[0],
    "own given name": lambda r, me, _: me["氏名"].split()[1],
    "own kana": lambda r, me, _: me["カナ"],
    "own hiragana": lambda r, me, _: "".join(
        chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in me["カナ"]
    ),
    "own card number": lambda r, me, _: me["card"],
    "another's name": lambda r, _, other: other["氏名"],
    "another's name, closed up": lambda r, _, other: other["氏名"].replace(" ", ""),
}
HALF = {"half-width kana": lambda t: unicodedata.normalize("NFKD", t).translate({0x3099: "ﾞ", 0x309A: "ﾟ"})}
CASES = [
    *((kind, spelling) for kind in NUMBERS for spelling in DIGITS),
    *((kind, spelling) for kind in OTHERS for spelling in ANY),
    *((kind, spelling) for kind in NAMES for spelling in ANY if spelling != "combining"),
]


def records():
    rng = random.Random(17)
    rows = []
    for i in range(RECORDS):
        family, given = rng.choice([*FAMILY]), rng.choice([*GIVEN])
        rows.append(
            {
                "id": f"{i}",
                "氏名": f"{family} {given}",
                "カナ": f"{FAMILY[family]} {GIVEN[given]}",
                "card": f"K{i:05d}-{some(rng, 3)}",
                "town": "A",
            }
        )
    planted = []
    known = [
        row for row in rows if len(row["氏名"]) > 3
    ]  # a name of two letters is only looked for as one's own
    for i, row in enumerate(rows):
        kind, spelling = CASES[i % len(CASES)]
        if kind in NAMES:
            before, made = "窓口に", NAMES[kind](rng, row, known[-1 - i % len(known)])
        else:
            before, made = {**NUMBERS, **OTHERS}[kind](rng)
        written = DIGITS[spelling](made)
        after = (
            "様"
            if kind in {"own family name", "own given name"}
            else rng.choice(["", "。", "、以上", " と申し出"])
        )
        row["text"] = f"{i % 97}番窓口。{before}{written}{after}"
        planted.append((row["text"], kind, spelling, written))
    return rows, planted


def test_nothing_of_ten_thousand_planted_texts_is_released(run):
    assert len(CASES) > 400
    rows, planted = records()
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    done = run(policy_of(COLUMNS, person="id"), {"data.csv": out.getvalue()})
    assert done.status == 0, done.err
    released = "\n".join(row["text"] for row in done.rows())
    assert len(done.rows()) == RECORDS
    stand = pieces(released) | pieces(released, 2)
    left = {(kind, spelling): text for text, kind, spelling, written in planted if pieces(written) & stand}
    assert left == {}


def pieces(text, size=6):
    """Every stretch of so many characters; a shorter text is one."""
    return {text[i : i + size] for i in range(max(1, len(text) - size + 1))}
