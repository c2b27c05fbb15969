"""LightQNet's frozen TensorFlow graph (NHWC) to ONNX (NCHW), batch normalisation folded into the convolutions."""

from pathlib import Path

import numpy as np

from . import tensorflow_graph
from .onnx_graph import ConversionError, OnnxGraph, padding_2d

INPUT_SIZE = 96
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")
NORMALISATION = "FusedBatchNorm"


def convert(sources: list[Path]) -> bytes:
    """The network of `[lightqnet.pb]`: the output `confidence` is one number in 0..1."""
    (path,) = sources
    return _Conversion(tensorflow_graph.read(path)).run()


class _Conversion:
    def __init__(self, nodes: list[tensorflow_graph.Node]):
        self.nodes = {node.name: node for node in nodes}
        self.normalisation = {self._resolve(n.inputs[0]): n for n in nodes if n.operator == NORMALISATION}
        self.graph = OnnxGraph("lightqnet", "pb2onnx")
        self.names: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def run(self) -> bytes:
        operators = [node for node in self.nodes.values() if node.operator not in ("Const", "Identity")]
        for index, node in enumerate(operators):
            if node.operator == NORMALISATION:
                convolution = self._resolve(node.inputs[0])
                self.names[node.name], self.sizes[node.name] = self.names[convolution], self.sizes[convolution]
            else:
                self._lower(node, f"q{index}")
        self.graph.output(self.names[operators[-1].name], "confidence", [1, 1])
        return self.graph.serialise()

    def _resolve(self, name: str) -> str:
        while self.nodes[name].operator == "Identity":
            name = self.nodes[name].inputs[0]
        return name

    def _array(self, name: str) -> np.ndarray:
        return self.nodes[self._resolve(name)].attributes["value"]

    def _lower(self, node: tensorflow_graph.Node, name: str) -> None:
        if node.operator == "Placeholder":
            self.names[node.name] = self.graph.input("input", [1, 3, INPUT_SIZE, INPUT_SIZE])
            self.sizes[node.name] = INPUT_SIZE
            return
        source = self._resolve(node.inputs[0])
        value, size = self.names[source], self.sizes[source]
        match node.operator:
            case "Conv2D" | "DepthwiseConv2dNative":
                result = self._convolution(node, value, size, name)
                size = -(-size // node.attributes["strides"][1])
            case "Relu" | "Sigmoid":
                result = self.graph.node(node.operator, [value], name)
            case "Add":
                result = self.graph.node("Add", [value, self.names[self._resolve(node.inputs[1])]], name)
            case "AvgPool":
                if node.attributes["ksize"][1] != size:
                    raise ConversionError("AvgPool over less than the whole plane")
                result, size = self.graph.node("GlobalAveragePool", [value], name), 1
            case "Reshape":
                result = self.graph.node("Flatten", [value], name, axis=1)
            case "MatMul":
                weights = self.graph.floats(f"{name}w", self._array(node.inputs[1]))
                result = self.graph.node("MatMul", [value, weights], name)
            case "BiasAdd":
                bias = self.graph.floats(f"{name}b", self._array(node.inputs[1]))
                result = self.graph.node("Add", [value, bias], name)
            case other:
                raise ConversionError(f"TensorFlow operator {other}")
        self.names[node.name], self.sizes[node.name] = result, size

    def _convolution(self, node: tensorflow_graph.Node, value: str, size: int, name: str) -> str:
        kernel = self._array(node.inputs[1]).astype(np.float64)
        if node.operator == "Conv2D":
            kernel, groups = kernel.transpose(3, 2, 0, 1), 1
        else:
            kernel, groups = kernel.transpose(2, 3, 0, 1), kernel.shape[2]
        normalisation = self.normalisation[node.name]
        gamma, beta, mean, variance = (self._array(name).astype(np.float64) for name in normalisation.inputs[1:5])
        scale = gamma / np.sqrt(variance + normalisation.attributes["epsilon"])
        window, stride = kernel.shape[2:], tuple(node.attributes["strides"][1:3])
        operands = [
            value,
            self.graph.floats(f"{name}w", kernel * scale.reshape(-1, 1, 1, 1)),
            self.graph.floats(f"{name}b", beta - mean * scale),
        ]
        return self.graph.node(
            "Conv",
            operands,
            name,
            kernel_shape=list(window),
            strides=list(stride),
            pads=padding_2d(node.attributes["padding"].decode(), (size, size), window, stride),
            group=groups,
        )
