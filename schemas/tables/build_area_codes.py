"""Regenerate `area_codes.csv` from the Japanese numbering plan in libphonenumber.

Usage: ``pip install phonenumbers && python -m tokumei.schemas.tables.build_area_codes``. The package
`phonenumbers` is needed only here; Tokumei itself does not depend on it.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import itertools
import re
from pathlib import Path

_NATIONAL_DIGITS = 9  # a landline number without its leading 0
_DECIDING_DIGITS = 5  # the plan's rules look at no more digits than these


def build_area_codes() -> dict[str, str]:
    """Return prefix → area code, both with the leading 0, shortest prefixes that decide.

    Returns:
        A prefix-free mapping in digit order. A prefix no landline begins with has no entry.
    """
    plan = importlib.import_module("phonenumbers.data.region_JP").PHONE_METADATA_JP
    landline = re.compile(plan.fixed_line.national_number_pattern)
    rules = [
        (re.compile(rule.pattern), [re.compile(p) for p in rule.leading_digits_pattern])
        for rule in plan.number_format
    ]

    def area_code(head: str) -> str:
        number = head.ljust(_NATIONAL_DIGITS, "0")
        if not landline.fullmatch(number):
            return ""
        for pattern, leading in rules:
            # libphonenumber formats by the last, most detailed pattern of leading digits.
            written = pattern.fullmatch(number) if leading and leading[-1].match(number) else None
            if written:
                return "0" + str(written[1])
        return ""

    heads = map("".join, itertools.product("0123456789", repeat=_DECIDING_DIGITS))
    table = {"0" + head: area_code(head) for head in heads}
    for length in range(_DECIDING_DIGITS, 0, -1):
        for parent in {key[:-1] for key in table if len(key) == length + 1}:
            children = [parent + digit for digit in "0123456789"]
            if len({table.get(child) for child in children}) == 1 and None not in map(table.get, children):
                table[parent] = table[children[0]]
                for child in children:
                    del table[child]
    return {prefix: code for prefix, code in sorted(table.items()) if code}


def main(argv: list[str] | None = None) -> None:
    """Write the table beside this module, or where ``--output`` says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("area_codes.csv"))
    options = parser.parse_args(argv)
    with options.output.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["prefix", "area_code"])
        out.writerows(build_area_codes().items())


if __name__ == "__main__":
    main()
