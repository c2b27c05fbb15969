"""The nodes and weights of a TensorFlow.js graph model."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..onnx_graph import ConversionError

ELEMENT_TYPES = {"float32": np.float32, "int32": np.int32, "float16": np.float16}


@dataclass(frozen=True)
class Node:
    """One operator; `inputs` are node names, `attributes` integers, strings, lists or TensorFlow's own objects."""

    name: str
    operator: str
    inputs: list[str]
    attributes: dict[str, object]


@dataclass
class Graph:
    """A graph model: nodes and constants by name, and the outputs as (node, published name)."""

    nodes: dict[str, Node]
    constants: dict[str, np.ndarray]
    outputs: list[tuple[str, str]]


def read(path: Path, weights: Path) -> Graph:
    """Reads the graph of `path`, with its constants from `weights`."""
    model = json.loads(path.read_text())
    constants = _constants(model["weightsManifest"], weights.read_bytes())
    nodes = [_node(entry) for entry in model["modelTopology"]["node"] if entry["op"] != "Const"]
    signature = model.get("signature") or model["userDefinedMetadata"]["signature"]
    outputs = [(_node_name(output["name"]), _node_name(name)) for name, output in signature["outputs"].items()]
    return Graph({node.name: node for node in nodes}, constants, outputs)


def _constants(manifest: list[dict], blob: bytes) -> dict[str, np.ndarray]:
    constants, position = {}, 0
    for entry in (entry for group in manifest for entry in group["weights"]):
        stored = entry.get("quantization", entry)["dtype"]
        if entry["dtype"] == "float32" and stored not in ("float32", "float16"):
            raise ConversionError(f"weights quantised to {stored}")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        array = np.frombuffer(blob, ELEMENT_TYPES[stored], count, position).reshape(entry["shape"])
        position += array.nbytes
        constants[entry["name"]] = array.astype(np.float32 if entry["dtype"] == "float32" else np.int64)
    if position != len(blob):
        raise ConversionError(f"{len(blob) - position} bytes of weights too many")
    return constants


def _node(entry: dict) -> Node:
    inputs = [_node_name(name) for name in entry.get("input", []) if not name.startswith("^")]
    attributes = {key: _attribute(value) for key, value in entry.get("attr", {}).items()}
    return Node(entry["name"], entry["op"], inputs, attributes)


def _node_name(reference: str) -> str:
    """`node:0`, the first output of a node, is just `node`: no operator here has a second one."""
    return reference.split(":")[0]


def _attribute(value: dict) -> object:
    match value:
        case {"s": text}:
            return base64.b64decode(text).decode()
        case {"i": number}:
            return int(number)
        case {"list": {"s": texts}}:
            return [base64.b64decode(text).decode() for text in texts]
        case {"list": items}:
            return [int(number) for number in items.get("i", [])]
    return next(iter(value.values()))
