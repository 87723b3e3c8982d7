"""What the functions share: the configuration, AWS clients, errors and outcomes, the handler's frame."""
