"""The graph of a tflite file: tensors, constants and operators, with the options that the converter needs.

Field and operator numbers are those of TensorFlow Lite's schema, version 3.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .flatbuffer import Table
from .onnx_graph import ConversionError

OPERATORS = {0: "ADD", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 6: "DEQUANTIZE", 17: "MAX_POOL_2D", 22: "RESHAPE",
             34: "PAD", 54: "PRELU"}  # fmt: skip
ELEMENT_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}
PADDING = {0: "SAME", 1: "VALID"}
ACTIVATIONS = {0: None, 1: "Relu"}


@dataclass(frozen=True)
class Operator:
    """One operator; `options` is the table of its own kind, or None where all are defaults."""

    kind: str
    inputs: list[int]
    outputs: list[int]
    options: Table | None

    def option(self, field: int, kind: str, default: int = 0) -> int:
        """An option by its number in the schema."""
        return default if self.options is None else self.options.scalar(field, kind, default)


@dataclass(frozen=True)
class Graph:
    """The only subgraph of a model. Tensors are known by index; shapes are in TensorFlow's order, NHWC."""

    shapes: list[list[int]]
    constants: dict[int, np.ndarray]
    operators: list[Operator]
    inputs: list[int]
    outputs: list[int]


def read(path: Path) -> Graph:
    """Reads the graph of a tflite file."""
    model = Table.root(path.read_bytes())
    (subgraph,) = model.tables(2)
    buffers = [buffer.array(0, "u1") for buffer in model.tables(4)]
    codes = [_operator_code(code) for code in model.tables(1)]
    tensors = subgraph.tables(0)
    shapes = [tensor.array(0, "<i4").tolist() for tensor in tensors]
    constants = {}
    for index, tensor in enumerate(tensors):
        stored = buffers[tensor.scalar(2, "uint32")]
        if stored.size:
            constants[index] = stored.view(ELEMENT_TYPES[tensor.scalar(1, "int8")]).reshape(shapes[index])
    operators = [_operator(table, codes) for table in subgraph.tables(3)]
    inputs, outputs = (subgraph.array(field, "<i4").tolist() for field in (1, 2))
    return Graph(shapes, constants, operators, inputs, outputs)


def _operator_code(table: Table) -> int:
    """Codes up to 127 were once one byte; files carry either field or both."""
    return table.scalar(3, "int32") or table.scalar(0, "int8")


def _operator(table: Table, codes: list[int]) -> Operator:
    code = codes[table.scalar(0, "uint32")]
    if code not in OPERATORS:
        raise ConversionError(f"tflite operator number {code}")
    inputs, outputs = (table.array(field, "<i4").tolist() for field in (1, 2))
    return Operator(OPERATORS[code], inputs, outputs, table.table(4))
