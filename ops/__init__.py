"""The operator's command line, tradai-ops: the functions' own loops, run from a terminal."""
