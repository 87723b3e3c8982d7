"""The state machine's definition in ministack, which runs the handler's own code as a Lambda function.

Real here: every state (ministack's interpreter), the function as a zip in a process of that interpreter,
its calls over HTTP, DynamoDB by ministack. In the zip: ttl_reaper, tradai_shared and Powertools; boto3 and
pydantic are ministack's own, so this does not show that the layer carries them.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from simulator.scenario.reaper_table import fill, make_table
from tradai_shared.config.models.base import DAY

if TYPE_CHECKING:
    from tests.ministack.conftest import Ministack

ROOT = Path(__file__).parents[2]
ROLE = "arn:aws:iam::000000000000:role/reap"
TABLES = ("notifications", "drift-state")
PACKAGES = (
    ROOT / "functions" / "ttl_reaper",
    ROOT / "layers" / "shared" / "tradai_shared",
)


def package() -> bytes:
    powertools = find_spec("aws_lambda_powertools")
    assert powertools is not None
    assert powertools.origin is not None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for folder in (*PACKAGES, Path(powertools.origin).parent):
            for file in folder.rglob("*"):
                if file.is_file() and "__pycache__" not in file.parts:
                    zipped.write(file, file.relative_to(folder.parent))
    return buffer.getvalue()


@pytest.fixture
def function(ministack: Ministack) -> str:
    client = ministack.client("lambda")
    made = client.create_function(
        FunctionName="tradai-ttl-reaper-dev",
        Runtime="python3.13",
        Handler="ttl_reaper.app.lambda_handler",
        Role=ROLE,
        Code={"ZipFile": package()},
        Timeout=120,
        Environment={"Variables": {"ENVIRONMENT": "dev", "AWS_ENDPOINT_URL": ministack.url}},
    )
    return str(made["FunctionArn"])


def execute(ministack: Ministack, function: str, order: dict[str, Any]) -> dict[str, Any]:
    states = ministack.client("stepfunctions")
    definition = (ROOT / "statemachines" / "reap.asl.json").read_text(encoding="utf-8")
    definition = definition.replace("${Partition}", "aws").replace("${ResultBucket}", "results")
    machine = states.create_state_machine(
        name="tradai-reap-dev", definition=definition.replace("${ReaperArn}", function), roleArn=ROLE
    )
    started = states.start_execution(stateMachineArn=machine["stateMachineArn"], input=json.dumps(order))
    for _ in range(900):
        response = states.describe_execution(executionArn=started["executionArn"])
        if response["status"] != "RUNNING":
            return dict(response)
        time.sleep(0.1)
    pytest.fail("the execution does not end")


def test_every_segment_of_every_table_is_reaped_and_added_up(ministack: Ministack, function: str) -> None:
    client = ministack.client("dynamodb")
    now = int(time.time())
    for component in TABLES:
        name = f"tradai-{component}-dev"
        make_table(client, name, keys={"id": "S"})
        old = [{"id": {"S": f"old{n}"}, "ttl": {"N": str(now - 10 * DAY)}} for n in range(40)]
        live = [{"id": {"S": f"live{n}"}, "ttl": {"N": str(now + DAY)}} for n in range(60)]
        fill(client, name, old + live)
    order: dict[str, Any] = {
        "tables": list(TABLES),
        "mode": "delete",
        "dry_run": False,
        "segments": {"total": 2},
    }
    output = execute(ministack, function, order)
    assert output["status"] == "SUCCEEDED", output
    summary = json.loads(output["output"])["data"]["summary"]
    assert (summary["runs"], summary["deleted"], summary["runs_failed"]) == (4, 80, [])
    assert [client.scan(TableName=f"tradai-{name}-dev")["Count"] for name in TABLES] == [60, 60]
