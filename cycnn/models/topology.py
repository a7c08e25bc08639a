"""The layers between inputs and outputs, and the order in which Keras has them.

A layer's depth is the longest way from one of its outputs to one of the model's. Layers come with the deepest first,
and among those of one depth in the order in which a search from the outputs meets them; so do weights in files.
"""

from cycnn.core.structure import flatten, map_leaves
from cycnn.engine.graph import SymbolicTensor
from cycnn.layers.input_layer import InputLayer
from cycnn.models.functions import function_of


class Topology:
    """Uses of layers between symbolic inputs and outputs.

    Args:
        inputs, outputs: lists of symbolic tensors. What gave an input that is no `Input` lies outside.

    Attributes:
        calls: each use of a layer, in an order in which they can run.
        operations: the layers and functions, in Keras's order.
        depths: `{call: its depth}`.

    Raises:
        ValueError: an output depends on an input that is not given, or two layers have one name.
    """

    def __init__(self, inputs, outputs):
        self.inputs = inputs
        self._entries = {id(tensor): _entry(tensor) for tensor in inputs}
        self.calls, met = self._search(outputs)
        self.depths, depths = {}, {}
        for call in reversed(self.calls):
            depth = max(self.depths.get(call, 0), depths.get(call.layer, 0))
            self.depths[call] = depths[call.layer] = depth
            for tensor in call.inputs:
                before = self.call_of(tensor)
                self.depths[before] = max(self.depths.get(before, 0), depth + 1)
        for call in self._entries.values():  # inputs that no output depends on
            if call.layer not in depths:
                self.depths[call] = depths[call.layer] = 0
                met[call.layer] = -1
        self.operations = sorted(depths, key=lambda layer: (-depths[layer], met[layer]))
        names = [layer.name for layer in self.operations]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"The layers of a model must have different names. "
                    f"Received: the name {name!r} is used {names.count(name)} times."
                )

    def _search(self, outputs):
        """Depth first from the outputs, without recursion: networks are deeper than Python's stack."""
        calls, met, seen = [], {}, set()
        for output in outputs:
            stack = [(self.call_of(output), None)]
            while stack:
                call, waiting = stack.pop()
                if waiting is None:
                    if call in seen:
                        continue
                    seen.add(call)
                    met.setdefault(call.layer, len(met))
                    waiting = iter(call.inputs)
                tensor = next(waiting, None)
                if tensor is None:
                    calls.append(call)
                else:
                    stack += [(call, waiting), (self.call_of(tensor), None)]
        return calls, met

    def call_of(self, tensor):
        """The use of a layer that gave a tensor."""
        if id(tensor) in self._entries:
            return self._entries[id(tensor)]
        if tensor.call is None and tensor.node is not None:
            function_of(tensor)
        if tensor.call is None or not tensor.call.inputs:
            raise ValueError(
                f"The outputs depend on {tensor!r}, which is not among the inputs {[t.name for t in self.inputs]}: the graph "
                f"is disconnected. Received: inputs={self.inputs}."
            )
        return tensor.call

    def place(self, tensor):
        """`(layer, number of the call, number of its output)`: where Keras says a tensor comes from; only calls between
        these inputs and outputs count."""
        call = self.call_of(tensor)
        own = [other for other in call.layer._calls if other in self.depths]
        return call.layer, own.index(call), 0 if id(tensor) in self._entries else tensor.index

    def run(self, values, function=lambda layer, *args, **kwargs: layer(*args, **kwargs)):
        """Call all layers anew, for other inputs.

        Args:
            values: one for each input.
            function: called as `function(layer, *args, **kwargs)`.

        Returns:
            `tensor ↦ value`.
        """
        found = {id(tensor): value for tensor, value in zip(self.inputs, values, strict=True)}
        for call in self.calls:
            if call.inputs:
                args, kwargs = map_tensors(lambda tensor: found[id(tensor)], (call.args, call.kwargs))
                outputs = flatten(function(call.layer, *args, **kwargs))
                found.update((id(tensor), value) for tensor, value in zip(call.outputs, outputs, strict=True))
        return lambda tensor: found[id(tensor)]


def _entry(tensor):
    """The `InputLayer` call of an input; a new one for a tensor from the middle of another model."""
    if isinstance(tensor.layer, InputLayer):
        return tensor.call
    return InputLayer(tensor.shape[1:], name=f"{tensor.name}CLONE")._calls[0]


def map_tensors(function, structure):
    """`map_leaves` of symbolic tensors; other leaves stay."""
    return map_leaves(lambda leaf: function(leaf) if isinstance(leaf, SymbolicTensor) else leaf, structure)
