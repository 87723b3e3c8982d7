"""The image of a NAT that the stack makes: the newest Amazon Linux 2023, proposed once and then pinned."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ops.doctor.model import Level, Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.doctor.wanted import Wanted

# AWS's public parameter; AmazonLinux2023ImageSsmParameter of aws-cdk-lib reads the same one:
# https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_ec2.AmazonLinux2023ImageSsmParameter.html
NEWEST = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}"
# Graviton's types have a g behind the generation: t4g, c7gn, g5g; but not g4dn.
ARM = re.compile(r"[a-z]+\d+g|a1\.")


def parameter_of(types: tuple[str, ...]) -> str:
    """The public parameter of Systems Manager that holds the newest image for these instance types."""
    return NEWEST.format("arm64" if all(ARM.match(name) for name in types) else "x86_64")


def about_image(wanted: Wanted, newest: str | None, parameters: dict[str, str]) -> Iterator[Line]:
    """Whether ``NatAmiId`` is set, as CreateNat needs it; an image that is pinned stays.

    Args:
        wanted: what samconfig.toml deploys.
        newest: the newest image of the region, None where it could not be read.
        parameters: gets the proposal.
    """
    if not wanted.creates_nat:
        return
    source, pinned = parameter_of(wanted.instance_types), wanted.parameter("NatAmiId")
    if not pinned:
        parameters["NatAmiId"] = newest or ""
        proposed = f"NatAmiId={newest}, the newest Amazon Linux 2023 here"
        remedy = proposed if newest else f"NatAmiId, see {source}"
        yield Line(Level.DO, "image", "CreateNat needs the literal id of the NAT's image", remedy)
    elif newest and newest != pinned:
        remedy = f"NatAmiId={newest} and a deployment, in dev first: it replaces the NAT, or rolls back"
        yield Line(Level.INFO, "image", f"{pinned} is not the newest image, which is {newest}", remedy)
    elif newest:
        yield Line(Level.OK, "image", f"{pinned} is the newest Amazon Linux 2023 here")
