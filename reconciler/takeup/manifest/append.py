"""A manifest put behind those of a file, every byte of which is kept. Pure."""

from takeup.core.address import Address
from takeup.errors import ProjectError
from takeup.manifest.reader import Document, read_text


def appended(data: bytes, text: str, address: Address, *, name: str) -> bytes:
    """The file with one more document.

    Args:
        data: the file as it is.
        text: the manifest.
        address: that of the manifest.
        name: what messages call the file.

    Raises:
        ProjectError: the file declares the address already, or cannot be read before or after.
    """
    before, problems = read_text(data, name=name)
    if problems:
        first = problems[0]
        raise ProjectError(
            f"{name}:{first.line}:{first.column}: {first.message} Nothing was written.",
            hint=f"{first.suggestion} Correct the file first, or name another one.",
        )
    for document in before:
        if _names(document, address):
            raise ProjectError(
                f"{name}:{document.line} declares {address} already. Nothing was written.",
                hint="Name another address, or remove that document first.",
            )
    whole = _joined(data, text)
    after, problems = read_text(whole, name=name)
    if problems or [item.value for item in after[:-1]] != [item.value for item in before] or len(after) == len(before):
        raise ProjectError(
            f"{name} would not be read as before with a document behind it. Nothing was written.",
            hint="Name a new file.",
        )
    return whole


def _names(document: Document, address: Address) -> bool:
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("metadata"), dict):
        return False
    return (value.get("kind"), value["metadata"].get("name")) == (address.kind.value, address.name)


def _joined(data: bytes, text: str) -> bytes:
    end = "\r\n" if b"\r\n" in data else "\n"
    added = text.replace("\n", end).encode()
    if not data:
        return added
    between = "" if data.endswith(b"\n") else end
    return b"".join((data, f"{between}---{end}".encode(), added))
