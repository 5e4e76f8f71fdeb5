// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_run.c - the run file as a whole: host, window, books, targets, stages, rows. */
#include "model/fields.h"
#include "model/nodes.h"

#define AT(struct_, member)    .offset = offsetof(struct struct_, member)
#define NAMED(struct_, member) .key = #member, AT(struct_, member)

/* ---- the recording ---- */

static const char *const schema_name[] = {RUN_SCHEMA};

static const struct node made_by[] = {
	TEXT(run, version, EVERY),
	TEXT(run, commit, EVERY),
	NODE_LAST,
};

static const char *const cgroup_names[] = {NULL, "v1", "v2", "hybrid"};
static const char *const split_names[] = {NULL, "exact", "sample", "off"};

static const struct node host[] = {
	TEXT(run_host, hostname, EVERY),
	TEXT(run_host, kernel, EVERY),
	TEXT(run_host, kernel_build, EVERY),
	TEXT(run_host, arch, EVERY),
	TEXT(run_host, cpu_model, EVERY),
	NUM(run_host, cpus, COUNT, LEVEL, EVERY | NOT_LISTED, "online CPUs"),
	NUM(run_host, memory_bytes, BYTES, LEVEL, EVERY | NOT_LISTED, "memory of the host"),
	TEXT(run_host, hypervisor, EVERY, .help = "null: none was found"),
	TEXT(run_host, cgroup, EVERY, .names = cgroup_names, .count = ARRAY_SIZE(cgroup_names)),
	LIST(NODE_PAIRS, "tunables", run_host, tunable, n_tunables, NULL, .flags = EVERY),
	NODE_LAST,
};

static const struct node window[] = {
	TEXT(run, start, EVERY,
	     .schema = "\"pattern\": \"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
		       "(\\\\.[0-9]+)?Z$\""),
	NUM(run, wall_ns, NS, COUNTER, MUST, "length of the window"),
	NUM(run, cpus, COUNT, LEVEL, MUST, "CPUs that ran in the window",
	    .schema = "\"minimum\": 1"),
	NODE_LAST,
};

static const struct node losses[] = {
	{.type = NODE_EACH,
	 .flags = EVERY | NOT_NULL | ZERO_IF_ABSENT,
	 AT(run_books, lost),
	 .names = run_loss_name,
	 .count = VTX_LOST_CAUSES,
	 .size = sizeof(uint64_t),
	 .each = "CAUSE",
	 .label = "cause",
	 .help = "events that were lost"},
	NODE_LAST,
};

static const struct node books[] = {
	FIELDS(books_fields),
	{.type = NODE_OBJECT,
	 .key = "lost",
	 .flags = MUST | FLAT | STRANGERS_NONZERO,
	 .children = losses,
	 .stranger = "is a loss that this version does not know"},
	NODE_LAST,
};

static const struct node program[] = {
	TEXT(run_program, name, MUST),
	TEXT(run_program, hook, EVERY),
	FIELDS(program_fields),
	NODE_LAST,
};

static const struct node self[] = {
	FIELDS(self_fields),
	LIST(NODE_LIST, "programs", run_self, program, n_programs, program, .flags = EVERY | FLAT,
	     .label = "program", .metric = "program"),
	NODE_LAST,
};

static const struct node degraded[] = {
	TEXT(run_degraded, what, MUST, .help = "what is missing"),
	TEXT(run_degraded, why, MUST),
	TEXT(run_degraded, costs, MUST, .help = "what that means for the numbers"),
	NODE_LAST,
};

/* ---- the host ---- */

static bool host_cpu_known(const void *host_cpu)
{
	return ((const struct run_host_cpu *)host_cpu)->idle_ns != RUN_UNKNOWN;
}

static bool host_memory_known(const void *host_memory)
{
	return ((const struct run_host_memory *)host_memory)->total_bytes != RUN_UNKNOWN;
}

static bool storage_sum_known(const void *sum)
{
	return ((const struct run_storage_sum *)sum)->known;
}

#define HOST_CPU(offset_, flags_)                                                                  \
	{                                                                                          \
		.type = NODE_OBJECT, .key = "host_cpu", .flags = (flags_) | FLAT | IN_ROW,         \
		.offset = offset_, .children = host_cpu_fields, .known = host_cpu_known,           \
		.compare = COMPARE_NO, .def = "host_cpu"                                           \
	}
#define HOST_MEMORY(struct_)                                                                       \
	{                                                                                          \
		.type = NODE_OBJECT, NAMED(struct_, host_memory), .flags = FLAT | IN_ROW,          \
		.children = host_memory_fields, .known = host_memory_known, .def = "host_memory",  \
		.help = "memory as free(1) reports it, and how much of it targets hold"            \
	}
#define HOST_BLOCK(member, ...)                                                                    \
	{                                                                                          \
		.type = NODE_OBJECT, NAMED(run, member), .children = tree_host_block,              \
		.mark = 1 + offsetof(struct run_host_block, known), .def = "host_block",           \
		##__VA_ARGS__                                                                      \
	}

const struct node tree_host_cpu[] = {HOST_CPU(0, MAY), NODE_LAST};

/* At the window's end; host_memory_start follows it in struct run. */
static const struct node host_memory[] = {
	FIELDS(host_memory_fields),
	{.type = NODE_OBJECT,
	 .key = "start",
	 .flags = NO_SERIES,
	 .children = host_memory_fields,
	 .offset = offsetof(struct run, host_memory_start) - offsetof(struct run, host_memory),
	 .known = host_memory_known,
	 .def = "host_memory",
	 .help = "at the window's start"},
	NODE_LAST,
};

#define WINDOW                                                                                     \
	{                                                                                          \
		.type = NODE_OBJECT, .key = "window", .flags = MUST | FLAT, .children = window     \
	}
#define BOOKS                                                                                      \
	{                                                                                          \
		.type = NODE_OBJECT, NAMED(run, books), .flags = MUST, .children = books           \
	}
#define SELF                                                                                       \
	{                                                                                          \
		.type = NODE_OBJECT, NAMED(run, self), .flags = EVERY, .rank = 1, .children = self \
	}
#define HOST                                                                                       \
	HOST_CPU(offsetof(struct run, host_cpu), MUST),                                            \
		{.type = NODE_OBJECT,                                                              \
		 NAMED(run, host_memory),                                                          \
		 .flags = IN_ROW,                                                                  \
		 .children = host_memory,                                                          \
		 .known = host_memory_known,                                                       \
		 .help = "at the window's end"},                                                   \
		HOST_BLOCK(host_block, .known = host_block_known,                                  \
			   .help = "all block requests of the host, by part"),                     \
		HOST_BLOCK(host_block_top, .applies = host_block_known,                            \
			   .help = "with --block both: the same IO at the top devices; never to "  \
				   "be added"),                                                    \
	{                                                                                          \
		.type = NODE_OBJECT, NAMED(run, storage), .flags = FLAT, .metric = "host_storage", \
		.children = storage_sum_fields, .known = storage_sum_known,                        \
		.mark = 1 + offsetof(struct run_storage_sum, known)                                \
	}

const struct node tree_host[] = {WINDOW, BOOKS, SELF, HOST, NODE_LAST};

/* ---- parts of the window ---- */

#define TARGETS(struct_, ...)                                                                      \
	LIST(NODE_TARGETS, "targets", struct_, target, n_targets, tree_numbers, ##__VA_ARGS__)

static const struct node stage[] = {
	TEXT(run_stage, name, MUST, .schema = "\"minLength\": 1"),
	NUM(run_stage, at_ns, NS, TIME, MUST, "its beginning, since the window's start"),
	NUM(run_stage, length_ns, NS, TIME, EVERY, "its length"),
	HOST_CPU(offsetof(struct run_stage, host_cpu), EVERY),
	HOST_MEMORY(run_stage),
	TARGETS(run_stage, .flags = EVERY),
	NODE_LAST,
};

const struct node tree_interval[] = {
	NUM(run_interval, at_ns, NS, TIME, MUST, "its end, since the window's start"),
	NUM(run_interval, length_ns, NS, TIME, MAY, "its length"),
	HOST_CPU(offsetof(struct run_interval, host_cpu), MAY),
	HOST_MEMORY(run_interval),
	TARGETS(run_interval, .flags = MUST | ROWS | FLAT),
	NODE_LAST,
};

/* ---- the profile ---- */

static const struct node profile_frame[] = {
	NUM(run_frame, name, COUNT, LEVEL, MUST | NOT_LISTED | NO_SERIES, "index in strings"),
	NUM(run_frame, up, COUNT, LEVEL, MUST | BACK | NOT_LISTED | NO_SERIES,
	    "so many frames before it is its caller; 0: it is the outermost"),
	NODE_LAST,
};

static const struct node profile_stack[] = {
	NUM(run_stack, target, COUNT, LEVEL, MUST | GROUP | NOT_LISTED | NO_SERIES,
	    "index in targets"),
	CHOICE("role", run_stack, role, run_role_name, VTX_ROLES, MUST | GROUP),
	CHOICE("mode", run_stack, mode, run_mode_name, VTX_MODES, MUST | GROUP),
	NUM(run_stack, frame, COUNT, LEVEL, MUST | NOT_LISTED | NO_SERIES,
	    "its innermost frame, index in frames"),
	NUM(run_stack, ns, NS, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "its share of the time of that target, role and mode"),
	NUM(run_stack, samples, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "samples; 0: the time is known without any"),
	NODE_LAST,
};

static const struct node profile_wait[] = {
	NUM(run_wait, target, COUNT, LEVEL, MUST | GROUP | NOT_LISTED | NO_SERIES,
	    "index in targets"),
	CHOICE("role", run_wait, role, run_role_name, VTX_ROLES, MUST | GROUP),
	CHOICE("for", run_wait, what, run_wait_name, RUN_WAITS, MUST | GROUP),
	NUM(run_wait, frame, COUNT, LEVEL, MUST | NOT_LISTED | NO_SERIES,
	    "where it left the CPU: its innermost frame, index in frames"),
	NUM(run_wait, ns, NS, COUNTER, MUST | NOT_LISTED | NO_SERIES, "how long"),
	NUM(run_wait, count, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES, "how often"),
	NODE_LAST,
};

static bool has_waits(const void *waits)
{
	return *(struct run_wait *const *)waits != NULL;
}

#define NAMES_SCHEMA                                                                               \
	"\"type\": [\"string\", \"object\"], \"required\": [\"build_id\", \"of\"], "               \
	"\"properties\": "                                                                         \
	"{\"build_id\": {\"type\": \"string\", \"maxLength\": 128}, \"of\": "                      \
	"{\"type\": \"array\", \"items\": "                                                        \
	"{\"type\": "                                                                              \
	"\"string\"}}}"

static const struct node profile[] = {
	NUM(run_profile, hz, COUNT, LEVEL, MUST | NOT_LISTED | NO_SERIES,
	    "samples per second and CPU"),
	NUM(run_profile, samples, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "samples of targets"),
	NUM(run_profile, lost, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "samples that were not counted because a table was full"),
	NUM(run_profile, truncated, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "stacks that were too deep: their outermost frames are missing"),
	NUM(run_profile, early, COUNT, COUNTER, MUST | NOT_LISTED | NO_SERIES,
	    "samples whose user stack ends early: no frame pointers"),
	LIST(NODE_TEXTS, "strings", run_profile, string, n_strings, NULL, .flags = MUST | BY_FILE,
	     .schema = NAMES_SCHEMA),
	LIST(NODE_COLUMNS, "frames", run_profile, frame, n_frames, profile_frame,
	     .flags = MUST | FLAT | NO_SERIES),
	LIST(NODE_COLUMNS, "stacks", run_profile, stack, n_stacks, profile_stack,
	     .flags = MUST | FLAT | NO_SERIES),
	LIST(NODE_COLUMNS, "waits", run_profile, wait, n_waits, profile_wait,
	     .flags = MAY | FLAT | NO_SERIES, .applies = has_waits,
	     .help = "what targets waited for off the CPU; only with --off-cpu"),
	NODE_LAST,
};

static bool has_profile(const void *object)
{
	return ((const struct run_profile *)object)->present;
}

/* ---- all of it ---- */

/* Requests were counted if and only if there is a cost per request. */
#define IF_REQUESTS                                                                                \
	"\"if\": {\"properties\": {\"requests\": {\"properties\": {\"count\": {\"type\": "         \
	"\"integer\", \"minimum\": 1}}, \"required\": [\"count\"]}}}, "                            \
	"\"then\": {\"properties\": {\"per_request\": {\"type\": \"object\"}}}, "                  \
	"\"else\": {\"properties\": {\"per_request\": {\"type\": \"null\"}}}"

static const char *const row_forms[] = {"complete", "changes"};

static bool has_changes(const void *rows_changes)
{
	return *(const bool *)rows_changes;
}

const struct node tree_run[] = {
	{.type = NODE_CONST, .key = "schema", .flags = MUST, .names = schema_name},
	{.type = NODE_OBJECT, .key = "virtax", .flags = EVERY | FLAT, .children = made_by},
	TEXT(run, label, EVERY, .help = "the run's group"),
	{.type = NODE_OBJECT, NAMED(run, host), .flags = EVERY, .children = host},
	WINDOW,
	TEXT(run, split, MAY, .names = split_names, .count = ARRAY_SIZE(split_names)),
	BOOKS,
	SELF,
	LIST(NODE_LIST, "degraded", run, degraded, n_degraded, degraded, .flags = EVERY | FLAT,
	     .help = "what was not measured, why, and what that means"),
	HOST,
	LIST(NODE_LIST, "targets", run, target, n_targets, tree_target, .flags = MUST | IN_ROW,
	     .schema = IF_REQUESTS),
	LIST(NODE_LIST, "stages", run, stage, n_stages, stage, .flags = EVERY,
	     .help = "from one mark to the next; empty if nothing was marked"),
	CHOICE("rows", run, rows_changes, row_forms, ARRAY_SIZE(row_forms), MAY,
	       .applies = has_changes,
	       .help = "changes: a row leaves out what did not change since the row before: "
		       "counters that grew by 0, levels, unknown numbers"),
	LIST(NODE_LIST, "intervals", run, interval, n_intervals, tree_interval,
	     .flags = EVERY | ROWS, .help = "the rows of the time series"),
	{.type = NODE_OBJECT,
	 NAMED(run, profile),
	 .flags = NO_SERIES,
	 .children = profile,
	 .compare = COMPARE_NEVER,
	 MARK(run_profile, present),
	 .applies = has_profile,
	 .help = "what targets ran, by stack; only with --profile"},
	NODE_LAST,
};

/* What the rows of a target must have unless they hold only what changed. */
const char tree_run_rule[] =
	"\"if\": {\"properties\": {\"rows\": {\"const\": \"changes\"}}, \"required\": "
	"[\"rows\"]}, "
	"\"else\": {\"properties\": {\"intervals\": {\"items\": {\"properties\": {\"targets\": "
	"{\"items\": {\"required\": [\"requests\", \"cpu\", \"sched\", \"net\"], \"properties\": "
	"{\"requests\": {\"required\": [\"count\"]}, "
	"\"cpu\": {\"required\": [\"total_ns\", \"roles\"]}, "
	"\"sched\": {\"required\": [\"wait_ns\"]}, "
	"\"net\": {\"required\": [\"rx_bytes\", \"tx_bytes\"]}}}}}}}}}";

/*
 * Texts, flags, choices and lists are in no table whose rows are counted. Adding one changes the
 * size of its structure: give it a node, then correct the size here.
 */
#define SIZE_IS(struct_, bytes)                                                                    \
	_Static_assert(sizeof(struct struct_) == (bytes),                                          \
		       "a member of " #struct_ " may have no node")

SIZE_IS(run, 1552);
SIZE_IS(run_host, 88);
SIZE_IS(run_target, 3264);
SIZE_IS(run_numbers, 3128);
SIZE_IS(run_inside, 280);
SIZE_IS(run_inside_target, 80);
SIZE_IS(run_stage, 240);
SIZE_IS(run_interval, 232);
SIZE_IS(run_degraded, 24);
SIZE_IS(run_host_block, 344);
SIZE_IS(run_requests, 296);
SIZE_IS(run_memory, 728);
SIZE_IS(run_block, 520);
SIZE_IS(run_storage_file, 64);
SIZE_IS(run_role, 72);
SIZE_IS(run_kvm, 72);
SIZE_IS(run_tunable, 16);
SIZE_IS(run_program, 40);
SIZE_IS(run_frame, 16);
SIZE_IS(run_stack, 40);
SIZE_IS(run_wait, 40);
SIZE_IS(run_profile, 112);
