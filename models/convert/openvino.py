"""OpenVINO intermediate representation (an .xml graph and a .bin of weights) to ONNX.

Weights stored as float16 are widened to float32 exactly. A constant keeps the place and the name it has in the source,
so that the two graphs can be read side by side.
"""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from .onnx_graph import ConversionError, OnnxGraph

ELEMENT_TYPES = {"f16": np.float16, "f32": np.float32, "i64": np.int64}
#: Layers that are one ONNX operator on the same operands, without attributes.
ELEMENTWISE = {"Add": "Add", "Multiply": "Mul", "Sigmoid": "Sigmoid"}

#: A value: the layer that makes it and the port on which it leaves.
Port = tuple[str, str]


def convert(sources: list[Path]) -> bytes:
    """The graph of `[model.xml, model.bin]`."""
    xml, weights = sources
    return _Conversion(ElementTree.parse(xml).getroot(), weights.read_bytes()).run()


class _Conversion:
    def __init__(self, network: ElementTree.Element, weights: bytes):
        self.weights = weights
        self.layers = {layer.get("id"): layer for layer in network.find("layers")}
        self.producers: dict[Port, Port] = {
            (edge.get("to-layer"), edge.get("to-port")): (edge.get("from-layer"), edge.get("from-port"))
            for edge in network.find("edges")
        }
        self.graph = OnnxGraph(network.get("name"), "ir2onnx")
        self.arrays: dict[Port, np.ndarray] = {}
        self.names: dict[Port, str] = {}

    def run(self) -> bytes:
        for layer in self._in_order():
            self._lower(layer)
        return self.graph.serialise()

    def _in_order(self) -> list[ElementTree.Element]:
        """The layers that a result depends on, every producer before its consumers."""
        ordered: dict[str, ElementTree.Element] = {}

        def visit(layer_id: str) -> None:
            if layer_id in ordered:
                return
            for producer, _ in self._operands(self.layers[layer_id]):
                visit(producer)
            ordered[layer_id] = self.layers[layer_id]

        for layer_id, layer in self.layers.items():
            if layer.get("type") == "Result":
                visit(layer_id)
        return list(ordered.values())

    def _operands(self, layer: ElementTree.Element) -> list[Port]:
        return [self.producers[layer.get("id"), port.get("id")] for port in layer.findall("input/port")]

    def _name(self, port: Port) -> str:
        """The ONNX name of a value; a constant enters the graph when it is first asked for."""
        if port not in self.names:
            self.names[port] = self.graph.constant(f"c{port[0]}_{port[1]}", self.arrays[port])
        return self.names[port]

    def _lower(self, layer: ElementTree.Element) -> None:
        kind, layer_id = layer.get("type"), layer.get("id")
        data = layer.find("data").attrib if layer.find("data") is not None else {}
        operands = self._operands(layer)
        if kind == "Result":
            (operand,) = operands
            self.graph.output(self.names[operand], self.layers[operand[0]].get("name"), _shape(layer, "input"))
            return
        value = (layer_id, layer.find("output/port").get("id"))
        output = f"n{layer_id}_{kind}"
        if kind == "Parameter":
            self.names[value] = self.graph.input(layer.get("name"), _shape(layer, "output"))
        elif kind == "Const":
            self.arrays[value] = self._stored_array(data)
        elif kind == "Convert":
            self.arrays[value] = self.arrays[operands[0]].astype(ELEMENT_TYPES[data["destination_type"]])
        elif kind in ("Convolution", "GroupConvolution"):
            self.names[value] = self._convolution(kind, data, operands, output)
        elif kind == "PReLU":
            self.names[value] = self._prelu(operands, output, layer_id)
        elif kind == "AvgPool":
            self.names[value] = self._global_average(layer, data, operands, output)
        elif kind in ELEMENTWISE:
            names = [self._name(operand) for operand in operands]
            self.names[value] = self.graph.node(ELEMENTWISE[kind], names, output)
        else:
            raise ConversionError(f"OpenVINO layer {kind}")

    def _stored_array(self, data: dict[str, str]) -> np.ndarray:
        element_type, shape = np.dtype(ELEMENT_TYPES[data["element_type"]]), _integers(data["shape"])
        start, size = int(data["offset"]), int(data["size"])
        return np.frombuffer(self.weights[start : start + size], element_type).reshape(shape)

    def _convolution(self, kind: str, data: dict[str, str], operands: list[Port], output: str) -> str:
        if data["auto_pad"] != "explicit":
            raise ConversionError(f"auto_pad {data['auto_pad']}")
        source, kernel_port = operands
        kernel, groups = self.arrays[kernel_port].astype(np.float32), 1
        if kind == "GroupConvolution":
            groups, per_group, *rest = kernel.shape
            kernel = kernel.reshape(groups * per_group, *rest)
        return self.graph.node(
            "Conv",
            [self.names[source], self.graph.constant(f"c{kernel_port[0]}_w", kernel)],
            output,
            strides=_integers(data["strides"]),
            pads=_integers(data["pads_begin"]) + _integers(data["pads_end"]),
            dilations=_integers(data["dilations"]),
            group=groups,
            kernel_shape=list(kernel.shape[2:]),
        )

    def _prelu(self, operands: list[Port], output: str, layer_id: str) -> str:
        source, slope_port = operands
        slope = self.arrays[slope_port].astype(np.float32).reshape(-1, 1, 1)
        name = self.graph.constant(f"c{slope_port[0]}_slope{layer_id}", slope)
        return self.graph.node("PRelu", [self.names[source], name], output)

    def _global_average(
        self, layer: ElementTree.Element, data: dict[str, str], operands: list[Port], output: str
    ) -> str:
        padded = any(_integers(data["pads_begin"]) + _integers(data["pads_end"]))
        if padded or _integers(data["kernel"]) != _shape(layer, "input")[2:]:
            raise ConversionError("AvgPool over less than the whole plane")
        return self.graph.node("GlobalAveragePool", [self.names[operands[0]]], output)


def _shape(layer: ElementTree.Element, side: str) -> list[int]:
    return [int(dimension.text) for dimension in layer.find(f"{side}/port").findall("dim")]


def _integers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")] if text.strip() else []
