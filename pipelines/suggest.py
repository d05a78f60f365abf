"""The job `tokumei suggest`: a policy, suggested from the files, with what must be decided marked in it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tokumei.pipelines.cli import run_as_program
from tokumei.schemas.errors import InputError, PolicyError, RequirementError

if TYPE_CHECKING:
    from tokumei.transforms.suggest.questions import Answers
    from tokumei.transforms.suggest.suggestion import Suggestion
    from tokumei.transforms.suggest.tables import SeenTable

_FACTS = {
    "name": "個人情報ファイルの名称",
    "body": "事業者・機関の名称",
    "department": "事務をつかさどる組織の名称",
    "purpose": "利用目的",
    "how-provided": "提供の方法",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="path, quoted glob or gs:// URI; one a table"
    )
    parser.add_argument(
        "--use-case",
        choices=("id_pos", "prescriptions", "cards", "residents"),
        help="what the file is of: how the facts of histories that others may know go together",
    )
    for key, title in _FACTS.items():
        parser.add_argument(f"--{key}", help=f"{title} (default: a question)")
    parser.add_argument(
        "--regime",
        choices=("private", "public"),
        help="whose file it is: a business's, or that of 行政機関等 (default: by the name of the body)",
    )
    parser.add_argument(
        "--output", metavar="POLICY.yaml", help="where the policy is written (default: stdout)"
    )
    parser.add_argument("--force", action="store_true", help="replace a policy that was edited")
    parser.add_argument(
        "--answers",
        metavar="FILE",
        help="answers to its questions: read if it is there, and kept where questions are asked",
    )
    parser.add_argument(
        "--against",
        metavar="POLICY.yaml",
        help="say what has changed since this policy, instead; exit 4 if anything has",
    )


def run(args: argparse.Namespace) -> int:
    """Print or write a policy, or what has changed since one; returns 0.

    On a terminal (input and output) the questions are asked, one by one; elsewhere they stay marked.

    Raises:
        PolicyError: an argument, an answer or the policy of ``--against`` is wrong; ``--output`` was edited.
        InputError: a file cannot be found, or cannot be read.
        RequirementError: something has changed since the policy.
    """
    from tokumei.pipelines.launcher.terminal import quiet

    if bool(args.files) == bool(args.against):
        raise PolicyError(
            "usage.files",
            where="FILE",
            what="files are suggested for, or the files of a policy compared with it",
            fix="name files, or --against POLICY.yaml",
        )
    with quiet():  # libraries log while they are imported
        from tokumei.transforms.suggest import questions

    if args.against:
        return _compare(args.against)
    kept = _read(args.answers) if args.answers else None
    answers = {} if kept is None else questions.read_answers(kept, args.answers)
    with quiet():
        from tokumei.transforms.suggest.written import written

        seen = _see(args.files)
        suggestion = _suggested(seen, args, answers)
    if args.output and not args.force:
        _refuse_edited(args.output, written(suggestion))  # before anything is asked
    if sys.stdin.isatty() and sys.stdout.isatty():
        from tokumei.pipelines.launcher.asking import ask

        answers = ask(suggestion, answers, lambda given: _suggested(seen, args, given))
        if args.answers:
            _write(args.answers, questions.written_answers(answers))
        suggestion = _suggested(seen, args, answers)
    text = written(suggestion)
    if args.output:
        _write(args.output, text)
    else:
        print(text, end="")
    return 0


def _see(files: list[str]) -> list[SeenTable]:
    from tokumei.transforms.suggest.measure import measure
    from tokumei.transforms.suggest.sources import find_tables, refuse_telling_names
    from tokumei.transforms.suggest.tables import see

    seen = []
    for found in find_tables(files):
        table, sketch = measure(found)
        refuse_telling_names(table)
        seen.append(see(table, sketch))
    return seen


def _suggested(seen: list[SeenTable], args: argparse.Namespace, answers: Answers) -> Suggestion:
    """Return the suggestion with the answers so far, its k tried."""
    from tokumei.transforms.suggest import questions
    from tokumei.transforms.suggest.suggestion import FileFacts, suggest
    from tokumei.transforms.suggest.trial import with_trials

    stated = {key.replace("-", "_"): getattr(args, key.replace("-", "_")) for key in _FACTS}
    said = {key: value or answers.get(f"file.{key}") for key, value in stated.items()}
    facts = FileFacts(**said, regime=args.regime)
    suggestion = suggest(questions.decided(seen, answers), facts, args.use_case)
    return questions.with_answers(with_trials(suggestion, str(Path.cwd())), answers)


def _refuse_edited(path: str, text: str) -> None:
    """Check that nothing is replaced but what this command wrote, of these files and answers."""
    from tokumei.transforms.storage.places import open_store

    store = open_store(path)
    if store.exists(path) and store.read(path)[0] != text.encode():
        raise PolicyError(
            "suggest.exists",
            where=path,
            what="the file exists and is not what these files and answers make: it is not overwritten",
            fix="choose another --output, or give --force if nothing in it is needed any more",
        )


def _compare(path: str) -> int:
    from tokumei.pipelines.launcher.terminal import quiet

    with quiet():
        from tokumei.schemas.policy_file import parse_policy
        from tokumei.transforms.storage.places import open_store
        from tokumei.transforms.storage.policy_folder import folder_of
        from tokumei.transforms.suggest.against import changes
        from tokumei.transforms.suggest.measure import measure
        from tokumei.transforms.suggest.sources import declared_table
        from tokumei.transforms.suggest.tables import see

        text = open_store(path).read(path)[0].decode("utf-8-sig")
        policy, base = parse_policy(text, path), folder_of(path)
        seen = {n: see(*measure(declared_table(n, t.source, base))) for n, t in policy.tables.items()}
        found = list(changes(policy, text, seen))
    for line in found:
        print(line)
    if found:
        raise RequirementError(
            "suggest.changed",
            where=path,
            what=f"the files are otherwise than the policy has them, in {len(found)} point(s)",
            fix="look at each, and mend the policy or the files; then run again",
        )
    print("nothing has changed: columns, types, what they hold, and shares are as the policy has them")
    return 0


def _read(path: str) -> str | None:
    from tokumei.transforms.storage.places import open_store

    store = open_store(path)
    return store.read(path)[0].decode("utf-8") if store.exists(path) else None


def _write(path: str, text: str) -> None:
    from tokumei.transforms.storage.places import open_store

    store = open_store(path)
    if "://" in path:
        store.replace(path, text.encode(), store.read(path)[1] if store.exists(path) else None)
        return
    try:
        Path(path).write_text(text, "utf-8")
    except OSError as error:
        raise InputError(
            "suggest.write",
            where=path,
            what=f"it cannot be written: {error.strerror}",
            fix="name a file in a folder that is there and can be written to",
        ) from None


if __name__ == "__main__":
    run_as_program(__spec__)
