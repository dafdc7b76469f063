"""Where a task is run, by what its acquire says of regions. Sources: facts, section 2."""

from collections.abc import Collection

from takeup.provider.emulator.sessions import Json

REGIONS = ("NA", "EU", "AP", "CN")
"""The regions of Agora, the nearest to the emulator first."""
_AFFINITIES = {1: "CN", 2: "AP", 3: "EU", 4: "NA"}


def placed(request: Json, avoided: Collection[str]) -> str:
    """The region of a new task.

    `region` is a fence, whatever else is asked for; `regionAffinity` is a wish, and spills over. Where a fence leaves
    nothing but what is to be avoided, the documentation is silent: the task is run inside of the fence.

    Args:
        request: the `clientRequest` of acquire.
        avoided: the regions of the tasks that `excludeResourceIds` names.
    """
    fence = request.get("region")
    if isinstance(fence, str):
        return fence
    wished = _AFFINITIES.get(request.get("regionAffinity", 0))
    order = [*([wished] if wished else []), *REGIONS]
    return next((region for region in order if region not in avoided), order[0])
