"""``tradai-ops doctor``: what a deployment needs in this account, found by reading alone."""
