"""Every PTransform of the pipeline, and nothing else."""
