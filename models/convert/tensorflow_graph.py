"""Nodes of a frozen TensorFlow GraphDef (.pb), read without TensorFlow.

Field numbers are those of TensorFlow's graph.proto, node_def.proto, attr_value.proto and tensor.proto.
"""

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .onnx_graph import ConversionError
from .protobuf_wire import fields, integers

ELEMENT_TYPES = {1: np.float32, 3: np.int32}


@dataclass
class Node:
    """One operator with its attributes: integers, floats, bytes, lists of integers, and arrays."""

    name: str = ""
    operator: str = ""
    inputs: list[str] = field(default_factory=list)
    attributes: dict[str, object] = field(default_factory=dict)


def read(path: Path) -> list[Node]:
    """All nodes in the order of the file."""
    return [_node(message) for number, message in fields(path.read_bytes()) if number == 1]


def _node(message: bytes) -> Node:
    node = Node()
    for number, value in fields(message):
        if number == 1:
            node.name = value.decode()
        elif number == 2:
            node.operator = value.decode()
        elif number == 3:
            node.inputs.append(value.decode().removeprefix("^").split(":")[0])
        elif number == 5:
            entry = dict(fields(value))
            node.attributes[entry[1].decode()] = _attribute(entry[2])
    return node


def _attribute(message: bytes) -> object:
    for number, value in fields(message):
        if number == 1:
            return [item for inner, packed in fields(value) if inner == 3 for item in integers(packed)]
        if number == 3:
            return integers(value)[0]
        if number == 4:
            return struct.unpack("<f", value)[0]
        if number == 8:
            return _tensor(value)
        return value
    return None


def _tensor(message: bytes) -> np.ndarray:
    """A tensor, either as raw content or as a value that fills the whole shape."""
    dtype, shape, content, values = None, [], b"", []
    for number, value in fields(message):
        if number == 1:
            dtype = ELEMENT_TYPES.get(value)
        elif number == 2:
            shape = [dict(fields(size)).get(1, 0) for inner, size in fields(value) if inner == 2]
        elif number == 4:
            content = value
        elif number == 5:
            values += np.frombuffer(value, "<f4").tolist()
        elif number == 7:
            values += integers(value)
    if dtype is None:
        raise ConversionError("tensor of an unknown type")
    if content:
        return np.frombuffer(content, dtype).reshape(shape)
    array = np.array(values, dtype)
    return np.broadcast_to(array, shape) if array.size == 1 else array.reshape(shape)
