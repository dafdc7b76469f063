"""A scenario: how the world behaves, what goes wrong in it, and who is told. One value for files, tests and HTTP."""

from typing import Annotated

from pydantic import Field

from takeup.core.schema.attribute import Attr, Model
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.hook import WebhookSettings
from takeup.provider.emulator.settings import Settings


class Scenario(Model):
    """A bad night, written down: `spec` of a scenario file, and the body of `PUT /_emulator/scenario`."""

    seed: Annotated[int, Attr("Makes probabilities repeatable: the same seed, the same accidents.")] = 0
    settings: Annotated[Settings, Attr("How the world behaves.", implied=True)] = Settings()
    faults: Annotated[
        list[Fault], Attr("What goes wrong; of the rules that fit a call the first that strikes is carried out.")
    ] = Field(default_factory=list)
    webhooks: Annotated[WebhookSettings | None, Attr("Who is told of it; nobody, where not given.")] = None
