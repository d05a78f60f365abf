"""Generalization hierarchies (一般化階層) over the values that really occur."""
