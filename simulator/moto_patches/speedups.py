"""Patches that speed moto up, by a third to a half of a simulation's time. No answer that is used differs."""

from __future__ import annotations

import gc
import inspect
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.client import ClientCreator
from botocore.hooks import EventAliaser
from botocore.loaders import Loader
from moto import settings
from moto.core import responses
from moto.utilities import utils

from tradai_shared.aws.clients import LeanFileLoader, LeanLoader

if TYPE_CHECKING:
    from botocore.model import ServiceModel

REGION = "eu-central-1"
OFFERINGS = "ec2/resources/instance_type_offerings"
GARBAGE = 50_000  # objects; Python's 700 has it walk over all the models again and again

_load_resource, _load_file = utils.load_resource, LeanFileLoader.load_file


def load_file(_: LeanFileLoader, file_path: str) -> Any:
    """Every loader has one copy of a file: moto, and each session of a command, read each for themselves."""
    return _read(file_path)


@cache
def _read(path: str) -> Any:
    return _load_file(LeanFileLoader(), path)


def load_resource(resource: str) -> Any:
    """Moto's data, without the instance types of other regions."""
    return [] if OFFERINGS in resource and REGION not in resource else _load_resource(resource)


_create_methods = ClientCreator._create_methods  # type: ignore[attr-defined]
_methods: dict[tuple[str, ...], dict[str, Any]] = {}


def shared_methods(creator: ClientCreator, model: ServiceModel) -> dict[str, Any]:
    """Each API's methods, made once. A cold start makes its clients anew, and EC2 has over 700 methods."""
    api = (model.service_name, model.api_version, *model.operation_names)
    if api not in _methods:
        _methods[api] = _create_methods(creator, model)
    return dict(_methods[api])


_make_aliaser = EventAliaser.__init__
_aliased: dict[str, str] = {}


def make_aliaser(aliaser: EventAliaser, *given: Any) -> None:
    """Every client has one memory of the events' names: each has a hundred to look up when it is made."""
    _make_aliaser(aliaser, *given)
    aliaser._alias_name_cache = _aliased  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Methods:
    """The names of a class's functions, as moto asks for one: EC2 has 800, and each call listed them all."""

    owner: type

    def __contains__(self, name: str) -> bool:
        return inspect.isfunction(getattr(self.owner, name, None))


def apply() -> None:
    """Apply them to this process. Call it before moto's EC2 is imported: that reads every model."""
    LeanFileLoader.load_file = load_file  # type: ignore[method-assign,assignment]
    Loader.FILE_LOADER_CLASS = LeanFileLoader
    Loader.list_available_services = LeanLoader.list_available_services  # type: ignore[method-assign,assignment]
    EventAliaser.__init__ = make_aliaser  # type: ignore[method-assign,assignment]
    responses.method_names_from_class = Methods
    settings.ec2_load_default_amis = lambda: False  # 780 images that each new EC2 makes, and nothing reads
    utils.load_resource = load_resource
    ClientCreator._create_methods = shared_methods  # type: ignore[attr-defined]
    gc.set_threshold(GARBAGE)
    from simulator.moto_patches import tags  # noqa: PLC0415 - imports moto's EC2

    tags.apply()
