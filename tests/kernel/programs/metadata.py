"""The instance metadata service, version 2 alone: a PUT gets the token without which nothing is answered."""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer

ADDRESS = "169.254.169.254"
TOKEN = "a-token"
INSTANCE_ID = sys.argv[1]


class Metadata(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        right = self.path == "/latest/api/token" and "X-aws-ec2-metadata-token-ttl-seconds" in self.headers
        self._answer(200 if right else 400, TOKEN if right else "")

    def do_GET(self) -> None:
        if self.headers.get("X-aws-ec2-metadata-token") != TOKEN:
            self._answer(401, "")
        elif self.path == "/latest/meta-data/instance-id":
            self._answer(200, INSTANCE_ID)
        else:
            self._answer(404, "")

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


# No HTTPServer: it looks its own name up, and there is nobody to ask.
server = ThreadingTCPServer((ADDRESS, 80), Metadata)
print("ready", flush=True)
server.serve_forever()
