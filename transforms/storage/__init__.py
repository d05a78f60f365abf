"""Where files are: local folders and Cloud Storage behind one contract."""
