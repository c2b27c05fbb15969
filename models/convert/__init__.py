"""Published model files in, ONNX bytes out: numpy and onnx only, the same bytes every time.

Each converter knows just the operators of the models named in ``models/manifest.toml`` and refuses anything else, so
that a changed source fails here and not as a silently wrong comparison. What comes out is NCHW, batch 1, float32,
opset 13, with only operators that the engine of ``vivat`` implements.
"""

from collections.abc import Callable
from pathlib import Path

from . import lightqnet, mediapipe, minifasnet, openvino, tfjs
from .onnx_graph import ConversionError

__all__ = ["CONVERTERS", "ConversionError"]


def _as_published(sources: list[Path]) -> bytes:
    """The published file already is the ONNX graph that is run."""
    (source,) = sources
    return source.read_bytes()


#: The `converter` of a model's source in the manifest; each takes the source files in the manifest's order.
CONVERTERS: dict[str, Callable[[list[Path]], bytes]] = {
    "as-published": _as_published,
    "lightqnet": lightqnet.convert,
    "mediapipe-landmark": mediapipe.convert,
    "minifasnet": minifasnet.convert,
    "openvino": openvino.convert,
    "tfjs": tfjs.convert,
}
