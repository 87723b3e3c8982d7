"""A message to the alerts topic, within SNS's limits.

Source of the limits: the SNS API reference of Publish (Subject: ASCII text without line breaks or control
characters, fewer than 100 characters; Message: 262,144 bytes of UTF-8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradai_shared.aws.error_mapping import translate_errors

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

PERMISSION = "sns:Publish"
SUBJECT_LENGTH = 99
MESSAGE_BYTES = 262_144
CUT = "\n[The message was longer than SNS allows and was cut here.]"


def publish_message(sns: SNSClient, topic_arn: str, subject: str, message: str) -> None:
    """Publish; what is too long is cut, and says so.

    Raises:
        AwsError: SNS did not take the message.
    """
    with translate_errors(PERMISSION):
        sns.publish(TopicArn=topic_arn, Subject=to_subject(subject), Message=to_message(message))


def to_subject(text: str) -> str:
    """The text as SNS takes a subject: one line of printable ASCII."""
    printable = "".join(letter if " " <= letter <= "~" else "?" for letter in " ".join(text.split()))
    return printable[:SUBJECT_LENGTH]


def to_message(text: str) -> str:
    """The text, cut at a whole character where it would exceed SNS's size."""
    encoded = text.encode()
    if len(encoded) <= MESSAGE_BYTES:
        return text
    return encoded[: MESSAGE_BYTES - len(CUT.encode())].decode(errors="ignore") + CUT
