"""Writing, verifying and publishing a release with its report, notice and register entry."""
