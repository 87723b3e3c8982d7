"""docs/own-values.md does what it says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tradai_shared.config.build import build
from tradai_shared.config.naming import Environment
from tradai_shared.config.overrides import parse
from tradai_shared.errors import ConfigError

PAGE = (Path(__file__).parents[2] / "docs" / "own-values.md").read_text(encoding="utf-8")


def block(language: str, containing: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    (block_found,) = [each for each in blocks if containing in each]
    return re.sub(r"^   ", "", block_found, flags=re.MULTILINE)


def test_its_example_is_accepted() -> None:
    own = parse(block("json", "values"), "own-values.md")
    config = build(Environment.PROD, own.values)
    assert config.dynamodb.tables["notifications"].ttl is None
    assert config.network.endpoints.gateway == ("s3",)
    assert [waiver.owner for waiver in own.waivers] == ["platform team"]


def test_its_script_turns_an_export_into_an_own_file() -> None:
    exported = {"VPC_CIDR": "10.0.0.0/16", "NAT_INSTANCE_TYPE": "t4g.micro", "RDS_ENGINE_VERSION": "15.14"}
    done = subprocess.run(  # noqa: S603 - the page's own script
        [sys.executable, "-c", block("python", "PATHS")],
        input=json.dumps(exported),
        capture_output=True,
        text=True,
        check=True,
    )
    config = build(Environment.PROD, parse(done.stdout, "own").values)
    assert (config.nat.instance_type, config.rds.version) == ("t4g.micro", "15.14")


def test_the_page_quotes_the_refusals_word_by_word() -> None:
    with pytest.raises(ConfigError) as caught:
        build(Environment.PROD, {"nat": {"group": {"health_check": "PING", "nme": "x"}}})
    assert str(caught.value) in PAGE
