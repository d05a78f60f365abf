"""Spans that overlap become one, whatever the order in which they were found."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tokumei.transforms.detect.spans import SpanLabel, Spans

ONE = st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 6), st.integers(0, 3)).map(
    lambda row: (row[0], row[1], row[1] + row[2], row[3])
)


def rows(spans):
    return list(zip(*(column.tolist() for column in spans), strict=True))


def by_hand(found):
    """Join what shares a character until nothing does; the label is that of the longest, then the first."""
    groups = [[span] for span in found]
    while True:
        for i, one in enumerate(groups):
            other = next(
                (
                    g
                    for g in groups[i + 1 :]
                    if any(a[0] == b[0] and a[1] < b[2] and b[1] < a[2] for a in one for b in g)
                ),
                None,
            )
            if other:
                groups.remove(other)
                one.extend(other)
                break
        else:
            break
    return sorted(
        (g[0][0], min(s[1] for s in g), max(s[2] for s in g), min(g, key=lambda s: (s[1] - s[2], s[3]))[3])
        for g in groups
    )


@given(st.lists(ONE, max_size=12), st.randoms(use_true_random=False))
def test_merged(found, chance):
    merged = rows(Spans.of(found).merged())
    assert merged == by_hand(found)
    shuffled = random.sample(found, len(found)) if found else []
    chance.shuffle(shuffled)
    assert rows(Spans.joined([Spans.of(shuffled[:3]), Spans.of(shuffled[3:])]).merged()) == merged


def test_every_label_is_a_word():
    assert len({label.title for label in SpanLabel}) == len(SpanLabel)
    assert SpanLabel(SpanLabel.PERSON.value).title == "氏名"
