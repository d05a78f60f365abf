"""How work is cut, merged, guarded and counted: no law, no policy."""
