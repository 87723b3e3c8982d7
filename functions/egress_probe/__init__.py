"""tradai-egress-probe: asks the internet from where the platform's services stand."""
