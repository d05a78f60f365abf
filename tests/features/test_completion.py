"""What a shell completes: jobs, actions and options, as the parsers of the jobs declare them."""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tokumei.pipelines import anonymize, cli

TOKUMEI = str(Path(sys.executable).with_name("tokumei"))


def script(shell):
    return subprocess.run([TOKUMEI, "completion", shell], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    """Asks bash itself what it offers for a line whose last word is completed."""
    path = tmp_path_factory.mktemp("bash") / "completion"
    path.write_text(script("bash"))

    def ask(*words):
        quoted = " ".join(f"'{word}'" for word in words)
        told = f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _tokumei; echo ${{COMPREPLY[@]}}"
        done = subprocess.run(
            ["bash", "-c", f"source {path} && complete -p tokumei && {told}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        registered, offered = done.stdout.splitlines()
        assert "-F _tokumei tokumei" in registered and not done.stderr
        return offered.split()

    return ask


def test_bash_completes_jobs_actions_and_options(completed):
    assert completed("tokumei", "") == list(cli.JOBS)
    assert completed("tokumei", "re") == ["rehearse", "register"]
    assert completed("tokumei", "register", "") == ["enter", "erase", "withdraw", "show", "check"]
    assert completed("tokumei", "register", "show", "--h") == ["--help", "--history"]
    assert completed("tokumei", "completion", "f") == ["fish"]
    assert completed("tokumei", "anonymize", "policy.yaml", "--no") == ["--notify"]
    assert completed("tokumei", "anonymize", "po") == []  # then bash offers files


def test_every_option_of_a_job_is_offered(completed):
    parser = argparse.ArgumentParser()
    anonymize.add_arguments(parser)
    options = {o for action in parser._actions for o in action.option_strings if o.startswith("--")}
    assert set(completed("tokumei", "anonymize", "--")) == options | {"--json"}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_offer_the_same(shell):
    text = script(shell)
    if shell == "fish":
        jobs = re.findall(r"-n __fish_use_subcommand -a (\w+) -d '[^\n]+'$", text, re.MULTILINE)
        assert jobs == list(cli.JOBS)
        seen = "-n '__fish_seen_subcommand_from register; and __fish_seen_subcommand_from show' -l history"
        assert f"complete -c tokumei {seen}\n" in text
    else:
        cases = dict(re.findall(r'^ +(\S+ ?\w* ?\w* ?"?\*)\) offered="([^"]*)" ;;$', text, re.MULTILINE))
        assert cases['"1 "*'].split() == list(cli.JOBS) and text.startswith("#compdef tokumei\n")
        assert cases['*" register show"*'] == "--help --history --json"
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=text, text=True, check=True)
