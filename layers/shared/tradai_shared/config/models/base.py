"""The base class and the field types of the configuration's models."""

from collections.abc import Mapping
from ipaddress import ip_network
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints

T = TypeVar("T")
DAY = 86_400  # seconds


class Model(BaseModel):
    """A section of the configuration: frozen, strict, and no field that is not declared.

    Schemas are built once, for the whole, when the first configuration is: that halves the import.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


IMMUTABLE = "immutable"
Immutable = Annotated[T, IMMUTABLE]
"""Never changed after the first deployment without a migration plan."""

UNSPECIFIED = "unspecified"
Unspecified = Annotated[T | None, UNSPECIFIED]
"""None where no source specifies the value; nothing is compared with it."""

Key = Annotated[str, StringConstraints(pattern=r"^[^.\s]+$")]  # no dot: it separates the parts of a path
Named = Annotated[Mapping[Key, T], AfterValidator(MappingProxyType), PlainSerializer(dict)]
"""Entries by their name; read-only, as everything here."""


def _is_network(value: str) -> str:
    ip_network(value)  # refuses host bits
    return value


Cidr = Annotated[
    str,
    StringConstraints(pattern=r"^\d{1,3}(\.\d{1,3}){3}/\d{1,2}$"),
    AfterValidator(_is_network),
]
Name = Annotated[str, StringConstraints(pattern=r"^\S+$", max_length=255)]
Text = Annotated[str, StringConstraints(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
