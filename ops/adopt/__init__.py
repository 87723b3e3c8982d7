"""``tradai-ops adopt``: makes the configuration that of a live account, by answers to each difference."""
