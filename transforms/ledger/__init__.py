"""The ledger of a body's events: appended to by exclusive creation, chained by digests, folded to a state."""
