"""Runs what sam build made, on this machine, against moto's server. Never deployed."""
