"""drift_check: compares AWS with the canonical configuration."""
