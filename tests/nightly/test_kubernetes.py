"""The manifests for the Flink operator: refused by no schema, and agreed among themselves.

They have not run: there is no Kubernetes here. What they start has: the same options, job server and pool of
workers on a Flink cluster of the same version (tests/engines).
"""

import copy
import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from support.helpers import policy_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "flink" / "kubernetes"
VERSIONS = dict(
    line.split("=")
    for line in (ROOT / "deploy" / "versions.env").read_text().splitlines()
    if not line.startswith("#")
)
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())


@pytest.fixture
def manifests():
    """All objects by kind and name, as plain data that a test may spoil."""
    documents = (
        document
        for name in KUSTOMIZATION["resources"]
        for document in yaml.safe_load_all((FOLDER / name).read_text())
    )
    return {(d["kind"], d["metadata"]["name"]): copy.deepcopy(d) for d in documents}


@pytest.fixture(scope="session")
def definition(tmp_path_factory):
    """The operator's definition of a FlinkDeployment, out of its jar from Maven Central."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tokumei"
    jar = cache / f"flink-operator-{VERSIONS['FLINK_OPERATOR']}.jar"
    if not jar.exists():
        folder = tmp_path_factory.mktemp("operator")
        plugin = f"org.apache.maven.plugins:maven-dependency-plugin:{VERSIONS['MAVEN_DEPENDENCY_PLUGIN']}"
        artifact = f"org.apache.flink:flink-kubernetes-operator-api:{VERSIONS['FLINK_OPERATOR']}"
        command = [
            "mvn",
            "-B",
            "-q",
            f"-Dmaven.repo.local={cache / 'maven'}",
            f"{plugin}:copy",
            f"-Dartifact={artifact}",
            f"-DoutputDirectory={folder}",
        ]
        subprocess.run(command, check=True, timeout=300)  # apt-get install maven
        (downloaded,) = folder.glob("*.jar")
        cache.mkdir(parents=True, exist_ok=True)
        partial = jar.with_suffix(f".{os.getpid()}")
        partial.write_bytes(downloaded.read_bytes())
        partial.rename(jar)
    target = tmp_path_factory.mktemp("definition") / "flinkdeployments.yml"
    with zipfile.ZipFile(jar) as packed:
        target.write_bytes(packed.read("META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"))
    return target


@pytest.fixture
def problems(nightly_python, definition):
    """Return a function that tells what the schemas find wrong with each of some manifests."""

    def ask(manifests):
        probe = Path(__file__).with_name("manifest_probe.py")
        done = subprocess.run(
            [nightly_python, probe, definition, VERSIONS["KUBERNETES"]],
            input=json.dumps(manifests),
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


def test_the_schemas_refuse_nothing(problems, manifests):
    assert dict(zip(manifests, problems(list(manifests.values())), strict=True)) == {m: [] for m in manifests}


SPOILED = {
    "unknown field of a FlinkDeployment": (("FlinkDeployment", "tokumei"), ["spec", "flinkConf"], {}),
    "unknown field of a pod": (
        ("FlinkDeployment", "tokumei"),
        ["spec", "taskManager", "podTemplate", "spec", "initContainer"],
        [],
    ),
    "Flink version that the operator lacks": (
        ("FlinkDeployment", "tokumei"),
        ["spec", "flinkVersion"],
        "v1_99",
    ),
    "number where Flink's configuration wants text": (
        ("FlinkDeployment", "tokumei"),
        ["spec", "flinkConfiguration", "taskmanager.numberOfTaskSlots"],
        2,
    ),
    "unknown field of a CronJob": (("CronJob", "tokumei-members"), ["spec", "timezone"], "Asia/Tokyo"),
    "wrong type in a NetworkPolicy": (("NetworkPolicy", "closed"), ["spec", "podSelector"], []),
}


def test_the_schemas_can_refuse(problems, manifests):
    """Guards the strictness of the test above."""
    spoiled = []
    for which, path, value in SPOILED.values():
        manifest = copy.deepcopy(manifests[which])
        place = manifest
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        spoiled.append(manifest)
    found = dict(zip(SPOILED, problems(spoiled), strict=True))
    assert all(found.values()), found


def test_kustomize_lists_every_file_and_only_places_to_fill_in_are_left_open():
    files = {p.name for p in FOLDER.iterdir()} - {"kustomization.yaml"}
    assert set(KUSTOMIZATION["resources"]) == files
    text = "".join(p.read_text() for p in FOLDER.iterdir())
    assert set(re.findall(r"\b[A-Z]{4,}\b", text)) - {"EXTERNAL", "README"} == {
        "PROJECT",
        "BUCKET",
        "CONTROLPLANE",
    }


def parts(manifests):
    """The cluster, its pool of workers, the nightly pod, and the options of its two commands."""
    cluster = manifests["FlinkDeployment", "tokumei"]
    (pool,) = cluster["spec"]["taskManager"]["podTemplate"]["spec"]["initContainers"]
    nightly = manifests["CronJob", "tokumei-members"]["spec"]["jobTemplate"]["spec"]["template"]
    (server,) = nightly["spec"]["initContainers"]
    (command,) = nightly["spec"]["containers"]
    return cluster, pool, nightly, options(server), options(command)


def options(container):
    return dict(arg.split("=", 1) for arg in container["args"] if "=" in arg)


def test_versions_are_those_of_the_rest(manifests):
    cluster, pool, nightly, _, _ = parts(manifests)
    minor = VERSIONS["FLINK"].rpartition(".")[0]
    assert cluster["spec"]["image"].startswith(f"flink:{VERSIONS['FLINK']}-")
    assert cluster["spec"]["flinkVersion"] == "v" + minor.replace(".", "_")
    server, command = nightly["spec"]["initContainers"][0], nightly["spec"]["containers"][0]
    assert server["image"] == f"apache/beam_flink{minor}_job_server:{VERSIONS['BEAM']}"
    assert pool["image"] == command["image"] == KUSTOMIZATION["images"][0]["name"]


def test_our_image_holds_what_is_started_and_under_which_user(manifests):
    _, pool, nightly, _, _ = parts(manifests)
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    python, flag, module, *_ = pool["command"]
    assert (python, flag) == ("python", "-m")
    assert (ROOT / f"{module.replace('.', '/')}.py").exists()  # a part of the wheel
    (folder,) = re.findall(r"^COPY --from=build (\S+) \1$", image, re.MULTILINE)
    assert f"ENV PATH={folder}/bin:$PATH" in image  # where python and tokumei are
    user = int(re.search(r"useradd --uid (\d+)", image)[1])
    assert pool["securityContext"]["runAsUser"] == nightly["spec"]["securityContext"]["runAsUser"] == user


def test_addresses_meet(manifests):
    cluster, pool, _, server, command = parts(manifests)
    port = pool["command"][pool["command"].index("--port") + 1]
    assert command["--environment_config"] == f"localhost:{port}"
    assert port in pool["startupProbe"]["exec"]["command"][-1]
    assert command["--job_endpoint"] == f"{server['--job-host']}:{server['--job-port']}"
    assert command["--flink_master"] == server["--flink-master"] == f"{cluster['metadata']['name']}-rest:8081"


def test_the_job_is_submitted_as_it_is_to_the_tested_cluster(manifests):
    """The options that tests/engines/flink prints, which the runner matrix uses, and no other."""
    *_, command = parts(manifests)
    script = (ROOT / "tests" / "engines" / "flink" / "cluster.py").read_text()
    printed = script[script.index('state["options"] = [') :].split("\n    ]")[0]
    assert {f"--{name}" for name in re.findall(r"--(\w+)=", printed)} == set(command) - {"--output"}


def test_a_worker_for_each_slot_and_a_restart_after_old_workers_ended(manifests):
    cluster, pool, _, _, command = parts(manifests)
    flink = cluster["spec"]["flinkConfiguration"]
    slots = int(flink["taskmanager.numberOfTaskSlots"])
    assert slots == int(pool["resources"]["requests"]["cpu"])
    assert int(command["--parallelism"]) % slots == 0
    delay = int(flink["restart-strategy.fixed-delay.delay"].removesuffix(" s"))
    assert delay * 1000 > int(command["--environment_cache_millis"])


def test_every_task_manager_has_a_pool_of_its_own(manifests):
    """Two task managers on one pool end each other's workers: it listens inside the pod only, and has no Service."""
    _, pool, _, _, command = parts(manifests)
    assert command["--environment_config"].startswith("localhost:")
    assert not [kind for kind, _ in manifests if kind == "Service"] and "ports" not in pool
    assert pool["restartPolicy"] == "Always"  # a sidecar: started before, ended after the task manager


def test_what_somebody_must_correct_is_not_tried_again_and_nights_do_not_overlap(manifests):
    cron = manifests["CronJob", "tokumei-members"]["spec"]
    assert (cron["timeZone"], cron["concurrencyPolicy"]) == ("Asia/Tokyo", "Forbid")
    job = cron["jobTemplate"]["spec"]
    fail = job["podFailurePolicy"]["rules"][0]
    assert (fail["action"], fail["onExitCodes"]["operator"]) == ("FailJob", "In")
    readme = (ROOT / "README.md").read_text()
    documented = {int(status) for status in re.findall(r"^\| (\d) \| ", readme, re.MULTILINE)}
    assert set(fail["onExitCodes"]["values"]) == documented - {0, 1}
    assert fail["onExitCodes"]["containerName"] == job["template"]["spec"]["containers"][0]["name"]
    assert job["template"]["spec"]["restartPolicy"] == "Never" and job["backoffLimit"] > 0
    assert job["activeDeadlineSeconds"] < 24 * 3600


@pytest.fixture(scope="module")
def nightly():
    """The command of the nightly pod, as a module."""
    spec = importlib.util.spec_from_file_location("nightly", FOLDER.parent / "nightly.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ATTEMPTS = {
    "an input that is not there": ("later.csv", [], "input.missing", 75),
    "a column that the policy does not know": ("other.csv", [], "input.columns", 3),
    "an option that does not exist": ("good.csv", ["--no-such-option"], "usage.option", 2),
}


@pytest.mark.parametrize("case", ATTEMPTS)
def test_the_pod_s_exit_status_tells_bad_data_from_storage(nightly, case, tmp_path, monkeypatch, capsys):
    """Only what time may cure gets a status that the manifest tries again; all else is the command's own."""
    path, options, code, status = ATTEMPTS[case]
    (tmp_path / "good.csv").write_text("pay\n1\n")
    (tmp_path / "other.csv").write_text("pay,more\n1,2\n")
    column = {"type": "integer", "keep": True, "because": "試験"}
    (tmp_path / "policy.yaml").write_text(json.dumps(policy_of({"pay": column}, path=path)))
    given = ["--json", "anonymize", f"{tmp_path}/policy.yaml", f"--output={tmp_path}/out", *options]
    monkeypatch.setattr(sys, "argv", ["nightly.py", *given])
    assert nightly.attempt() == status
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["code"] == code


def test_what_the_pod_tries_again_is_what_airflow_does_and_what_the_manifest_leaves(nightly, manifests):
    airflow = (ROOT / "deploy" / "airflow" / "tokumei_nightly.py").read_text()
    (codes,) = re.findall(r"CURED_BY_TIME = frozenset\(\s*\{(.*?)\}\s*\)", airflow, re.DOTALL)
    assert set(re.findall(r'"([a-z_.]+)"', codes)) == nightly.CURED_BY_TIME
    job = manifests["CronJob", "tokumei-members"]["spec"]["jobTemplate"]["spec"]
    failed = job["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"]
    assert nightly.TRY_AGAIN not in failed and 3 in failed
    (container,) = job["template"]["spec"]["containers"]
    assert container["command"] == ["python", "/opt/tokumei/nightly.py"] and container["args"][0] == "--json"
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    image = (ROOT / "deploy" / "Dockerfile").read_text()
    assert re.search(r"^COPY .*deploy/flink/nightly.py /opt/tokumei/$", image, re.MULTILINE)


def pod_specs(manifests):
    cluster, _, nightly, _, _ = parts(manifests)
    spec = cluster["spec"]
    return [spec["podTemplate"]["spec"], spec["taskManager"]["podTemplate"]["spec"], nightly["spec"]]


def test_pods_are_restricted_and_those_with_data_have_no_rights_in_kubernetes(manifests):
    for pod in pod_specs(manifests):
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
            assert restricted.items() <= container["securityContext"].items()
    assert all(pod["automountServiceAccountToken"] is False for pod in pod_specs(manifests)[1:])
    cluster, _, nightly, _, _ = parts(manifests)
    worker = cluster["spec"]["flinkConfiguration"]["kubernetes.taskmanager.service-account"]
    assert nightly["spec"]["serviceAccountName"] == worker
    binding = manifests["RoleBinding", "tokumei-job-manager"]
    assert [s["name"] for s in binding["subjects"]] == [cluster["spec"]["serviceAccount"]] != [worker]
    assert ("Role", binding["roleRef"]["name"]) in manifests
    assert {("ServiceAccount", worker), ("ServiceAccount", cluster["spec"]["serviceAccount"])} <= set(
        manifests
    )
    assert "annotations" not in manifests["ServiceAccount", cluster["spec"]["serviceAccount"]]["metadata"]


def test_the_network_is_closed_but_for_pods_that_exist(manifests):
    cluster, _, nightly, _, _ = parts(manifests)
    assert manifests["NetworkPolicy", "closed"]["spec"] == {
        "podSelector": {},
        "policyTypes": ["Ingress", "Egress"],
    }
    flink = {"app": cluster["metadata"]["name"]}
    manager = {**flink, "component": "jobmanager"}  # by which Flink labels its pods
    command = {"app.kubernetes.io/name": "tokumei-nightly"}
    workers = cluster["spec"]["taskManager"]["podTemplate"]["metadata"]["labels"]
    policies = [m["spec"] for (kind, _), m in manifests.items() if kind == "NetworkPolicy"]
    selectors = [s for policy in policies for s in _selectors(policy)]
    assert len(selectors) >= 6 and all(s in [flink, manager, command, workers] for s in selectors)
    assert workers == {"data": "personal"} and nightly["metadata"]["labels"] == {**command, **workers}
    reached = [rule for policy in policies for rule in policy.get("ingress", [])]
    from_outside = [rule for rule in reached if rule["from"] != [{"podSelector": {"matchLabels": flink}}]]
    assert [rule["ports"] for rule in from_outside] == [[{"port": 8081, "protocol": "TCP"}]]


def test_nothing_leaves_but_to_who_is_needed(manifests):
    """Every rule of egress names whom it leads to; data reach Google's restricted addresses and no other."""
    policies = {name: m["spec"] for (kind, name), m in manifests.items() if kind == "NetworkPolicy"}
    rules = [(name, rule) for name, spec in policies.items() for rule in spec.get("egress", [])]
    assert all(rule["to"] for _, rule in rules)
    assert all(rule.get("ports") for name, rule in rules if name != "cluster")
    blocks = {(name, to["ipBlock"]["cidr"]) for name, rule in rules for to in rule["to"] if "ipBlock" in to}
    assert blocks == {
        ("storage", "199.36.153.4/30"),  # restricted.googleapis.com
        ("storage", "169.254.169.254/32"),  # the metadata server, and that of Workload Identity
        ("storage", "169.254.169.252/32"),
        ("control", "CONTROLPLANE/32"),
        ("names", "169.254.20.10/32"),  # servers of names on the pod's own node
        ("names", "169.254.169.254/32"),
    }
    everywhere = [name for name, spec in policies.items() if spec["podSelector"] == {} and "egress" in spec]
    assert everywhere == ["names"]


def _selectors(found):
    """Yield the labels that pods are selected by, at any depth."""
    if isinstance(found, dict):
        if labels := found.get("podSelector", {}).get("matchLabels"):
            yield labels
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from _selectors(each)
