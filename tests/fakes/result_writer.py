"""Step Functions' result writer for moto, whose own writes a manifest without files.

As AWS documents it: SUCCEEDED_0.json beside the manifest is a list of executions, Input and Output as text.
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval import (
    resource_eval_s3,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Writer = resource_eval_s3.ResourceEvalS3


def write(env: Any, part: Any, credentials: Any) -> None:  # noqa: ANN401 - moto's own
    """Put results and manifest; leave the Map's output on the stack."""
    parameters, results = env.stack.pop(), env.stack.pop()
    client = Writer._get_s3_client(resource_runtime_part=part, state_credentials=credentials)
    record = env.map_run_record_pool_manager.get_all().pop()
    prefix = f"{parameters['Prefix']}/{record.map_run_arn.split(':')[-1]}"
    executions = [{"Status": "SUCCEEDED", "Input": "{}", "Output": json.dumps(result)} for result in results]
    bucket, body = parameters["Bucket"], json.dumps(executions).encode()
    client.put_object(Bucket=bucket, Key=f"{prefix}/SUCCEEDED_0.json", Body=body)
    files = [{"Key": f"{prefix}/SUCCEEDED_0.json", "Size": len(body)}]
    manifest = {
        "DestinationBucket": bucket,
        "MapRunArn": record.map_run_arn,
        "ResultFiles": {"FAILED": [], "PENDING": [], "SUCCEEDED": files},
    }
    key = f"{prefix}/manifest.json"
    client.put_object(Bucket=bucket, Key=key, Body=json.dumps(manifest).encode())
    env.stack.append({"MapRunArn": record.map_run_arn, "ResultWriterDetails": {"Bucket": bucket, "Key": key}})


@contextmanager
def result_writer() -> Iterator[None]:
    """moto's interpreter writes what its runs came to."""
    with patch.object(Writer, "_handle_put_object", staticmethod(write)):
        yield
