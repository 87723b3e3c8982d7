"""What a function's bytecode leaves out, and what it keeps."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
import traceback
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "functions/compile_package.py"
SOURCE = b'''"""A docstring."""
from __future__ import annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar
if TYPE_CHECKING:
    import not_installed
else:
    checked = False
LIMIT: int = 3
@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 2
    kind: ClassVar[str] = "point"
def fail(value: not_installed.Type, *more: int, flag: bool = False) -> None:
    """A docstring."""
    raise ValueError(
        "first",
        value[
            "missing"
        ],
    )
'''


@pytest.fixture(scope="module")
def script() -> Any:  # noqa: ANN401 - a module that sam build runs, outside every package
    spec = importlib.util.spec_from_file_location("compile_package", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def compiled(script: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - as above
    """The module that Python makes of the bytecode alone."""
    folder = tmp_path / "compiled_sample"
    folder.mkdir()
    (folder / "points.py").write_bytes(SOURCE)
    script.main(tmp_path)
    assert [path.name for path in folder.iterdir()] == ["points.pyc"]
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("compiled_sample.points")
    monkeypatch.delitem(sys.modules, "compiled_sample.points")
    monkeypatch.delitem(sys.modules, "compiled_sample")
    return module


def test_types_and_docstrings_are_left_out(compiled: Any) -> None:  # noqa: ANN401 - as above
    assert compiled.fail.__annotations__ == {}
    assert compiled.fail.__doc__ is None
    assert not vars(compiled).get("__annotations__")
    assert not hasattr(compiled, "not_installed")
    assert {field.type for field in fields(compiled.Point)} == {None}
    assert {"annotations", "TYPE_CHECKING", "ClassVar"}.isdisjoint(vars(compiled))


def test_what_the_program_reads_is_kept(compiled: Any) -> None:  # noqa: ANN401 - as above
    assert compiled.LIMIT == 3
    assert compiled.checked is False
    assert repr(compiled.Point(1)) == "Point(x=1, y=2)"
    assert compiled.fail.__kwdefaults__ == {"flag": False}


def test_a_traceback_names_the_first_line_of_the_statement(compiled: Any) -> None:  # noqa: ANN401 - as above
    with pytest.raises(KeyError) as caught:
        compiled.fail({})
    frame = traceback.extract_tb(caught.value.__traceback__)[-1]
    line = SOURCE.decode().splitlines().index("    raise ValueError(") + 1
    assert (frame.filename, frame.lineno, frame.name) == (
        "compiled_sample/points.py",
        line,
        "fail",
    )


def test_pydantic_still_reads_the_types_of_its_models_and_of_their_dataclasses(
    script: Any,  # noqa: ANN401 - as above
    tmp_path: Path,
) -> None:
    """In a process of its own: the names of the packages are those of the sources."""
    functions = SCRIPT.parent
    shutil.copytree(functions / "ttl_reaper", tmp_path / "ttl_reaper")
    script.main(tmp_path)
    code = (
        "from ttl_reaper import events; from ttl_reaper.checkpoint_store import TALLY;"
        "event = events.parse({'action': 'plan', 'tables': 'all', 'concurrency': 5});"
        "tally = TALLY.validate_python({'deleted': 3});"
        "print(events.__file__.endswith('.pyc'), event.concurrency, tally.deleted)"
    )
    layer = functions.parent / "layers/shared"
    done = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{layer}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["True", "5", "3"], done.stderr[-500:]
