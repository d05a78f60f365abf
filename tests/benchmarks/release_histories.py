"""More random histories of releases than the suite plays: no two releases of one show fewer than k people.

Usage: ``PYTHONPATH=tests python tests/benchmarks/release_histories.py [HISTORIES]``

Those of `support.release_histories`: of one table, and of two that a reader can join. It ends with the first
history of which two releases show few.
"""

import sys
import time

from support.release_histories import K, groups, history, joined_groups, joined_history, shown


def main():
    histories = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for title, play, told_apart in (
        ("one table", history, groups),
        ("tables that a reader can join", joined_history, joined_groups),
    ):
        began, releases, refused, pairs, compared = time.process_time(), 0, 0, 0, 0
        for seed in range(histories):
            published, not_published = play(seed)
            found, count = shown(published, told_apart)
            if found:
                raise SystemExit(f"{title}, history {seed}: {found}")
            releases, refused = releases + len(published), refused + not_published
            pairs, compared = pairs + len(published) * (len(published) - 1) // 2, compared + count
        print(f"{title}: {histories:,} histories, {releases:,} releases, {refused:,} refused;")
        print(f"  {pairs:,} pairs, {compared:,} groups that these tell apart, none of 1 to {K - 1} people;")
        print(f"  {time.process_time() - began:.0f} s of CPU", flush=True)


if __name__ == "__main__":
    main()
