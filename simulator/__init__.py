"""AWS on one machine, for tests and demonstrations. Never deployed."""
