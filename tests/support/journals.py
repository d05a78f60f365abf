"""A ledger in memory, for tests of what is decided."""

from tokumei.transforms.ledger.journal import Reached


class MemoryJournal:
    folder = "memory"

    def __init__(self):
        self.segments = []

    def read(self, since=None):
        since = since or Reached()
        events = [event for segment in self.segments[since.number :] for event in segment]
        return events, Reached(len(self.segments), str(len(self.segments)))

    def append(self, events, head):
        if head.number != len(self.segments):
            return None
        self.segments.append(list(events))
        return self.read()[1]

    @property
    def events(self):
        return self.read()[0]
