"""The console's form: every parameter in a labelled group, once."""

from __future__ import annotations

from itertools import chain

from tests.contract.stack import Stack


def test_every_parameter_is_in_a_single_labelled_group() -> None:
    document = Stack().template.document
    groups = document["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = list(chain.from_iterable(group["Parameters"] for group in groups))
    assert sorted(listed) == sorted(document["Parameters"])
    assert all(group["Label"]["default"] for group in groups)
