"""What in a text is personal, however it is written: codes (個人識別符号), contacts, devices, positions."""
