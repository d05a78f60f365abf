"""A release of which little is left is published, as the policy asks for it, and the console says so."""

import re

import pytest
from support.helpers import QI, policy_of

KEEP = {"keep": True, "because": "試験"}
SEX = {"treat": [{**QI, "hierarchy": {"kind": "suppress"}}]}
UNNAMED = "notice and register do not name it; drop it, or see k"
PHONE = {"treat": [{"criterion": 1, "method": "phone_area"}]}


def rows(*people):
    return "sex,x\n" + "".join(f"{sex},{x}\n" for sex, x in people)


@pytest.mark.parametrize(
    ("columns", "text", "more", "warnings"),
    [
        (
            {"sex": SEX, "x": KEEP},
            rows(("男", 1), ("女", 2), ("男", 3)),
            {"k": 3},
            [
                "nothing is left of any quasi-identifier, all are *: see k, suppression_limit, hierarchies",
                f"every cell is blank or * in sex: {UNNAMED}",
            ],
        ),
        (
            {"sex": SEX, "x": KEEP},
            rows(*[("男", 1)] * 4, *[(f"z{i}", 1) for i in range(6)]),
            {"k": 2, "limit": 0.9},
            ["more than half of the records are left out"],
        ),
        (
            {"sex": KEEP, "x": PHONE},
            rows(("男", "?"), ("女", "??")),
            {},
            ["nothing is left of x", f"every cell is blank or * in x: {UNNAMED}"],
        ),
        ({"sex": SEX, "x": KEEP}, rows(*[("男", 1), ("女", 1)] * 3), {"k": 3}, []),
    ],
    ids=["all general", "most suppressed", "all blank", "of use"],
)
def test_a_release_of_little_use_is_told(run, columns, text, more, warnings):
    done = run(policy_of(columns, **more), {"data.csv": text})
    assert done.status == 0, done.err
    assert re.findall(r"^ +warning: (.*)$", done.out, re.MULTILINE) == warnings


@pytest.mark.parametrize("quiet", [["-q"], ["--json"], []])
def test_what_little_is_left_of_is_told_to_the_log_and_whoever_asks_for_no_result(run, tmp_path, quiet):
    """Found by an officer of the night: a run by `-q --log-file` told nobody that a column was all `*`."""
    log = tmp_path / "run.log"
    files = {"data.csv": rows(("男", 1), ("女", 2), ("男", 3))}
    done = run(policy_of({"sex": SEX, "x": KEEP}, k=3), files, args=["--log-file", str(log), *quiet])
    assert done.status == 0, done.err
    told = f"warning: t: every cell is blank or * in sex: {UNNAMED}\n"
    assert f"Z warning: {told}" in log.read_text()
    assert (told in done.err) is bool(quiet)
    assert "    " + told.replace(" t: ", " ") in done.out or quiet
