"""Translates pydantic's errors: the path, the problem, the accepted fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args, get_origin

from tradai_shared.config.models.base import Model

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Location = tuple[int | str, ...]


def problems(error: ValidationError, root: type[Model]) -> list[tuple[str, str]]:
    """Each path with its problem, for an error that a model raised."""
    return [
        (".".join(map(str, each["loc"])), wording(each, root)) for each in error.errors(include_url=False)
    ]


def wording(error: ErrorDetails, root: type[Model]) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"there is no such field; there are: {', '.join(fields(error['loc'][:-1], root))}"
        case "missing":
            return "is missing"
        case _:
            return f"{error['msg']}; it is {json.dumps(error['input'])}"


def fields(location: Location, root: type[Model]) -> list[str]:
    """The fields of the section at a location of pydantic's."""
    annotation: object = root
    for name in location:
        annotation = below(annotation, name)
    model = model_in(annotation)
    return list(model.model_fields) if model else []


def below(annotation: object, name: int | str) -> object:
    """The annotation of a field or entry of the annotated type."""
    declared = without_none(annotation)
    if model := model_in(declared):
        return model.model_fields[str(name)].annotation
    first, *others = get_args(declared)
    return others[0] if get_origin(declared) is Mapping else first


def model_in(annotation: object) -> type[Model] | None:
    declared = without_none(annotation)
    return declared if isinstance(declared, type) and issubclass(declared, Model) else None


def without_none(annotation: object) -> object:
    """The annotation without its None."""
    choices = get_args(annotation)
    return next(each for each in choices if each is not type(None)) if type(None) in choices else annotation
