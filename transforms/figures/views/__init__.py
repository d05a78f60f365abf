"""What readers see of figures and lists: pages, plots, CSV and JSON."""
