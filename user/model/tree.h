/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - the run file, described once as data. The writer, the reader and its checks, the CSV
 * output, the metrics for Prometheus, the comparison, the JSON Schema and METRICS.md's table all
 * walk this tree, and so do the functions that free a run or mark its numbers as unknown.
 *
 * A node describes one member of a structure of run.h and of a JSON object. Its parent's
 * structure begins `offset` bytes before the member. Tables of nodes end with NODE_END.
 */
#ifndef VIRTAX_TREE_H
#define VIRTAX_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"

enum node_type {
	NODE_END = 0,
	NODE_NUMBER, /* uint64_t; RUN_UNKNOWN is null */
	NODE_TEXT,   /* malloc'd char *; NULL is null */
	NODE_FLAG,   /* bool */
	NODE_CHOICE, /* a bool or an enum, written as one of `names`; a NULL name is null */
	NODE_CONST,  /* the text names[0] */
	NODE_OBJECT, /* an object; its members are `children` */
	NODE_PART,   /* no object of its own: `children` are members of the parent's object */
	NODE_EACH, /* one member for each of `names`: numbers, or objects if there are `children` */
	NODE_LIST, /* malloc'd array of structures: an array of objects */
	/* likewise, of numbers and choices, but written compactly: see runfile/columns.h */
	NODE_COLUMNS,
	NODE_MAP, /* likewise, as an object; the structure begins with its key, char[name_size] */
	NODE_TARGETS, /* malloc'd array of struct run_numbers in the order of run.target */
	NODE_TEXTS,   /* malloc'd array of malloc'd strings */
	NODE_PAIRS,   /* malloc'd array of struct run_tunable: an object of strings */
	NODE_HIST,    /* struct run_hist */
};

enum number_unit { NUMBER_COUNT, NUMBER_NS, NUMBER_BYTES, NUMBER_PPM };

/* How a number behaves over time. */
enum node_kind {
	KIND_COUNTER, /* adds up over the window */
	KIND_LEVEL,   /* a state at one moment, or a property */
	KIND_TIME,    /* a moment, or a duration that does not add up: latencies */
	KIND_ERROR,   /* the half-width of an error bar */
};

/* How `virtax compare` uses a number. COMPARE_INHERIT: as its parent says. */
enum node_compare {
	COMPARE_INHERIT = 0,
	COMPARE_NO,
	COMPARE_NEVER, /* likewise, whatever the children say */
	COMPARE_AS_IS, /* a cost of one request, a percentile, a size */
	COMPARE_RATE,  /* divided by the length of the window */
	COMPARE_ALONE, /* likewise, only where there is no cost per request */
};

enum node_flags {
	MAY = 0,                 /* may be null or, in older files, missing */
	EVERY = 1 << 0,          /* may be null, but every file has it */
	MUST = 1 << 1,           /* every file has it, and it is not null */
	IN_ROW = 1 << 2,         /* a row of the time series has it as well */
	FLAT = 1 << 3,           /* an object on one line */
	ZERO_IF_ABSENT = 1 << 4, /* a file that does not have the key means 0 */
	ZERO_IS_NULL = 1 << 5,   /* 0 is written as null */
	NOT_NULL = 1 << 6,       /* if it is there, it is not null */
	MARK_NULL = 1 << 7,      /* `mark` is set by null as well */
	MEANS = 1 << 8, /* an object of run_numbers: everything in it is divided by the requests */
	NOT_LISTED = 1 << 9,       /* no number in CSV and comparisons: a fact, not a measurement */
	ROWS = 1 << 10,            /* its elements are rows: only what is IN_ROW, read one by one */
	CLOSED = 1 << 11,          /* the schema allows no other members */
	STRANGERS_NS = 1 << 12,    /* `stranger` concerns keys that end in _ns only */
	UNKNOWN_IS_ZERO = 1 << 13, /* not measured is 0, not RUN_UNKNOWN */
	STRANGERS_NONZERO = 1 << 14, /* `stranger` concerns numbers other than 0 only */
	/* no metric for Prometheus: a fact, the sum of other metrics, or one that cannot be added
	 */
	NO_SERIES = 1 << 15,
	BY_FILE = 1 << 18, /* NODE_TEXTS: written compactly, see runfile/columns.h */
	GROUP = 1 << 16,   /* NODE_COLUMNS: a member of a group, not a column */
	BACK = 1 << 17,    /* NODE_COLUMNS: the index of an earlier element */
};

/* Rows and lists of numbers are in the order of rank, then of the table. */
enum { RANK_MIN = -4, RANK_MAX = 2 };

struct node {
	const char *key; /* NODE_PART, NODE_EACH: NULL */
	enum node_type type;
	unsigned flags; /* enum node_flags */
	int rank;
	enum number_unit unit;
	enum node_kind kind;
	enum node_compare compare;
	uint32_t offset; /* of the member in the parent's structure, bytes */
	uint32_t size;   /* NODE_EACH, _LIST, _MAP: of an element; NODE_CHOICE: of the member */
	uint32_t count;  /* NODE_EACH, _CHOICE: of names; lists: offset of their size_t length */
	uint32_t name_size;
	/* 1 + the offset, in the object, of the bool that says it was measured; 0: none. */
	uint32_t mark;
	const char *const *names;
	const struct node *children;
	bool (*applies)(const void *member); /* else the member is left out */
	bool (*known)(const void *object);   /* else it is null */
	bool (*has)(const void *element);    /* NODE_EACH: else this element is left out */
	uint64_t (*get)(const void *parent); /* the value to show instead of the stored one */
	/* What is wrong with an object that was read, or NULL; *ret_key: which member. */
	const char *(*check)(const void *object, const char **ret_key);
	const char *stranger; /* error for an unknown member; NULL: it is allowed */
	const char *def;      /* the name of its definition in the schema; NULL: none */
	const char *each;     /* NODE_EACH, _MAP: what the names are, for docs: "ROLE" */
	const char *schema;   /* more members of its schema, JSON without braces */
	const char *help;     /* one line: what it is */
	/* For Prometheus: its part of a metric's name instead of the key; "": it has none. */
	const char *metric;
	const char *label; /* NODE_EACH, _LIST, _MAP, _CHOICE: the label that has the name */
	/* The label whose values are the first words of the numbers' keys: "mode" of guest_ns. */
	const char *split;
};

/* The unit of a node's numbers as outputs name it: "count", "ns", "bytes", "ppm". */
extern const char *const node_unit_name[4];
extern const char *const node_kind_name[4];

extern const struct node tree_run[];          /* of struct run: the whole file */
extern const char tree_run_rule[];            /* what its schema demands besides: members of JSON */
extern const struct node tree_host[];         /* of struct run: what is measured of the host */
extern const struct node tree_host_cpu[];     /* of struct run_host_cpu, as "host_cpu" */
extern const struct node tree_interval[];     /* of struct run_interval */
extern const struct node tree_target[];       /* of struct run_target */
extern const struct node tree_numbers[];      /* of struct run_numbers */
extern const struct node tree_cpu[];          /* of struct run_cpu */
extern const struct node tree_memory[];       /* of struct run_memory */
extern const struct node tree_footprint[];    /* of struct run_footprint */
extern const struct node tree_block[];        /* of struct run_block */
extern const struct node tree_storage[];      /* of struct run_storage */
extern const struct node tree_host_block[];   /* of struct run_host_block */
extern const struct node tree_latency[];      /* of struct run_latency */
extern const struct node tree_inside[];       /* of struct run_inside */
extern const struct node tree_inside_parts[]; /* likewise, in rows and per request */

/* How the node's numbers are compared if its parent's are compared like `parent`. */
static inline enum node_compare node_compare(const struct node *node, enum node_compare parent)
{
	bool inherits = node->compare == COMPARE_INHERIT || parent == COMPARE_NEVER;

	return inherits ? parent : node->compare;
}

static inline const void *node_in(const struct node *node, const void *parent)
{
	return (const char *)parent + node->offset;
}

static inline void *node_at(const struct node *node, void *parent)
{
	return (char *)parent + node->offset;
}

/* The value of a number's node; RUN_UNKNOWN if it is not known. */
uint64_t node_number(const struct node *node, const void *parent);

/* The length of a list; the address of its elements. */
size_t node_length(const struct node *list, const void *parent);
void *node_array(const struct node *list, const void *parent);

/* How many numbers a table describes; an element of NODE_MAP counts once. */
size_t tree_count(const struct node *nodes);

/*
 * Marks everything that the table describes as not measured: numbers RUN_UNKNOWN, marks false,
 * lists empty. Frees nothing. Elements of NODE_EACH that may be left out stay as they are.
 */
void tree_set_unknown(const struct node *nodes, void *of);

/* Frees every string and list that the table describes, and what is in them; not `of` itself. */
void tree_free(const struct node *nodes, void *of);

#endif
