"""The template by the SAM CLI's own judgement."""

from __future__ import annotations

import pytest

from tests.toolchain.conftest import sam

pytestmark = pytest.mark.toolchain


def test_the_template_is_valid_and_lints_clean() -> None:
    assert sam("validate", "--lint").strip().endswith("is a valid SAM Template")
