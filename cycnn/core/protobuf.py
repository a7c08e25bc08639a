"""Protocol Buffers, as much of them as ONNX and TensorBoard need.

A message is a row of fields, each a key (number of the field and kind of what follows) and a value: a varint (seven bits
a byte, the lowest first), 4 or 8 bytes, or a length and so many bytes: text, an array, a message.

Reference:
    protobuf.dev, "Encoding".
"""

import struct
from types import SimpleNamespace

VARINT, EIGHT, LENGTH, FOUR = 0, 1, 2, 5  # wire types

_EMPTY = {"int": 0, "float": 0.0, "double": 0.0, "text": "", "bytes": b""}
_FIXED = {FOUR: ("<f", 4), EIGHT: ("<d", 8)}


class Damaged(ValueError):
    """Bytes that are no message."""


class Schema:
    """The messages of a format. Written messages are dictionaries `{field: value}`, read ones have all their fields as
    attributes.

    Args:
        messages: `{message: {field: (number, type, whether there may be several)}}`. A type is `"int"`, `"float"`,
            `"double"`, `"text"`, `"bytes"` or a message. What is not there is skipped when bytes are read.
    """

    def __init__(self, messages):
        self.messages = messages
        self._numbers = {
            kind: {field[0]: (name, *field[1:]) for name, field in fields.items()} for kind, fields in messages.items()
        }

    def encode(self, kind, message):
        """A message as a list of bytes, to be written one behind the other: arrays are not copied.

        Args:
            kind: name of the message's type.
            message: dictionary of its fields; those that may be several are lists.
        """
        parts = []
        for name, value in message.items():
            number, type_, several = self.messages[kind][name]
            for each in value if several else (value,):
                if type_ == "int":
                    parts += [_varint(number << 3 | VARINT), _varint(int(each))]
                elif type_ == "float":
                    parts += [_varint(number << 3 | FOUR), struct.pack("<f", each)]
                elif type_ == "double":
                    parts += [_varint(number << 3 | EIGHT), struct.pack("<d", each)]
                else:
                    inner = self.encode(type_, each) if type_ in self.messages else [_plain(type_, each)]
                    parts += [_varint(number << 3 | LENGTH), _varint(sum(map(len, inner))), *inner]
        return parts

    def decode(self, kind, data):
        """The message of some bytes.

        Args:
            kind: name of the message's type.
            data: bytes or a memoryview; arrays are views of it.

        Returns:
            An object with the message's fields as attributes: lists, messages (None where there is none), values.

        Raises:
            Damaged: these are no such bytes.
        """
        data, fields = memoryview(data), self.messages[kind]
        found = SimpleNamespace(**{name: [] if many else _EMPTY.get(t) for name, (_, t, many) in fields.items()})
        place = 0
        while place < len(data):
            key, place = _read_varint(data, place)
            wire = key & 7
            if wire == VARINT:
                value, place = _read_varint(data, place)
            else:
                if wire == LENGTH:
                    size, place = _read_varint(data, place)
                elif wire in _FIXED:
                    size = _FIXED[wire][1]
                else:
                    raise Damaged(f"a field of the unknown kind {wire} in a message {kind!r}")
                if size > len(data) - place:
                    raise Damaged(f"a field of {size} bytes, where {len(data) - place} are left")
                value, place = data[place : place + size], place + size
            name, type_, several = self._numbers[kind].get(key >> 3, (None, None, None))
            if name is None:
                continue
            values = self._values(type_, wire, value)
            if several:
                getattr(found, name).extend(values)
            elif values:
                setattr(found, name, values[-1])
        return found

    def _values(self, type_, wire, value):
        """What a field holds: one value, or, of packed numbers, any number of them."""
        if type_ == "int":
            if wire == VARINT:
                return [_signed(value)]
            values, place = [], 0
            while wire == LENGTH and place < len(value):
                number, place = _read_varint(value, place)
                values.append(_signed(number))
            return values
        if wire == VARINT:
            raise Damaged(f"an integer in the place of {type_}")
        if type_ in ("float", "double"):
            form, size = _FIXED[FOUR if type_ == "float" else EIGHT]
            if len(value) % size:
                raise Damaged(f"{len(value)} bytes of numbers of {size}")
            return [number for (number,) in struct.iter_unpack(form, value)]
        if type_ in self.messages:
            return [self.decode(type_, value)]
        if type_ == "bytes":
            return [value]
        try:
            return [bytes(value).decode()]
        except UnicodeDecodeError as error:
            raise Damaged(f"text that is no text ({error})") from None


def _plain(type_, value):
    return value.encode() if type_ == "text" else value


def _varint(value):
    value &= (1 << 64) - 1  # negative numbers are those of 64 bits
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data, place):
    value = shift = 0
    while True:
        if place >= len(data) or shift > 63:
            raise Damaged("a number that does not end")
        byte = data[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place


def _signed(value):
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value
