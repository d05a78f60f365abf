"""Run by the Python that has Kubernetes' schemas: validate manifests strictly, and print what is wrong with them.

    python manifest_probe.py DEFINITION.yml KUBERNETES_VERSION ... < manifests.json

What the Flink operator defines is checked by its own definition and, where that embeds a pod, by Kubernetes'.
"""

import json
import sys
from pathlib import Path

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator


def closed(schema):
    """Return a schema of a custom resource that refuses fields it does not name, as a strict API server does."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    new = {key: closed(value) for key, value in schema.items()}
    open_ended = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and not open_ended:
        new["additionalProperties"] = False
    return new


def problems_of_custom(manifest, definition):
    """Yield what the operator's definition refuses."""
    (version,) = [v for v in definition["spec"]["versions"] if v["served"]]
    assert manifest["apiVersion"] == f"{definition['spec']['group']}/{version['name']}"
    schema = closed(version["schema"]["openAPIV3Schema"])
    own = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind", "metadata")}
    for error in Draft202012Validator(schema).iter_errors(own):
        yield f"{error.json_path}: {error.message}"


def pods(spec):
    """Yield the pods that a FlinkDeployment's templates make, each with the containers of both templates."""
    base = spec.get("podTemplate", {"spec": {}})
    for part in ("jobManager", "taskManager"):
        own = spec[part].get("podTemplate", base)
        containers = {c["name"]: c for c in base["spec"].get("containers", [])}
        for container in own["spec"].get("containers", []):
            containers[container["name"]] = {**containers.get(container["name"], {}), **container}
        containers["flink-main-container"]["image"] = spec["image"]
        merged = {**base["spec"], **own["spec"], "containers": list(containers.values())}
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": part.lower()}, "spec": merged}


def problems(manifest, definition, versions):
    """Yield everything that is wrong with a manifest."""
    plain = [manifest]
    if manifest["kind"] == definition["spec"]["names"]["kind"]:
        yield from problems_of_custom(manifest, definition)
        plain = list(pods(manifest["spec"]))
    for version in versions:
        for each in plain:
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                yield f"{each['kind']} {each['metadata']['name']} ({version}): {error.message}"


def main():
    definition = yaml.safe_load(Path(sys.argv[1]).read_text())
    newest = kubernetes_validate.latest_version()
    manifests = json.load(sys.stdin)
    found = [sorted(problems(m, definition, [*sys.argv[2:], newest])) for m in manifests]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
