"""tradai-ops, the command line. The version of everything in this repository is this one."""

__version__ = "0.2.0"
