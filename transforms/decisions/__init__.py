"""What pass 1 and the search decided: small, without any record, shipped to the workers."""
