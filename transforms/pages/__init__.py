"""The jinja2 environments of the pages, and their templates: a folder a document."""
