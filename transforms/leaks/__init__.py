"""The search of the released data for what must not be in it: source values, and numbers that are codes."""
