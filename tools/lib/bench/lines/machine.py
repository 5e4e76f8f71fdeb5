# SPDX-License-Identifier: GPL-2.0-or-later
"""Executes the instructions of a BPF program."""

import struct

from bench.lines.memory import Region

U32, U64 = (1 << 32) - 1, (1 << 64) - 1
SIZE = {0x00: 4, 0x08: 2, 0x10: 1, 0x18: 8}
STEPS, STACK = 1_000_000, 512
# What the source register of a constant says, and that of a call.
BY_MAP_FD, BY_MAP_VALUE, BY_SYMBOL = 1, 2, 3
BY_CALL = 1


def signed(value, bits):
    return value - (1 << bits) if value >> bits - 1 & 1 else value


def alu(op, a, b, bits):
    most = U64 if bits == 64 else U32
    a, b, shift = a & most, b & most, b & bits - 1
    simple = {0x00: a + b, 0x10: a - b, 0x20: a * b, 0x40: a | b, 0x50: a & b, 0x60: a << shift,
              0x70: a >> shift, 0x80: -a, 0xa0: a ^ b, 0xb0: b, 0xc0: signed(a, bits) >> shift}
    if op == 0x30:
        return a // b if b else 0
    if op == 0x90:
        return a % b if b else a
    if op not in simple:
        raise SystemExit(f"bench: unknown arithmetic {op:#x}")
    return simple[op] & most


def jumps(op, a, b, bits):
    most = U64 if bits == 64 else U32
    a, b = a & most, b & most
    sa, sb = signed(a, bits), signed(b, bits)
    return {0x10: a == b, 0x20: a > b, 0x30: a >= b, 0x40: bool(a & b), 0x50: a != b, 0x60: sa > sb,
            0x70: sa >= sb, 0xa0: a < b, 0xb0: a <= b, 0xc0: sa < sb, 0xd0: sa <= sb}[op]


class Machine:
    """`value_of(fd, offset)` is the address in a map's only value, `map_of(fd)` what stands for a map,
    `symbol_of(type)` that of a variable of the kernel, `helpers` {number: function of (machine,
    arguments)}."""

    def __init__(self, memory, helpers, map_of=None, value_of=None, symbol_of=None):
        self.memory, self.helpers = memory, helpers
        self.map_of, self.value_of, self.symbol_of = map_of, value_of, symbol_of
        self.steps = 0

    def run(self, code, context):
        self.steps = 0
        words = [struct.unpack_from("<BBhi", code, at) for at in range(0, len(code), 8)]
        return self._call(words, 0, [0, context, 0, 0, 0, 0, 0, 0, 0, 0])

    def _call(self, words, at, regs):
        stack = self.memory.add(Region("stack", STACK, counted=False))
        regs = regs + [stack.base + STACK]
        try:
            while at is not None:
                at = self._step(words, at, regs)
            return regs[0]
        finally:
            self.memory.remove(stack)

    def _step(self, words, at, regs):
        """Executes one instruction; returns the next, None at the end."""
        op, both, off, imm = words[at]
        dst, src, kind = both & 15, both >> 4, op & 7
        self.steps += 1
        if self.steps > STEPS:
            raise SystemExit("bench: the program does not end")
        if op == 0x95:
            return None
        if kind == 0:
            regs[dst] = self._constant(words, at, src)
            return at + 2
        if kind in (1, 2, 3):
            self._move(words[at], regs)
        elif kind in (4, 7):
            self._arithmetic(op, dst, src, imm, regs)
        else:
            return self._jump(words, at, regs)
        return at + 1

    def _constant(self, words, at, src):
        low, high = words[at][3] & U32, words[at + 1][3] & U32
        if src == BY_MAP_FD:
            return self.map_of(low)
        if src == BY_MAP_VALUE:
            return self.value_of(low, high)
        if src == BY_SYMBOL:
            return self.symbol_of(low)
        if src:
            raise SystemExit(f"bench: a constant of kind {src}, which bench/lines does not know")
        return low | high << 32

    def _move(self, word, regs):
        op, both, off, imm = word
        dst, src, kind, size = both & 15, both >> 4, op & 7, SIZE[op & 0x18]
        if kind == 1:
            value = self.memory.load(regs[src] + off & U64, size)
            regs[dst] = signed(value, 8 * size) & U64 if op & 0xe0 == 0x80 else value
        elif op & 0xe0 == 0x60:
            self.memory.store(regs[dst] + off & U64, size, regs[src] if kind == 3 else imm)
        elif kind == 3 and op & 0xe0 == 0xc0:
            self._atomic(regs, dst, src, off, size, imm)
        else:
            raise SystemExit(f"bench: unknown instruction {op:#x}")

    def _atomic(self, regs, dst, src, off, size, imm):
        address, new = regs[dst] + off & U64, regs[src]
        old = self.memory.load(address, size)
        if imm == 0xf1:  # compare and exchange
            new, regs[0] = (new if old == regs[0] else old), old
        elif imm != 0xe1:
            new = alu(imm & 0xf0, old, new, 8 * size)
        self.memory.store(address, size, new)
        if imm & 1 and imm != 0xf1:
            regs[src] = old

    @staticmethod
    def _arithmetic(op, dst, src, imm, regs):
        bits = 64 if op & 7 == 7 else 32
        if op & 0xf0 == 0xd0:  # byte order; the host's is little-endian
            size = imm // 8
            data = (regs[dst] & (1 << imm) - 1).to_bytes(size, "little")
            regs[dst] = int.from_bytes(data, "big" if op & 8 else "little")
            return
        regs[dst] = alu(op & 0xf0, regs[dst], regs[src] if op & 8 else imm, bits)

    def _jump(self, words, at, regs):
        op, both, off, imm = words[at]
        dst, src = both & 15, both >> 4
        if op & 0xf0 == 0x80:
            if src == BY_CALL:
                regs[0] = self._call(words, at + 1 + imm, regs[:10])
            elif src or imm not in self.helpers:
                raise SystemExit(f"bench: call of {imm}, which bench/lines does not know")
            else:
                regs[0] = self.helpers[imm](self, regs[1:6]) & U64
            return at + 1
        if op & 0xf0 == 0:
            return at + 1 + (off if op & 7 == 5 else imm)
        taken = jumps(op & 0xf0, regs[dst], regs[src] if op & 8 else imm, 64 if op & 7 == 5 else 32)
        return at + 1 + (off if taken else 0)
