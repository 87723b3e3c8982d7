"""Deletes, repairs or reports items whose time to live is over and that DynamoDB has not deleted.

The modules, riskiest first:

- ``apply``: executes batches of conditional statements. The riskiest: an HTTP 200 can carry 25 different
  verdicts, and a lost answer may have been carried out. Every statement is conditional on equality with the
  TTL value that was seen, and that value was overdue against a cut-off that never moves: so a statement may
  be sent again, late, twice or by a run that was killed, and never deletes an item that somebody renewed.
- ``table_run``: a table's rounds (scan a page a segment, plan, record the intent, execute, move the
  checkpoint). The checkpoint moves only past pages whose every item is settled, or carried on by the
  checkpoint itself; memory holds two rounds, whatever the size. ``results``: how it ended.
- ``reconcile``: one table from its name to its result. ``dependencies``: what every table is done with.
- ``classify`` and ``planner``: pure. What a TTL value is, which guard refuses or stops, which items
  share a batch.
- ``rate_limiter``: the token bucket on consumed units, reads counted too, that falls when DynamoDB throttles.
- ``checkpoint``: where a run stands, as JSON; ``checkpoint_store``: where it is between two invocations.
- ``observe``: the live table and its pages. ``audit``: what was deleted, in S3 or the log.
- ``distributed_map``: the same work as a plan of segments for a Distributed Map; ``map_summary``: the results
  of its runs added up, and the plan of its next pass.
- ``messages``: the alert and the event when a table's trouble begins, and when it is over.
- ``model``, ``partiql``: the data that all share; the statements of a batch and what its answer says.
- ``events``, ``tables``, ``settings``, ``report``, ``app``: what comes in and goes out, and the handler.
"""
