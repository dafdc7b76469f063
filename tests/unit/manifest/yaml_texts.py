"""Generated YAML texts for the tests of the formatter: every layout that it keeps, and comments at every place."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

_KEYS = [
    *("apiVersion", "kind", "metadata", "spec", "name", "labels", "cname", "uid", "token", "recordingConfig"),
    *("storageConfig", "profile", "transcodingConfig", "layoutConfig", "x_axis", "fromEnv", "unknown", "a key", "'q'"),
]
_VALUES = [
    *("CompositeRecording", "StorageProfile", "takeup/v1", "10001", '"10001"', "'it''s'", "1.50", "0x1F", "017", "~"),
    *("null", "true", "yes", '"no"', "1_000", "12:30", '"a: b"', "'x # y'", "a#b", "2026-11-24", '"\\u202e\\t"', "s3"),
    *("https://a.example/b?c=1", '""', "it's", "a b", "é", "=", "!!str 5", "5s", '"#allstream#"', "'[a]'", "..x", "/a"),
]


@dataclass
class _Text:
    """What is written so far."""

    draw: st.DrawFn
    comments: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def often(self, *, one_in: int = 4) -> bool:
        return self.draw(st.integers(1, one_in)) == one_in

    def comment(self) -> str:
        self.comments.append(f"# {len(self.comments)}" + self.draw(st.sampled_from(["", ": x", " - 'y", ' "{['])))
        return self.comments[-1]

    def beside(self) -> str:
        blanks = self.draw(st.sampled_from(["", " ", "   "]))
        return f"{blanks or ' '}{'  ' * len(blanks)}{self.comment()}" if self.often() else blanks

    def between(self, most: int) -> None:
        """Write comments and blank lines, at any indentation up to one."""
        while self.often():
            self.lines.append("" if self.often(one_in=2) else " " * self.draw(st.integers(0, most)) + self.comment())

    def keys(self) -> list[str]:
        return self.draw(st.lists(st.sampled_from(_KEYS), min_size=1, max_size=3, unique=True))

    def flow(self, depth: int, n: int) -> str:
        """A value between brackets, perhaps on several lines."""
        shape = self.draw(st.sampled_from(["scalar", "list", "map"])) if depth else "scalar"
        if shape == "scalar":
            value = self.draw(st.sampled_from([*_VALUES, "b\n" + " " * (n + 1) + "c"]))
            return "5" if value in ("..x", "it's", "=") else value
        opening, closing = "[]" if shape == "list" else "{}"
        parts = [self.turn(n)]
        names = self.keys() if shape == "map" else [""] * self.draw(st.integers(0, 2))
        for place, name in enumerate(names):
            parts.append(f"{name}: " if name else "")
            parts.append(self.turn(n) if self.often() else "")
            comma = "," if place < len(names) - 1 or self.often() else ""
            parts += [self.flow(depth - 1, n), self.turn(n), comma, self.turn(n)]
        return opening + "".join(parts) + closing

    def turn(self, n: int) -> str:
        """A place between brackets where a line may end."""
        if not self.often():
            return ""
        text = f" {self.comment()}" if self.often(one_in=2) else ""
        own = f"{' ' * n} {self.comment()}\n\n" if self.often() else ""
        return f"{text}\n{own}{' ' * (n + 1)}"

    def value(self, head: str, n: int, depth: int) -> None:
        """A value behind its key or dash, which stands at column n."""
        shape = self.draw(st.sampled_from(["scalar", "scalar", "flow", "map", "list", "block", "folded", "none"]))
        if shape == "none":
            self.lines.append(head + self.beside())
        elif shape == "flow":
            self.lines += (f"{head} " + self.flow(2, n) + self.beside()).split("\n")
        elif shape == "block":
            self.block(head, n)
        elif shape == "folded":
            quote = self.draw(st.sampled_from(["", '"', "'"]))
            end = self.draw(st.sampled_from(["", "  ", " \\ ", " \\", "\\\\ "])) if quote == '"' else ""
            self.lines += [
                f"{head} {quote}first{end}",
                *self.draw(st.sampled_from([[], [""]])),
                f"{' ' * (n + 1)} second{quote}{self.beside()}",
            ]
        elif shape == "scalar" or not depth:
            text = self.draw(st.sampled_from(_VALUES))
            if self.often():
                self.lines.append(head + self.beside())
                self.between(n + 4)
                head = " " * (n + 1)
            self.lines.append(f"{head} {text}{self.beside()}")
        else:
            deeper = n + self.draw(st.integers(1, 4))
            level = shape == "list" and head.endswith(":") and self.often()
            self.lines.append(head + self.beside())
            getattr(self, shape)(n if level else deeper, depth - 1)

    def block(self, head: str, n: int) -> None:
        header = self.draw(st.sampled_from("|>")) + self.draw(st.sampled_from(["", "-", "+"]))
        deeper = " " * (n + self.draw(st.integers(1, 3)))
        self.lines.append(f"{head} {header}{self.beside()}")
        texts = [[], [""], [f"{deeper}text", "", f"{deeper}  # no comment"], [f"{deeper}x", "", ""]]
        self.lines += self.draw(st.sampled_from(texts))

    def map(self, n: int, depth: int, lead: str = "") -> None:
        for key in self.keys():
            if not lead:
                self.between(n + 4)
            self.value(f"{lead or ' ' * n}{key}:", n, depth)
            lead = ""
        self.between(n + 2)

    def list(self, n: int, depth: int) -> None:
        for _ in range(self.draw(st.integers(1, 3))):
            self.between(n + 4)
            if depth and self.often():
                self.map(n + 2, depth - 1, f"{' ' * n}- ")
            else:
                self.value(f"{' ' * n}-", n, depth)


@st.composite
def yaml_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A text and the comments in it, which are all different."""
    text = _Text(draw)
    for number in range(draw(st.integers(1, 2))):
        text.between(2)
        if number or text.often():
            text.lines.append("---" + text.beside())
            text.between(2)
        text.map(0, 3)
        if text.often():
            text.lines.append("...")
            text.between(2)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(text.lines) + draw(st.sampled_from(["", end, end * 3])), text.comments
