"""drift_check: what AWS really is against what the canonical configuration says."""
