"""Redaction of free text: what is personal in it becomes labels, and planted cases tell what was missed."""
