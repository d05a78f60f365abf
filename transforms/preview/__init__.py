"""What a run would meet in its files, as far as their first records show it."""
