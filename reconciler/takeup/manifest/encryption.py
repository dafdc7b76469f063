"""spec.state.encryption: where the keys are. They are read when the project is, and stand in no value that is shown."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import PlainValidator

from takeup.core.keyring import Keyring, StateKey, read_key
from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.scalars import SecretText
from takeup.core.schema.sentence import sentence
from takeup.core.secret import Secret
from takeup.manifest.references import Sources
from takeup.manifest.translate import Finding

COMMAND_SECONDS = 60
_SHOWN = 256
_MAX_BYTES = 64 * 1024
_WRITE = "Write {fromEnv: TAKEUP_STATE_KEY}, {fromFile: PATH} or {fromCommand: [PROGRAM, ARGUMENT]}."
_MAKE = "Make one: openssl rand -base64 32"


@dataclass(frozen=True, slots=True)
class KeyCommand:
    """A program that prints a key. It is run without a shell, in the project folder."""

    words: tuple[str, ...]


def _key(value: object) -> Secret | KeyCommand:
    if isinstance(value, Secret):
        if value.resolved:
            _checked(value.reveal())
        return value
    if isinstance(value, str):
        text = "A key does not belong into the project file: whoever reads the file could read the state."
        raise sentence(text, _WRITE)
    if not isinstance(value, Mapping) or set(value) != {"fromCommand"}:
        raise sentence("This is not where a key could be.", _WRITE)
    words = value["fromCommand"]
    if not isinstance(words, list) or not words or not all(isinstance(word, str) and word for word in words):
        text = "fromCommand takes a list of texts: a program and its arguments. No shell reads them."
        raise sentence(text, "Write for example {fromCommand: [sops, -d, state.key]}; quote what looks like a number.")
    return KeyCommand(tuple(words))


def _checked(text: str) -> StateKey:
    try:
        return read_key(text)
    except ValueError as error:
        raise sentence(f"The key {error}. A key is 32 random bytes in base64.", _MAKE) from None


_Key = Annotated[SecretText | KeyCommand, PlainValidator(_key)]


class EncryptionSettings(Model):
    """spec.state.encryption."""

    key: Annotated[_Key, Attr("The key that everything is written with.")]
    previousKeys: Annotated[list[_Key], Attr("Keys that what was written before can still be read with.")] = UNSET
    allowPlaintext: Annotated[bool, Attr("Whether what is not encrypted is read, while it is being switched on.")] = (
        False
    )


def keyring_of(settings: EncryptionSettings | None, sources: Sources) -> tuple[Keyring | None, list[Finding]]:
    """The keys themselves, with the commands run; None where there are none, or where none is to be read.

    Returns:
        The keys, and what is wrong, by paths below spec.
    """
    if settings is None or sources.env is None:
        return None, []
    places: list[tuple[tuple[str | int, ...], Any]] = [(("key",), settings.key)]
    places += [(("previousKeys", index), one) for index, one in enumerate(settings.previousKeys or ())]
    keys, findings = [], []
    for place, source in places:
        found = _run(source, sources) if isinstance(source, KeyCommand) else source
        if isinstance(found, Finding):
            findings.append(Finding(("state", "encryption", *place), found.message, found.suggestion))
        elif found.resolved:
            keys.append(read_key(found.reveal()))
    if findings or len(keys) != len(places):
        return None, findings
    return Keyring(keys[0], tuple(keys[1:]), settings.allowPlaintext), []


def _run(command: KeyCommand, sources: Sources) -> Secret | Finding:
    """The key that a program prints; or what is wrong, without a place. What it printed is never told."""
    name = command.words[0]
    try:
        with subprocess.Popen(  # noqa: S603 - the user's own program, without a shell
            command.words,
            cwd=_folder(sources.root),
            env=dict(sources.env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                out, err = process.communicate(timeout=COMMAND_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                return _miss(f"{name} has printed no key within {COMMAND_SECONDS} seconds, and was ended.", "")
            except BaseException:
                process.kill()
                raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return _miss(f"{name} could not be run: {reason}.", "It is looked for in PATH, and run in the project folder.")
    told = " ".join("".join(filter(str.isprintable, word)) for word in err.decode("utf-8", "replace").split())[-_SHOWN:]
    said = f" It said: {told}" if told else " It said nothing."
    if process.returncode != 0:
        return _miss(f"{name} failed with exit code {process.returncode}.{said}", "Run it by hand, and mend it.")
    if not out.strip():
        return _miss(f"{name} printed no key.{said}", "It has to print the key to standard output.")
    try:
        text = out[:_MAX_BYTES].decode("ascii")
        read_key(text)
    except UnicodeDecodeError:
        return _miss(f"{name} printed what is no text.", f"A key is 32 random bytes in base64. {_MAKE}")
    except ValueError as error:
        return _miss(f"What {name} printed {error}.", f"A key is 32 random bytes in base64. {_MAKE}")
    return Secret(text)


def _folder(root: Path) -> Path:
    return root if root.is_dir() else Path()


def _miss(message: str, suggestion: str) -> Finding:
    return Finding((), message, suggestion)
