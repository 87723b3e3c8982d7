"""Who calls AWS, and where. Every command imports it: it imports nothing of doctor's model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls, and where."""

    account: str
    arn: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the ARN: aws, aws-cn or aws-us-gov."""
        return self.arn.split(":")[1] if self.arn.startswith("arn:") else "aws"
