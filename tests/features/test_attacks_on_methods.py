"""Who knows the method concludes why nothing finer was released; a cut that the key decides tells nothing."""

import pytest
from support.helpers import KEEP_ALL, PSEUDONYM, QI, SUPPRESS, policy_of

ID = {"treat": [PSEUDONYM]}
DOWNCODING = {"attack": "downcoding", "at_most": 0}
SUPPRESSED = {"treat": [SUPPRESS]}


def csv(head, rows):
    return {
        "data.csv": head + "\n" + "".join(f"p{i},{','.join(map(str, row))}\n" for i, row in enumerate(rows))
    }


def six_men():
    """All six men have the same illness, so men and women are put together: ℓ = 2, and a proven optimum."""
    ages = {"treat": [{**QI, "hierarchy": {"kind": "intervals", "widths": [10]}}], "type": "integer"}
    illness = {
        **KEEP_ALL,
        "sensitive": True,
        "protect": [{"model": "l_diversity", "kind": "distinct", "l": 2}],
    }
    made = policy_of({"id": ID, "age": ages, "sex": SUPPRESSED, "illness": illness}, k=5, person="id")
    rows = [(33, "男", "胃癌")] * 6 + [(33, "女", ["風邪", "喘息", "高血圧"][i % 3]) for i in range(9)]
    return made, csv("id,age,sex,illness", rows), 6


def islands(recoding="cells"):
    """B16c: a star beside the one large city hides two islands, and no more."""
    made = policy_of({"id": ID, "age": SUPPRESSED, "town": SUPPRESSED}, k=5, limit=0.05, person="id")
    made["requirements"]["recoding"] = recoding
    rows = [(25, "港区")] * 100 + [(25, "青ヶ島村")] * 3 + [(25, "御蔵島村")] * 2
    return made, csv("id,age,town", rows), 5


@pytest.mark.parametrize("case", [six_men, islands])
def test_what_the_method_tells_is_told_and_fails(run, case):
    made, files, people = case()
    done = run(made, files)
    assert done.status == 0, done.err
    told = done.report["tables"][0]["recoding"]["narrowed"]
    assert (told["by_values"] or 0) + told["people"] == people
    assert f"more than the labels of {people} people tell" in done.out
    page = (done.release / "report.html").read_text()
    assert f"は{people}人" in page and "加工の方法を知る者" in page
    made["requirements"]["attacks"] = [DOWNCODING]
    done = run(made, files, output="more")
    assert done.status == 4 and not done.releases
    assert (
        f"who knows the method concludes more than the label of {people / len(files['data.csv'].split()[1:]):.1%}"
        in done.err
    )


@pytest.mark.parametrize("case", [six_men, islands])
def test_a_cut_that_the_key_decides_tells_nothing(run, case):
    made, files, _ = case()
    made["requirements"] |= {"attacks": [DOWNCODING], "deterministic_cut": False}
    done = run(made, files)
    assert done.status == 0, done.err
    recoding, (attack,) = done.report["tables"][0]["recoding"], done.report["attacks"][:1]
    assert attack["attack"] == "downcoding" and attack["success"]["rate"] == 0
    assert recoding["loss"] >= recoding["usual_loss"]
    assert "deterministic_cut: false" in (done.release / "report.html").read_text()


def test_at_one_level_nobody_is_narrowed(run):
    made, files, _ = islands("full_domain")
    made["requirements"]["attacks"] = [DOWNCODING]
    assert run(made, files).status == 0
