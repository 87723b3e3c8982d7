"""Deletes, repairs or reports items whose time to live is over and that DynamoDB has left standing.

The rooms, riskiest first:

- ``apply``: settles batches of conditional statements. The riskiest: an HTTP 200 can carry 25 different
  verdicts, and a lost answer may have been carried out. Every statement is conditional on equality with the
  TTL value that was seen, and that value was overdue against a cut-off that never moves: so a statement may
  be sent again, late, twice or by a run that was killed, and never deletes an item that somebody renewed.
- ``run``: a table's rounds (scan a page a segment, plan, audit the intent, settle, move the checkpoint). The
  checkpoint moves only past pages whose every item is settled; memory holds two rounds, whatever the size.
- ``classify`` and ``planner``: pure. What a TTL value is, which guard refuses or stops, which items
  share a batch.
- ``pace``: the token bucket on consumed units, reads counted too, that falls when DynamoDB throttles.
- ``checkpoint``: where a run stands, as JSON that travels in the answer and in S3.
- ``observe``: the live table and its pages. ``audit``: what was deleted, kept in S3 or the log.
- ``fanout``: the same work as a plan of segments for a Distributed Map, and its summary.
- ``events``, ``settings``, ``app``: what comes in, and the handler.
"""
