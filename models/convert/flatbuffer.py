"""Just enough of the FlatBuffers wire format to walk a tflite file.

A table starts with a signed offset back to its vtable; the vtable holds, per field, the offset from the table to the
field's value, or 0 where the field has its default. Strings, vectors and tables are reached by a relative offset.
"""

import struct

import numpy as np

_SCALARS = {"int8": "<b", "uint8": "<B", "int32": "<i", "uint32": "<I"}


class Table:
    """One table in a buffer; fields are named by their id in the schema."""

    def __init__(self, buffer: bytes, position: int):
        self._buffer = buffer
        self._position = position

    @classmethod
    def root(cls, buffer: bytes) -> "Table":
        """The root table of a file."""
        return cls(buffer, _read("<I", buffer, 0))

    def scalar(self, field: int, kind: str, default: int = 0) -> int:
        """An integer field of one of the kinds int8, uint8, int32, uint32."""
        place = self._field(field)
        return default if place is None else _read(_SCALARS[kind], self._buffer, place)

    def text(self, field: int) -> str:
        """A string field, empty where absent."""
        return self.array(field, "u1").tobytes().decode()

    def array(self, field: int, dtype: str) -> np.ndarray:
        """A vector of numbers, empty where absent."""
        vector = self._follow(field)
        if vector is None:
            return np.empty(0, dtype)
        return np.frombuffer(self._buffer, dtype, _read("<I", self._buffer, vector), vector + 4)

    def table(self, field: int) -> "Table | None":
        """A table field."""
        position = self._follow(field)
        return None if position is None else Table(self._buffer, position)

    def tables(self, field: int) -> list["Table"]:
        """A vector of tables, empty where absent."""
        vector = self._follow(field)
        if vector is None:
            return []
        places = range(vector + 4, vector + 4 + 4 * _read("<I", self._buffer, vector), 4)
        return [Table(self._buffer, place + _read("<I", self._buffer, place)) for place in places]

    def _field(self, field: int) -> int | None:
        vtable = self._position - _read("<i", self._buffer, self._position)
        entry = 4 + 2 * field
        if entry >= _read("<H", self._buffer, vtable):
            return None
        offset = _read("<H", self._buffer, vtable + entry)
        return self._position + offset if offset else None

    def _follow(self, field: int) -> int | None:
        place = self._field(field)
        return None if place is None else place + _read("<I", self._buffer, place)


def _read(layout: str, buffer: bytes, position: int) -> int:
    return struct.unpack_from(layout, buffer, position)[0]
