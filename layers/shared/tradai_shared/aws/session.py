"""A session whose service models are read without their documentation, which nothing here asks for.

botocore parses every model whole, prose included, into ordered dictionaries, and first walks the folders of
all four hundred services. Without both, sixteen clients take less time and 22 MB less
(docs/decisions/0603-lean-service-models.md).
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session
from typing_extensions import override

from tradai_shared.aws.boundary import boundary


class LeanFileLoader(JSONFileLoader):
    """Reads botocore's files as its own loader does, and empties ``documentation`` while parsing."""

    @override
    def load_file(self, file_path: str) -> Any:
        """The parsed file; None where there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return _parse(plain.read_bytes())
        return _parse(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


def _parse(text: bytes) -> Any:  # noqa: ANN401 - whatever the file holds
    return json.loads(text, object_hook=_without_prose)


def _without_prose(found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(found.get("documentation"), str):  # a member of that name is a shape, not prose
        found["documentation"] = ""  # botocore wants one in some places
    return found


class LeanLoader(Loader):
    """Takes every folder for a service; what lacks the file asked for is found out when it is read."""

    @override
    def list_available_services(self, type_name: str) -> list[str]:
        """The folders' names; ``type_name`` makes no difference."""
        return _folders(tuple(self.search_paths))


@cache
def _folders(places: tuple[str, ...]) -> list[str]:
    known = [Path(place) for place in places]
    return sorted({folder.name for place in known if place.is_dir() for folder in place.iterdir()})


def lean_session(profile: str | None = None) -> Session:
    """A session that makes clients as boto3's does, which itself would load transfers and resources too.

    Raises:
        PermanentError: there is no such profile.
    """
    with boundary("profile"):
        session = Session(profile=profile)
        paths = session.get_config_variable("data_path")
    loader = LeanLoader(
        extra_search_paths=paths.split(":") if paths else None,
        file_loader=LeanFileLoader(),
    )
    session.register_component("data_loader", loader)
    return session
