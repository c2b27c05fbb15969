"""MiniFASNet checkpoints (Minivision's Silent-Face-Anti-Spoofing) to ONNX.

The checkpoint holds weights only, so the architecture is spelled out here: a stem, three stages of depthwise blocks
(with squeeze and excitation where the checkpoint has it), a depthwise layer that shrinks the plane to one pixel, and a
linear head. Batch normalisation is folded into the convolution before it. The output is the three logits.
"""

from pathlib import Path

import numpy as np

from .onnx_graph import ConversionError, OnnxGraph
from .torch_checkpoint import read_state_dict

INPUT_SIZE = 80
EPSILON = 1e-5
#: Stage, number of residual blocks, the strided block that leads to the next stage.
STAGES = [("conv_3", 4, "conv_34"), ("conv_4", 6, "conv_45"), ("conv_5", 2, None)]


def convert(sources: list[Path]) -> bytes:
    """The network of `[checkpoint.pth]`."""
    (checkpoint,) = sources
    return _Network(read_state_dict(checkpoint)).build()


class _Network:
    def __init__(self, tensors: dict[str, np.ndarray]):
        self.tensors = tensors
        self.unused = {name for name in tensors if not name.endswith("num_batches_tracked")}
        self.graph = OnnxGraph("net", "pth2onnx")

    def build(self) -> bytes:
        value = self.graph.input("input", [1, 3, INPUT_SIZE, INPUT_SIZE])
        value = self._convolution_block(value, "conv1", stride=2, padding=1)
        value = self._convolution_block(value, "conv2_dw", padding=1, depthwise=True)
        value = self._depthwise_block(value, "conv_23", stride=2)
        for stage, blocks, transition in STAGES:
            for index in range(blocks):
                block = f"{stage}.model.{index}"
                value = self._add(value, self._depthwise_block(value, block), block)
            if transition:
                value = self._depthwise_block(value, transition, stride=2)
        value = self._convolution_block(value, "conv_6_sep")
        value = self._convolution_block(value, "conv_6_dw", depthwise=True, activation=False)
        value = self._head(value)
        self.graph.output(value, "logits", [1, 3])
        if self.unused:
            raise ConversionError(f"tensors without a place in MiniFASNet: {sorted(self.unused)}")
        return self.graph.serialise()

    def _tensor(self, name: str) -> np.ndarray:
        self.unused.discard(name)
        return self.tensors[name].astype(np.float32)

    def _normalisation(self, prefix: str) -> tuple[np.ndarray, np.ndarray]:
        """Batch normalisation as (scale, shift) per channel."""
        scale = self._tensor(f"{prefix}.weight") / np.sqrt(self._tensor(f"{prefix}.running_var") + EPSILON)
        shift = self._tensor(f"{prefix}.bias") - self._tensor(f"{prefix}.running_mean") * scale
        return scale, shift

    def _convolution(
        self, value: str, output: str, weights: str, normalisation: str, *, stride=1, padding=0, depthwise=False
    ) -> str:
        kernel = self._tensor(weights)
        scale, shift = self._normalisation(normalisation)
        operands = [
            value,
            self.graph.constant(f"{output}.w", kernel * scale.reshape(-1, 1, 1, 1)),
            self.graph.constant(f"{output}.b", shift),
        ]
        return self.graph.node(
            "Conv",
            operands,
            output,
            kernel_shape=list(kernel.shape[2:]),
            strides=[stride] * 2,
            pads=[padding] * 4,
            group=kernel.shape[0] if depthwise else 1,
        )

    def _convolution_block(
        self, value: str, prefix: str, *, stride=1, padding=0, depthwise=False, activation=True
    ) -> str:
        """Convolution, normalisation and, unless told otherwise, PReLU."""
        window = {"stride": stride, "padding": padding, "depthwise": depthwise}
        value = self._convolution(value, f"{prefix}.conv", f"{prefix}.conv.weight", f"{prefix}.bn", **window)
        if not activation:
            return value
        slope = self._tensor(f"{prefix}.prelu.weight").reshape(-1, 1, 1)
        return self.graph.node("PRelu", [value, self.graph.constant(f"{prefix}.prelu.s", slope)], f"{prefix}.prelu")

    def _depthwise_block(self, value: str, prefix: str, *, stride=1) -> str:
        """Widen, filter each channel, project; weigh the channels where the checkpoint says so."""
        value = self._convolution_block(value, f"{prefix}.conv")
        value = self._convolution_block(value, f"{prefix}.conv_dw", stride=stride, padding=1, depthwise=True)
        value = self._convolution_block(value, f"{prefix}.project", activation=False)
        if f"{prefix}.se_module.fc1.weight" in self.tensors:
            value = self._squeeze_and_excite(value, f"{prefix}.se_module")
        return value

    def _squeeze_and_excite(self, value: str, prefix: str) -> str:
        weight = self.graph.node("GlobalAveragePool", [value], f"{prefix}.gap")
        for layer, normalisation, operator, output in (("fc1", "bn1", "Relu", "r"), ("fc2", "bn2", "Sigmoid", "sg")):
            name = f"{prefix}.{layer}"
            weight = self._convolution(weight, name, f"{name}.weight", f"{prefix}.{normalisation}")
            weight = self.graph.node(operator, [weight], f"{prefix}.{output}")
        return self.graph.node("Mul", [value, weight], prefix)

    def _add(self, shortcut: str, value: str, prefix: str) -> str:
        return self.graph.node("Add", [shortcut, value], f"{prefix}.add")

    def _head(self, value: str) -> str:
        """Linear, normalisation, linear: nothing but affine maps, so one matrix and one vector."""
        flat = self.graph.node("Flatten", [value], "flat", axis=1)
        scale, shift = self._normalisation("bn")
        embedding, classes = self._tensor("linear.weight") * scale[:, None], self._tensor("prob.weight")
        operands = [
            flat,
            self.graph.constant("prob.w", classes @ embedding),
            self.graph.constant("prob.b", classes @ shift),
        ]
        return self.graph.node("Gemm", operands, "logits", transB=1)
