"""The error of an account that cannot be read: one line with cause and remedy, before any other output."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tradai_shared.errors import AwsError, TradaiError

if TYPE_CHECKING:
    from collections.abc import Iterable

# By botocore's exceptions and by the codes that STS and the services answer with.
REMEDIES = {
    "NoCredentialsError": "Log in first (aws sso login, aws configure), or name a profile with --profile",
    "PartialCredentialsError": "Complete the profile: aws configure",
    "CredentialRetrievalError": "Log in again: the profile's credentials could not be had",
    "SSOTokenLoadError": "Log in again: aws sso login",
    "UnauthorizedSSOTokenError": "Log in again: aws sso login",
    "TokenRetrievalError": "Log in again: aws sso login",
    "ExpiredToken": "Log in again: the session has expired",
    "ExpiredTokenException": "Log in again: the session has expired",
    "RequestExpired": "Set the clock of this machine: AWS takes the request for too old",
    "InvalidClientTokenId": "Check the profile: AWS does not know these credentials",
    "UnrecognizedClientException": "Check the profile: AWS does not know these credentials",
    "AuthFailure": "Check the profile: AWS does not know these credentials",
    "SignatureDoesNotMatch": "Check the profile's secret key, and the clock of this machine",
    "ProfileNotFound": "`aws configure list-profiles` shows the profiles there are",
    "NoRegionError": "Name a region with --region",
    "InvalidRegionError": "Check --region",
    "EndpointConnectionError": "Check network, --region and --endpoint-url",
    "ConnectTimeoutError": "Check network, --region and --endpoint-url",
    "ReadTimeoutError": "Check network, --region and --endpoint-url",
    "ConnectionClosedError": "Check network, --region and --endpoint-url",
    "ProxyConnectionError": "Check the variable HTTPS_PROXY",
    "SSLError": "Check the certificates: AWS_CA_BUNDLE, or the profile's ca_bundle",
    "ValueError": "Check --endpoint-url: it needs http:// or https:// and a host",
}
ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:(?P<region>[\w-]*):(?P<account>[0-9]{12}):")


class AccessError(TradaiError):
    """The account cannot be read. Nothing was read or changed."""

    def __init__(self, cause: str, remedy: str) -> None:
        """The cause, and what the reader should do."""
        super().__init__(f"{cause}. {remedy}.")
        self.cause = cause
        self.remedy = remedy


def without_access(error: AwsError) -> AccessError:
    """What a refused ``sts:GetCallerIdentity`` means; it needs no permission."""
    message = " ".join(error.message.split())
    cause = f"no access to AWS: {error.code}{f' ({message})' if message else ''}"
    return AccessError(cause, REMEDIES.get(error.code, "Check the profile, the network and --endpoint-url"))


def accounts_named_in(values: Iterable[str]) -> set[str]:
    """The accounts of the ARNs among these values."""
    return {arn["account"] for value in values for arn in ARN.finditer(value)}
