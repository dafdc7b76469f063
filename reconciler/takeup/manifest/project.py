"""takeup.yaml: where the recorder is, how patiently it is asked, and where state and manifests stand."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, PlainValidator, ValidationError

from takeup.core.address import Mode
from takeup.core.budget import ACQUIRES, BUDGETS, RESOURCE_ID_LIVES, Budget
from takeup.core.duration import EXAMPLES, seconds
from takeup.core.keyring import Keyring
from takeup.core.loopback import is_loopback
from takeup.core.price import PriceTable
from takeup.core.safety import Rails
from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.scalars import SecretText, Text
from takeup.core.schema.sentence import sentence
from takeup.core.schema.table import attributes_of
from takeup.core.secret import Secret
from takeup.core.token import HAND_OVER
from takeup.errors import ProjectError
from takeup.manifest.encryption import keyring_of
from takeup.manifest.environment import holds, overlaid, own_state, read_environment
from takeup.manifest.files import PROJECT_FILE
from takeup.manifest.header import check_header
from takeup.manifest.prices import PriceSettings, price_findings, table_of
from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, read_file
from takeup.manifest.references import Sources, fill, overlaps
from takeup.manifest.safety import SafetySettings, rails_of
from takeup.manifest.settling import Given, settle
from takeup.manifest.state import DEFAULT_PATH, StateSettings, state_findings
from takeup.manifest.substitute import substitute
from takeup.manifest.translate import Finding, dotted, translate
from takeup.manifest.variables import Variable, declarations

FILE = PROJECT_FILE
_MAX_RATE = 1000
_CREDENTIALS = ("appId", "customerId", "customerSecret")
Realm = Literal["embedded", "loopback", "agora"]


class _Default(float):
    """A default in seconds; a number in the file is no duration, for it has no unit."""


def _seconds(value: object) -> float:
    if isinstance(value, _Default):
        return value
    read = seconds(value)
    if read is None:
        raise sentence("This is not a duration.", EXAMPLES)
    return read


def _rate(value: object) -> float | None:
    if value == "off":
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= _MAX_RATE:
        return float(value)
    text = "requestsPerSecond must be a number above 0 and at most 1000."
    raise sentence(text, "Write for example 10; `off` is possible with the emulator.")


def realm_of(endpoint: str) -> Realm | None:
    """Tell what stands behind an endpoint, or None if it is not usable."""
    if endpoint == "emulator":
        return "embedded"
    url = _split(endpoint)
    if url is None:
        return None
    loopback = is_loopback(url.hostname or "")
    if url.scheme == "http" and not loopback:
        return None
    return "loopback" if loopback else "agora"


def _split(endpoint: str) -> SplitResult | None:
    try:
        url = urlsplit(endpoint)
        port_is_valid = url.port is None or url.port > 0
    except ValueError:
        return None
    plain = url.path in {"", "/"} and not url.query and not url.fragment and "@" not in url.netloc
    fits = url.scheme in {"http", "https"} and url.hostname and plain and port_is_valid
    return url if fits and not any(map(str.isspace, endpoint)) else None


def _endpoint(value: object) -> str:
    if not isinstance(value, str):
        raise sentence("endpoint must be a text.", "Write for example https://api.sd-rtn.com.")
    if realm_of(value) is not None:
        return value.rstrip("/")
    if value.startswith("http://") and _split(value) is not None:
        text = "Plain http would send the customer secret readably over the network; it is for loopback only."
        raise sentence(text, "Write https://.")
    text = "endpoint must be `emulator`, an https address, or an http address on this machine, without a path."
    raise sentence(text, "Write for example https://api.sd-rtn.com.")


_Duration = Annotated[float, PlainValidator(_seconds)]


class RetrySettings(Model):
    """What one call may use; what is left out has the default of its operation."""

    attempts: Annotated[int, Field(ge=1, le=20), Attr("How often a call is sent, the first time included.")] = UNSET
    giveUpAfter: Annotated[_Duration, Attr("Time from the first attempt after which none begins.")] = UNSET


class StartRetrySettings(RetrySettings):
    """What one start may use."""

    acquires: Annotated[int, Field(ge=1, le=5), Attr("Acquires, each with its start, of one change.")] = ACQUIRES


class RetriesSettings(Model):
    """spec.agora.retries."""

    acquire: Annotated[RetrySettings, Attr("Reserving a resourceId.")] = RetrySettings()
    start: Annotated[StartRetrySettings, Attr("Starting.")] = StartRetrySettings()
    query: Annotated[RetrySettings, Attr("Asking after a session.")] = RetrySettings()
    update: Annotated[RetrySettings, Attr("Changing all but the layout.")] = RetrySettings()
    updateLayout: Annotated[RetrySettings, Attr("Changing the layout.")] = RetrySettings()
    stop: Annotated[RetrySettings, Attr("Stopping.")] = RetrySettings()


class ConcurrencySettings(Model):
    """spec.agora.maxConcurrent."""

    individual: Annotated[int, Field(ge=0), Attr("Of mode individual, screenshots included.")] = UNSET
    mix: Annotated[int, Field(ge=0), Attr("Of mode mix: composite recordings.")] = UNSET
    web: Annotated[int, Field(ge=0), Attr("Of mode web: web pages.")] = UNSET


class AgoraSettings(Model):
    """spec.agora."""

    endpoint: Annotated[str, PlainValidator(_endpoint), Attr("Agora's host, or emulator.")]
    appId: Annotated[Text, Attr("The App ID.")] = UNSET
    customerId: Annotated[SecretText, Attr("The customer ID of the RESTful API.")] = UNSET
    customerSecret: Annotated[SecretText, Attr("The customer secret of the RESTful API.")] = UNSET
    requestsPerSecond: Annotated[
        float | None, PlainValidator(_rate), Attr("Calls per second and App ID; off for none.")
    ] = 10.0
    parallelism: Annotated[int, Field(ge=1, le=256), Attr("Sessions worked on at a time.")] = 10
    maxConcurrent: Annotated[ConcurrencySettings, Attr("Recordings at a time, by mode.")] = ConcurrencySettings()
    retries: Annotated[RetriesSettings, Attr("How often calls are repeated.")] = RetriesSettings()
    failover: Annotated[bool, Attr("Whether Agora's other hosts are tried.")] = True


class LivenessSettings(Model):
    """spec.liveness."""

    firstQueryAfter: Annotated[_Duration, Attr("Time from start to the first query.")] = _Default(5)
    startWithin: Annotated[_Duration, Attr("Time within which a start must be seen.")] = _Default(90)
    confirmEndedFor: Annotated[_Duration, Attr("Time of nothing but 404 before a session has ended.")] = _Default(90)


class PlansSettings(Model):
    """spec.plans."""

    validFor: Annotated[_Duration, Attr("Time for which a saved plan may be applied.")] = _Default(24 * 3600)


class TokenSettings(Model):
    """spec.tokens."""

    handOver: Annotated[_Duration, Attr("Time before the end of its token when a session is handed over.")] = _Default(
        HAND_OVER.total_seconds()
    )


class ProjectSpec(Model):
    """spec of takeup.yaml."""

    variables: Annotated[dict[str, Any], Attr("What differs between runs and environments.")] = UNSET
    agora: Annotated[AgoraSettings, Attr("The recorder.")]
    liveness: Annotated[LivenessSettings, Attr("How a session is believed to live.")] = LivenessSettings()
    state: Annotated[StateSettings, Attr("The state.")] = StateSettings()
    manifests: Annotated[Text, Attr("The folder of the manifests.")] = "manifests"
    tokens: Annotated[TokenSettings, Attr("When sessions get a new token.")] = TokenSettings()
    prices: Annotated[PriceSettings, Attr("What recordings cost.")] = PriceSettings()
    safety: Annotated[SafetySettings, Attr("What a run may do without --force.")] = SafetySettings()
    plans: Annotated[PlansSettings, Attr("Saved plans.")] = PlansSettings()


_TABLE = attributes_of(ProjectSpec)


@dataclass(frozen=True, slots=True)
class Project:
    """A project as takeup.yaml declares it; durations in seconds.

    There is no limiter if `requests_per_second` is None. `state_path` is the state file, and tells where the embedded
    emulator keeps its sessions when the state is elsewhere. `keys` is None where nothing is encrypted, or no reference
    was read.
    """

    name: str
    root: FilePath
    endpoint: str
    realm: Realm
    app_id: str
    customer_id: Secret
    customer_secret: Secret
    requests_per_second: float | None
    parallelism: int
    first_query_after: float
    start_within: float
    confirm_ended_for: float
    state: StateSettings
    state_path: FilePath
    manifests: FilePath
    budgets: Mapping[str, Budget]
    acquires: int
    failover: bool
    prices: PriceTable
    rails: Rails
    plans_valid_for: float
    max_concurrent: Mapping[Mode, int]
    hand_over: timedelta = HAND_OVER
    environment: str = ""
    variables: Mapping[str, Variable] = field(default_factory=dict)
    keys: Keyring | None = None

    @property
    def title(self) -> str:
        """What people see: the name, and the environment if there is one."""
        return f"{self.name} ({self.environment})" if self.environment else self.name


def load_project(
    root: FilePath, env: Mapping[str, str] | None, given: Given | None = None, *, only: str = "", file: str = FILE
) -> tuple[Project | None, list[Problem]]:
    """Read takeup.yaml; with `env` None no reference is read and the secrets stay unresolved.

    Variables have their values from `given`; without it from `env` alone, and then none is demanded offline.
    With `only` the references below that key of spec are read and no others: who looks into the state needs no
    credentials of Agora. `file` is another name than takeup.yaml.

    Raises:
        ProjectError: the folder holds no takeup.yaml, or there is no such environment.
    """
    if not (root / file).exists():
        hint = "Make a project with `takeup init`, or name its folder with `-C DIR`."
        raise ProjectError(f"There is no {file} in {root}.", hint=hint)
    documents, problems = read_file(root / file, name=file)
    if problems:
        return None, problems
    if len(documents) != 1:
        text = f"{file} must hold exactly one document."
        return None, [Problem("error", file, 1, 1, "", text, "Begin with apiVersion: takeup/v1.")]
    given = given or Given(env=env or {}, demanded=env is not None)
    return _read(root, documents[0], Sources(root, env, only=only), given)


def _read(root: FilePath, document: Document, sources: Sources, given: Given) -> tuple[Project | None, list[Problem]]:
    value = document.value
    header = check_header(value, "Project", FILE, spec="{agora: ...}")
    problems = [finding.problem(document, "", ()) for finding in header]
    if not isinstance(value, dict) or not isinstance(value.get("spec"), dict):
        return None, problems
    layers = [document]
    if given.environment:
        environment, found = read_environment(root, given.environment)
        problems += found
        if environment is None:
            return None, problems
        layers.append(environment)
    variables, found = _variables(layers, given, sources)
    problems += found
    spec, keys, found = _spec(layers, variables, sources, given)
    problems += found
    problems.sort(key=lambda item: (item.file, item.line, item.column))
    if spec is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    project = _project(root, str(value["metadata"]["name"]), spec, given.environment, variables)
    return replace(project, keys=keys), problems


def _variables(layers: list[Document], given: Given, sources: Sources) -> tuple[dict[str, Variable], list[Problem]]:
    """Give the variables their values, and take them out of the documents."""
    project, environment = layers[0], layers[1] if len(layers) > 1 else None
    declared, findings = declarations(project.value["spec"].get("variables", {}))
    problems = [finding.problem(project, "", ("spec", "variables")) for finding in findings]
    variables, found = settle(project, declared, environment, given, sources)
    for layer in layers:
        layer.value["spec"].pop("variables", None)
    return variables, problems + found


def _spec(
    layers: list[Document], variables: Mapping[str, Variable], sources: Sources, given: Given
) -> tuple[ProjectSpec | None, Keyring | None, list[Problem]]:
    """The settings of takeup.yaml with those of the environment over them, and the keys of the state."""
    problems, unknown = [], set()
    varies = "state" in layers[-1].value["spec"] if len(layers) > 1 else False
    for layer in layers:
        before = layer.value["spec"].get("state")
        wrong = substitute(layer, variables, _TABLE)
        varies = varies or layer.value["spec"].get("state") != before
        findings, stand_ins = fill(layer, _TABLE, sources)
        unknown |= stand_ins
        problems += [finding.problem(layer, "", ()) for finding in wrong]
        problems += [finding.problem(layer, "") for finding in findings]
    findings, merged = [], layers[0].value["spec"]
    for layer in layers[1:]:
        merged = overlaid(merged, layer.value["spec"])
    if len(layers) > 1 and not varies:
        state, clash = own_state(merged.get("state"), given.environment)
        findings += [clash] if clash else []
        merged = {**merged, "state": state} if state else merged
    spec, keys = None, None
    try:
        spec = ProjectSpec.model_validate(merged)
    except ValidationError as error:
        findings += translate(error.errors(include_url=False), _TABLE)
    else:
        endpoint = ("agora", "endpoint")
        findings += (item for item in _checks(spec.agora) if not overlaps((item.path, endpoint), unknown))
        findings += (item for item in state_findings(spec.state) if not overlaps((item.path,), unknown))
        keys, wrong = keyring_of(spec.state.encryption, sources)
        findings += wrong
        findings += (item for item in price_findings(spec.prices) if not overlaps((item.path,), unknown))
    for finding in findings:
        layer = next((one for one in reversed(layers) if holds(one, finding.path)), layers[0])
        problems.append(finding.problem(layer, ""))
    return spec, keys, problems


def _checks(agora: AgoraSettings) -> Iterator[Finding]:
    realm = realm_of(agora.endpoint)
    if realm != "embedded":
        for name in _CREDENTIALS:
            if getattr(agora, name) is None:
                path = ("agora", name)
                hint = f"Write {name}: {{fromEnv: NAME}}."
                yield Finding(path, f"{dotted(path)} is required with this endpoint.", hint)
    if realm == "agora" and agora.requestsPerSecond is None:
        text = "requestsPerSecond off is for the emulator only: Agora refuses calls above its limit."
        yield Finding(("agora", "requestsPerSecond"), text, "Write a number, for example 10.")

    given = agora.retries.start.giveUpAfter
    if given is not None and given >= RESOURCE_ID_LIVES:
        text = "agora.retries.start.giveUpAfter must be below 5m: after that its resourceId cannot be started any more."
        yield Finding(("agora", "retries", "start", "giveUpAfter"), text, "Write for example 2m.")


def _budgets(retries: RetriesSettings) -> dict[str, Budget]:
    return {operation: _budget(default, getattr(retries, operation)) for operation, default in BUDGETS.items()}


def _budget(default: Budget, given: RetrySettings) -> Budget:
    return Budget(
        default.attempts if given.attempts is None else given.attempts,
        default.give_up_after if given.giveUpAfter is None else given.giveUpAfter,
    )


def _most(given: ConcurrencySettings) -> dict[Mode, int]:
    return {mode: most for mode in Mode if (most := getattr(given, mode.value)) is not None}


def _project(
    root: FilePath, name: str, spec: ProjectSpec, environment: str, variables: Mapping[str, Variable]
) -> Project:
    agora, liveness = spec.agora, spec.liveness
    nobody = Secret("emulator")  # only the embedded emulator gets this far without credentials
    return Project(
        name=name,
        root=root,
        endpoint=agora.endpoint,
        realm=realm_of(agora.endpoint) or "agora",
        app_id=agora.appId or "emulator",
        customer_id=agora.customerId or nobody,
        customer_secret=agora.customerSecret or nobody,
        requests_per_second=agora.requestsPerSecond,
        parallelism=agora.parallelism,
        first_query_after=liveness.firstQueryAfter,
        start_within=liveness.startWithin,
        confirm_ended_for=liveness.confirmEndedFor,
        state=spec.state,
        state_path=root / (spec.state.path or DEFAULT_PATH),
        manifests=root / spec.manifests,
        budgets=_budgets(agora.retries),
        acquires=agora.retries.start.acquires,
        failover=agora.failover,
        prices=table_of(spec.prices),
        rails=rails_of(spec.safety),
        plans_valid_for=spec.plans.validFor,
        max_concurrent=_most(agora.maxConcurrent),
        hand_over=timedelta(seconds=spec.tokens.handOver),
        environment=environment,
        variables=variables,
    )
