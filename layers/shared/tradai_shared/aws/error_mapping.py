"""Where botocore's exceptions end: outside, a failed call is a TemporaryError or a PermanentError."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)
from botocore.parsers import ResponseParserError

from tradai_shared.errors import AccessDenied, AwsError, PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Error codes are strings of each service's own; these are what EC2, Auto Scaling and DynamoDB document.
THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "LimitExceededException",
        "SlowDown",
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
    }
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"}
)
SERVER_FAULT = frozenset(
    {"InternalError", "InternalFailure", "InternalServerError", "ServiceUnavailable", "Unavailable"}
)
# Refusals that pass without a change of ours. Source: "Error codes for the Amazon EC2 API", and for
# IncorrectInstanceState by interface the text "The pending-instance-creation instance to which 'eni-...' is
# attached is not in a valid state".
PASSING_STATES = {
    "IncorrectInstanceState": "the instance is still pending, or stops",
    "InvalidNetworkInterfaceID.NotFound": "EC2 is eventually consistent: a new interface is not known yet",
    "InvalidInstanceID.NotFound": "EC2 is eventually consistent: a new instance is not known yet",
    "ResourceContention": "Auto Scaling: another update of the same group is pending",
}
HTTP_SERVER_ERROR = 500


@contextmanager
def translate_errors(action: str) -> Iterator[None]:
    """Turn what botocore raises inside into the toolkit's errors.

    Args:
        action: the call as IAM spells it, such as ``ec2:ReplaceRoute``; errors carry it.

    Raises:
        TemporaryError: throttled, timed out, connection lost, garbled, a server's fault, a state that passes.
        AccessDenied: the permission is missing.
        PermanentError: every other refusal, a malformed request included.
    """
    try:
        yield
    except ClientError as error:
        raise _from_client_error(action, error) from error
    except (BotoConnectionError, HTTPClientError, ResponseParserError) as error:
        raise TemporaryError(action, type(error).__name__, str(error)) from error
    except BotoCoreError as error:
        raise PermanentError(action, type(error).__name__, str(error)) from error


@contextmanager
def whole_answer(action: str) -> Iterator[None]:
    """An answer with a part missing, or of another type, is a garbled one. Also serves as a decorator.

    Args:
        action: the call as IAM spells it; the error carries it.

    Raises:
        TemporaryError: the code inside did not find in the answer what AWS documents.
    """
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        problem = f"an answer that is not as documented: {type(error).__name__}: {error}"
        raise TemporaryError(action, "UnexpectedAnswer", problem) from error


def _from_client_error(action: str, error: ClientError) -> AwsError:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    message = str(error.response.get("Error", {}).get("Message", ""))
    http = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in DENIED:
        return AccessDenied(action, code, message)
    if code in THROTTLED or code in SERVER_FAULT or code in PASSING_STATES or http >= HTTP_SERVER_ERROR:
        return TemporaryError(action, code, message)
    return PermanentError(action, code, message)
