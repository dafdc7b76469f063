"""What stands above the spec of the documents that are no manifests: takeup.yaml and the environments."""

from collections.abc import Iterator

from takeup.manifest.translate import Finding, did_you_mean

_KEYS = ("apiVersion", "kind", "metadata", "spec")


def check_header(value: object, kind: str, file: str, *, name: str = "campus", spec: str) -> Iterator[Finding]:
    """Tell all that is wrong above the spec; `name` and `spec` are what the hints propose."""
    if not isinstance(value, dict):
        yield Finding((), f"{file} must be a mapping.", "Begin with apiVersion: takeup/v1.")
        return
    for key in value.keys() - set(_KEYS):
        yield Finding((key,), f"There is no key {key[:60]} here.", did_you_mean(key, _KEYS), at_key=True)
    for key, wanted in (("apiVersion", "takeup/v1"), ("kind", kind)):
        if value.get(key) != wanted:
            yield Finding((key,), f"{key} must be {wanted}.", f"Write {key}: {wanted}.")
    metadata = value.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        yield Finding(("metadata",), "metadata.name is required.", f"Write metadata: {{name: {name}}}.")
    elif metadata.keys() - {"name", "labels"}:
        yield Finding(("metadata",), "metadata takes name and labels only.", "Remove the other keys.")
    if not isinstance(value.get("spec"), dict):
        yield Finding(("spec",), "spec is required and a mapping.", f"Add spec: {spec}.")
