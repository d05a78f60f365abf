"""Reading records into typed Arrow batches, in parallel splits."""
