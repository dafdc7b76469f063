"""Format many manifests: those that are in the style already, and those that have to be rewritten."""

from pathlib import Path

from tests.benchmarks.common import Row, at_most, make_project, takeup, work


def measure(folder: Path, count: int = 1000, files: int = 100) -> list[Row]:
    make_project(folder, count, files)
    takeup(folder, "fmt")
    bare = work("parse", folder)
    check = takeup(folder, "fmt", "--check")
    for path in (folder / "manifests").iterdir():
        path.write_text(_in_another_style(path.read_text("utf-8")), "utf-8")
    rewrite = takeup(folder, "fmt")
    return [
        Row(f"bare event parse, {count} recordings in {files} files", str(bare)),
        at_most("fmt --check, nothing to do / parse (CPU)", check, check.cpu / bare.cpu, 12),
        at_most("fmt, every file rewritten / parse (CPU)", rewrite, rewrite.cpu / bare.cpu, 20),
    ]


def _in_another_style(text: str) -> str:
    """Other quotes, comments, and a key that stands elsewhere."""
    text = text.replace('"', "'").replace("  resourceExpiredHour: 72\n", "")
    return text.replace("spec:\n", "spec:   # what is wanted\n  # for how long\n  resourceExpiredHour: 72\n")
