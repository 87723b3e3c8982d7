"""DynamoDB calls whose bodies stay JSON: botocore signs and sends, and validates or parses no shape.

Most of what a BatchExecuteStatement of 25 costs on the client is botocore's work on each value. botocore's
models know document types, which it passes through as they are. Here each input field and the whole output
are such documents, so endpoint rules, credentials, signature, connections, proxies, retries, checksums and
errors stay botocore's (docs/decisions/0404). Values keep their wire form: a Number is the string that
DynamoDB sent, a Binary its base64, so nothing is lost between a read and the condition made of it.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import Session
from typing_extensions import override

from tradai_shared.aws.clients import client_config
from tradai_shared.aws.error_mapping import translate_errors, whole_answer
from tradai_shared.errors import PermanentError, TemporaryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from types_boto3_dynamodb import DynamoDBClient

SERVICE = "dynamodb"
DOCUMENT = {"type": "structure", "members": {}, "document": True}
# Each operation's method, and the member without which its answer is cut or not DynamoDB's.
OPERATIONS = {
    "BatchExecuteStatement": ("batch_execute_statement", "Responses"),
    "Scan": ("scan", "Items"),
}
# One more attempt heals a connection that was closed while idle. What is throttled is its caller's to pace.
ATTEMPTS = 2


class _DocumentLoader(Loader):
    """botocore's own files, with DynamoDB reduced to operations on documents."""

    @override
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]:
        model: dict[str, Any] = super().load_service_model(service_name, type_name, api_version)
        if (service_name, type_name) != (SERVICE, "service-2"):
            return model
        shapes: dict[str, Any] = {"Document": DOCUMENT}
        operations: dict[str, Any] = {}
        for name in OPERATIONS:
            operation = model["operations"][name]
            members = model["shapes"][operation["input"]["shape"]]["members"]
            fields = {field: {**member, "shape": "Document"} for field, member in members.items()}
            shapes[f"{name}Input"] = {"type": "structure", "members": fields}
            ends = {"input": {"shape": f"{name}Input"}, "output": {"shape": "Document"}}
            operations[name] = {**operation, **ends, "errors": []}
        return {**model, "operations": operations, "shapes": shapes}


class _SharedCredentials:
    """The credentials of another session: an assumed role asks for its MFA code once."""

    def __init__(self, source: boto3.Session) -> None:
        self._source = source

    def load_credentials(self) -> Any:  # noqa: ANN401 - botocore's, or None
        return self._source.get_credentials()


@dataclass(frozen=True, slots=True)
class DynamoDBRequests:
    """Calls by their wire form, from any number of threads."""

    client: Any  # botocore's, with documents for input and output

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request and return the decoded answer.

        Args:
            action: the permission, such as ``dynamodb:PartiQLDelete``; errors carry it.
            operation: one of ``OPERATIONS``.
            request: the body, its values in wire form.

        Raises:
            TemporaryError: throttled, connection lost, garbled, a server's fault; the call may have been
                carried out.
            PermanentError: every other refusal.
        """
        method, member = OPERATIONS[operation]
        with translate_errors(action), whole_answer(action):
            answer: dict[str, Any] = getattr(self.client, method)(**request)
            del answer["ResponseMetadata"]
        if member not in answer:
            raise TemporaryError(action, "GarbledAnswer", f"no {member} in the answer")
        return answer

    def close(self) -> None:
        """Close the idle connections."""
        self.client.close()


@contextmanager
def opened(
    *, pool: int, profile: str | None = None, region: str | None = None, endpoint_url: str | None = None
) -> Iterator[tuple[DynamoDBClient, DynamoDBRequests]]:
    """boto3's client and the one by documents, with the same profile, region, credentials and endpoint.

    Args:
        pool: connections of each, one a worker.
        profile: as the AWS CLI's --profile.
        region: as the AWS CLI's --region.
        endpoint_url: only where one was given: botocore finds the endpoint otherwise.

    Raises:
        PermanentError: there is no such profile, no region, or there are no credentials.
    """
    with translate_errors("dynamodb:DescribeTable"):
        source = boto3.Session(profile_name=profile, region_name=region)
        client = source.client("dynamodb", config=client_config(pool=pool), endpoint_url=endpoint_url)
    with closing(client), closing(connect(source, pool=pool, endpoint_url=endpoint_url)) as requests:
        yield client, requests


def connect(source: boto3.Session, *, pool: int, endpoint_url: str | None = None) -> DynamoDBRequests:
    """The client by documents beside those of ``source``.

    Raises:
        PermanentError: there are no credentials, or no region.
    """
    if source.get_credentials() is None:
        raise PermanentError("sts:GetCallerIdentity", "NoCredentials", "boto3 finds no credentials")
    session = Session(profile=None if source.profile_name == "default" else source.profile_name)
    session.register_component("data_loader", _DocumentLoader())
    session.register_component("credential_provider", _SharedCredentials(source))
    config = client_config(pool=pool).merge(
        Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, parameter_validation=False)
    )
    with translate_errors("dynamodb:Scan"):
        made = session.create_client(
            SERVICE, region_name=source.region_name, endpoint_url=endpoint_url, config=config
        )
    return DynamoDBRequests(made)
