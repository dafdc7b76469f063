"""A finding of our own inside pydantic: a whole sentence, and what to write instead."""

from pydantic_core import PydanticCustomError


def sentence(message: str, suggestion: str = "") -> PydanticCustomError:
    """Make the error that `manifest.translate` passes on word for word."""
    return PydanticCustomError("sentence", "{message}", {"message": message, "suggestion": suggestion})
