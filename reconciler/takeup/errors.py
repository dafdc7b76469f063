"""Every error that takeup raises on purpose.

    TakeupError                     a sentence for a person; the command line prints it and exits 1
    ├── ProjectError                takeup.yaml, a manifest or a referenced secret is not usable
    ├── StateError                  the state file cannot be trusted or written
    │   ├── StateLockedError        another run holds it
    │   ├── StateConflictError      a conditional write was refused: something else is stored there
    │   ├── StateUnclearError       a write may or may not have had its effect
    │   └── StateKeyError           it is encrypted with a key that is not configured, or not at all though it must be
    ├── PlanFileError               a file is not a plan that can be applied
    ├── UsageError                  the command cannot be run like this
    ├── ForbiddenError              the plan would do what the project forbids
    │   └── NoRoomError             more would be recorded at a time than the account takes
    └── ProviderError               a call to the recorder failed
        ├── RejectedError           refused for what was asked: asking again changes nothing
        │   └── TaskConflictError   start: the same (appId, cname, uid) is already being recorded (400/53)
        ├── NotSentError            the request never reached the service: nothing happened
        ├── UnavailableError        the service said that it could not; nothing happened
        │   ├── NoWorkerError       start: this resourceId is of no more use, acquire again (500/502)
        │   └── NeverStartedError   start: this resourceId was never started, and cannot be any more (432, 433, 1001)
        ├── OutcomeUnknownError     the call may or may not have had its effect
        │   ├── NotCompletedError   the service took it and did not complete it in time (206/65, 500/62, 504/62)
        │   └── AlreadyStartedError start: this resourceId is running, the answer holds no sid (201/7)
        └── BrokenPromiseError      an answer is about something else than was asked for

Foreign exceptions end at the edge where they arise and are chained (`raise ... from`).
"""


class TakeupError(Exception):
    """Something a person has to know about.

    Args:
        message: what happened, where and why, as whole sentences.
        hint: what to do next; printed on a line of its own.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def gist(self) -> str:
        """Its first sentence without the full stop, to be part of another sentence."""
        return self.message.partition(". ")[0].removesuffix(".")


class ProjectError(TakeupError):
    """takeup.yaml, a manifest or a referenced secret is not usable."""


class StateError(TakeupError):
    """The state file cannot be trusted or written. Nothing was changed."""


class StateLockedError(StateError):
    """Another run holds the state."""


class StateConflictError(StateError):
    """A conditional write was refused: something else is stored there than its condition says."""


class StateUnclearError(StateError):
    """A write may or may not have had its effect: read, and compare, before it is tried again."""


class StateKeyError(StateError):
    """It is encrypted with a key that is not configured, or not at all though it must be. It may well be whole."""


class PlanFileError(TakeupError):
    """A file is not a plan that can be applied. Nothing was done."""


class UsageError(TakeupError):
    """The command cannot be run like this."""


class ForbiddenError(TakeupError):
    """The plan would do what the project forbids."""


class NoRoomError(ForbiddenError):
    """More would be recorded at a time than the account takes."""


class ProviderError(TakeupError):
    """A call to the recorder failed."""


class RejectedError(ProviderError):
    """The call was refused for what was asked; asking again changes nothing."""


class TaskConflictError(RejectedError):
    """`start`: the same (appId, cname, uid) is already being recorded (HTTP 400, code 53)."""


class NotSentError(ProviderError):
    """The request never reached the service: nothing happened."""


class UnavailableError(ProviderError):
    """The service said that it could not do it; nothing happened."""


class NoWorkerError(UnavailableError):
    """`start`: this resourceId is of no more use; acquire a new one (HTTP 500, code 502)."""


class NeverStartedError(UnavailableError):
    """`start`: this resourceId was never started, and cannot be any more (codes 432, 433 and 1001)."""


class OutcomeUnknownError(ProviderError):
    """The call may or may not have had its effect."""


class NotCompletedError(OutcomeUnknownError):
    """The service took the request and did not complete it in time (206/65, 500/62, 504/62)."""


class BrokenPromiseError(ProviderError):
    """An answer is about something else than was asked for; what it says is kept, and not believed."""


class AlreadyStartedError(OutcomeUnknownError):
    """`start`: this resourceId is running already and the answer holds no sid (HTTP 201, code 7)."""
