"""tradai-egress-probe: sends requests to the internet from the private subnets."""
