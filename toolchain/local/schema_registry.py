"""EventBridge's schema registry, as much of it as ``sam remote test-event put`` uses; ministack has none.

Usage: python -m toolchain.local.schema_registry PORT; it ends when its standard input does. Paths and members
are those of botocore's service model, and what is not implemented is refused.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from botocore import xform_name
from botocore.session import Session
from botocore.validate import ParamValidator
from typing_extensions import override

if TYPE_CHECKING:
    from botocore.model import OperationModel

SERVICE = Session().get_service_model("schemas")
DISCOVERED = {
    "openapi": "3.0.0",
    "info": {"version": "1.0.0", "title": "Event"},
    "paths": {},
    "components": {"schemas": {"Event": {"type": "object"}}},
}
Members = dict[str, Any]


class RefusedError(Exception):
    """AWS's status and name of an error."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


class Registries:
    """The schemas of each registry by name, each with its versions, the newest last.

    The methods are AWS's operations: from the members of a request to those of the answer, without those that
    say when and under which ARN. A RefusedError says that something is not there, or is there already.
    """

    def __init__(self) -> None:
        self._schemas: dict[str, dict[str, list[Members]]] = {}

    def create_registry(self, given: Members) -> Members:
        if given["RegistryName"] in self._schemas:
            raise RefusedError(409, "ConflictException")
        self._schemas[given["RegistryName"]] = {}
        return {"RegistryName": given["RegistryName"]}

    def describe_registry(self, given: Members) -> Members:
        self._registry(given)
        return {"RegistryName": given["RegistryName"]}

    def get_discovered_schema(self, _: Members) -> Members:
        return {"Content": json.dumps(DISCOVERED)}

    def create_schema(self, given: Members) -> Members:
        schemas = self._registry(given)
        if given["SchemaName"] in schemas:
            raise RefusedError(409, "ConflictException")
        schemas[given["SchemaName"]] = []
        return self.update_schema(given)

    def update_schema(self, given: Members) -> Members:
        versions = self._versions(given)
        shown = {name: given[name] for name in ("SchemaName", "Content", "Type")}
        versions.append({**shown, "SchemaVersion": str(len(versions) + 1)})
        return versions[-1]

    def describe_schema(self, given: Members) -> Members:
        return self._versions(given)[-1]

    def list_schema_versions(self, given: Members) -> Members:
        return {"SchemaVersions": self._versions(given)}

    def _registry(self, given: Members) -> dict[str, list[Members]]:
        if given["RegistryName"] not in self._schemas:
            raise RefusedError(404, "NotFoundException")
        return self._schemas[given["RegistryName"]]

    def _versions(self, given: Members) -> list[Members]:
        if given["SchemaName"] not in self._registry(given):
            raise RefusedError(404, "NotFoundException")
        return self._registry(given)[given["SchemaName"]]


def understood(method: str, path: str, body: Members) -> tuple[str, Members]:
    """The operation's name, and its members from path and body.

    Raises:
        RefusedError: the service has no such operation, or a member is wrong.
    """
    for name in SERVICE.operation_names:
        model: OperationModel = SERVICE.operation_model(name)
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", model.http["requestUri"])
        fitting = re.fullmatch(pattern, path)
        if fitting and model.http["method"] == method and model.input_shape:
            members = model.input_shape.members.items()
            places = {shape.serialization.get("name", member): member for member, shape in members}
            given = {places.get(place, place): value for place, value in body.items()}
            given |= {places[place]: unquote(value) for place, value in fitting.groupdict().items()}
            if ParamValidator().validate(given, model.input_shape).has_errors():
                raise RefusedError(400, "BadRequestException")
            return name, given
    raise RefusedError(404, "UnknownOperationException")


class Handler(BaseHTTPRequestHandler):
    """One request. The registries live as long as the process."""

    registries: ClassVar[Registries] = Registries()

    def answer(self) -> None:
        """Answer by REST-JSON."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        try:
            operation, given = understood(self.command, urlsplit(self.path).path, body)
            carry_out = getattr(self.registries, xform_name(operation), None)
            if carry_out is None:
                raise RefusedError(501, "NotImplementedException")  # noqa: TRY301 - answered below
            members = carry_out(given)
            status = SERVICE.operation_model(operation).http["responseCode"]
        except RefusedError as error:
            status, members = error.status, {"Code": error.code, "Message": f"{self.command} {self.path}"}
        text = json.dumps(members).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        if "Code" in members:
            self.send_header("x-amzn-ErrorType", members["Code"])
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server calls

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    server.shutdown()
