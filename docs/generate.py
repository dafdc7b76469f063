"""Write the generated pages of docs/reference: `python docs/generate.py`."""  # noqa: INP001 - a script, no package

from pathlib import Path

import click

from takeup.cli.main import cli
from takeup.render.emulator_reference import emulator_pages
from takeup.render.reference import GENERATED, reference_pages

REFERENCE = Path(__file__).parent / "reference"
_WIDTH = 100


def commands() -> list[tuple[str, click.Command]]:
    """Every command by its full name, the program itself first."""
    return list(_walk("takeup", cli))


def _walk(name: str, command: click.Command) -> list[tuple[str, click.Command]]:
    found = [(name, command)]
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for child_name in command.list_commands(context):
            child = command.get_command(context, child_name)
            if child is not None:
                found += _walk(f"{name} {child_name}", child)
    return found


def cli_page() -> str:
    """Every command with its help text, as the program prints it."""
    parts = [
        "# Commands",
        "",
        GENERATED,
        "",
        "Results go to stdout, everything else to stderr. Exit codes are in [Formats](formats.md#exit-codes).",
    ]
    for name, command in commands():
        context = click.Context(
            command,
            info_name=name,
            help_option_names=["-h", "--help"],
            terminal_width=_WIDTH,
            max_content_width=_WIDTH,
        )
        parts += ["", f"## {name}", "", "```text", command.get_help(context).rstrip(), "```"]
    return "\n".join(parts) + "\n"


def pages() -> dict[str, str]:
    """Every generated page by its file name in docs/reference."""
    return {**reference_pages(), **emulator_pages(), "cli.md": cli_page()}


if __name__ == "__main__":
    for file_name, text in pages().items():
        (REFERENCE / file_name).write_text(text, "utf-8")
