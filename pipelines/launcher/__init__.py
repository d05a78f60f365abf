"""What the jobs share: options, the process, the terminal, engines."""
