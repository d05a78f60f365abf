"""Random short histories of releases: what the product lets pass, and what sets of people say of every two.

Whether a night is published is decided by the kernels of the job, on keyed hashes; what is published is kept as
records, and compared here by sets of people alone.
"""

import itertools
import random
from collections import Counter, defaultdict
from types import SimpleNamespace

import numpy as np
import polars as pl

from tokumei.schemas.kept_releases import KeptJoin, KeptRecoding, KeptReleases, ReleaseRecord
from tokumei.transforms.counting.keyed import joint_keys
from tokumei.transforms.counting.people import PERSON
from tokumei.transforms.earlier.changes import InClasses, merge_standing
from tokumei.transforms.earlier.compare import SeenRelease, SeenReleases, compare_table
from tokumei.transforms.earlier.elsewhere import CLASS, PAIR, VALUE_OF
from tokumei.transforms.earlier.hold import hold_back
from tokumei.transforms.earlier.joins import compare_joins, standing_joined
from tokumei.transforms.earlier.kept import KEPT_COUNTS, kept_people, packed_classes, past_of, with_record
from tokumei.transforms.earlier.standing import PLACE
from tokumei.transforms.earlier.together import LEFT_VALUE, NOW, key_classes, key_values
from tokumei.transforms.engine.run_key import RunKey

K = 3
SALT, COLUMNS = RunKey(bytes(32)), "xd"  # what may change, and the day on which the file was drawn
TOWNS = 4  # a person is a number, a town, and the values of these columns
LEVELS = {"town": lambda town: town, "half": lambda town: town // 2, "odd": lambda town: 4 + town % 2}
TABLE = SimpleNamespace(name="t")


def keyed(numbers):
    return np.array(numbers, np.int64).astype(np.uint64)


def labels(people, level):
    return pl.DataFrame({"e0": [f"{LEVELS[level](who[1])}" for who in people]}, schema={"e0": pl.String})


def standing(people, level, columns):
    """Who stands in which class of a level, as pass 3 keeps it."""
    classes = key_classes(labels(people, level), SALT).to_numpy()
    pairs = joint_keys(keyed([who[0] for who in people]), classes.view(np.int64))
    values = {name: keyed([who[2 + COLUMNS.index(name)] for who in people]) for name in columns}
    return merge_standing([InClasses(classes, pairs, values, np.ones(len(people), np.int64))])


def recoding(release, people, level, columns):
    """What a release of these people adds to the ledger."""
    counts = Counter(f"{LEVELS[level](who[1])}" for who in people)
    classes = pl.DataFrame(
        {"e0": [*counts], KEPT_COUNTS: [[n] for n in counts.values()]},
        schema={"e0": pl.String, KEPT_COUNTS: pl.List(pl.Int64)},
    )
    return KeptRecoding(
        table="t",
        way="full_domain",
        declared={"town": ""},
        levels={"town": [*LEVELS].index(level)},
        removed={},
        releases=(release,),
        classes=packed_classes(classes),
        exact=True,
        people=kept_people(release, standing(people, level, columns)),
    )


def seen_of(people, everybody, level, columns, kept):
    """What is released beside all that is kept: people by class at hand, and in each recoding of other levels."""
    others = {i: r for i, r in enumerate(kept.recodings) if r.levels["town"] != [*LEVELS].index(level)}
    value = key_values(pl.Series([f"{who[0] % 3}" for who in everybody]), SALT).alias(LEFT_VALUE)
    held, rows = {}, None
    if others:
        found = {PERSON: keyed([who[0] for who in people]), NOW: key_classes(labels(people, level), SALT)}
        found |= {f"{VALUE_OF}{n}": keyed([who[2 + COLUMNS.index(n)] for who in people]) for n in columns}
        found[LEFT_VALUE] = key_values(pl.Series([f"{who[0] % 3}" for who in people]), SALT)
        for i, other in others.items():
            name = [*LEVELS][other.levels["town"]]
            classes = key_classes(labels(people, name), SALT)
            found |= {str(i): classes, f"{CLASS}{i}": classes}
            found[f"{PAIR}{i}"] = joint_keys(found[PERSON], classes.to_numpy().view(np.int64))
            held[i] = pl.DataFrame({str(i): key_classes(labels(everybody, name), SALT), LEFT_VALUE: value})
        rows = pl.DataFrame(found)
    return SeenRelease(
        standing(people, level, columns), rows, {i: frame.unique() for i, frame in held.items()}
    )


def large(people, level):
    """Leave out classes of fewer than k people, as every release does."""
    sizes = Counter(LEVELS[level](who[1]) for who in people)
    return [who for who in people if sizes[LEVELS[level](who[1])] >= K]


def published(file, level, columns, kept, *, hold, night):
    """Return who is released, or None where the comparison with earlier releases refuses it, and what is kept then."""
    people = sorted(file)
    same = next((r for r in kept.recodings if r.levels["town"] == [*LEVELS].index(level)), None)
    if hold and same is not None:
        today = standing(people, level, columns)
        gone = {*hold_back(today, past_of(same.people), K, RunKey(bytes([night]) * 32)).tolist()}
        classes = key_classes(labels(people, level), SALT).to_numpy()
        pairs = joint_keys(keyed([who[0] for who in people]), classes.view(np.int64)).tolist()
        people = [who for who, pair in zip(people, pairs, strict=True) if pair not in gone]
    people = large(people, level)
    if not people:
        return None, kept
    record = recoding(f"n{night}", people, level, columns)
    seen = seen_of(people, sorted(file), level, columns, kept)
    told = compare_table(TABLE, seen, record, kept.recodings, k=K, salt=SALT)
    if told.problems:
        return None, kept
    release = ReleaseRecord(entry_id="e", release_id=f"n{night}", salt="00" * 32, tables=(record,))
    return people, with_record(kept, release)


def nights_of(draw, nights):
    """Yield who is in a file that changes: alone, or many at once; with another town or value, and another day.

    Who has left may come back.
    """
    number, drawn, gone = itertools.count(1000), draw.random() < 0.5, []
    file = [(i, draw.randrange(TOWNS), 0, 0) for i in range(draw.choice([40, 70]))]
    for night in range(nights):
        if night and draw.random() < 0.7:
            town, to, many = (
                draw.randrange(TOWNS),
                draw.randrange(TOWNS),
                draw.choice([1, 2, K, K + 1, 2 * K]),
            )
            what = draw.choice(["come", "leave", "move", "change", "swap", "return"])
            some = [who for who in file if who[1] == town][:many]
            if what in {"leave", "move", "change", "swap"}:
                file = [who for who in file if who not in some]
            if what in {"come", "swap"}:
                file += [(next(number), town, 0, 0) for _ in range(many)]
            if what in {"move", "change"}:
                file += [(n, to, x, d) if what == "move" else (n, town, x + 1, d) for n, _, x, d in some]
            if what in {"leave", "swap"}:
                gone += some
            if what == "return":
                file, gone = file + gone[:many], gone[many:]
        yield [(*who[:3], night if drawn else 0) for who in file]


def history(seed, nights=7):
    """Return the releases of a random history, (people, level, columns) each, and how many were refused."""
    draw, kept, releases, refused = random.Random(seed), KeptReleases(), [], 0
    frozen, hold = draw.random() < 0.5, draw.random() < 0.5
    level = draw.choice([*LEVELS])
    for night, file in enumerate(nights_of(draw, nights)):
        if not frozen and draw.random() < 0.4:
            level = draw.choice([*LEVELS])
        columns = draw.choice([COLUMNS, COLUMNS, "x"])
        people, kept = published(file, level, columns, kept, hold=hold, night=night)
        if people is None:
            refused += 1
        else:
            releases.append(({*people}, level, columns))
    return releases, refused


def groups(one, other):
    """Yield what whoever holds two releases tells apart: what it is, and how many people.

    Same levels: who came, left or stayed in a class, matched by any columns of both. Other levels: who is new in
    a class of the later, who is gone from one of the earlier, and who is in two classes at once.
    """
    (then, level_then, columns_then), (now, level_now, columns_now) = one, other
    before, after = LEVELS[level_then], LEVELS[level_now]
    places = [2 + i for i, name in enumerate(COLUMNS) if name in columns_then and name in columns_now]
    was, here = {(w[0], before(w[1])): w for w in then}, {(w[0], before(w[1])): w for w in now}
    told = defaultdict(set)
    for key in was.keys() | here.keys():
        if key not in here:
            told["left", key[1]].add(key)
        elif key not in was:
            told["came", after(here[key][1])].add(key)
        else:
            both = key[1], after(here[key][1])
            told["stayed", *both].add(key)
            for size in range(1, len(places) + 1):
                for some in itertools.combinations(places, size):
                    alike = all(was[key][i] == here[key][i] for i in some)
                    if not alike or size == 1:
                        told["alike" if alike else "changed", *both, some].add(key)
    yield from ((name, len(people)) for name, people in told.items())
    for union, sizes in unions(then, now, before, after).items():
        yield ("count", union), abs(sizes[0] - sizes[1])


def unions(then, now, before, after):
    """Return people of both by the smallest unions of classes that both have: {union: [then, now]}."""
    joined = {("then", before(w[1])): {("then", before(w[1]))} for w in [*then, *now]}
    joined |= {("now", after(w[1])): {("now", after(w[1]))} for w in now}
    for who in now:
        whole = joined["then", before(who[1])] | joined["now", after(who[1])]
        joined |= dict.fromkeys(whole, whole)
    sizes = defaultdict(lambda: [0, 0])
    for who in then:
        sizes[frozenset(joined["then", before(who[1])])][0] += 1
    for who in now:
        sizes[frozenset(joined["now", after(who[1])])][1] += 1
    return {union: found for union, found in sizes.items() if found[0]}


def shown(releases, groups):
    """Return the groups of fewer than k people that any two of the releases show, and how many groups there are."""
    found, count = [], 0
    for (i, one), (j, other) in itertools.combinations(enumerate(releases), 2):
        for name, people in groups(one, other):
            count += 1
            if 0 < people < K:
                found.append((i, j, name, people))
    return found, count


def joined_nights(draw, nights):
    """Yield who has which classes in each of two tables: {person: {(table, class)}}."""
    number = itertools.count(1000)

    def places():
        one = {("t", draw.randrange(2))} if draw.random() < 0.8 else set()
        return frozenset(one | {("u", draw.randrange(2)) for _ in range(draw.choice([0, 1, 1, 2]))})

    file = {i: places() for i in range(60)}
    for night in range(nights):
        if night and draw.random() < 0.7:
            many, own = draw.choice([1, 2, K, K + 1, 2 * K]), draw.choice(sorted(map(sorted, file.values())))
            what, to = draw.choice(["come", "leave", "move"]), places()
            some = [n for n, classes in file.items() if classes == frozenset(own)][:many]
            if what == "come":
                file |= {next(number): to for _ in range(many)}
            file = {n: c for n, c in file.items() if what == "come" or n not in some}
            file |= dict.fromkeys(some, to) if what == "move" else {}
        sizes = Counter(file.values())
        yield {n: classes for n, classes in file.items() if classes and sizes[classes] >= K}


def joined_history(seed, nights=7):
    """Return the releases of two tables that a reader can join, (people, recoding) each, and how many were refused."""
    draw, kept, releases, refused, how = random.Random(seed), KeptReleases(), [], 0, 0
    for night, file in enumerate(joined_nights(draw, nights)):
        how = draw.choice([how] * 9 + [1 - how])
        rows = [
            (n, 8 * (table == "u") + c + 1) for n, classes in file.items() for table, c in sorted(classes)
        ]
        draw.shuffle(rows)
        people, places = zip(*rows, strict=True)
        frame = pl.DataFrame({PERSON: keyed(people), PLACE: joint_keys(keyed(places), np.int64(places))})
        seen = SeenReleases({"t": SeenRelease(places=frame[::2]), "u": SeenRelease(places=frame[1::2])})
        join = KeptJoin(
            tables=("t", "u"),
            recoded=f"{how}",
            releases=(f"n{night}",),
            people=kept_people(f"n{night}", standing_joined([frame])),
        )
        (told,) = compare_joins([join], seen, kept, K)
        if told.problems:
            refused += 1
            continue
        table = recoding(f"n{night}", [(n, how, 0, 0) for n in file], "town", "")
        kept = with_record(
            kept,
            ReleaseRecord(
                entry_id="e", release_id=f"n{night}", salt="00" * 32, tables=(table,), joins=(join,)
            ),
        )
        releases.append((file, how))
    return releases, refused


def joined_groups(one, other):
    """Yield what whoever holds two releases tells apart of joined classes, as `groups` does."""
    (then, how_then), (now, how_now) = one, other
    yield "other recodings", 0 if how_then == how_now else 1
    for own in {*then.values(), *now.values()}:
        was, here = ({n for n, classes in night.items() if classes == own} for night in (then, now))
        for name, people in (("came", here - was), ("left", was - here), ("stayed", was & here)):
            yield (name, own), len(people)
        yield ("count", own), abs(len(was) - len(here))
