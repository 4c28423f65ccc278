"""What S3 and botocore say when something is wrong, in words an operator can act upon: one literal table."""

from botocore import exceptions as raised

from image_service.storage.errors import StoreError, StoreFull, StoreUnavailable

MISSING = frozenset({"NoSuchKey"})
ALREADY_THERE = "PreconditionFailed"

NO_BUCKET = "there is no such bucket"
NO_CREDENTIALS = "there are no credentials for it"
BAD_CREDENTIALS = "it does not accept the credentials"
DENIED = "the credentials do not allow this"
THROTTLED = "it asks for fewer requests"
CLOCK = "the clock of this machine is wrong, by its own more than 15 minutes"
ELSEWHERE = "the bucket lies in another region"
UNREACHABLE = "it can't be reached"
SLOW = "it did not answer in time"
FULL = "it has no room left"

CODES = {
    "NoSuchBucket": NO_BUCKET,
    "InvalidAccessKeyId": BAD_CREDENTIALS,
    "SignatureDoesNotMatch": BAD_CREDENTIALS,
    "ExpiredToken": BAD_CREDENTIALS,
    "ExpiredTokenException": BAD_CREDENTIALS,
    "InvalidToken": BAD_CREDENTIALS,
    "TokenRefreshRequired": BAD_CREDENTIALS,
    "UnrecognizedClientException": BAD_CREDENTIALS,
    "AccessDenied": DENIED,
    "AccessDeniedException": DENIED,
    "AllAccessDisabled": DENIED,
    "AccountProblem": DENIED,
    "SlowDown": THROTTLED,
    "ServiceUnavailable": THROTTLED,
    "Throttling": THROTTLED,
    "ThrottlingException": THROTTLED,
    "RequestLimitExceeded": THROTTLED,
    "TooManyRequests": THROTTLED,
    "RequestTimeTooSkewed": CLOCK,
    "RequestExpired": CLOCK,
    "RequestTimeout": SLOW,
    "PermanentRedirect": ELSEWHERE,
    "AuthorizationHeaderMalformed": ELSEWHERE,
    "IllegalLocationConstraintException": ELSEWHERE,
    "QuotaExceeded": FULL,  # not S3 itself, but others that speak as it does
    "InsufficientStorage": FULL,
}

# In this order: some are kinds of others.
FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (raised.NoCredentialsError, NO_CREDENTIALS),
    (raised.PartialCredentialsError, NO_CREDENTIALS),
    (raised.CredentialRetrievalError, NO_CREDENTIALS),
    (raised.TokenRetrievalError, NO_CREDENTIALS),
    (raised.SSOError, NO_CREDENTIALS),
    (raised.ConnectTimeoutError, SLOW),
    (raised.ReadTimeoutError, SLOW),
    (raised.HTTPClientError, UNREACHABLE),
    (raised.ConnectionError, UNREACHABLE),
    (raised.IncompleteReadError, "it broke off in the middle of an object"),
)


def code_of(error: Exception) -> str:
    """S3's own word for what is wrong; empty where it was never S3 that answered."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, raised.ClientError) else ""


def in_words(error: Exception) -> StoreError:
    """The error of ours that says it. Names nothing of the bucket: whoever asks for an image gets to read it."""
    words = _words(error)
    return (StoreFull if words == FULL else StoreUnavailable)(f"S3: {words}")


def refused(code: str) -> StoreError:
    """The same for a code that came without an exception."""
    words = CODES.get(code, f"it refused ({code})")
    return (StoreFull if words == FULL else StoreUnavailable)(f"S3: {words}")


def _words(error: Exception) -> str:
    if isinstance(error, raised.ClientError):
        return CODES.get(code_of(error), f"it refused ({code_of(error)})")
    return next((words for kind, words in FAILURES if isinstance(error, kind)), f"{type(error).__name__}")
