"""Top floor: what a data engineer submits. One module per job; no logic."""
