"""Pass 1: measuring the whole file before anything is changed."""
