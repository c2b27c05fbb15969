"""Builds an ONNX graph node by node and serialises it deterministically."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 8


class ConversionError(ValueError):
    """The source holds something that its converter does not know: the file is not the one it was written for."""


class OnnxGraph:
    """An ONNX graph in the making. Values are known by name; every node has exactly one output."""

    def __init__(self, name: str, producer: str):
        self.name = name
        self.producer = producer
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._nodes: list[onnx.NodeProto] = []

    def input(self, name: str, shape: list[int]) -> str:
        """Declares the float32 input of `shape`."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def constant(self, name: str, array: np.ndarray) -> str:
        """Adds a constant of the array's own type."""
        self._constants.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def floats(self, name: str, array: np.ndarray) -> str:
        """Adds a constant as float32."""
        return self.constant(name, array.astype(np.float32))

    def node(self, operator: str, inputs: list[str], output: str, **attributes) -> str:
        """Adds an operator that writes `output`, and returns that name."""
        self._nodes.append(helper.make_node(operator, inputs, [output], **attributes))
        return output

    def output(self, value: str, name: str, shape: list[int]) -> None:
        """Declares `value` as the float32 output `name`: whoever makes the value or reads it uses the new name."""
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [name if old == value else old for old in names]
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def serialise(self) -> bytes:
        """Checks the whole graph, with inference of all shapes, and returns the bytes of the model file."""
        graph = helper.make_graph(self._nodes, self.name, self._inputs, self._outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name=self.producer)
        model.ir_version = IR_VERSION
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString(deterministic=True)


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME padding along one axis: (before, after); an odd pixel goes after."""
    outputs = -(-size // stride)
    missing = max((outputs - 1) * stride + kernel - size, 0)
    return missing // 2, missing - missing // 2


def padding_2d(scheme: str, size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int]) -> list[int]:
    """TensorFlow's padding scheme SAME or VALID as ONNX pads: top, left, bottom, right."""
    if scheme == "VALID":
        return [0, 0, 0, 0]
    if scheme != "SAME":
        raise ConversionError(f"padding {scheme}")
    (top, bottom), (left, right) = (same_padding(*axis) for axis in zip(size, kernel, stride, strict=True))
    return [top, left, bottom, right]
