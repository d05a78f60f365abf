"""What in a text is personal, however written: codes (個人識別符号), contacts, names, places, dates, ages."""
