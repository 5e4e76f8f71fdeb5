/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodes.h - how the tables of nodes are written; for the tree's own files only. */
#ifndef VIRTAX_NODES_H
#define VIRTAX_NODES_H

#include "base/array.h"
#include "model/tree.h"

/* clang-format off: each macro stands for one initializer */

#define NODE_LAST                                                                                  \
	{                                                                                          \
	}

/* A number: a uint64_t member of struct TYPE, whose key is the member's name. */
#define NUM(struct_, member, unit_, kind_, flags_, help_, ...)                                     \
	{                                                                                          \
		.type = NODE_NUMBER, .key = #member, .offset = offsetof(struct struct_, member),   \
		.unit = NUMBER_##unit_, .kind = KIND_##kind_, .flags = (flags_), .help = help_,    \
		##__VA_ARGS__                                                                      \
	}

/* All numbers of a table, as members of the object that is open. */
#define FIELDS(table, ...)                                                                         \
	{                                                                                          \
		.type = NODE_PART, .flags = IN_ROW, .children = table, ##__VA_ARGS__               \
	}

#define OBJECT(key_, struct_, member, table, ...)                                                  \
	{                                                                                          \
		.type = NODE_OBJECT, .key = key_, .offset = offsetof(struct struct_, member),      \
		.children = table, ##__VA_ARGS__                                                   \
	}

#define EACH(struct_, member, names_, n, ...)                                                      \
	{                                                                                          \
		.type = NODE_EACH, .offset = offsetof(struct struct_, member), .names = names_,    \
		.count = n, .size = sizeof((struct struct_){}.member[0]), ##__VA_ARGS__            \
	}

/* An array of structures at `member` with its length in `length`; NODE_LIST, _MAP, _TARGETS … */
#define LIST(type_, key_, struct_, member, length, table, ...)                                     \
	{                                                                                          \
		.type = type_, .key = key_, .offset = offsetof(struct struct_, member),            \
		.count = offsetof(struct struct_, length),                                         \
		.size = sizeof(*(struct struct_){}.member), .children = table, ##__VA_ARGS__       \
	}

#define TEXT(struct_, member, flags_, ...)                                                         \
	{                                                                                          \
		.type = NODE_TEXT, .key = #member, .offset = offsetof(struct struct_, member),     \
		.flags = flags_, ##__VA_ARGS__                                                     \
	}

#define FLAG(struct_, member, ...)                                                                 \
	{                                                                                          \
		.type = NODE_FLAG, .key = #member, .offset = offsetof(struct struct_, member),     \
		##__VA_ARGS__                                                                      \
	}

#define CHOICE(key_, struct_, member, names_, n, flags_, ...)                                      \
	{                                                                                          \
		.type = NODE_CHOICE, .key = key_, .offset = offsetof(struct struct_, member),      \
		.size = sizeof((struct struct_){}.member), .names = names_, .count = n,            \
		.flags = flags_, ##__VA_ARGS__                                                     \
	}

#define HIST(key_, struct_, member, help_, ...)                                                    \
	{                                                                                          \
		.type = NODE_HIST, .key = key_, .offset = offsetof(struct struct_, member),        \
		.flags = EVERY, .help = help_, ##__VA_ARGS__                                       \
	}

#define LATENCY(key_, struct_, member, help_, ...)                                                 \
	OBJECT(key_, struct_, member, tree_latency, .known = latency_known,                        \
	       .check = latency_check, .def = "latency", .help = help_, ##__VA_ARGS__)

/* The bool of an object that says it was measured. */
#define MARK(struct_, member) .mark = 1 + offsetof(struct struct_, member)

/* clang-format on */

/* Asserts that the table has a row for each number. `other`: bytes of the other members. */
#define COVERS(table, struct_, other)                                                              \
	_Static_assert(sizeof(struct struct_) ==                                                   \
			       (ARRAY_SIZE(table) - 1) * sizeof(uint64_t) + (other),               \
		       "a number of " #struct_ " has no row, or there is a row too many")

/* Tables and functions that several files of the tree use. */
bool latency_known(const void *latency);
const char *latency_check(const void *latency, const char **ret_key);
bool memory_known(const void *memory);
bool block_known(const void *block);
bool host_block_known(const void *host_block);
bool storage_known(const void *storage);
bool inside_known(const void *inside);
const char *inside_check(const void *inside, const char **ret_key);

#endif
