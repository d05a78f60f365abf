"""Whichever library reads a policy: the same nodes in the same lines, or the same refusal."""

import random
from pathlib import Path

import pytest
import yaml

from tokumei.schemas import policy_nodes

PIECES = [
    *"abé-:,?{}[]\"'#|>&*!%@`~\t\n\r",
    *(
        "b: ",
        ": ",
        "- ",
        "\n- ",
        "\nk: ",
        "\n  ",
        "\n\n  ",
        "  ",
        "&x",
        "*x",
        "!t",
        "---\n",
        "...\n",
        "'é'",
        "<<: ",
    ),
    *(
        "\\",
        "\\u0041",
        '"\\ud800"',
        "\u3000",
        "\ufeff",
        "\x85",
        "\u2028",
        "\r\n",
        "\x07",
        "010",
        "null",
        "1: ",
    ),
]


def told(read, text):
    """Nodes as plain data with their lines, or what the error says."""

    def plain(node):
        if node is None:
            return None
        children = node.value
        if isinstance(children, list):
            children = [
                [plain(n) for n in child] if isinstance(child, tuple) else plain(child) for child in children
            ]
        return type(node), node.tag, node.start_mark.line, children

    try:
        return plain(read(text))
    except policy_nodes.UnwantedError as error:
        return error.what, error.line, error.code
    except yaml.MarkedYAMLError as error:
        return (
            error.context,
            error.problem,
            *(getattr(m, "line", 0) for m in (error.context_mark, error.problem_mark)),
        )
    except yaml.YAMLError as error:
        return type(error), error.position


def by_python(text):
    return policy_nodes._Loader(text).get_single_node()


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
def test_libyaml_reads_as_python_does(monkeypatch):
    quick, read = policy_nodes._quickly, []
    monkeypatch.setattr(policy_nodes, "_quickly", lambda text: read.append(quick(text)) or read[-1])
    rng = random.Random(3)
    texts = [
        "".join(rng.choices(PIECES, k=rng.randint(1, 12))) + "\n" * rng.randint(0, 1) for _ in range(6000)
    ]
    texts += [path.read_text() for path in Path(__file__).parents[2].glob("pipelines/example/*.yaml")]
    texts += ["- " * 30 + "\n", "a: " + "[" * 30 + "]" * 30 + "\n"]
    for text in texts:
        assert told(policy_nodes.compose, text) == told(by_python, text), repr(text)
    assert len(read) > 600
