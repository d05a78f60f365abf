"""What is promised of a release, so many people a label or combination: counted, settled, recounted."""
