# SPDX-License-Identifier: GPL-2.0-or-later
"""The kernel around the programs: tasks, maps with the lines that a look-up in them touches, helpers."""

from bench.lines.machine import Machine
from bench.lines.memory import Memory, Region

HASH, ARRAY, PERCPU_ARRAY, TASK_STORAGE = 1, 2, 6, 29
CREATE = 1  # BPF_LOCAL_STORAGE_GET_F_CREATE


class Host:
    """One CPU, number 0."""

    def __init__(self, kernel, loaded):
        self.memory, self.kernel, self.object = Memory(kernel), kernel, loaded
        self.now, self.current = 1 << 40, None
        self.maps = {}    # address of what stands for a map: (Map, {key: address of the value})
        self.by_fd = {fd: self._add_map(m) for fd, m in loaded.maps.items()}
        self.values = {}  # of maps with one value, by fd
        self.found = set()  # the hashes in which a look-up found something
        self.machine = Machine(self.memory, self._helpers(), self.by_fd.__getitem__, self._value_of,
                               self._symbol)

    def _add_map(self, m):
        address = self.memory.add(Region(m.name, 8, counted=False)).base
        self.maps[address] = (m, {})
        return address

    def _value(self, m, skew):
        region = Region(m.name, m.value_size, self.object.btf, m.value_type, skew)
        region.own = True
        return self.memory.add(region)

    def _value_of(self, fd, offset):
        if fd not in self.values:
            m = self.object.maps[fd]
            self.values[fd] = self._value(m, 0)
            if m.name.endswith(".rodata"):
                self.values[fd].data[:] = self.object.constants
        return self.values[fd].base + offset

    def map_named(self, name):
        return next(address for address, (m, _) in self.maps.items() if m.name == name)

    def set_variable(self, name, value):
        """A variable of the programs, set by user space: not counted."""
        for fd, m in self.object.maps.items():
            if not m.name.endswith((".bss", ".data")):
                continue
            for variable, offset, size in self.object.btf.variables(m.value_type):
                if self.object.btf.string(self.object.btf.types[variable][1]) == name:
                    region, at = self.memory.place(self._value_of(fd, offset), size, name)
                    region.data[at:at + size] = value.to_bytes(size, "little")
                    return
        raise SystemExit(f"bench: the programs have no variable {name}")

    def _symbol(self, kind):
        """A variable of the kernel, per CPU or not: this CPU's."""
        if kind not in self.memory.single:
            name = self.kernel.string(self.kernel.types[kind][1])
            self.memory.single[kind] = self.memory.add(
                Region(name, self.kernel.size(self.kernel.types[kind][2]), self.kernel, kind))
        return self.memory.single[kind].base

    # ---- look-ups: what the kernel itself touches for them

    def _touch_member(self, label, struct_name, path, more=0):
        """A member of an object of the kernel that is known by its label only."""
        key = (label, struct_name)
        if key not in self.memory.single:
            self.memory.single[key] = self.memory.kernel_object(struct_name, label)
        offset, size = self.kernel.path(struct_name, path)
        self.memory.touch(self.memory.single[key], offset + more, min(size or 8, 8), "r")

    def look_up(self, address, key):
        m, values = self.maps[address]
        if m.type == HASH:
            self.memory.touch(self._buckets(m), 0, 8, "r")
            return self._hash_value(m, values, key)
        if m.type not in (ARRAY, PERCPU_ARRAY):
            raise SystemExit(f"bench: {m.name}: bench/lines does not know look-ups in maps of type {m.type}")
        if m.type == PERCPU_ARRAY:
            index = int.from_bytes(key, "little")
            pointers = self._pointers(m)
            self.memory.touch(pointers, self.kernel.path("bpf_array", "pptrs")[0] % 64 + 8 * index, 8, "r")
        if key not in values:
            values[key] = self._value(m, None if m.type == PERCPU_ARRAY else 0).base
        return values[key]

    def _pointers(self, m):
        return self._only(("pointers", m.name), f"bpf_array.pptrs of {m.name}", 1 << 16)

    def _buckets(self, m):
        return self._only(("buckets", m.name), f"a bucket of {m.name}", 16)

    def _only(self, key, label, size):
        if key not in self.memory.single:
            self.memory.single[key] = self.memory.add(Region(label, size))
        return self.memory.single[key]

    def _hash_value(self, m, values, key):
        if key not in values:
            return 0
        self.found.add(m.name)
        region, _ = self.memory.place(values[key], 0, m.name)
        self.memory.touch(region, 0, 8, "r")
        self.memory.touch(region, region.ahead - (m.key_size + 7 & ~7), m.key_size, "r")
        return values[key]

    def put(self, address, key, value):
        """What user space or a program stores in a hash."""
        m, values = self.maps[address]
        if m.type != HASH:
            raise SystemExit(f"bench: {m.name}: bench/lines stores in a hash only")
        if key not in values:
            ahead = self.kernel.path("htab_elem", "key")[0] + (m.key_size + 7 & ~7)
            region = self.memory.add(Region(f"an element of {m.name}", ahead + m.value_size, skew=0))
            region.ahead = ahead
            values[key] = region.base + ahead
        region, offset = self.memory.place(values[key], m.value_size, m.name)
        region.data[offset:offset + m.value_size] = value

    def storage(self, address, task, initial, create):
        """Task storage: the task's pointer, the map's slot in the cache, the element there, its value."""
        m, values = self.maps[address]
        region, _ = self.memory.place(task, 0, "task storage")
        self.memory.touch(region, self.kernel.path("task_struct", "bpf_storage")[0], 8, "r")
        key = task.to_bytes(8, "little")
        if key not in values:
            if not create:
                return 0
            data = self.kernel.path("bpf_local_storage_elem", "sdata.data")[0]
            value = self._value(m, data % 64)
            value.label += f" of {region.label}"
            values[key] = value.base
            if initial:
                value.data[:] = self.memory.read(initial, m.value_size, "task storage")
        self._touch_member(f"{m.name}, the map", "bpf_local_storage_map", "cache_idx")
        self._touch_member(f"bpf_local_storage of {region.label}", "bpf_local_storage", "cache")
        value, _ = self.memory.place(values[key], 0, m.name)
        self.memory.touch(value, -8, 8, "r")  # bpf_local_storage_data.smap, just ahead of the value
        return values[key]

    # ---- helpers

    def _clock(self, *_):
        self.now += 20
        return self.now

    def _probe_read(self, machine, args):
        to, size, source = args[0], args[1], args[2]
        for at in range(0, size, 8):
            part = min(8, size - at)
            machine.memory.store(to + at, part, machine.memory.load(source + at, part, "probe read"))
        return 0

    def _update(self, machine, args):
        m, _ = self.maps[args[0]]
        self.put(args[0], machine.memory.read(args[1], m.key_size, "key"),
                 machine.memory.read(args[2], m.value_size, "value"))
        return 0

    def _look_up(self, machine, args):
        m, _ = self.maps[args[0]]
        return self.look_up(args[0], machine.memory.read(args[1], m.key_size, "key"))

    def _helpers(self):
        return {1: self._look_up, 2: self._update, 5: self._clock, 8: lambda *_: 0,
                14: lambda *_: self.memory.get(self.current, "pid") * (1 + (1 << 32)),
                35: lambda *_: self.current.base, 158: lambda *_: self.current.base,
                113: self._probe_read, 153: lambda _, args: args[0], 154: lambda _, args: args[0],
                195: self._look_up,
                156: lambda _, args: self.storage(args[0], args[1], args[2], args[3] & CREATE)}

    # ---- running programs

    def run(self, name, *args):
        """With these words as its context. Returns what it touched."""
        context = self.memory.add(Region("context", 8 * len(args), counted=False))
        context.data[:] = b"".join(a.to_bytes(8, "little") for a in args)
        self.memory.touched = []
        self.machine.run(self.object.code[name], context.base)
        return self.memory.touched
