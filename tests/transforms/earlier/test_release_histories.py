"""Random short histories of releases: no two of what the kernels let pass show fewer than k people."""

from support.release_histories import K, groups, history, joined_groups, joined_history, published, shown

from tokumei.schemas.kept_releases import KeptReleases


def test_no_two_releases_of_random_histories_show_few():
    """Levels that change or are frozen, people held back or not, a date in every record or none."""
    told, pairs, refused = 0, 0, 0
    for seed in range(40):
        releases, not_published = history(seed)
        found, count = shown(releases, groups)
        assert not found, seed
        told, refused = told + count, refused + not_published
        pairs += sum(a[1] != b[1] for i, a in enumerate(releases) for b in releases[:i])
    assert told > 4000 and pairs > 30 and refused > 60


def test_no_two_releases_of_tables_that_a_reader_can_join_show_few():
    told, refused = 0, 0
    for seed in range(40):
        releases, not_published = joined_history(seed)
        found, count = shown(releases, joined_groups)
        assert not found, seed
        told, refused = told + count, refused + not_published
    assert told > 4000 and refused > 80


def test_counts_of_unions_are_compared_with_every_release_of_other_levels():
    """Found by random histories: only the newest release of those levels was looked at."""
    file, kept = {(i, i % 4, 0, 0) for i in range(40)}, KeptReleases()
    four_less = {who for who in file if who[0] >= 16 or who[1] != 0}
    three_more = four_less | {(100 + i, 1, 0, 0) for i in range(3)}
    for night, today in enumerate((file, four_less)):
        people, kept = published(today, "town", "x", kept, hold=False, night=night)
        assert len(people) == len(today)
    releases = [(night, "town", "x") for night in (file, four_less)] + [(three_more, "half", "x")]
    assert [(i, j, size) for i, j, _, size in shown(releases, groups)[0]] == [(0, 2, 1)]
    assert published(three_more, "half", "x", kept, hold=False, night=2) == (None, kept)
    people, _ = published(four_less, "half", "x", kept, hold=False, night=2)
    assert len(people) == 36


def test_who_is_alone_is_found():
    """What is looked for is found where it is: one who came, left, moved, changed, or is counted."""
    calm = {(i, i % 4, 0, 0) for i in range(40)}
    then = (calm, "town", "xd")
    for other in ({(99, 1, 0, 0)}, {(1, 2, 0, 0)}, {(1, 1, 5, 0)}, {(1, 1, 0, 5)}, set()):
        now = (
            {who for who in calm if who[0] != 1}
            | other
            | ({(1, 1, 0, 0)} if (99, 1, 0, 0) in other else set())
        )
        for level in ("town", "half", "odd"):
            found, _ = shown([then, (now, level, "xd")], groups)
            assert found and all(size < K for *_, size in found), (other, level)
    for level in ("town", "half", "odd"):
        assert shown([then, ({(n, t, x, 7) for n, t, x, _ in calm}, level, "xd")], groups)[0] == []
    both = dict.fromkeys(range(9), frozenset({("t", 0)}))
    assert shown([(both, 0), (both, 0)], joined_groups)[0] == []
    assert shown([(both, 0), (both, 1)], joined_groups)[0]
    assert shown([(both, 0), (both | {9: frozenset({("t", 0)})}, 0)], joined_groups)[0]
