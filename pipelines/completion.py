"""The job `tokumei completion`: a script by which a shell completes jobs, their actions and options."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator, Mapping

from tokumei.pipelines.cli import JOBS, run_as_program

SHELLS = ("bash", "zsh", "fish")

_BASH = """_tokumei() {
    local word="${COMP_WORDS[COMP_CWORD]}" offered
    case "$COMP_CWORD ${COMP_WORDS[1]} ${COMP_WORDS[2]}" in
%s
    esac
    COMPREPLY=($(compgen -W "$offered" -- "$word"))
}
complete -o default -F _tokumei tokumei
"""
_ZSH = """#compdef tokumei
_tokumei() {
    local offered
    case "$(( CURRENT - 1 )) ${words[2]} ${words[3]}" in
%s
    esac
    compadd -- ${=offered}
    _files
}
compdef _tokumei tokumei
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the job's arguments."""
    parser.add_argument("shell", choices=SHELLS, help="bash, zsh or fish")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    offered = dict(_offered())
    if args.shell == "fish":
        print("\n".join(_fish(offered)))
    else:
        script = _BASH if args.shell == "bash" else _ZSH
        print(script % "\n".join(_cases(offered)), end="")
    return 0


def _offered() -> Iterator[tuple[str, list[str]]]:
    """Yield what may follow nothing (the jobs), a job (its actions or options) and an action (options)."""
    yield "", list(JOBS)
    for job in JOBS:
        parser = argparse.ArgumentParser()
        importlib.import_module(f"tokumei.pipelines.{job}").add_arguments(parser)
        actions: dict[str, argparse.ArgumentParser] = {}
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                actions |= action.choices
        yield job, list(actions) or _options(parser)
        for name, below in actions.items():
            yield f"{job} {name}", _options(below)


def _options(parser: argparse.ArgumentParser) -> list[str]:
    """Return the long options and the choices of what stands without a name."""
    named = [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
    chosen = [str(c) for a in parser._actions if not a.option_strings for c in a.choices or ()]
    return [*chosen, *named, "--json"]


def _cases(offered: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield the cases of a shell: number of the word, job and action."""
    yield f'        "1 "*) offered="{" ".join(offered[""])}" ;;'
    for words, found in offered.items():
        if not words:
            continue
        acts = any(other.startswith(f"{words} ") for other in offered)
        at, end = "2" if acts else "*", "" if " " in words else " "
        yield f'        {at}" {words}{end}"*) offered="{" ".join(found)}" ;;'


def _fish(offered: Mapping[str, list[str]]) -> Iterator[str]:
    for job, told in JOBS.items():
        text = told.replace("'", r"\'")
        yield f"complete -c tokumei -f -n __fish_use_subcommand -a {job} -d '{text}'"
    for words, found in offered.items():
        seen = "; and ".join(f"__fish_seen_subcommand_from {word}" for word in words.split())
        for name in found if words else ():
            how = f"-l {name[2:]}" if name.startswith("--") else f"-f -a {name}"
            yield f"complete -c tokumei -n '{seen}' {how}"


if __name__ == "__main__":
    run_as_program(__spec__)
