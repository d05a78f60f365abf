"""Counting people, values and tuples exactly: accumulators that merge, and what is read from them."""
