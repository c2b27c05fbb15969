"""TensorFlow.js graph models (a .json graph and a .bin of weights, NHWC) to ONNX (NCHW)."""

from pathlib import Path

from .graph import read
from .lower import Lowering
from .prelu import restore_prelus


def convert(sources: list[Path]) -> bytes:
    """The graph of `[model.json, model.bin]`, with the PReLUs that the publisher's converter damaged restored."""
    json, weights = sources
    graph = read(json, weights)
    restore_prelus(graph)
    return Lowering(graph).run()
