# SPDX-License-Identifier: GPL-2.0-or-later
"""Which cache lines a program touches: its instructions are executed here, on memory that knows the
types of everything in it."""
