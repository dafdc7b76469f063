"""Each attribute of the schema, changed alone on a running session, costs what its declaration says."""

import pytest
from tests.recordings import full_spec, leaves, plan, put, session, values

from takeup.core.address import Address, Kind
from takeup.core.plan import Action
from takeup.core.resource import Resource
from takeup.core.schema.attribute import Effect
from takeup.core.schema.table import Attribute

EVERY = [
    pytest.param(kind, attribute, id=f"{kind.value} {attribute.path}") for kind in Kind for attribute in leaves(kind)
]
OPTIONAL = [
    pytest.param(kind, attribute, id=f"{kind.value} {attribute.path}")
    for kind in Kind
    for attribute in leaves(kind)
    if not attribute.required
]
DEFAULTED = [
    pytest.param(kind, attribute, id=f"{kind.value} {attribute.path}")
    for kind in Kind
    for attribute in leaves(kind)
    if attribute.default is not None
]
COSTS = {
    Effect.UPDATE: (Action.UPDATE, ("update",)),
    Effect.UPDATE_LAYOUT: (Action.UPDATE, ("updateLayout",)),
    Effect.REPLACE: (Action.REPLACE, ("stop", "acquire", "start")),
}


def _element(attribute: Attribute) -> str:
    """Regions are named by their uid, unless it is the uid that changes."""
    region = "Config[]." in attribute.path and not attribute.path.endswith(".uid")
    return "[uid=1]" if region else "[0]"


def changed(kind: Kind, attribute: Attribute, before: object, after: object) -> None:
    """Change one attribute and compare the plan with the schema."""
    specs = []
    for value in (before, after):
        spec = full_spec(kind)
        put(spec, attribute.path, value)
        specs.append(Resource(Address(kind, "x"), spec))
    made = plan([specs[1]], [session(specs[0])])
    effect = attribute.attr.effect
    if effect is Effect.NONE:
        assert made.changes == ()
        assert made.noop == 1
        return
    (change,) = made.changes
    assert (change.action, change.calls) == COSTS[effect]
    (item,) = change.attributes
    assert item.path == attribute.path.replace("[]", _element(attribute))
    assert item.effect is effect
    assert item.sensitive is attribute.sensitive
    assert change.groups == (frozenset({attribute.attr.group}) if effect is Effect.UPDATE else frozenset())
    if attribute.sensitive:
        assert {item.before, item.after} <= {"(sensitive)", None}
    else:
        assert (item.before, item.after) == (before, after) or any(side is None for side in (before, after))


@pytest.mark.parametrize(("kind", "attribute"), EVERY)
def test_a_changed_attribute_costs_what_the_schema_says(kind: Kind, attribute: Attribute) -> None:
    """One attribute goes from one value to another: exactly its action, its calls and its row."""
    before, after = values(attribute)
    assert before != after
    changed(kind, attribute, before, after)


@pytest.mark.parametrize(("kind", "attribute"), EVERY)
def test_an_unchanged_attribute_costs_nothing(kind: Kind, attribute: Attribute) -> None:
    """With every attribute declared, and this one at its other value, the same spec again is a no-op."""
    spec = full_spec(kind)
    put(spec, attribute.path, values(attribute)[1])
    wanted = Resource(Address(kind, "x"), spec)
    assert plan([wanted], [session(wanted)]).changes == ()


@pytest.mark.parametrize(("kind", "attribute"), DEFAULTED)
def test_writing_the_default_down_costs_nothing(kind: Kind, attribute: Attribute) -> None:
    """An attribute that was absent and is now declared with Agora's default is no change."""
    specs = []
    for value in (None, attribute.default):
        spec = full_spec(kind)
        put(spec, attribute.path, value)
        specs.append(Resource(Address(kind, "x"), spec))
    assert plan([specs[1]], [session(specs[0])]).changes == ()
    assert plan([specs[0]], [session(specs[1])]).changes == ()


@pytest.mark.parametrize(("kind", "attribute"), OPTIONAL)
@pytest.mark.parametrize("appears", [pytest.param(True, id="appears"), pytest.param(False, id="goes")])
def test_an_attribute_that_comes_or_goes_costs_what_the_schema_says(
    kind: Kind, attribute: Attribute, *, appears: bool
) -> None:
    """An optional attribute without an equal default is declared, or no longer declared."""
    value = next(value for value in reversed(values(attribute)) if value != attribute.default)
    changed(kind, attribute, *((None, value) if appears else (value, None)))
