"""tradai-update-nat-routes: moves address and private routes to a NAT that works when one fails."""
