"""The samples carry what AWS's own schema of the event says, and nothing that it does not know."""

from __future__ import annotations

import gzip
import json
from functools import cache
from typing import Any

import pytest

from tests.contract.stack import ROOT, samples

SCHEMAS = ROOT / ".tools/event-schemas/db.json.gz"
SAMPLES = {name: event for name, event in samples().items() if event.get("source", "").startswith("aws.")}
# AWS's documentation calls them optional; its schema was derived from samples that had them
OPTIONAL = {"NotificationMetadata", "Origin", "Destination"}
# in no edition of the package so far
NOT_IN_THE_PACKAGE = {"EC2 Instance Rebalance Recommendation"}

pytestmark = pytest.mark.skipif(
    not SCHEMAS.exists(),
    reason="AWS's event schemas are not at hand: make .tools/event-schemas/db.json.gz needs npm",
)


@cache
def schema() -> dict[str, Any]:
    with gzip.open(SCHEMAS, "rt", encoding="utf-8") as file:
        content: dict[str, Any] = json.load(file)["schema"]
    return content


def detail_type(source: str, name: str) -> Any | None:
    events = schema()["event"]["entities"]
    matching = [event for event in events if (event["source"], event["detailType"]) == (source, name)]
    return properties_of(matching[0]["rootProperty"]) if matching else None


def properties_of(reference: Any) -> Any:
    types = {entity["$id"]: entity for entity in schema()["eventTypeDefinition"]["entities"]}
    return types[reference["$ref"]]["properties"]


def complaints(value: Any, properties: Any, path: str = "detail") -> list[str]:
    """What the schema says against a sample's object."""
    problems = [f"{path}.{name} is not known to AWS" for name in value if name not in properties]
    for name, definition in properties.items():
        if name not in value:
            problems += (
                [f"{path}.{name} is missing"] if definition["required"] and name not in OPTIONAL else []
            )
        elif definition["type"]["type"] == "ref":
            problems += complaints(
                value[name], properties_of(definition["type"]["reference"]), f"{path}.{name}"
            )
        elif definition["type"]["type"] == "string" and not isinstance(value[name], str):
            problems.append(f"{path}.{name} is no text")
    return problems


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_as_aws_describes_the_event(name: str) -> None:
    event = SAMPLES[name]
    if event["detail-type"] in NOT_IN_THE_PACKAGE:
        assert detail_type(event["source"], event["detail-type"]) is None
        pytest.skip(f"the package has no schema of {event['detail-type']}")
    assert complaints(event["detail"], detail_type(event["source"], event["detail-type"])) == []


def test_a_field_that_aws_does_not_send_is_noticed() -> None:
    event = SAMPLES["instance-running"]
    properties = detail_type(event["source"], event["detail-type"])
    assert complaints({"state": "running", "group": "a"}, properties) == [
        "detail.group is not known to AWS",
        "detail.instance-id is missing",
    ]
