# SPDX-License-Identifier: GPL-2.0-or-later
"""Types of the kernel or of a BPF object: sizes, offsets of members, members at an offset."""

import struct

INT, PTR, ARRAY, STRUCT, UNION, ENUM, FWD, TYPEDEF, VOLATILE, CONST, RESTRICT = range(1, 12)
FUNC, PROTO, VAR, DATASEC, FLOAT, DECL_TAG, TYPE_TAG, ENUM64 = range(12, 20)
THROUGH = (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG)  # the same type under another name
MORE = {INT: 4, ARRAY: 12, VAR: 4, DECL_TAG: 4}  # bytes that follow a type; the others: per member
PER_MEMBER = {STRUCT: 12, UNION: 12, ENUM: 8, PROTO: 8, DATASEC: 12, ENUM64: 12}


class Btf:
    """Parsed from the raw data of the kernel's or an object's BTF."""

    def __init__(self, raw):
        _, _, _, header, type_off, type_len, str_off, _ = struct.unpack_from("<HBBIIIII", raw)
        self.raw, self.strings = raw, header + str_off
        self.types, self.names = [(0, 0, 0, 0, 0)], {}  # (kind, name, size or type, n, place of the rest)
        at, end = header + type_off, header + type_off + type_len
        while at < end:
            name, info, value = struct.unpack_from("<III", raw, at)
            kind, n = info >> 24 & 31, info & 0xffff
            at += 12
            self.types.append((kind, name, value, n | info & 1 << 31, at))
            if kind in (STRUCT, UNION) and name:
                self.names.setdefault(self.string(name), len(self.types) - 1)
            at += MORE.get(kind, 0) + PER_MEMBER.get(kind, 0) * n

    def string(self, offset):
        at = self.strings + offset
        return self.raw[at:self.raw.index(b"\0", at)].decode()

    def plain(self, number):
        """Without typedef, const and the like."""
        while self.types[number][0] in THROUGH:
            number = self.types[number][2]
        return number

    def struct_named(self, name):
        if name not in self.names:
            raise SystemExit(f"bench: this kernel has no struct {name}")
        return self.names[name]

    def name_of(self, number):
        return self.string(self.types[self.plain(number)][1])

    def _array(self, number):
        return struct.unpack_from("<III", self.raw, self.types[number][4])

    def size(self, number):
        number = self.plain(number)
        kind, _, value, _, _ = self.types[number]
        if kind == PTR:
            return 8
        if kind == ARRAY:
            element, _, n = self._array(number)
            return n * self.size(element)
        return value if kind in (INT, STRUCT, UNION, ENUM, ENUM64, FLOAT, DATASEC) else 0

    def members(self, number):
        """(name, type, offset in bytes, size in bits if it is a bit field)."""
        _, _, _, n, at = self.types[number]
        for i in range(n & 0xffff):
            name, kind, offset = struct.unpack_from("<III", self.raw, at + 12 * i)
            bits = offset >> 24 if n >> 31 else 0
            yield self.string(name), kind, (offset & 0xffffff if n >> 31 else offset) // 8, bits

    def variables(self, number):
        """(type, offset, size) of what is in a section."""
        _, _, _, n, at = self.types[number]
        for i in range(n & 0xffff):
            variable, offset, size = struct.unpack_from("<III", self.raw, at + 12 * i)
            yield variable, offset, size

    def find(self, number, name):
        """(type, offset) of a member, also in unnamed structures; None if there is none."""
        for member, kind, offset, _ in self.members(number):
            if member == name:
                return kind, offset
            if not member:
                found = self.find(self.plain(kind), name)
                if found:
                    return found[0], offset + found[1]
        return None

    def path(self, name, path):
        """(offset, size) of a member like "se.cfs_rq" of a structure."""
        number, at = self.struct_named(name), 0
        for part in path.split("."):
            found = self.find(self.plain(number), part)
            if not found:
                raise SystemExit(f"bench: this kernel has no {name}.{path}")
            number, at = found[0], at + found[1]
        return at, self.size(number)

    def at(self, number, offset):
        """(path, type) of what begins at this offset or holds it."""
        number = self.plain(number)
        kind = self.types[number][0]
        if kind == VAR:
            name, kind_of = self.string(self.types[number][1]), self.types[number][2]
            inner, leaf = self.at(kind_of, offset)
            return name + ("." if inner[:1] not in ("", "[") else "") + inner, leaf
        if kind == ARRAY:
            element, _, _ = self._array(number)
            size = self.size(element) or 1
            inner, leaf = self.at(element, offset % size)
            return f"[{offset // size}]" + ("." if inner[:1] not in ("", "[") else "") + inner, leaf
        if kind == DATASEC:
            for variable, start, size in self.variables(number):
                if start <= offset < start + size:
                    return self.at(variable, offset - start)
        elif kind in (STRUCT, UNION):
            for name, member, start, bits in self.members(number):
                size = self.size(member) if not bits else 1 + bits // 8
                if start <= offset < start + size:
                    inner, leaf = self.at(member, offset - start)
                    dot = "." if name and inner and inner[0] != "[" else ""
                    return name + dot + inner, leaf
        return "", number

    def pointed_struct(self, number):
        """The structure that a pointer points to; None: it is no such pointer."""
        number = self.plain(number)
        if self.types[number][0] != PTR:
            return None
        to = self.plain(self.types[number][2])
        return to if self.types[to][0] == STRUCT and self.types[to][1] else None
