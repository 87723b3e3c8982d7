from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import Session

from toolchain.build.service_models import generated, present, shapes_in, trimmed
from tradai_shared.aws.clients import OPERATIONS, trimmed_session
from update_nat_routes import actions, observe, report

REGIONS = ("eu-central-1", "us-gov-west-1", "cn-north-1")


@pytest.fixture(scope="module")
def clients() -> dict[tuple[str, str], tuple[Any, Any]]:
    """For each service and region the trimmed client and boto3's own."""
    keys: dict[str, Any] = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
    whole, small = Session(), trimmed_session()
    return {
        (service, region): (
            small.create_client(service, region_name=region, **keys),
            whole.create_client(service, region_name=region, **keys),
        )
        for service in OPERATIONS
        for region in REGIONS
    }


def test_the_models_are_what_botocore_s_give() -> None:
    assert present() == generated()


def test_the_clients_know_what_the_failover_declares_and_nothing_else() -> None:
    declared = {*observe.PERMISSIONS, *report.PERMISSIONS}
    declared |= {action for needed in actions.PERMISSIONS.values() for action in needed}
    known = {f"{service}:{name}" for service, names in OPERATIONS.items() for name in names}
    assert known == {action for action in declared if action.split(":")[0] in OPERATIONS}


def test_an_operation_has_the_same_shapes_in_both(clients: Any) -> None:
    for service, names in OPERATIONS.items():
        small, whole = (client.meta.service_model for client in clients[service, "eu-central-1"])
        for name in names:
            for side in ("input_shape", "output_shape"):
                ours, theirs = (getattr(model.operation_model(name), side) for model in (small, whole))
                assert outline(ours) == outline(theirs), f"{service}:{name}"


def outline(shape: Any, names: tuple[str, ...] = ()) -> Any:
    if shape is None or shape.name in names:
        return shape and shape.name
    names = (*names, shape.name)
    match shape.type_name:
        case "structure":
            held: Any = {name: outline(member, names) for name, member in shape.members.items()}
        case "list":
            held = outline(shape.member, names)
        case _:
            held = None
    return shape.type_name, shape.serialization, held


def test_the_endpoints_are_the_same(clients: Any) -> None:
    for (service, region), (small, whole) in clients.items():
        assert small.meta.endpoint_url == whole.meta.endpoint_url, f"{service} {region}"


def test_a_call_that_the_failover_does_not_make_does_not_exist(clients: Any) -> None:
    small, _ = clients["ec2", "eu-central-1"]
    assert not hasattr(small, xform_name("TerminateInstances"))


def test_prose_is_left_out_and_a_member_of_that_name_is_not() -> None:
    shapes = {
        "In": {
            "type": "structure",
            "documentation": "prose",
            "members": {"documentation": {"shape": "Text"}},
        },
        "Text": {"type": "string"},
        "Unused": {"type": "string"},
    }
    model = {"operations": {"Do": {"input": {"shape": "In"}}, "Other": {}}, "shapes": shapes}
    cut = trimmed(model, ("Do",))
    assert cut["operations"] == {"Do": {"input": {"shape": "In"}}}
    assert cut["shapes"] == {
        "In": {"type": "structure", "members": {"documentation": {"shape": "Text"}}},
        "Text": {"type": "string"},
    }
    assert list(shapes_in(cut["operations"])) == ["In"]


def test_the_failover_imports_no_boto3_until_a_message_needs_it() -> None:
    code = "import update_nat_routes.app, sys; print('boto3' in sys.modules)"
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-W", "ignore", "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"
