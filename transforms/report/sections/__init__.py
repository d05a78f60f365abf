"""Sections of report.html: each module turns a Report into what the template of its name prints."""
