"""In which order the keys of a document are written: as the models of its kind declare them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from takeup.core.schema.attribute import Model
from takeup.core.schema.built_token import BuiltToken
from takeup.core.schema.kinds import PROFILES, SPECS
from takeup.core.schema.sets import RECORDING_SET, RecordingSetSpec
from takeup.core.schema.table import model_in
from takeup.core.schema.upkeep import UpkeepSpec
from takeup.manifest.environment import ENVIRONMENT
from takeup.manifest.project import ProjectSpec
from takeup.manifest.variables import VariableSettings


@dataclass(frozen=True, slots=True)
class Order:
    """The known keys of a mapping in their order, each with the order of what is below it.

    Lists are passed through: the order of a list of objects is that of its objects.
    """

    keys: Mapping[str, "Order"] = field(default_factory=dict)
    others: "Order | None" = None

    def rank(self, key: str) -> int:
        """The place of a key; all unknown keys share the last one, so a stable sort leaves them as they were."""
        return next((place for place, known in enumerate(self.keys) if known == key), len(self.keys))

    def below(self, key: str) -> "Order":
        """The order of the value of a key; keys that the user chooses can have one in common."""
        return self.keys.get(key, self.others or UNORDERED)


UNORDERED = Order()
"""Of mappings whose keys the user chooses, and of those nothing is known about."""

# A model that inherits declares the keys of its base first. People read what is recorded before where it is kept,
# the token beside the uid that it is for, and the profile before what overrides it.
_LAST = "storageConfig"
_FIRST = "profile"
_AFTER = {"token": "uid"}


def order_of(model: type[Model]) -> Order:
    """The order that a model declares."""
    keys = {}
    for name in _arranged(list(model.model_fields)):
        inner, _ = model_in(model.model_fields[name].annotation)
        keys[name] = UNORDERED if inner is None else order_of(inner)
    return Order(keys)


def _arranged(names: list[str]) -> list[str]:
    for name, before in _AFTER.items():
        if name in names and before in names:
            names.remove(name)
            names.insert(names.index(before) + 1, name)
    return sorted(names, key=lambda name: (name == _LAST, name != _FIRST))


def document_order(spec: Order) -> Order:
    """The order of a whole document whose spec has this order."""
    metadata = Order(dict.fromkeys(["name", "description", "labels"], UNORDERED))
    return Order({"apiVersion": UNORDERED, "kind": UNORDERED, "metadata": metadata, "spec": spec})


def _recording_order(model: type[Model]) -> Order:
    """The order of a recording's spec: what takeup has beside Agora's keys stands with the uid that it is about."""
    keys: dict[str, Order] = {}
    for name, inner in order_of(model).keys.items():
        keys[name] = order_of(BuiltToken) if name == "token" else inner
        if name == ("token" if "token" in model.model_fields else "uid"):
            keys |= {key: below for key, below in order_of(UpkeepSpec).keys.items() if key != "token"}
    return Order(keys)


def _union(orders: Iterable[Order]) -> Order:
    """One order for values of several models."""
    found: dict[str, list[Order]] = {}
    for order in orders:
        for key, below in order.keys.items():
            found.setdefault(key, []).append(below)
    return Order({key: _union(found[key]) for key in _arranged(list(found))})


def _of_sets() -> Order:
    """A set's template and overrides have the order of all kinds, for the kind is a value beside them."""
    recording = _union(map(_recording_order, SPECS.values()))
    spec = order_of(RecordingSetSpec)
    template = Order({**spec.below("template").keys, "spec": recording})
    return Order({**spec.keys, "template": template, "overrides": Order(others=recording)})


def _of_projects() -> Order:
    spec = order_of(ProjectSpec)
    return Order({**spec.keys, "variables": Order(others=order_of(VariableSettings))})


UNKNOWN_KIND = document_order(UNORDERED)
ORDERS: Mapping[str, Order] = {
    **{kind.value: document_order(_recording_order(model)) for kind, model in SPECS.items()},
    RECORDING_SET: document_order(_of_sets()),
    **{kind: document_order(order_of(model)) for kind, (_, model) in PROFILES.items()},
    "Project": document_order(_of_projects()),
    ENVIRONMENT: document_order(order_of(ProjectSpec)),
}
"""By kind: the manifests, takeup.yaml and the environments."""
