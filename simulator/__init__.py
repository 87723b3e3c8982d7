"""AWS on one machine, for the NAT's failover: in process, on a virtual clock, the same from the same seed.

Never deployed. moto keeps the state; ``moto_patches`` correct it where it is not as AWS is; the rest
of this package is what moto has not: Auto Scaling's lifecycle, the delivery of events, the running of
functions, time, and what goes wrong.
"""

from simulator.moto_patches import speedups

speedups.apply()
