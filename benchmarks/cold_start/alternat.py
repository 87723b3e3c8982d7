"""The imports and clients of alternat's function, replace-route of chime/terraform-aws-alternat; our calls.

Its EC2 client is made at import, the other in the handler; structlog and orjson are what it logs with.
Nothing else of it is here.
"""

# ruff: noqa: F401 - the list of imports is what is measured

from __future__ import annotations

import json
import logging
import os
import socket
import time
import urllib

import boto3
import botocore
import orjson  # type: ignore[import-not-found]  # of .tools/cold-start alone
import structlog  # type: ignore[import-not-found]  # likewise

from benchmarks.cold_start.calls import failover

structlog.configure(
    cache_logger_on_first_use=True,
    wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.JSONRenderer(serializer=orjson.dumps),
    ],
    logger_factory=structlog.BytesLoggerFactory(),
)
logger = structlog.get_logger()
ec2 = boto3.client("ec2")


def run(event: object, context: object) -> object:
    del event, context
    return {"moved": failover(ec2, boto3.client("autoscaling"))}
