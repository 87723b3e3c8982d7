"""Where botocore's exceptions end: outside, a failed call is a TemporaryError or a PermanentError."""

from __future__ import annotations

import re
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

# Error codes are strings of each service's own. These two are the codes that botocore's standard mode calls
# throttling and transient (botocore.retries.standard).
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
        "TransactionInProgressException",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
SERVER_FAULT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "ServiceException",
        "ServiceUnavailable",
        "Unavailable",
    }
)
DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized"}
)
EC2_CODES = "Error codes for the Amazon EC2 API"
EC2_CONSISTENCY = "Eventual consistency in the Amazon EC2 API"
# Refusals that pass without a change of ours, each with the page or report that says so.
PASSING_STATES = {
    "IncorrectInstanceState": f"{EC2_CODES}: it is pending or stops (asked by interface)",
    "IncorrectState": f"{EC2_CODES}: the resource is in a state that it leaves by itself",
    "ConcurrentTagAccess": f"{EC2_CODES}: simultaneous requests tag the same resource",
    "InvalidNetworkInterfaceID.NotFound": f"{EC2_CONSISTENCY}: a new interface is not known yet",
    "InvalidInstanceID.NotFound": f"{EC2_CONSISTENCY}: a new instance is not known yet",
    "ResourceContention": "Auto Scaling API reference: another update of the same group is pending",
    "ResourceConflictException": "Lambda API reference, Invoke: another operation is in progress",
    "ResourceNotReadyException": "Lambda API reference, Invoke: the function is inactive, its VPC connects",
}
# The same code with another message is final: two interfaces are InvalidInstanceID as well.
PASSING_MESSAGES = {
    # hashicorp/terraform-provider-aws#3072: AssociateAddress by instance while it is pending.
    "InvalidInstanceID": "is not in a valid state",
}
CONFLICT = ".Conflict"  # another change of the same resource is under way
NOT_FOUND = ".NotFound"
# AWS appends some 500 characters that only sts:DecodeAuthorizationMessage reads.
ENCODED = re.compile(r"(Encoded authorization failure message:)\s*\S+", re.IGNORECASE)
HTTP_SERVER_ERROR = 500
MOST_SHOWN = 300  # characters of a Python error, which repeats what it was given


@contextmanager
def translate_errors(action: str, *, shown: bool = False) -> Iterator[None]:
    """Turn what botocore raises inside into the toolkit's errors.

    Args:
        action: the call as IAM spells it, such as ``ec2:ReplaceRoute``; errors carry it.
        shown: AWS has just shown what the call names, so that "not found" is a lag and passes.

    Raises:
        TemporaryError: throttled, timed out, connection lost, garbled, a server's fault, a state that passes.
        AccessDenied: the permission is missing.
        PermanentError: every other refusal, a malformed request included.
    """
    try:
        yield
    except ClientError as error:
        raise _from_client_error(action, error, shown=shown) from error
    except ResponseParserError as error:  # its further lines are the whole answer
        raise TemporaryError(action, type(error).__name__, str(error).partition("\n")[0]) from None
    except (BotoConnectionError, HTTPClientError) as error:
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
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RuntimeError) as error:
        problem = f"an answer that is not as documented: {type(error).__name__}: {str(error)[:MOST_SHOWN]}"
        raise TemporaryError(action, "UnexpectedAnswer", problem) from error


def _from_client_error(action: str, error: ClientError, *, shown: bool) -> AwsError:
    code = str(error.response.get("Error", {}).get("Code", "Unknown"))
    message = str(error.response.get("Error", {}).get("Message", ""))
    http = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in DENIED:
        return AccessDenied(action, code, ENCODED.sub(r"\1 (cut)", message))
    if http >= HTTP_SERVER_ERROR or passes(code, message) or (shown and code.endswith(NOT_FOUND)):
        return TemporaryError(action, code, message)
    return PermanentError(action, code, message)


def passes(code: str, message: str) -> bool:
    """Whether a refusal ends by itself, so that the same call may succeed in a moment."""
    text = PASSING_MESSAGES.get(code)
    return (
        code in THROTTLED
        or code in SERVER_FAULT
        or code in PASSING_STATES
        or code.endswith(CONFLICT)
        or (text is not None and text in message)
    )
