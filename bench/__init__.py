"""The benchmarks: the service beside its peers, on one broker and the same events.

They need the repository (the brokers of its tests, the peers' own dependencies), so they are no
part of the distribution: `make bench`, or `contact-metrics bench` in a checkout.
"""
