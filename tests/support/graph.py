"""The steps of a wired pipeline."""

from apache_beam.pipeline import PipelineVisitor

from tokumei.transforms.engine.chunks import Chunk
from tokumei.transforms.release.parts import ReleasedChunk

RECORDS = {Chunk, ReleasedChunk}


class _Visit(PipelineVisitor):
    def __init__(self):
        self.steps = []

    def visit_transform(self, node):
        self.steps.append(node)


def steps_of(pipeline):
    visitor = _Visit()
    pipeline.visit(visitor)
    return visitor.steps
