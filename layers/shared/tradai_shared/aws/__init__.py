"""The one place that knows boto3 and its errors."""
