"""tradai-update-nat-routes: a dead NAT is replaced in the private route tables by itself."""
