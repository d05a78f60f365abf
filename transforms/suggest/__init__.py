"""A policy suggested from the files: what each column is, what restores what, and what each k would cost."""
