"""The command `tokumei`: picks the job, and turns errors into one message and a documented exit status."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import re
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from typing import Any, NoReturn

from tokumei.pipelines.launcher.own_process import settle
from tokumei.pipelines.launcher.terminal import mute_stdout
from tokumei.schemas.errors import PolicyError, TokumeiError
from tokumei.schemas.messages import in_japanese, told_to
from tokumei.transforms.engine.guard import unexpected

JOBS = {
    "anonymize": "process files under a policy and publish the release with its register entry",
    "call": "judge files for calls for proposals (提案の募集), announce and list calls",
    "check": "check a policy against itself, and the headers and first records of its files",
    "clean": "remove what killed or beaten runs left in an output directory",
    "complain": "take complaints (苦情) in, and note what became of them",
    "completion": "print a script by which a shell completes jobs and options",
    "contract": "take in that contracts about products were applied for, and concluded (契約)",
    "demo": "anonymize an invented customer master and real purchases, and show where the results are",
    "fee": "work fees out (手数料), and take payments in",
    "inquire": "take inquiries (問合せ) in, and note that they were answered",
    "ledger": "show and check the events of registers, correct or annul wrong ones",
    "load": "verify a published release, and load it into tables of Iceberg or BigQuery, once",
    "propose": "take proposals (提案) in, ask for corrections, complete and list them",
    "rehearse": "do all that anonymize does but publish: report, risks and choices, into a private folder",
    "provide": "hand releases over as packages, once release, case, contract and fee agree (提供)",
    "register": "enter files in the register book (個人情報ファイル簿), correct, erase and check entries",
    "schema": "print the JSON Schema of policies, or of reports",
    "screen": "screen proposals by the seven tests, with rehearsal and papers (審査)",
    "statistics": "count ledgers of many bodies: figures of a fiscal year, and pages for everybody",
    "suggest": "suggest a policy from files, with what must be decided marked in it",
    "synthesize": "write synthetic agency files of any size",
    "terminate": "terminate contracts, and write the notices (解除)",
    "tick": "record what time brings to registers, every night, and tell what is due",
    "verify": "read published releases again, and compare them with manifest, reports and register",
}
_BEAM_JOBS = {"anonymize", "demo", "rehearse", "screen", "statistics"}
_CHOICE = re.compile(r"argument .*?: invalid choice: '(.*)' \(choose from (.*)\)$")  # as argparse says it
_EPILOG = "All other options go to Beam unchanged. Exit statuses: pipelines/README.md"


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "allow_abbrev": False})

    def format_help(self) -> str:
        if in_japanese(os.environ):
            from tokumei.pipelines.launcher.japanese_help import JapaneseFormatter

            self.formatter_class = JapaneseFormatter
        return super().format_help()

    def error(self, message: str) -> None:  # type: ignore[override]
        hint = ""
        if found := _CHOICE.match(message):
            import difflib

            near = difflib.get_close_matches(found[1], re.findall(r"'([^']*)'", found[2]), n=1)
            hint = f"did you mean {near[0]}? " if near else ""
        raise PolicyError("usage", where=self.prog, what=message, fix=f"{hint}see {self.prog} --help")


class _Version(argparse.Action):
    """Looked up only when asked for: it is a file to find and read."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import tokumei

        print(f"tokumei {tokumei.__version__}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run one job; returns the exit status documented in the README."""
    if argv is None:
        settle()
    args = list(sys.argv[1:] if argv is None else argv)
    as_json = "--json" in args
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show must not fail the job
            stream.reconfigure(errors="backslashreplace")
    args = [a for a in args if a != "--json"]
    # A core dump would hold records and the key of the run.
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if threading.current_thread() is threading.main_thread():  # where alone Python lets handlers be set
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's stop cleans up like Ctrl-C
    try:
        return _dispatch(args, as_json=as_json)
    except TokumeiError as error:
        return _tell(error, as_json=as_json)
    except KeyboardInterrupt:
        print("interrupted; a release without manifest.json is not published", file=sys.stderr)
        return 1
    except BrokenPipeError:
        mute_stdout()
        return 1
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a library may derive its own from it; no text of theirs is printed
        return _tell(unexpected(error), as_json=as_json)


def run_as_program(module: ModuleSpec) -> NoReturn:
    """Run the job of a module that is the program: `python -m tokumei.pipelines.<job>` is `tokumei <job>`."""
    sys.argv.insert(1, module.name.rpartition(".")[2])
    raise SystemExit(main())


def _tell(error: TokumeiError, *, as_json: bool) -> int:
    print(
        json.dumps(error.as_dict(), ensure_ascii=False) if as_json else told_to(error, os.environ),
        file=sys.stderr,
    )
    return error.status


def _dispatch(args: list[str], *, as_json: bool) -> int:
    parser = _Parser(prog="tokumei", description="匿名加工情報: anonymize personal-information files")
    parser.add_argument(
        "--json", action="store_true", help="print errors, and what a run comes to, as an object"
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version")
    jobs = parser.add_subparsers(dest="job", metavar="JOB", required=True)
    wanted = next((a for a in args if not a.startswith("-")), None)
    for name, text in JOBS.items():
        epilog = _EPILOG if name in _BEAM_JOBS else None
        job = jobs.add_parser(name, help=text, description=text, epilog=epilog)
        if name == wanted:
            importlib.import_module(f"tokumei.pipelines.{name}").add_arguments(job)
    parsed, rest = parser.parse_known_args(args)
    parsed.json = as_json
    module = importlib.import_module(f"tokumei.pipelines.{parsed.job}")
    if parsed.job in _BEAM_JOBS:
        return int(module.run(parsed, rest))
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return int(module.run(parsed))


if __name__ == "__main__":
    raise SystemExit(main())
