"""make e2e: the real deployment, on this machine, without AWS."""
