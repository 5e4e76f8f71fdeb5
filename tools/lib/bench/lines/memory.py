# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory that knows what is in it, and records which parts of it are touched."""

LINE = 64
ROOM = 1 << 24  # addresses for each region


class Region:
    """An object. `skew`: where its first byte is in its cache line; None: anywhere, by 8 bytes. `own`: it is
    data of the programs."""

    def __init__(self, label, size, btf=None, kind=0, skew=0, counted=True):
        self.label, self.btf, self.kind, self.skew, self.counted = label, btf, kind, skew, counted
        self.own = False
        self.data = bytearray(size)
        self.base = 0
        self.known = set()  # offsets of pointers that were set on purpose

    def what(self, offset):
        """The member at an offset."""
        if not self.kind:
            return ""
        return self.btf.at(self.kind, offset)[0]


class Memory:
    """All regions. A pointer of the kernel that was not set yet leads to a new object of its type:
    there is one of each type, except for those that are made here by name."""

    def __init__(self, kernel):
        self.kernel, self.regions, self.single, self.made = kernel, {}, {}, 0
        self.touched = []  # (region, offset, size, "r" or "w")

    def add(self, region):
        self.made += 1
        region.base = ROOM * (self.made + 16)
        self.regions[region.base // ROOM] = region
        if len(region.data) >= ROOM:
            raise SystemExit(f"bench: {region.label}: too large")
        return region

    def remove(self, region):
        del self.regions[region.base // ROOM]

    def kernel_object(self, name, label=None, nulls=()):
        kind = self.kernel.struct_named(name)
        region = self.add(Region(label or name, self.kernel.size(kind), self.kernel, kind))
        for path in nulls:
            region.known.add(self.kernel.path(name, path)[0])
        return region

    def place(self, address, size, why):
        region = self.regions.get(address // ROOM)
        if not region:
            raise SystemExit(f"bench: {why} at {address:#x}: no such memory")
        offset = address - region.base
        if offset < 0 or offset + size > len(region.data):
            raise SystemExit(f"bench: {why} of {size} bytes at {offset} of {region.label}, which has "
                             f"{len(region.data)}")
        return region, offset

    def touch(self, region, offset, size, how):
        if region.counted:
            self.touched.append((region, offset, size, how))

    def _follow(self, region, offset):
        """Makes what an unset pointer of a kernel object points to."""
        _, leaf = self.kernel.at(region.kind, offset)
        to = self.kernel.pointed_struct(leaf)
        if not to or offset in region.known:
            return
        if to not in self.single:
            name = self.kernel.name_of(to)
            self.single[to] = self.add(Region(name, self.kernel.size(to), self.kernel, to))
        region.known.add(offset)
        region.data[offset:offset + 8] = self.single[to].base.to_bytes(8, "little")

    def load(self, address, size, why="load", count=True):
        region, offset = self.place(address, size, why)
        if size == 8 and region.btf is self.kernel and region.kind and not any(
                region.data[offset:offset + 8]):
            self._follow(region, offset)
        if count:
            self.touch(region, offset, size, "r")
        return int.from_bytes(region.data[offset:offset + size], "little")

    def store(self, address, size, value, why="store"):
        region, offset = self.place(address, size, why)
        self.touch(region, offset, size, "w")
        region.data[offset:offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def read(self, address, size, why):
        """Bytes; not counted."""
        region, offset = self.place(address, size, why)
        return bytes(region.data[offset:offset + size])

    def set(self, region, path, value):
        """A member of a kernel object, set by the kernel: not counted."""
        offset, size = self.kernel.path(self.kernel.name_of(region.kind), path)
        region.known.add(offset)
        region.data[offset:offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")

    def get(self, region, path):
        offset, size = self.kernel.path(self.kernel.name_of(region.kind), path)
        return int.from_bytes(region.data[offset:offset + size], "little")
