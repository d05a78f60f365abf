"""Stores for tests."""

from __future__ import annotations

import threading

from tokumei.transforms.storage.base import ConflictError


class MemoryStore:
    """Files in memory; every write gets a new version, and whoever comes late conflicts."""

    def __init__(self):
        self.files, self.lock, self.writes, self.conflicts = {}, threading.Lock(), 0, 0

    def read(self, uri):
        return self.files[uri]

    def exists(self, uri):
        return uri in self.files

    def replace(self, uri, data, expected_version):
        with self.lock:
            found = self.files[uri][1] if uri in self.files else None
            if found != expected_version:
                self.conflicts += 1
                raise ConflictError(uri)
            self.writes += 1
            self.files[uri] = (data, str(self.writes))

    def join(self, base, *parts):
        return "/".join([base, *parts])
