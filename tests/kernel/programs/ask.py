"""The egress probe's own rounds, asked from inside the private subnet; the command ``ask`` returns one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from egress_probe.observe import ask_all

print("ready", flush=True)
for _ in sys.stdin:
    print(json.dumps(asdict(ask_all(sys.argv[1:]))), flush=True)
