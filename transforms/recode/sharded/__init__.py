"""A histogram that no worker holds: dealt to shards, its classes exchanged node by node."""
