"""The mapping stage: records of other systems in, events of the contract out, nothing kept.

It has a consumer group of its own and scales by the partitions of what it reads. An input is
committed when all that became of it is acknowledged, so whatever ends a stage loses nothing, and
what is mapped twice changes nothing: events are upserts.
"""
