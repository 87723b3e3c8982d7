"""Reading AWS: what can be asked, and the loop that asks."""
