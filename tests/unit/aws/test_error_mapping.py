"""Which refusals are temporary, and what the error of a final one says."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tradai_shared.aws.error_mapping import PASSING_STATES, SERVER_FAULT, THROTTLED, translate_errors
from tradai_shared.errors import AccessDenied, AwsError, PermanentError, TemporaryError


def refused(code: str, message: str = "", *, http: int = 400, shown: bool = False) -> AwsError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": http}}
    with pytest.raises(AwsError) as raised, translate_errors("ec2:AssociateAddress", shown=shown):
        raise ClientError(response, "AssociateAddress")  # type: ignore[arg-type]  # the two parts that are read
    return raised.value


@pytest.mark.parametrize("code", sorted({*THROTTLED, *SERVER_FAULT, *PASSING_STATES}))
def test_each_code_of_the_table_passes(code: str) -> None:
    assert isinstance(refused(code), TemporaryError)


@pytest.mark.parametrize(
    "code",
    ["RequestLimitExceeded", "Throttling", "ThrottlingException", "ProvisionedThroughputExceededException"],
)
def test_the_throttles_that_the_services_document_pass(code: str) -> None:
    assert isinstance(refused(code), TemporaryError)


def test_each_passing_state_names_its_source() -> None:
    assert all(": " in source for source in PASSING_STATES.values())


@pytest.mark.parametrize("code", ["InvalidRoute.Conflict", "Resource.Conflict"])
def test_a_conflict_with_another_change_passes(code: str) -> None:
    assert isinstance(refused(code), TemporaryError)


@pytest.mark.parametrize("code", ["InvalidRouteTableID.NotFound", "InvalidAssociationID.NotFound"])
def test_not_found_passes_for_what_was_just_shown_and_is_final_otherwise(code: str) -> None:
    assert isinstance(refused(code, shown=True), TemporaryError)
    assert isinstance(refused(code), PermanentError)


def test_one_code_passes_or_not_by_its_message() -> None:
    pending = "The pending instance 'i-0a' is not in a valid state for this operation."
    assert isinstance(refused("InvalidInstanceID", pending), TemporaryError)
    two = "There are multiple interfaces attached to instance 'i-0a'."
    assert isinstance(refused("InvalidInstanceID", two), PermanentError)


@pytest.mark.parametrize("code", ["InvalidParameterValue", "Resource.AlreadyAssociated", "AuthFailure"])
def test_every_other_refusal_is_final(code: str) -> None:
    assert isinstance(refused(code), PermanentError)


def test_a_servers_fault_passes_whatever_its_code() -> None:
    assert isinstance(refused("Strange", http=503), TemporaryError)


def test_the_encoded_part_of_a_denial_is_cut_and_the_rest_is_kept() -> None:
    message = (
        "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/r/s "
        "is not authorized. Encoded authorization failure message: " + "Xk3-_" * 100
    )
    error = refused("UnauthorizedOperation", message)
    assert isinstance(error, AccessDenied)
    assert "assumed-role/r/s" in str(error)
    assert "Xk3-_" not in str(error)
    assert str(error).endswith("(cut)")
