"""What operators see of a running platform: traces, metrics, and the ids that connect them with logs and turns.

Names and ids only: nothing that a customer wrote, no secret, no address that a template has filled in. Everything here
costs next to nothing while it is off, never waits, and never fails a turn.
"""
