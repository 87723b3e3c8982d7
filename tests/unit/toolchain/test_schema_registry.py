"""The stand-in for EventBridge's schema registry, asked by botocore's own client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from boto3.session import Session
from botocore.exceptions import ClientError

from toolchain.local.servers import schema_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Client: TypeAlias = Any  # no types of this service's client are installed
NAMES = {"RegistryName": "lambda-testevent-schemas", "SchemaName": "_tradai-update-nat-routes-dev-schema"}
REGISTRY = {"RegistryName": NAMES["RegistryName"]}
OPEN_API = {"Type": "OpenApi3", "Content": "{}"}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder: Path = tmp_path_factory.mktemp("registry")
    session: Any = Session("id", "secret", region_name="eu-central-1")
    with schema_registry(folder) as address:
        yield session.client("schemas", endpoint_url=address)


def refused(call: Callable[..., object], **members: str) -> str:
    with pytest.raises(ClientError) as error:
        call(**members)
    return str(error.value.response["Error"]["Code"])


def test_what_is_put_is_shown_and_what_is_not_there_is_refused(schemas: Client) -> None:
    assert refused(schemas.describe_registry, **REGISTRY) == "NotFoundException"
    assert schemas.create_registry(**REGISTRY)["RegistryName"] == NAMES["RegistryName"]
    assert refused(schemas.create_registry, **REGISTRY) == "ConflictException"
    assert refused(schemas.describe_schema, **NAMES) == "NotFoundException"
    assert refused(schemas.update_schema, **NAMES, **OPEN_API) == "NotFoundException"
    schemas.create_schema(**NAMES, **OPEN_API)
    assert refused(schemas.create_schema, **NAMES, **OPEN_API) == "ConflictException"
    schemas.update_schema(**NAMES, **{**OPEN_API, "Content": '{"openapi": "3.0.0"}'})
    assert schemas.describe_schema(**NAMES)["Content"] == '{"openapi": "3.0.0"}'
    versions = schemas.list_schema_versions(**NAMES)["SchemaVersions"]
    assert [version["SchemaVersion"] for version in versions] == ["1", "2"]


def test_an_event_s_schema_is_discovered_and_another_operation_is_refused(schemas: Client) -> None:
    found = schemas.get_discovered_schema(Events=['{"action": "reconcile"}'], Type="OpenApi3")
    assert "components" in json.loads(found["Content"])
    assert refused(schemas.delete_registry, **REGISTRY) == "NotImplementedException"
