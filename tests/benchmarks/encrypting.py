"""What encryption costs: an apply with a local state, encrypted and not, and the journal alone."""

from pathlib import Path
from secrets import token_hex

from tests.benchmarks.common import Cost, Row, at_most, configure, emulator, make_project, server, work

TIMES = 3


def measure(folder: Path, count: int = 500, changes: int = 2000, threads: int = 10) -> list[Row]:
    applied: dict[bool, list[tuple[float, Cost]]] = {False: [], True: []}
    for turn in range(TIMES):  # in turns, so that whatever else the machine does meets both
        for sealed, runs in applied.items():
            place = folder / f"{turn}-{sealed}"
            make_project(place, count)
            with server(emulator()) as url:
                configure(place, url)
                if sealed:
                    (place / "key.txt").write_text(token_hex(32), encoding="utf-8")
                    with (place / "takeup.yaml").open("a", encoding="utf-8") as file:
                        file.write("  state: {encryption: {key: {fromFile: key.txt}}}\n")
                cost = work("apply", place)
            runs.append((float(cost.out.split()[-1]), cost))
    plain, encrypted = (min(seconds for seconds, _ in applied[sealed]) for sealed in (False, True))
    spent, more = (min((cost for _, cost in applied[sealed]), key=lambda cost: cost.cpu) for sealed in (False, True))
    kept = [(folder / f"0-{sealed}" / "state" / "default.json").stat().st_size for sealed in (False, True)]
    rows = [
        Row(f"apply of {count}, whole process", str(spent)),
        at_most("the same, encrypted (CPU)", more, more.cpu / spent.cpu, 1.2),
        Row(
            "from the first call to the written state: encrypted / readable",
            f"{encrypted:.2f} s / {plain:.2f} s",
            f"{encrypted / plain:.2f} x",
        ),
        at_most(f"its state: {kept[1]:,} bytes / {kept[0]:,}", "", kept[1] / kept[0], 1.4),
    ]
    took = {}
    for name in ("journal", "journal_sealed"):
        each = []
        for turn in range(TIMES):
            place = folder / f"{name}-{turn}"
            place.mkdir()
            syncs, size, seconds = work(name, place, changes, threads).out.split()
            each.append((float(seconds), int(syncs), int(size)))
        took[name] = min(each)
    for name, title in (("journal", "readable"), ("journal_sealed", "encrypted")):
        lasted, times, written = took[name]
        what = f"journal of {changes:,} creates, {threads} threads, {title}"
        figure = f"{times:,} fsyncs, {written / changes:,.0f} bytes and {lasted / changes * 1e3:.2f} ms each"
        rows.append(Row(what, figure, f"{lasted / took['journal'][0]:.2f} x"))
    return rows
