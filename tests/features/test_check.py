"""What `tokumei check` tells of a good policy."""

from support.helpers import policy_of

COLUMNS = {
    "id": {"released_as": "仮ID", "treat": [{"criterion": 3, "method": "pseudonym", "link": "person"}]},
    "born": {"type": "date", "treat": [{"criterion": 1, "method": "year"}]},
    "name": {"treat": [{"criterion": 1, "method": "delete"}]},
    "ward": {"treat": [{"criterion": 5, "method": "generalize", "hierarchy": {"kind": "suppress"}}]},
}


def test_what_is_released_under_the_name_of_what_it_was_is_told(run):
    done = run(policy_of(COLUMNS), {"data.csv": "id,born,name,ward\n1,1990-01-01,x,A\n"}, job="check")
    assert done.status == 0, done.err
    assert done.out.splitlines() == [
        "t: 1 file(s), 3 of 4 columns released",
        "  quasi-identifiers: ward",
        "  released_as is missing: the notice will call them what they were: born",
        "the policy is valid and fits the files",
    ]
    named = {**COLUMNS, "born": {**COLUMNS["born"], "released_as": "生年"}}
    assert "released_as" not in run(policy_of(named), job="check").out
