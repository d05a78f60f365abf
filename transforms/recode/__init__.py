"""Choosing how far quasi-identifiers are generalized (五号)."""
