"""What a run will do to every table, worked out before it begins."""
