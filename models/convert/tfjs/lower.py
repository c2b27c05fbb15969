"""Lowers a TensorFlow.js graph to ONNX, operator by operator, from the outputs back to the input.

TensorFlow keeps channels last, ONNX kernels want them first. Values between convolutions stay channels-first; one that
meets an operator which depends on the order of elements (a reshape, an output) is transposed back.
"""

from dataclasses import dataclass

import numpy as np

from ..onnx_graph import ConversionError, OnnxGraph, padding_2d
from .graph import Graph, Node

BINARY = {"Add": "Add", "AddV2": "Add", "Mul": "Mul", "Maximum": "Max"}
UNARY = {"Relu": "Relu", "Sigmoid": "Sigmoid"}
TO_CHANNELS_LAST, TO_CHANNELS_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]


@dataclass(frozen=True)
class Value:
    """A value at run time: its ONNX name, its shape in TensorFlow's order, and whether it is held channels-first."""

    name: str
    shape: tuple[int, ...]
    channels_first: bool = False


class Lowering:
    """One conversion. Constants are arrays, everything else is a `Value`."""

    def __init__(self, source: Graph):
        self.source = source
        self.graph = OnnxGraph("g", "tfjs2onnx")
        self._values: dict[str, Value | np.ndarray] = dict(source.constants)
        self._names = 0

    def run(self) -> bytes:
        """Lowers all that the outputs need."""
        outputs = []
        for node, name in self.source.outputs:
            value = self._value(node)
            outputs.append((self._channels_last(value), name, list(value.shape)))
        for output in outputs:
            self.graph.output(*output)
        return self.graph.serialise()

    def _value(self, name: str) -> Value | np.ndarray:
        if name not in self._values:
            self._values[name] = self._lower(self.source.nodes[name])
        return self._values[name]

    def _lower(self, node: Node) -> Value:
        operator = node.operator
        if operator == "Placeholder":
            return self._placeholder(node)
        operands = [self._value(name) for name in node.inputs]
        if operator in UNARY:
            (x,) = operands
            return Value(self._emit(UNARY[operator], [x.name]), x.shape, x.channels_first)
        if operator in BINARY:
            return self._binary(BINARY[operator], *operands)
        match operator:
            case "Identity":
                return operands[0]
            case "_FusedConv2D" | "DepthwiseConv2dNative" | "FusedDepthwiseConv2dNative":
                return self._convolution(node, *operands)
            case "MaxPool":
                return self._max_pool(node, *operands)
            case "Prelu":
                return self._prelu(*operands)
            case "Pad":
                return self._pad(*operands)
            case "Reshape":
                x, shape = operands
                return self._reshape(x, [int(size) for size in shape])
            case "Squeeze":
                (x,) = operands
                squeezed = node.attributes["squeeze_dims"]
                return self._reshape(x, [size for axis, size in enumerate(x.shape) if axis not in squeezed])
            case "ConcatV2":
                return self._concat(*operands)
            case "Sum":
                return self._sum(node, *operands)
            case "Square":
                (x,) = operands
                return Value(self._emit("Mul", [x.name, x.name]), x.shape, x.channels_first)
            case "Rsqrt":
                (x,) = operands
                root = self._emit("Sqrt", [x.name])
                return Value(self._emit("Reciprocal", [root]), x.shape, x.channels_first)
        raise ConversionError(f"TensorFlow.js operator {operator}")

    def _fresh(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _emit(self, operator: str, inputs: list[str], **attributes) -> str:
        return self.graph.node(operator, inputs, self._fresh("t"), **attributes)

    def _constant(self, array: np.ndarray) -> str:
        return self.graph.constant(self._fresh("w"), array)

    def _integers(self, *numbers: int) -> str:
        return self.graph.constant(self._fresh("i"), np.array(numbers, np.int64))

    def _channels_last(self, x: Value) -> str:
        if not x.channels_first:
            return x.name
        return self._reorder(x, x.shape, TO_CHANNELS_LAST)

    def _channels_first(self, x: Value) -> str:
        if x.channels_first:
            return x.name
        batch, height, width, channels = x.shape
        return self._reorder(x, (batch, channels, height, width), TO_CHANNELS_FIRST)

    def _reorder(self, x: Value, shape: tuple[int, ...], order: list[int]) -> str:
        """A plane of one pixel has the same memory either way: a reshape is free where a transpose is not."""
        if x.shape[1] == x.shape[2] == 1:
            return self._emit("Reshape", [x.name, self._integers(*shape)])
        return self._emit("Transpose", [x.name], perm=order)

    def _placeholder(self, node: Node) -> Value:
        _, height, width, channels = (int(axis["size"]) for axis in node.attributes["shape"]["dim"])
        return Value(
            self.graph.input("input", [1, channels, height, width]), (1, height, width, channels), channels_first=True
        )

    def _convolution(self, node: Node, x: Value, kernel: np.ndarray, *fused_operands: np.ndarray) -> Value:
        batch, height, width, channels = x.shape
        rows, columns, _, multiplier = kernel.shape
        if set(node.attributes.get("dilations", [1])) != {1}:
            raise ConversionError("dilated convolution")
        if node.operator == "_FusedConv2D":
            kernel, groups = kernel.transpose(3, 2, 0, 1), 1
        else:
            kernel, groups = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, rows, columns), channels
        size, stride = self._window(node, (height, width), (rows, columns))
        fused = node.attributes.get("fused_ops", [])
        operands = list(fused_operands)
        bias = operands.pop(0) if "BiasAdd" in fused else np.zeros(len(kernel), np.float32)
        weights = [self._constant(kernel), self._constant(bias)]
        name = self._emit(
            "Conv",
            [self._channels_first(x), *weights],
            kernel_shape=[rows, columns],
            strides=list(stride),
            dilations=[1, 1],
            group=groups,
            pads=padding_2d(node.attributes["padding"], (height, width), (rows, columns), stride),
        )
        result = Value(name, (batch, *size, len(kernel)), channels_first=True)
        return self._activate(result, [name for name in fused if name != "BiasAdd"], operands)

    def _activate(self, x: Value, fused: list[str], operands: list[np.ndarray]) -> Value:
        match fused:
            case []:
                return x
            case ["Relu"]:
                return Value(self._emit("Relu", [x.name]), x.shape, x.channels_first)
            case ["Prelu"]:
                return self._prelu(x, *operands)
        raise ConversionError(f"fused {fused}")

    def _max_pool(self, node: Node, x: Value) -> Value:
        batch, height, width, channels = x.shape
        window = tuple(node.attributes["ksize"][1:3])
        size, stride = self._window(node, (height, width), window)
        pads = padding_2d(node.attributes["padding"], (height, width), window, stride)
        name = self._emit(
            "MaxPool", [self._channels_first(x)], kernel_shape=list(window), strides=list(stride), pads=pads
        )
        return Value(name, (batch, *size, channels), channels_first=True)

    @staticmethod
    def _window(node: Node, size: tuple[int, int], window: tuple[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The (height, width) of a sliding window's output, and its stride."""
        stride = tuple(node.attributes["strides"][1:3])
        if node.attributes["padding"] == "SAME":
            return tuple(-(-extent // step) for extent, step in zip(size, stride, strict=True)), stride
        triples = zip(size, window, stride, strict=True)
        return tuple((extent - reach) // step + 1 for extent, reach, step in triples), stride

    def _prelu(self, x: Value, slope: np.ndarray) -> Value:
        slope = self._constant(slope.reshape(-1, 1, 1) if x.channels_first else slope)
        return Value(self._emit("PRelu", [x.name, slope]), x.shape, x.channels_first)

    def _pad(self, x: Value, amounts: np.ndarray) -> Value:
        shape = tuple(size + int(both.sum()) for size, both in zip(x.shape, amounts, strict=True))
        if x.channels_first:
            amounts = amounts[TO_CHANNELS_FIRST]
        return Value(self._emit("Pad", [x.name, self._integers(*amounts.T.flat)]), shape, x.channels_first)

    def _reshape(self, x: Value, shape: list[int]) -> Value:
        if -1 in shape:
            shape[shape.index(-1)] = int(np.prod(x.shape)) // -int(np.prod(shape))
        flat = len(x.shape) == 4 and x.shape[1] == x.shape[2] == 1
        name = x.name if flat else self._channels_last(x)
        return Value(self._emit("Reshape", [name, self._integers(*shape)]), tuple(shape))

    def _concat(self, *operands: Value | np.ndarray) -> Value:
        *parts, axis = operands
        axis = int(axis) % len(parts[0].shape)
        if not all(part.channels_first for part in parts):
            raise ConversionError("concatenation of mixed layouts")
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        name = self._emit("Concat", [part.name for part in parts], axis=TO_CHANNELS_FIRST.index(axis))
        return Value(name, tuple(shape), channels_first=True)

    def _sum(self, node: Node, x: Value, axes: np.ndarray) -> Value:
        if not node.attributes["keep_dims"]:
            raise ConversionError("a sum that drops its axes")
        summed = sorted(int(axis) % len(x.shape) for axis in np.atleast_1d(axes))
        shape = tuple(1 if axis in summed else size for axis, size in enumerate(x.shape))
        return Value(self._emit("ReduceSum", [self._channels_last(x), self._integers(*summed)], keepdims=1), shape)

    def _binary(self, operator: str, left: Value | np.ndarray, right: Value | np.ndarray) -> Value:
        """Two values of one layout, or a channels-last value and a constant that broadcasts against it."""
        values = [operand for operand in (left, right) if isinstance(operand, Value)]
        channels_first = values[0].channels_first
        if any(value.channels_first != channels_first for value in values) or (len(values) == 1 and channels_first):
            raise ConversionError(f"{operator} of mixed layouts")
        names = [operand.name if isinstance(operand, Value) else self._constant(operand) for operand in (left, right)]
        return Value(self._emit(operator, names), np.broadcast_shapes(left.shape, right.shape), channels_first)
