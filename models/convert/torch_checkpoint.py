"""Reads the tensors of a torch checkpoint without torch, and without running any code from it.

A checkpoint is a pickle. Only the few constructors that a state dict needs are resolved; anything else is refused, so a
tampered file can raise an error here but cannot call a function. This reads the layout torch wrote before version 1.6:
magic number, protocol, system information, the pickled dict, the list of storage keys, then each storage as a 64-bit
element count and its raw elements.
"""

import collections
import io
import pickle
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .onnx_graph import ConversionError

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
STORAGE_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class _Storage:
    key: str
    dtype: np.dtype


@dataclass(frozen=True)
class _View:
    """A tensor as pickled: a window on a storage, with offset, shape and strides in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def read(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        elements = storages[self.storage.key][self.offset :]
        strides = [stride * elements.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(elements, self.shape, strides, writeable=False).copy()


def _rebuild_tensor(storage: _Storage, offset: int, shape: tuple, strides: tuple, *_gradient_and_hooks) -> _View:
    return _View(storage, offset, shape, strides)


class _StateDictUnpickler(pickle.Unpickler):
    def persistent_load(self, record):
        kind, storage_type, key, _device, _elements, *_view = record
        if kind != "storage":
            raise pickle.UnpicklingError(f"persistent record {kind}")
        return _Storage(key, STORAGE_TYPES[storage_type])

    def find_class(self, module, name):
        if module == "torch" and name in STORAGE_TYPES:
            return name
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a state dict")


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """All tensors of the checkpoint by name, without the `module.` that training on several cards puts in front."""
    stream = io.BytesIO(path.read_bytes())
    magic, _protocol, _system, views, keys = (_StateDictUnpickler(stream, encoding="latin1").load() for _ in range(5))
    if magic != MAGIC_NUMBER:
        raise ConversionError("not a torch checkpoint of the layout before 1.6")
    dtypes = {view.storage.key: view.storage.dtype for view in views.values()}
    storages = {key: _read_storage(stream, dtypes[key]) for key in keys}
    return {name.removeprefix("module."): view.read(storages) for name, view in views.items()}


def _read_storage(stream: io.BytesIO, dtype: np.dtype) -> np.ndarray:
    (count,) = struct.unpack("<q", stream.read(8))
    return np.frombuffer(stream.read(count * dtype.itemsize), dtype)
