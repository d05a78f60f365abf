"""The report of a release: from counts to the Report, and from the Report to what people read."""
