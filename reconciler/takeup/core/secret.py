"""A value that nobody may read by accident."""

from typing import NoReturn


class Secret:
    """A secret and nothing else: its `repr` is a placeholder, and it cannot be pickled or written as JSON.

    Args:
        value: the secret; None for a reference that has not been read (validate is offline).
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | None) -> None:
        self._value = value

    @property
    def resolved(self) -> bool:
        """Whether the value is known."""
        return self._value is not None

    def reveal(self) -> str:
        """The secret itself, for the one request or fingerprint that needs it.

        Raises:
            ValueError: it stands for a reference that has not been read.
        """
        if self._value is None:
            raise ValueError("this secret has not been read")
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(Secret)

    def __repr__(self) -> str:
        return "(sensitive)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is never pickled")
