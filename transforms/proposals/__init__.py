"""Proposals (提案) and what follows: what a body decides about them, from events and input. No Beam."""
