"""MediaPipe's face landmark network (tflite, NHWC) to ONNX (NCHW).

The two outputs are named here: `landmarks`, 468 times x, y, z in input pixels, and `face_flag`, a logit.
"""

from pathlib import Path

import numpy as np

from . import tflite
from .onnx_graph import ConversionError, OnnxGraph, padding_2d

OUTPUT_NAMES = ["landmarks", "face_flag"]


def convert(sources: list[Path]) -> bytes:
    """The network of `[face_landmark.tflite]`."""
    (path,) = sources
    return _Conversion(tflite.read(path)).run()


class _Conversion:
    def __init__(self, source: tflite.Graph):
        self.source = source
        self.graph = OnnxGraph("mediapipe", "tfl2onnx")
        self.names: dict[int, str] = {}
        self.constants = dict(source.constants)

    def run(self) -> bytes:
        (image,) = self.source.inputs
        _, height, width, channels = self.source.shapes[image]
        self.names[image] = self.graph.input("input", [1, channels, height, width])
        for operator in self.source.operators:
            self._lower(operator)
        for tensor, name in zip(self.source.outputs, OUTPUT_NAMES, strict=True):
            self._output(tensor, name)
        return self.graph.serialise()

    def _lower(self, operator: tflite.Operator) -> None:
        (result,) = operator.outputs
        name = f"t{result}"
        match operator.kind:
            case "DEQUANTIZE":
                self.constants[result] = self.constants[operator.inputs[0]].astype(np.float32)
                return
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                value = self._convolution(operator, name)
            case "MAX_POOL_2D":
                value = self._max_pool(operator, name)
            case "ADD":
                value = self.graph.node("Add", [self.names[operand] for operand in operator.inputs], name)
                value = self._activate(value, operator.option(0, "int8"))
            case "PRELU":
                slope = self.constants[operator.inputs[1]].reshape(-1, 1, 1)
                operands = [self.names[operator.inputs[0]], self.graph.floats(f"{name}_s", slope)]
                value = self.graph.node("PRelu", operands, name)
            case "PAD":
                value = self._pad(operator, name)
            case "RESHAPE":
                value = self._reshape(operator, name)
            case other:
                raise ConversionError(f"tflite operator {other}")
        self.names[result] = value

    def _convolution(self, operator: tflite.Operator, name: str) -> str:
        image, weights, bias = operator.inputs
        _, height, width, channels = self.source.shapes[image]
        kernel = self.constants[weights].astype(np.float32)
        size = kernel.shape[1:3]
        if operator.kind == "DEPTHWISE_CONV_2D":
            kernel, groups, activation, dilation = kernel.transpose(3, 0, 1, 2), channels, 4, (5, 6)
        else:
            kernel, groups, activation, dilation = kernel.transpose(0, 3, 1, 2), 1, 3, (4, 5)
        if any(operator.option(field, "int32", 1) != 1 for field in dilation):
            raise ConversionError("dilated convolution")
        stride = (operator.option(2, "int32"), operator.option(1, "int32"))
        operands = [
            self.names[image],
            self.graph.floats(f"{name}_w", kernel),
            self.graph.floats(f"{name}_b", self.constants[bias]),
        ]
        value = self.graph.node(
            "Conv",
            operands,
            name,
            kernel_shape=list(size),
            strides=list(stride),
            dilations=[1, 1],
            pads=padding_2d(tflite.PADDING[operator.option(0, "int8")], (height, width), size, stride),
            group=groups,
        )
        return self._activate(value, operator.option(activation, "int8"))

    def _activate(self, value: str, code: int) -> str:
        if code not in tflite.ACTIVATIONS:
            raise ConversionError(f"fused activation {code}")
        operator = tflite.ACTIVATIONS[code]
        return value if operator is None else self.graph.node(operator, [value], f"{value}_a")

    def _max_pool(self, operator: tflite.Operator, name: str) -> str:
        (image,) = operator.inputs
        _, height, width, _ = self.source.shapes[image]
        size = (operator.option(4, "int32"), operator.option(3, "int32"))
        stride = (operator.option(2, "int32"), operator.option(1, "int32"))
        padding = padding_2d(tflite.PADDING[operator.option(0, "int8")], (height, width), size, stride)
        return self.graph.node(
            "MaxPool", [self.names[image]], name, kernel_shape=list(size), strides=list(stride), pads=padding
        )

    def _pad(self, operator: tflite.Operator, name: str) -> str:
        image, amounts = operator.inputs
        before_and_after = self.constants[amounts].reshape(4, 2)[[0, 3, 1, 2]]
        pads = before_and_after.T.reshape(-1).astype(np.int64)
        return self.graph.node(
            "Pad", [self.names[image], self.graph.constant(f"{name}_p", pads)], name, mode="constant"
        )

    def _reshape(self, operator: tflite.Operator, name: str) -> str:
        tensor = operator.inputs[0]
        _, height, width, _ = self.source.shapes[tensor]
        if height * width != 1:
            raise ConversionError("reshape of a plane")
        (result,) = operator.outputs
        shape = self.graph.constant(f"{name}_sh", np.array(self.source.shapes[result], np.int64))
        return self.graph.node("Reshape", [self.names[tensor], shape], name)

    def _output(self, tensor: int, name: str) -> None:
        """Outputs are flat: one row per picture."""
        batch, *_, channels = shape = self.source.shapes[tensor]
        value = self.names[tensor]
        if len(shape) == 4:
            flat = self.graph.constant(f"{name}_sh", np.array([batch, channels], np.int64))
            value = self.graph.node("Reshape", [value, flat], name)
        self.graph.output(value, name, [batch, channels])
