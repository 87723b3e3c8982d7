"""One cold start, in this process: CPU from the first import to the answer, and the peak of memory.

The module to measure and its handler are arguments. What Lambda's own
bootstrap has imported before any function is imported before the clock starts, for all alike.
"""

from __future__ import annotations

import importlib
import json
import logging  # noqa: F401 - of Lambda's bootstrap, as are the rest that nothing here uses
import os  # noqa: F401 - likewise
import re
import sys
import time
import traceback  # noqa: F401 - likewise
from pathlib import Path


class Context:
    function_name = "tradai-update-nat-routes"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:tradai-update-nat-routes"
    memory_limit_in_mb = 512
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 270_000


def peak_mb() -> float:
    """Of this program. getrusage's figure would be that of the process that forked, where it was larger."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else 0.0


def main() -> None:
    module, handler, event = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    out, sys.stdout = sys.stdout, open("/dev/null", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - until the end
    wall, began = time.perf_counter(), time.process_time()
    run = getattr(importlib.import_module(module), handler)
    imported = time.process_time()
    answer = run(event, Context())
    ended, wall = time.process_time(), time.perf_counter() - wall
    measurement = {
        "import_ms": (imported - began) * 1000,
        "call_ms": (ended - imported) * 1000,
        "cpu_ms": (ended - began) * 1000,
        "wall_ms": wall * 1000,
        "peak_mb": peak_mb(),
        "answer": answer,
    }
    out.write(json.dumps(measurement, default=str))


if __name__ == "__main__":
    main()
