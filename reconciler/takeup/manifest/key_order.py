"""In which order the keys of a document are written: as the models of its kind declare them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from takeup.core.schema.attribute import Model
from takeup.core.schema.kinds import PROFILE_SPEC, SPECS, STORAGE_PROFILE
from takeup.core.schema.table import model_in
from takeup.core.schema.upkeep import UpkeepSpec
from takeup.manifest.project import ProjectSpec


@dataclass(frozen=True, slots=True)
class Order:
    """The known keys of a mapping in their order, each with the order of what is below it.

    Lists are passed through: the order of a list of objects is that of its objects.
    """

    keys: Mapping[str, "Order"] = field(default_factory=dict)

    def rank(self, key: str) -> int:
        """The place of a key; all unknown keys share the last one, so a stable sort leaves them as they were."""
        return next((place for place, known in enumerate(self.keys) if known == key), len(self.keys))

    def below(self, key: str) -> "Order":
        """The order of the value of a key."""
        return self.keys.get(key, UNORDERED)


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


def _with_upkeep(spec: Order) -> Order:
    """The order of a recording: takeup's own keys stand behind Agora's."""
    return Order({**spec.keys, **order_of(UpkeepSpec).keys})


UNKNOWN_KIND = document_order(UNORDERED)
ORDERS: Mapping[str, Order] = {
    **{kind.value: document_order(_with_upkeep(order_of(model))) for kind, model in SPECS.items()},
    STORAGE_PROFILE: document_order(order_of(PROFILE_SPEC)),
    "Project": document_order(order_of(ProjectSpec)),
}
"""By kind: the manifests and takeup.yaml."""
