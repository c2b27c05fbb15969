"""Restores PReLUs that were spelled out in TensorFlow and then damaged on their way into a graph model.

TensorFlow had no PReLU, so networks wrote ``relu(x) + a/2 * (x - |x|)``: the second term is ``a * x`` where x is
negative and nothing elsewhere. The converter that made the published MobileFaceNet changed the arithmetic twice:

* **negated slopes.** It negates the constant of every ``Add(Relu, Mul(constant, .))`` to prepare a fusion, before it
  has checked the rest of the pattern. The pattern is another one, the fusion never comes, the negated constant stays.
* **lost slopes.** It fuses the ReLU into the depthwise convolution before it, although ``|x|`` and ``x - |x|`` read
  the same tensor. They now see ``relu(x)``, for which ``x - |x|`` is nothing: the PReLU has become a ReLU.

Both leave the constant in the file, so both can be undone: the true slope is minus twice the constant, and the fused
ReLU has to go. As published the network recognises nobody; restored it does (models/README.md has the numbers).
"""

from dataclasses import replace

import numpy as np

from .graph import Graph, Node


def restore_prelus(graph: Graph) -> None:
    """Turns each spelled-out PReLU of `graph` into one ``Prelu`` node with its true slope."""
    for node in list(graph.nodes.values()):
        if node.operator in ("Add", "AddV2"):
            _restore(graph, node)


def _restore(graph: Graph, node: Node) -> None:
    first, second = node.inputs
    for positive, negative in ((first, second), (second, first)):
        match = _negative_part(graph, negative)
        if match is None:
            continue
        source, constant = match
        if positive == source:
            if not _drop_fused_relu(graph, source):
                continue
        elif not _is(graph, positive, "Relu", source):
            continue
        slope = f"{node.name}/slope"
        graph.constants[slope] = np.float32(-2) * graph.constants[constant]
        graph.nodes[node.name] = replace(node, operator="Prelu", inputs=[source, slope])
        return


def _negative_part(graph: Graph, name: str) -> tuple[str, str] | None:
    """(x, constant) where `name` computes ``constant * (x - |x|)``."""
    node = graph.nodes.get(name)
    if node is None or node.operator != "Mul":
        return None
    for difference, constant in (node.inputs, node.inputs[::-1]):
        subtraction = graph.nodes.get(difference)
        if constant in graph.constants and subtraction is not None and subtraction.operator == "Sub":
            source, magnitude = subtraction.inputs
            if _is(graph, magnitude, "Abs", source):
                return source, constant
    return None


def _is(graph: Graph, name: str, operator: str, operand: str) -> bool:
    node = graph.nodes.get(name)
    return node is not None and node.operator == operator and node.inputs == [operand]


def _drop_fused_relu(graph: Graph, name: str) -> bool:
    """Takes the ReLU out of a fused convolution; False where `name` is not one that has a ReLU."""
    node = graph.nodes[name]
    fused = node.attributes.get("fused_ops", [])
    if fused != ["BiasAdd", "Relu"]:
        return False
    graph.nodes[name] = replace(node, attributes=node.attributes | {"fused_ops": ["BiasAdd"]})
    return True
