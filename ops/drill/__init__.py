"""``tradai-ops drill``: the failover tried in the user's own account, and measured there."""
