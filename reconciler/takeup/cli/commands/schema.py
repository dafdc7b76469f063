"""takeup schema."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of the manifests, for editors and other tools."""
    from takeup.manifest.jsonschema import manifest_schema  # noqa: PLC0415 - heavy

    click.echo(json.dumps(manifest_schema(), indent=2, ensure_ascii=False))
