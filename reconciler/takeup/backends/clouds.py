"""The three clouds, and what speaks their protocols: how a bucket of each is opened."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from takeup import __version__
from takeup.core.loopback import is_loopback
from takeup.core.secret import Secret
from takeup.errors import StateError

if TYPE_CHECKING:
    from takeup.backends.bucket import BucketStore, Words

_CONNECT = timedelta(seconds=10)
_IDLE = timedelta(seconds=20)  # below what servers close kept connections after


@dataclass(frozen=True, slots=True)
class Place:
    """Where the objects are, and how they are asked for. What is None comes from the environment, or from the machine.

    Args:
        name: of the bucket or container.
        key: of the state.
        region: S3.
        account: Azure.
        endpoint: in place of the cloud's own.
        keys: secrets by their name in spec.state; only those that are given.
        timeout: seconds for one request.
        environment: that of this process.
    """

    name: str
    key: str
    region: str = ""
    account: str = ""
    endpoint: str = ""
    keys: Mapping[str, Secret] = field(default_factory=dict)
    timeout: float = 30.0
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def s3(place: Place) -> "BucketStore":
    """A bucket of S3, or of a server that speaks its protocol.

    Raises:
        StateError: it cannot be asked for like this.
    """
    make = _store_class("S3Store", "s3")
    found = (place.environment.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"))
    endpoint = place.endpoint or next(filter(None, found), "")
    settings: dict[str, Any] = {"conditional_put": "etag"}
    if place.region:
        settings["region"] = place.region
    if endpoint:
        settings |= {"endpoint": endpoint, "virtual_hosted_style_request": False}
    given = {name: secret.reveal() for name, secret in place.keys.items()}
    profile = place.environment.get("AWS_PROFILE", "")
    if given:  # by a function: else a session token in the environment would be sent with them
        session = given.get("sessionToken")
        settings["credential_provider"] = lambda: {
            "access_key_id": given["accessKey"],
            "secret_access_key": given["secretKey"],
            "token": session,
            "expires_at": None,
        }
    elif profile and not place.environment.get("AWS_ACCESS_KEY_ID"):
        settings["credential_provider"] = _profile(profile)
    words = _words(place, "s3", "bucket", endpoint, "bucket, region and endpoint", _S3_CREDENTIALS)
    return _opened(make, place, settings, words, endpoint)


def azure(place: Place) -> "BucketStore":
    """A container of Azure Blob Storage.

    Raises:
        StateError: it cannot be asked for like this.
    """
    make = _store_class("AzureStore", "azure")
    settings: dict[str, Any] = {"account_name": place.account}
    if place.endpoint:
        settings["endpoint"] = place.endpoint
    if "accessKey" in place.keys:
        settings["account_key"] = place.keys["accessKey"].reveal()
    if "sasToken" in place.keys:
        settings["sas_key"] = place.keys["sasToken"].reveal()
    words = _words(place, "azure", "container", place.endpoint, "account, container and endpoint", _AZURE_CREDENTIALS)
    return _opened(make, place, settings, words, place.endpoint)


def gcs(place: Place) -> "BucketStore":
    """A bucket of Google Cloud Storage.

    Raises:
        StateError: it cannot be asked for like this.
    """
    make = _store_class("GCSStore", "gcs")
    settings: dict[str, Any] = {}
    if place.endpoint:
        settings["base_url"] = place.endpoint
    if "credentials" in place.keys:
        settings["service_account_key"] = place.keys["credentials"].reveal()
    if "token" in place.keys:
        settings["bearer_token"] = place.keys["token"].reveal()
    words = _words(place, "gcs", "bucket", place.endpoint, "bucket and endpoint", _GCS_CREDENTIALS)
    return _opened(make, place, settings, words, place.endpoint, tagged="version")


_S3_CREDENTIALS = (
    "accessKey and secretKey in spec.state, else AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, a web"
    " identity, or the machine"
)
_AZURE_CREDENTIALS = (
    "accessKey or sasToken in spec.state, else AZURE_STORAGE_ACCOUNT_KEY, AZURE_STORAGE_SAS_KEY, a service principal"
    " or workload identity (AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret or token file), or the machine"
)
_GCS_CREDENTIALS = (
    "credentials or token in spec.state, else GOOGLE_APPLICATION_CREDENTIALS, gcloud's own file, or the machine"
)


def _store_class(name: str, backend: str) -> Callable[..., Any]:
    try:
        import obstore.store  # noqa: PLC0415 - an extra, and only where it is used
    except ImportError:
        raise StateError(
            f"The backend {backend} needs obstore, which is not installed.", hint="pip install 'takeup[objects]'"
        ) from None
    made: Callable[..., Any] = getattr(obstore.store, name)
    return made


def _profile(name: str) -> Callable[[], Any]:
    """The credentials of a profile, which only boto3 can read: SSO, roles and processes included."""
    try:
        from boto3 import Session  # noqa: PLC0415 - not even an extra: whoever has profiles has it
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - the same
        from obstore.auth.boto3 import Boto3CredentialProvider  # noqa: PLC0415 - the same
    except ImportError:
        raise StateError(
            "AWS_PROFILE is set, and a profile can be read with boto3 only, which is not installed.",
            hint="pip install boto3, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: `aws configure"
            " export-credentials --format env` prints them.",
        ) from None
    try:
        return Boto3CredentialProvider(Session(profile_name=name))
    except (BotoCoreError, ValueError):
        raise StateError(
            f"AWS_PROFILE names {name!r}, of which no credentials are found.",
            hint="Check ~/.aws/config and ~/.aws/credentials, or log in: aws sso login",
        ) from None


def _words(place: Place, scheme: str, kind: str, endpoint: str, names: str, credentials: str) -> "Words":  # noqa: PLR0913, PLR0917 - one call for each cloud
    from takeup.backends.bucket import Words  # noqa: PLC0415 - needs obstore

    account = f"{place.account}/" if place.account else ""
    at = f" at {endpoint}" if endpoint else ""
    return Words(f"{scheme}://{account}{place.name}{at}", f"{kind} {place.name}", names, credentials)


def _opened(  # noqa: PLR0913 - each part by its name
    make: Callable[..., Any],
    place: Place,
    settings: Mapping[str, Any],
    words: "Words",
    endpoint: str,
    *,
    tagged: Any = "e_tag",  # noqa: ANN401 - the literal of BucketStore
) -> "BucketStore":
    from takeup.backends.bucket import BucketStore  # noqa: PLC0415 - needs obstore

    url = urlsplit(endpoint)
    plain = url.scheme == "http"
    if plain and not is_loopback(url.hostname or ""):
        raise StateError(
            f"{words.place}: plain http would send the state readably over the network; it is for loopback only.",
            hint="Name an endpoint with https://, in spec.state or in AWS_ENDPOINT_URL.",
        )
    client = {
        "allow_http": plain,
        "timeout": timedelta(seconds=place.timeout),
        "connect_timeout": min(_CONNECT, timedelta(seconds=place.timeout)),
        "pool_idle_timeout": _IDLE,
        "user_agent": f"takeup/{__version__}",
    }

    def opened(retries: int) -> Any:  # noqa: ANN401 - one of three classes
        retry = {"max_retries": retries, "retry_timeout": timedelta(seconds=place.timeout)}
        try:
            return make(place.name, client_options=client, retry_config=retry, **settings)
        except Exception:  # noqa: BLE001 - whatever it says may hold the secret that it does not like
            raise StateError(
                f"{words.place} cannot be asked with these settings: a name, an address or a credential is malformed.",
                hint=f"Check {words.names}, and the credentials: they are taken from {words.credentials}.",
            ) from None

    return BucketStore(opened(3), opened(0), words, clock=f"{place.key}.clock", tagged=tagged)
