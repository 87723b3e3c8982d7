"""The account of samples and stand-ins on this machine."""

REGION = "eu-central-1"
ACCOUNT = "123456789012"
AUDIT_BUCKET = "tradai-ops-dev-reaperbucket"  # as CloudFormation would name it
