"""The loop of a drift check: ask AWS, compare, mend, remember, tell. The checks say what."""
