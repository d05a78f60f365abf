"""Publishing, stopped, killed, resumed, cleaned and raced in every order that hypothesis thinks of.

Runs, their stoppers and cleaners are threads that stop before every operation on a store in memory, until the machine lets
one of them do it: so they interleave at the granularity of the store's guarantees, and a kill falls between
any two operations.
"""

import hashlib
import json
import threading
from dataclasses import dataclass

import google_crc32c
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tokumei.schemas.errors import AlreadyPublishedError, TokumeiError
from tokumei.schemas.register import Book
from tokumei.transforms.planning.plan import Plan
from tokumei.transforms.planning.plan_tables import plan_tables
from tokumei.transforms.register.books import REGISTER
from tokumei.transforms.release import attempt, orphans, publish
from tokumei.transforms.release.manifest import DOCUMENTS, WITHDRAWN
from tokumei.transforms.release.parts import Part
from tokumei.transforms.storage import ledger
from tokumei.transforms.storage.base import ConflictError, StoredFile, refused

DAY = 86_400.0
KEEP = 7 * DAY  # what is younger is not cleaned


class Killed(BaseException):
    """The process is gone; no handler of the product sees it."""


class Actor:
    """A run, or a cleaner: does one operation each time it is stepped."""

    def __init__(self, work, begun):
        self.begun, self.dead, self.ended, self.error, self.result = begun, False, False, None, None
        self.next = ""  # what it will do when it is stepped
        self._work, self._go, self._back = work, threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.actor = self
        self._thread.start()

    def _run(self):
        self._go.acquire()
        try:
            if not self.dead:
                self.result = self._work()
        except Killed:
            pass
        except BaseException as error:
            self.error = error
        self.ended = True
        self._back.release()

    def turn(self, doing):
        """Called in the thread: wait for the next step; a killed one does nothing any more."""
        if not self.dead:
            self.next = doing
            self._back.release()
            self._go.acquire()
        if self.dead:
            raise Killed

    def step(self):
        self._go.release()
        self._back.acquire()
        return self.ended

    def finish(self):
        while not self.step():
            pass
        self._thread.join()

    def kill(self):
        self.dead = True
        self.finish()


@dataclass
class Kept:
    data: bytes
    generation: int
    modified: float
    writer: Actor | None = None  # of a temporary file


class Memory:
    """Files in memory, with generations, temporary files, and a clock of its own."""

    def __init__(self):
        self.files, self.writes, self.clock = {}, 0, 1000 * DAY

    def _turn(self, doing):
        actor = getattr(threading.current_thread(), "actor", None)
        if actor is not None:
            actor.turn(doing)
        return actor

    def _put(self, uri, data, writer=None):
        self.writes += 1
        self.files[uri] = Kept(data, self.writes, self.clock, writer)

    def _written(self, uri, data, settle):
        actor = self._turn(f"begin {uri}")
        folder, _, name = uri.rpartition("/")
        temporary = f"{folder}/.{name}.{self.writes:08}"
        self._put(temporary, data, actor)
        self._turn(f"settle {uri}")
        try:
            settle()
            self._put(uri, data)
            self._turn(f"end {uri}")
        finally:
            if not actor or not actor.dead:
                del self.files[temporary]

    def read(self, uri):
        self._turn(f"read {uri}")
        if uri not in self.files:
            raise refused(uri, "missing")
        return self.files[uri].data, str(self.files[uri].generation)

    def crc32c(self, uri):
        if uri not in self.files:
            raise refused(uri, "missing")
        return int(google_crc32c.value(self.files[uri].data))

    def create(self, uri, data):
        def settle():
            if uri in self.files:
                raise FileExistsError(uri)

        self._written(uri, data, settle)

    def replace(self, uri, data, expected_version):
        def settle():
            found = str(self.files[uri].generation) if uri in self.files else None
            if found != expected_version:
                raise ConflictError(uri)

        self._written(uri, data, settle)

    def exists(self, uri):
        self._turn(f"exists {uri}")
        return uri in self.files

    def delete(self, uri):
        self._turn(f"delete {uri}")
        self.files.pop(uri, None)

    def delete_abandoned(self, uri):
        self._turn(f"delete_abandoned {uri}")
        kept = self.files.get(uri)
        if kept is not None and kept.writer and not kept.writer.dead:
            return False
        self.files.pop(uri, None)
        return True

    def walk(self, base):
        self._turn(f"walk {base}")
        return [
            StoredFile(uri, len(kept.data), kept.modified, kept.writer and uri.rsplit("/.", 1)[1][:-9])
            for uri, kept in sorted(self.files.items())
            if uri.startswith(f"{base}/")
        ]

    def folders(self, base):
        self._turn(f"folders {base}")
        below = (uri.removeprefix(f"{base}/") for uri in self.files if uri.startswith(f"{base}/"))
        return sorted({path.partition("/")[0] for path in below if "/" in path})

    def prune(self, base):
        self._turn(f"prune {base}")

    def join(self, base, *parts):
        return "/".join([base, *parts])


@dataclass
class Written:
    parts: tuple[Part, ...]


def documents_of(report):
    name = report.release_id
    others = {document: f"{document} of {name}" for document in DOCUMENTS}
    return {**others, "report.json": report.model_dump_json()}


class Publishing(RuleBasedStateMachine):
    """A few releases, each wanted by two works; as many runs of each, and cleaners, as hypothesis likes."""

    policy = report_of = None
    current: Memory  # what open_store gives

    def __init__(self):
        super().__init__()
        self.store = Publishing.current = Memory()
        self.runs, self.cleaners, self.stoppers = [], [], []
        self.manifests, self.entered, self.finished = {}, [], set()
        self.attempts = 0

    def begin(self, release, work):
        self.attempts += 1
        plan = Plan(
            policy=self.policy,
            tables=plan_tables(self.policy, None),
            populations={},
            output="out",
            release_id=release,
            work=work,
            attempt=f"{self.attempts:012x}",
        )
        return self.work_on(plan)

    def work_on(self, plan):
        run = Actor(lambda: self.anonymize(plan), self.store.clock)
        run.plan = plan
        self.runs.append(run)
        return run

    def anonymize(self, plan):
        """What the job does, with two parts, and without an engine."""
        store = self.store
        if publish.find_published(plan, store):
            return publish.finish(plan, store)
        try:
            parts = []
            for i in (2 * len(self.runs), 2 * len(self.runs) + 1):  # a retry writes other objects
                data = f"{plan.attempt}-{i}".encode()
                uri = f"out/releases/{plan.release_id}/data/customers/part-{plan.attempt}-{i:024x}.csv"
                store.create(uri, data)
                checksum = int(google_crc32c.value(data))
                parts.append(
                    Part(
                        uri=uri,
                        sha256=hashlib.sha256(data).hexdigest(),
                        crc32c=checksum,
                        size=len(data),
                        records=1,
                        people=1,
                    )
                )
            report = self.report_of(plan.release_id)
            publish.publish(plan, report, {"customers": Written(tuple(parts))}, lambda: documents_of(report))
        finally:
            attempt.discard(plan, ended=True)

    @staticmethod
    def stop(plan):
        """What a launcher elsewhere does; that the job has ended it does not even wait for."""
        found = attempt.cancel(plan)
        if found is attempt.Standing.CANCELLED:
            attempt.discard(plan)
        return found

    @property
    def live(self):
        return [actor for actor in (*self.runs, *self.cleaners, *self.stoppers) if not actor.ended]

    @rule(release=st.sampled_from("xxy"), work=st.sampled_from("aab"))
    def start(self, release, work):
        self.begin(release, work)

    @precondition(lambda self: self.live)
    @rule(pick=st.integers(0, 99), steps=st.integers(1, 30))
    def go_on(self, pick, steps):
        actor = self.live[pick % len(self.live)]
        for _ in range(steps):
            if actor.step():
                break

    @rule(
        late=st.sampled_from("uvwxyz"),
        early=st.sampled_from(["same", "other", "clean", "stop", "stop"]),
        works=st.sampled_from(["aa", "ab"]),
        place=st.sampled_from(
            ["attempt-", "manifest.json", "book.json", "index.html", "notice.md", "report.json"]
        ),
        goes_on=st.booleans(),
    )
    def overtake(self, late, early, works, place, goes_on):
        """A run stands before it settles a decisive file; another, a cleaner or a stopper gets in between."""
        run = self.begin(late, works[0])
        while not run.step():
            if run.next.startswith("settle") and f"/{place}" in run.next:
                break
        if early == "clean":
            self.clean()
            self.cleaners[-1].finish()
        elif early == "stop":
            self.stop_it(run.plan)
            self.stoppers[-1].finish()
        else:
            self.begin(late if early == "same" else "x", works[1]).finish()
        if goes_on and not run.ended:
            run.finish()

    @precondition(lambda self: self.live)
    @rule(pick=st.integers(0, 99))
    def kill(self, pick):
        self.live[pick % len(self.live)].kill()

    @precondition(lambda self: self.live)
    @rule(pick=st.integers(0, 99))
    def go_to_the_end(self, pick):
        self.live[pick % len(self.live)].finish()

    def stop_it(self, plan):
        self.stoppers.append(Actor(lambda: self.stop(plan), self.store.clock))
        self.stoppers[-1].plan = plan

    @precondition(lambda self: self.runs)
    @rule(pick=st.integers(0, 99), at_once=st.booleans())
    def stop_one(self, pick, at_once):
        self.stop_it(self.runs[pick % len(self.runs)].plan)
        if at_once:
            self.stoppers[-1].finish()

    @precondition(lambda self: any(run.dead for run in self.runs))
    @rule(pick=st.integers(0, 99))
    def retry(self, pick):
        """The engine begins a step of a lost worker once more, in the same attempt."""
        dead = [run for run in self.runs if run.dead]
        plan = dead[pick % len(dead)].plan
        if all(run.dead or run.ended for run in self.runs if run.plan is plan):
            self.work_on(plan)

    @rule()
    def clean(self):
        before = self.store.clock - KEEP
        self.cleaners.append(Actor(lambda: orphans.clean(self.store, "out", before, dry_run=False), 0))

    @rule(days=st.sampled_from([1, 3, 8]))
    def wait(self, days):
        """No run that goes on is as old as what is cleaned: that is what the age is for."""
        begun = [run.begun for run in self.runs if not run.ended]
        if all(self.store.clock + days * DAY - at < KEEP for at in begun):
            self.store.clock += days * DAY

    def listed(self):
        """What manifests list: URI to SHA-256."""
        found = {}
        for uri in self.manifests:
            base, manifest = uri.rsplit("/", 1)[0], json.loads(self.store.files[uri].data)
            for file in manifest["tables"]["customers"]["files"]:
                found[f"{base}/{file['path']}"] = file["sha256"]
            for name, digest in manifest["documents"].items():
                found[f"{base}/{manifest['documents_path']}/{name}"] = digest
        return found

    def work_of(self, release):
        return json.loads(self.store.files[f"out/releases/{release}/manifest.json"].data)["work"]

    @invariant()
    def manifests_never_change_and_what_they_list_is_there(self):
        files = self.store.files
        for uri, kept in files.items():
            if uri.endswith("/manifest.json"):
                self.manifests.setdefault(uri, (kept.data, kept.generation))
        for uri, was in self.manifests.items():
            assert (files[uri].data, files[uri].generation) == was
        for uri, digest in self.listed().items():
            assert hashlib.sha256(files[uri].data).hexdigest() == digest

    @invariant()
    def the_book_holds_what_was_published_once_and_for_ever(self):
        kept = self.store.files.get("out/register/book.json")
        ids = [e.release_id for e in Book.model_validate_json(kept.data).entries] if kept else []
        assert ids[: len(self.entered)] == self.entered
        assert {f"out/releases/{release}/manifest.json" for release in ids} <= set(self.manifests)
        self.entered = ids
        assert self.finished <= set(ids)

    @invariant()
    def runs_end_as_documented(self):
        for run in self.runs:
            if run.ended and not run.dead:
                release = run.plan.release_id
                if run.error is None:
                    assert self.work_of(release) == run.plan.work
                    self.finished.add(release)
                elif isinstance(run.error, AlreadyPublishedError):
                    assert self.work_of(release) != run.plan.work
                else:  # stopped: it finds out by what was decided, or by what is gone
                    assert run.error.code in {"run.cancelled", "verification.parts"}, repr(run.error)
                    assert run.plan.attempt in {stopper.plan.attempt for stopper in self.stoppers}
        for cleaner in self.cleaners:
            if cleaner.ended and not cleaner.dead:
                if isinstance(cleaner.error, TokumeiError) and cleaner.error.code == "clean.nothing":
                    continue
                assert cleaner.error is None and not cleaner.result.problems, repr(cleaner.error)

    @invariant()
    def what_is_called_cancelled_is_never_published(self):
        published = {json.loads(kept[0])["attempt"] for kept in self.manifests.values()}
        for stopper in self.stoppers:
            if stopper.ended and not stopper.dead:
                assert stopper.error is None, repr(stopper.error)
                if stopper.result is attempt.Standing.CANCELLED:
                    assert stopper.plan.attempt not in published
                if stopper.result is attempt.Standing.PUBLISHED:
                    assert self.work_of(stopper.plan.release_id) == stopper.plan.work

    def teardown(self):
        """Everybody is killed; whatever was published is completed by one more run, and the rest cleaned."""
        for actor in self.live:
            actor.kill()
        for uri in self.manifests:
            release = uri.split("/")[2]
            self.begin(release, self.work_of(release)).finish()
        self.store.clock += KEEP + 1
        if self.store.files:
            self.clean()
            self.cleaners[-1].finish()
        self.manifests_never_change_and_what_they_list_is_there()
        self.runs_end_as_documented()
        self.what_is_called_cancelled_is_never_published()
        self.the_book_holds_what_was_published_once_and_for_ever()
        assert sorted(self.entered) == sorted(uri.split("/")[2] for uri in self.manifests)
        shown = {
            f"{u.rsplit('/', 1)[0]}/{name}" for u in self.manifests for name in orphans.RELEASE - {WITHDRAWN}
        }
        book = {f"out/register/{name}" for name in REGISTER.files} if self.manifests else set()
        assert set(self.store.files) == shown | set(self.listed()) | book


def test_whatever_happens_readers_see_whole_releases(make_policy, make_report, monkeypatch):
    Publishing.policy = make_policy("private")
    reports = {release: make_report(release_id=release) for release in "uvwxyz"}
    Publishing.report_of = staticmethod(reports.get)
    for module in (publish, attempt):
        monkeypatch.setattr(module, "open_store", lambda _: Publishing.current)
    monkeypatch.setattr(ledger.time, "sleep", lambda _: None)
    run_state_machine_as_test(Publishing, settings=settings(max_examples=60, stateful_step_count=40))
