"""Parameters are changed wherever TOML lets them stand; every other value, comment and line stays."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest

from ops.doctor import samconfig, samconfig_edit
from tradai_shared.errors import ConfigError

pytestmark = pytest.mark.any_python

NEWS = {
    "NatAsgName": "acme-egress",  # stands in each layout
    "PrivateRouteTableIds": "rtb-0a,rtb-0b",  # stands in none
    "NatAlarmName": "",
}
OTHER = '\n[dev.deploy.parameters]\nparameter_overrides = ["NatAsgName=of-dev"] # stays\n'
TABLE = "\n[prod.deploy.parameters]\n"
LIST = '["Environment=prod", "NatAsgName=old"]'
LONG = (
    'parameter_overrides = "ParameterKey=Environment,ParameterValue=prod'
    ' ParameterKey=NatAsgName,ParameterValue=old"\n'
)
LAYOUTS = {
    "list": """
[prod.deploy.parameters]
stack_name = "a" # NatAsgName=in-a-comment
parameter_overrides = [
  "Environment=prod", # NatAsgName=old
  'NatAsgName=""', # the group
]
tags = "A=b"
""",
    "list without a comma at its end": """
[prod.deploy.parameters]
parameter_overrides = [
  "Environment=prod",
  "NatAsgName=old" # the group
  # and a last word
]
""",
    "list in one line": f"{TABLE}parameter_overrides = {LIST}\n",
    "one string": f'{TABLE}parameter_overrides = "Environment=prod NatAsgName=\\"old\\" A=1"\n',
    "one literal string": f"{TABLE}parameter_overrides = 'Environment=prod NatAsgName=\"\"'\n",
    "a string of joined lines": '''
[prod.deploy.parameters]
parameter_overrides = """\\
  Environment=prod \\
  NatAsgName=old \\
  """
''',
    "the long form": TABLE + LONG,
    "indented": """
  [ prod . deploy.parameters ]
    stack_name = "a"
    parameter_overrides = [
        "Environment=prod",
        "NatAsgName=old",
    ]
""",
    "quoted keys": f'\n["prod".deploy."parameters"]\n"parameter_overrides" = {LIST}\n',
    "dotted": f"\n[prod]\ndeploy.parameters.parameter_overrides = {LIST}\n",
    "dotted from the top": f"prod.deploy.parameters.parameter_overrides = {LIST}\n",
    "inline table": f'\n[prod.deploy]\nparameters = {{ a = "b", parameter_overrides = {LIST} }}\n',
    "inline to the bottom": f"\n[prod]\ndeploy = {{ parameters = {{ parameter_overrides = {LIST} }} }}\n",
    "table of parameters": """
[prod.deploy.parameters]
stack_name = "a"
[prod.deploy.parameters.parameter_overrides]
Environment = "prod"
NatAsgName = "old" # the group
NatInstanceTypes = ["t4g.nano", "t4g.micro"]
""",
    "dotted table of parameters": """
[prod.deploy.parameters]
parameter_overrides.Environment = "prod"
  parameter_overrides.NatAsgName = "old"
stack_name = "a"
""",
    "inline table of parameters": (
        f'{TABLE}parameter_overrides = {{ Environment = "prod", NatAsgName = "old" }}\n'
    ),
    "list of lists": f'{TABLE}parameter_overrides = [["Environment=prod"], ["NatAsgName=old"]]\n',
    "of every command": """
[prod.global.parameters]
parameter_overrides = ["Environment=prod", "NatAsgName=old"]
[prod.deploy.parameters]
stack_name = "a"
""",
    "named twice": f'{TABLE}parameter_overrides = ["Environment=prod NatAsgName=a", "NatAsgName=old"]\n',
}
ABSENT = {
    "no overrides": '\n[prod.deploy.parameters]\nstack_name = "a" # ours\ntags = ["A=b"]\n',
    "an empty list": "\n[prod.deploy.parameters]\nparameter_overrides = []\n",
    "a list of comments": "\n[prod.deploy.parameters]\nparameter_overrides = [\n  # none yet\n]\n",
    "an empty table": "[prod.deploy.parameters.parameter_overrides]\n",
    "an empty string": '\n[prod.deploy.parameters]\nparameter_overrides = ""\n',
}


def gone(before: str, after: str) -> list[str]:
    """The lines of ``before`` that ``after`` has not."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] for line in lines if line.startswith("- ")]


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_each_layout_is_read_and_changed_in_place(text: str) -> None:
    before = text + OTHER
    given = samconfig.parameters(before, "prod")
    assert given["Environment"] == "prod"
    assert given["NatAsgName"] in {"old", ""}
    after = samconfig_edit.changed(before, "prod", NEWS)
    assert samconfig.parameters(after, "prod") == {**given, **NEWS}
    assert after.endswith(OTHER)
    comments = [line.split("#", 1)[1] for line in before.splitlines() if "#" in line]
    assert [line.split("#", 1)[1] for line in after.splitlines() if "#" in line] == comments
    words = ("NatAsgName", "parameter_overrides", "deploy")
    joined = "\\\n" in before  # such a string is written as one line
    assert joined or all(any(word in line for word in words) for line in gone(before, after))
    assert samconfig_edit.changed(after, "prod", NEWS) == after


@pytest.mark.parametrize("text", ABSENT.values(), ids=ABSENT)
def test_what_is_not_there_yet_is_added(text: str) -> None:
    after = samconfig_edit.changed(text + OTHER, "prod", NEWS)
    assert samconfig.parameters(after, "prod") == NEWS
    assert after.endswith(OTHER)


def test_sam_reads_the_same(tmp_path: Path) -> None:
    """By the SAM CLI's own type, where it is installed."""
    python = Path(__file__).parents[3] / ".tools/sam/bin/python"
    if not python.is_file():
        pytest.skip("no SAM CLI in .tools/sam: make build installs it")
    texts = [samconfig_edit.changed(text, "prod", NEWS) for text in (*LAYOUTS.values(), *ABSENT.values())]
    file = tmp_path / "texts.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    import subprocess  # noqa: PLC0415 - for this test alone

    done = subprocess.run(  # noqa: S603 - our own interpreter and script
        [str(python), "-c", SAM, str(file)], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(done.stdout) == [samconfig.parameters(text, "prod") for text in texts]


SAM = """
import json, sys, tomlkit
from samcli.cli.types import CfnParameterOverridesType
out = []
for text in json.load(open(sys.argv[1])):
    section = tomlkit.parse(text).unwrap()["prod"]
    given = {**section.get("global", {}).get("parameters", {}), **section["deploy"]["parameters"]}
    read = CfnParameterOverridesType().convert(given["parameter_overrides"], None, None)
    out.append({key.strip(): value.strip("\\"") for key, value in read.items()})
print(json.dumps(out))
"""


@pytest.mark.parametrize(
    "overrides",
    ['"file://prod.yaml"', '["Environment=prod", "file://prod.json"]', '{ "$include" = "a.toml" }'],
)
def test_parameters_of_another_file_are_refused_and_never_taken_for_none(overrides: str) -> None:
    text = f"[prod.deploy.parameters]\nparameter_overrides = {overrides}\n"
    with pytest.raises(ConfigError, match="write the pairs themselves"):
        samconfig.parameters(text, "prod")


def test_what_cannot_be_changed_says_what_to_type() -> None:
    text = "[prod.deploy.parameters]\nparameter_overrides = 1\n"
    with pytest.raises(ConfigError, match=r"'NatAsgName=acme-egress' .*'NatAlarmName=\"\"'"):
        samconfig_edit.changed(text, "prod", NEWS)


def test_the_line_ends_of_the_file_stay(tmp_path: Path) -> None:
    file = tmp_path / "samconfig.toml"
    file.write_bytes(LAYOUTS["list"].replace("\n", "\r\n").encode())
    after = samconfig_edit.changed(file.read_text(encoding="utf-8"), "prod", NEWS)
    samconfig_edit.write(file, after)
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n") > 5
