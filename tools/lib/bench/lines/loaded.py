# SPDX-License-Identifier: GPL-2.0-or-later
"""The built programs as libbpf loads them here: instructions with this kernel's offsets in them, and the
maps that they name. By libbpf's own shared library."""

import collections
import contextlib
import ctypes

from bench import programs
from bench.lines.btf import DATASEC, Btf

Map = collections.namedtuple("Map", "name type key_size value_size value_type")

LOOKUP, MAP_FD_BY_ID = 1, 14


class MapInfo(ctypes.Structure):
    """The beginning of struct bpf_map_info."""

    _fields_ = [(name, ctypes.c_uint32) for name in
                ("type", "id", "key_size", "value_size", "max_entries", "flags")] + \
               [("name", ctypes.c_char * 16), ("skip", ctypes.c_uint8 * 48)]


def library():
    lib = ctypes.CDLL("libbpf.so.1", use_errno=True)
    for name in ("bpf_object__open_file", "bpf_object__find_program_by_name", "bpf_object__next_map",
                 "bpf_object__find_map_by_name", "bpf_program__insns", "bpf_object__btf",
                 "btf__raw_data"):
        getattr(lib, name).restype = ctypes.c_void_p
    lib.bpf_program__insn_cnt.restype = ctypes.c_size_t
    lib.bpf_map__name.restype = ctypes.c_char_p
    return lib


def read_constants(pid):
    """The contents of the .rodata that a recorder's programs use."""
    for number in programs.ids_of(pid, "map_id"):
        fd = programs.bpf(MAP_FD_BY_ID, number.to_bytes(4, "little"))
        info = MapInfo()
        programs.bpf(programs.GET_INFO, fd.to_bytes(4, "little") + ctypes.sizeof(info).to_bytes(4, "little") +
                     ctypes.addressof(info).to_bytes(8, "little"))
        if info.name.endswith(b".rodata"):
            value, key = ctypes.create_string_buffer(info.value_size), ctypes.c_uint32(0)
            programs.bpf(LOOKUP, fd.to_bytes(8, "little") +
                         b"".join(ctypes.addressof(x).to_bytes(8, "little") for x in (key, value)))
            return value.raw
    raise SystemExit("bench: the recorder has no .rodata map")


class Object:
    """Some programs of an object, loaded. `code`: {name: instructions}, `maps`: {fd: Map}."""

    def __init__(self, path, names, constants):
        self.lib = library()
        self.object = ctypes.c_void_p(self.lib.bpf_object__open_file(path.encode(), None))
        if not self.object:
            raise SystemExit(f"bench: {path}: cannot be opened")
        found = {name: ctypes.c_void_p(self.lib.bpf_object__find_program_by_name(
            self.object, name.encode())) for name in names}
        for name, program in found.items():
            if not program:
                raise SystemExit(f"bench: {path}: no program {name}")
            self.lib.bpf_program__set_autoload(program, ctypes.c_bool(True))
        rodata = ctypes.c_void_p(self.lib.bpf_object__find_map_by_name(self.object, b".rodata"))
        if self.lib.bpf_map__set_initial_value(rodata, constants, ctypes.c_size_t(len(constants))):
            raise SystemExit("bench: the recorder and the object differ: make")
        if self.lib.bpf_object__load(self.object):
            raise SystemExit(f"bench: {path}: cannot be loaded")
        self.btf = self._btf()
        self.maps = dict(self._maps())
        self.code = {name: ctypes.string_at(
            self.lib.bpf_program__insns(program), 8 * self.lib.bpf_program__insn_cnt(program))
            for name, program in found.items()}
        self.fds = {name: self.lib.bpf_program__fd(program) for name, program in found.items()}

    def _btf(self):
        size = ctypes.c_uint32()
        raw = self.lib.btf__raw_data(ctypes.c_void_p(self.lib.bpf_object__btf(self.object)),
                                     ctypes.byref(size))
        return Btf(ctypes.string_at(raw, size.value))

    def _section(self, name):
        for number, kind in enumerate(self.btf.types):
            if kind[0] == DATASEC and self.btf.string(kind[1]) == name:
                return number
        return 0

    def _maps(self):
        at = None
        while True:
            at = self.lib.bpf_object__next_map(self.object, ctypes.c_void_p(at))
            if not at:
                return
            m = ctypes.c_void_p(at)
            name = self.lib.bpf_map__name(m).decode()
            value = self._section(name[name.rindex("."):]) if "." in name else \
                self.lib.bpf_map__btf_value_type_id(m)
            yield self.lib.bpf_map__fd(m), Map(name, self.lib.bpf_map__type(m),
                                               self.lib.bpf_map__key_size(m),
                                               self.lib.bpf_map__value_size(m), value)

    def tag(self, name):
        """Of the program as the kernel has it."""
        info = programs.Info()
        programs.bpf(programs.GET_INFO, self.fds[name].to_bytes(4, "little") +
                     ctypes.sizeof(info).to_bytes(4, "little") +
                     ctypes.addressof(info).to_bytes(8, "little"))
        return bytes(info.tag).hex()

    def close(self):
        self.lib.bpf_object__close(self.object)


@contextlib.contextmanager
def loaded(path, names, constants):
    found = Object(path, names, constants)
    try:
        yield found
    finally:
        found.close()
