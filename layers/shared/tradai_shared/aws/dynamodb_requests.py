"""DynamoDB's JSON as it is, without botocore's serializer and parser, whose cost decides for large batches.

Everything else of a call is botocore's: endpoint, credentials and their renewal, signature, proxies, TLS,
connections and their retries, the CRC32 check (docs/decisions/0404). Values keep their wire form: a Number
is the string that DynamoDB sent, a Binary its base64, so nothing is lost between a read and its condition.
"""

# ruff: noqa: SLF001, ANN401, ARG002 - botocore has no public way to replace a client's serializer and parser

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.endpoint import Endpoint
from botocore.parsers import JSONParser, ResponseParserFactory
from botocore.serialize import JSONSerializer
from typing_extensions import override

from tradai_shared.aws.error_mapping import translate_errors
from tradai_shared.errors import TemporaryError

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# Without its member an answer says nothing of the call: it was cut, or something between answered.
EXPECTED = {"BatchExecuteStatement": "Responses", "Scan": "ScannedCount"}


class WireFormSerializer(JSONSerializer):
    """Takes the request's values as they are."""

    def _serialize(self, serialized: Any, value: Any, shape: Any, key: Any = None) -> None:
        serialized.update(value)


class WireFormParser(JSONParser):
    """Leaves the answer's values as they are; a body that is no JSON object becomes an empty answer."""

    def _do_parse(self, response: Any, shape: Any) -> Any:
        return _json_object(response["body"])

    def _do_error_parse(self, response: Any, shape: Any) -> Any:
        body = json.dumps(_json_object(response["body"])).encode()
        return super()._do_error_parse({**response, "body": body}, shape)  # type: ignore[misc] # not in the stubs

    def _do_modeled_error_parse(self, response: Any, shape: Any) -> Any:
        return {}


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


class WireFormParserFactory(ResponseParserFactory):
    """Makes that parser, for whatever protocol."""

    @override
    def create_parser(self, protocol_name: Any) -> WireFormParser:
        return WireFormParser()


class DynamoDBRequests:
    """Calls of a client in wire form, from any number of threads, over the client's own connections."""

    def __init__(self, client: DynamoDBClient) -> None:
        """Share everything of ``client`` except what makes and reads bodies; ``client`` stays as it is."""
        own: Any = client
        endpoint = Endpoint(
            own._endpoint.host,
            own._endpoint._endpoint_prefix,
            own._endpoint._event_emitter,
            WireFormParserFactory(),
            own._endpoint.http_session,
        )
        self._client: Any = object.__new__(type(client))
        vars(self._client).update(vars(client), _serializer=WireFormSerializer(), _endpoint=endpoint)

    def call(self, action: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Send one request and return the answer's fields.

        Args:
            action: the permission, such as ``dynamodb:PartiQLDelete``; errors carry it.
            operation: the API's name for it, such as ``BatchExecuteStatement``.
            request: the body, its values in wire form.

        Raises:
            TemporaryError: throttled, connection lost, a server's fault, a garbled answer; the call may have
                been carried out.
            PermanentError: every other refusal.
        """
        with translate_errors(action):
            answer: dict[str, Any] = self._client._make_api_call(operation, request)
        if EXPECTED.get(operation, "ResponseMetadata") not in answer:
            raise TemporaryError(action, "GarbledAnswer", f"no {EXPECTED[operation]} in the answer")
        return answer
