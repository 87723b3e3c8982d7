"""What the functions share: the configuration, AWS clients and errors, the handler's frame, outcomes."""
