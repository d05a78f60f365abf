"""Attack a release: what an outsider can do with its source files, and with it.

PYTHONPATH=tests python -m attacks RELEASE DESCRIPTION.yaml [--k 5]
"""

import argparse
from pathlib import Path

from attacks.histories import attacks, months_of_parts
from attacks.lines import PERSON, described, released, sources


def main():
    """Print what an outsider can do with the sources, and with the release."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("release", type=Path, help="folder with manifest.json")
    parser.add_argument("description", type=Path, help="which columns play which part")
    parser.add_argument("--k", type=int, default=5)
    args = parser.parse_args()
    roles = described(args.description)
    was, now = sources(args.description.parent, roles), released(args.release, roles)
    before, after = attacks(was, roles, args.k), attacks(now, roles, args.k)
    for name in roles:
        people = (f"{tables[name][PERSON].n_unique():,}" for tables in (was, now))
        print(f"{name}: {' people before, '.join(people)} after")
    few = f"fewer than {args.k}"
    print(f"\n| table | known | alone: before | after | {few}: before | after |")
    print("|---|---|---|---|---|---|")
    for where, then in before.items():
        left = after.get(where)
        alone, of_few = (left.alone, left.few) if left else ("–", "–")
        print("|", " | ".join(map(str, (*where, then.alone, alone, then.few, of_few))), "|")
    for name, (parts, single) in months_of_parts(now).items():
        print(f"\n{name}: {parts} parts, {single} of them of one month alone")


if __name__ == "__main__":
    main()
