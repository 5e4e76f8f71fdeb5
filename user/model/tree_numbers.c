// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_numbers.c - a target, and its numbers in the window, in a stage, in a row. */
#include "model/fields.h"
#include "model/hist.h"
#include "model/nodes.h"
#include "model/per_request.h"

/* ---- latencies ---- */

bool latency_known(const void *object)
{
	return ((const struct run_latency *)object)->count != 0;
}

const char *latency_check(const void *object, const char **ret_key)
{
	const struct run_latency *latency = object;

	*ret_key = "hist";
	return hist_count(&latency->hist) == latency->count ? NULL : "does not add up to count";
}

const struct node tree_latency[] = {
	FIELDS(latency_fields),
	HIST("hist", run_latency, hist, NULL, .metric = ""),
	NODE_LAST,
};

/* ---- requests ---- */

static uint64_t requests_count(const void *requests)
{
	const struct run_requests *r = requests;

	return r->source == RUN_REQUESTS_NONE ? RUN_UNKNOWN : r->count;
}

static bool is_http(const void *requests)
{
	return ((const struct run_requests *)requests)->source == RUN_REQUESTS_HTTP;
}

static const char *requests_check(const void *object, const char **ret_key)
{
	const struct run_requests *requests = object;
	bool missing = requests->source != RUN_REQUESTS_NONE &&
		       !requests_are_read(requests->source) && requests->count == RUN_UNKNOWN;

	*ret_key = "count";
	return missing ? "is missing" : NULL;
}

static const struct node statuses[] = {
	EACH(run_requests, status, run_status_name, VTX_STATUSES, .each = "CLASS", .label = "code",
	     .help = "responses by class of their status"),
	NODE_LAST,
};

static bool is_from_elsewhere(const void *requests)
{
	const struct run_requests *r = requests;

	return r->source != RUN_REQUESTS_NONE && r->source != RUN_REQUESTS_HTTP;
}

static bool number_known(const void *number)
{
	return *(const uint64_t *)number != RUN_UNKNOWN;
}

static bool number_not_zero(const void *number)
{
	return *(const uint64_t *)number != 0;
}

/* Beside a count from elsewhere. */
static const struct node beside[] = {
	NUM(run_requests, wire_count, COUNT, COUNTER, MAY | IN_ROW,
	    "requests counted on the wire, beside a count from elsewhere", .applies = number_known,
	    .compare = COMPARE_NO),
	NUM(run_requests, own_reads, COUNT, COUNTER, MAY | ZERO_IF_ABSENT,
	    "visits of virtax itself to read a count that includes them; not in count",
	    .applies = number_not_zero, .compare = COMPARE_NO),
	NODE_LAST,
};

/* Histograms are not in rows. */
static const struct node of_row[] = {
	NUM(run_requests, row_p50_ns, NS, TIME, MAY | IN_ROW | ZERO_IF_ABSENT | NO_SERIES,
	    "median response time of the requests that ended in the row (upper bound); in rows "
	    "only",
	    .applies = number_not_zero, .compare = COMPARE_NO),
	NUM(run_requests, row_p99_ns, NS, TIME, MAY | IN_ROW | ZERO_IF_ABSENT | NO_SERIES,
	    "99th percentile, likewise", .applies = number_not_zero, .compare = COMPARE_NO),
	NODE_LAST,
};

static const struct node requests[] = {
	NUM(run_requests, count, COUNT, COUNTER, EVERY | IN_ROW, "requests served",
	    .get = requests_count, .compare = COMPARE_RATE),
	CHOICE("source", run_requests, source, run_requests_source_name, RUN_REQUESTS_SOURCES,
	       EVERY, .help = "how they were counted"),
	{.type = NODE_OBJECT,
	 .key = "status",
	 .metric = "responses",
	 .flags = EVERY | FLAT | CLOSED,
	 .children = statuses,
	 .known = is_http},
	LATENCY("latency_ns", run_requests, latency, "request's first byte to response's last byte",
		.flags = EVERY, .compare = COMPARE_AS_IS),
	LATENCY("first_byte_ns", run_requests, first_byte,
		"request's first byte to response's first byte", .compare = COMPARE_AS_IS),
	{.type = NODE_PART, .children = traffic_fields, .applies = is_http},
	{.type = NODE_PART, .flags = IN_ROW, .children = of_row},
	{.type = NODE_PART, .flags = IN_ROW, .children = beside, .applies = is_from_elsewhere},
	NODE_LAST,
};
_Static_assert(sizeof(enum run_requests_source) == sizeof(int), "NODE_CHOICE stores an int");

/* ---- CPU ---- */

static bool role_present(const void *role)
{
	return ((const struct run_role *)role)->present;
}

static bool role_had_threads(const void *role)
{
	return role_present(role) || ((const struct run_role *)role)->threads;
}

static const char *cpu_check(const void *object, const char **ret_key)
{
	const struct run_cpu *cpu = object;
	uint64_t sum = 0;

	for (int i = 0; i < VTX_ROLES; i++)
		sum = run_add(sum, run_role_ns(&cpu->role[i]));
	*ret_key = "roles";
	return sum == cpu->total_ns ? NULL : "do not add up to total_ns";
}

#define BY_ROLE                                                                                    \
	EACH(run_cpu, role, run_role_name, VTX_ROLES,                                              \
	     .flags = FLAT | IN_ROW | NOT_NULL | STRANGERS_NS, .children = mode_fields,            \
	     .has = role_present, MARK(run_role, present), .def = "modes", .each = "ROLE",         \
	     .label = "role", .split = "mode", .help = "CPU time by mode",                         \
	     .stranger = "is a mode that this version does not know")

static const struct node roles[] = {BY_ROLE, NODE_LAST};

const struct node tree_cpu[] = {
	FIELDS(cpu_fields),
	{.type = NODE_OBJECT,
	 .key = "roles",
	 .metric = "",
	 .flags = MUST | IN_ROW,
	 .children = roles,
	 .stranger = "is a role that this version does not know",
	 .compare = COMPARE_ALONE},
	NODE_LAST,
};

/* ---- scheduler, network, exits ---- */

static const struct node sched[] = {
	FIELDS(waiting_fields),
	FIELDS(sched_fields),
	HIST("wait_hist", run_sched, wait_hist, "how long tasks waited for a CPU",
	     .metric = "wait_duration"),
	NODE_LAST,
};

static bool has_kvm(const void *kvm)
{
	return ((const struct run_kvm *)kvm)->present;
}

static bool kvm_known(const void *kvm)
{
	const struct run_kvm *k = kvm;

	return k->exits != RUN_UNKNOWN || k->userspace_exits != RUN_UNKNOWN;
}

#define EXITS(key_, metric_, member, help_)                                                        \
	LIST(NODE_MAP, key_, run_kvm, member.exit, member.n, exit_fields, .flags = FLAT,           \
	     .name_size = RUN_EXIT_NAME, .compare = COMPARE_NO, .def = "exits", .each = "REASON",  \
	     .label = "reason", .metric = metric_, .help = help_)

static const struct node kvm[] = {
	FIELDS(kvm_fields),
	EXITS("reasons", "exit_reason", reasons,
	      "by reason as the CPU's vendor names it, the most time first"),
	EXITS("userspace", "userspace_reason", userspace,
	      "by KVM_EXIT_… without the prefix, the most time first"),
	NODE_LAST,
};

#define KVM(base, rank_, ...)                                                                      \
	{                                                                                          \
		.type = NODE_OBJECT, .key = "kvm", .rank = rank_, .children = kvm,                 \
		.offset = (base) + offsetof(struct run_numbers, kvm), .applies = has_kvm,          \
		.known = kvm_known, .def = "kvm",                                                  \
		.help = "exits from the guest, VMs under KVM; part of cpu; null: not measurable",  \
		##__VA_ARGS__                                                                      \
	}

/* ---- one request ---- */

#define MEAN(key_, unit_, flags_, total, help_, ...)                                               \
	{                                                                                          \
		.type = NODE_NUMBER, .key = key_, .unit = NUMBER_##unit_, .kind = KIND_COUNTER,    \
		.flags = flags_, .get = total, .help = help_, ##__VA_ARGS__                        \
	}

static bool has_requests(const void *numbers)
{
	return requests_known(&((const struct run_numbers *)numbers)->requests);
}

static const struct node per_request_nodes[] = {
	MEAN("cpu_ns", NS, MUST, total_cpu_ns, "CPU time of a request", .rank = -2),
	OBJECT("cpu", run_numbers, cpu, roles, .flags = EVERY,
	       .stranger = "is a role that this version does not know", .rank = -1,
	       .help = "by role and mode; they add up to cpu_ns"),
	{.type = NODE_NUMBER,
	 .key = "split_error_ns",
	 .unit = NUMBER_NS,
	 .kind = KIND_ERROR,
	 .rank = -2,
	 .get = total_split_error_ns,
	 .compare = COMPARE_NO,
	 .help = "95 % half-width of the user/kernel split"},
	{.type = NODE_PART,
	 .offset = offsetof(struct run_numbers, sched),
	 .children = waiting_fields},
	{.type = NODE_PART, .offset = offsetof(struct run_numbers, net), .children = net_fields},
	KVM(0, 0),
	OBJECT("inside", run_numbers, inside, tree_inside_parts, .applies = inside_known,
	       .def = "inside_parts", .help = "guest time, split by `virtax join`; part of cpu"),
	MEAN("faults", COUNT, EVERY, total_faults, "page faults of its tasks"),
	MEAN("guest_faults", COUNT, MAY, total_guest_faults, "faults of a guest on its own memory"),
	MEAN("fault_ns", NS, MAY, total_fault_ns, "CPU time in page faults"),
	MEAN("fault_wait_ns", NS, MAY, total_fault_wait_ns, "time asleep in major faults"),
	MEAN("block_read_bytes", BYTES, EVERY, total_block_read_bytes, "bytes read"),
	MEAN("block_write_bytes", BYTES, EVERY, total_block_write_bytes, "bytes written"),
	MEAN("block_reads", COUNT, MAY, total_block_reads, "block reads"),
	MEAN("block_writes", COUNT, MAY, total_block_writes, "block writes"),
	MEAN("block_device_ns", NS, MAY, total_block_device_ns, "time at the device"),
	MEAN("block_wait_ns", NS, MAY, total_block_wait_ns, "time asleep for block IO"),
	NODE_LAST,
};

/* ---- all of it ---- */

#define OF(base, key_, member, table, ...)                                                         \
	{                                                                                          \
		.type = NODE_OBJECT, .key = key_, .children = table,                               \
		.offset = (base) + offsetof(struct run_numbers, member), ##__VA_ARGS__             \
	}

/*
 * The members of a struct run_numbers, `base` bytes from the beginning of the parent. The first
 * versions of stages and rows had neither memory nor block: `later` is EVERY or MAY for these.
 */
#define NUMBERS(base, later)                                                                       \
	OF(base, "requests", requests, requests, .flags = EVERY | IN_ROW, .rank = -4,              \
	   .check = requests_check, .compare = COMPARE_NO, .def = "requests"),                     \
		OF(base, "cpu", cpu, tree_cpu, .flags = MUST | IN_ROW, .rank = -4,                 \
		   .check = cpu_check, .compare = COMPARE_NO, .def = "cpu"),                       \
		OF(base, "sched", sched, sched, .flags = EVERY | IN_ROW, .rank = -2,               \
		   .compare = COMPARE_ALONE, .def = "sched"),                                      \
		OF(base, "memory", memory, tree_memory, .flags = (later) | IN_ROW,                 \
		   .known = memory_known, MARK(run_memory, present), .compare = COMPARE_NO,        \
		   .def = "memory",                                                                \
		   .help = "faults of the window; memory held at its end, or when last seen"),     \
		OF(base, "block", block, tree_block, .flags = (later) | IN_ROW,                    \
		   .known = block_known, MARK(run_block, known), .compare = COMPARE_ALONE,         \
		   .def = "block"),                                                                \
		OF(base, "block_top", block_top, tree_block, .applies = block_known,               \
		   MARK(run_block, known), .compare = COMPARE_NEVER, .def = "block",               \
		   .help = "with --block both: the same IO as the target sees it; never to be "    \
			   "added"),                                                               \
		OF(base, "net", net, net_fields, .flags = EVERY | FLAT | IN_ROW, .rank = -1,       \
		   .split = "direction", .help = "packets and bytes, with link headers",           \
		   .compare = COMPARE_ALONE, .def = "net"),                                        \
		KVM(base, -1, .flags = MARK_NULL | IN_ROW, MARK(run_kvm, present),                 \
		    .compare = COMPARE_ALONE),                                                     \
		OF(base, "inside", inside, tree_inside, .flags = IN_ROW, .rank = -1,               \
		   .applies = inside_known, MARK(run_inside, known), .check = inside_check,        \
		   .compare = COMPARE_ALONE, .def = "inside",                                      \
		   .help = "after `virtax join`: what the guest time was spent on, by a "          \
			   "recording made in the guest; part of cpu")

#define PER_REQUEST(base)                                                                          \
	{                                                                                          \
		.type = NODE_OBJECT, .key = "per_request", .flags = EVERY | MEANS, .rank = 1,      \
		.offset = base, .children = per_request_nodes, .known = has_requests,              \
		.compare = COMPARE_AS_IS, .def = "per_request",                                    \
		.help = "the numbers divided by requests.count; null without requests"             \
	}

const struct node tree_numbers[] = {NUMBERS(0, MAY), PER_REQUEST(0), NODE_LAST};

/* ---- a target of the run ---- */

static const struct node threads[] = {
	EACH(run_cpu, role, run_role_name, VTX_ROLES, .flags = FLAT, .children = thread_fields,
	     .has = role_had_threads, .each = "ROLE", .label = "role"),
	NODE_LAST,
};

static const char *const accels[] = {NULL, "kvm", "tcg"};

const struct node tree_target[] = {
	TEXT(run_target, label, MUST, .schema = "\"minLength\": 1"),
	CHOICE("kind", run_target, kind, run_kind_name, 4, MUST),
	TEXT(run_target, name, MUST),
	TEXT(run_target, id, EVERY),
	NUM(run_target, pid, COUNT, LEVEL, EVERY | ZERO_IS_NULL | NOT_LISTED, "its main process"),
	TEXT(run_target, cgroup, EVERY),
	TEXT(run_target, runtime, MAY, .help = "docker, runc, qemu, the program of another VMM, …"),
	TEXT(run_target, accel, MAY, .names = accels, .count = ARRAY_SIZE(accels),
	     .help = "VMs: kvm, or tcg (QEMU's emulator)"),
	FLAG(run_target, running, .help = "at the end of the window"),
	LIST(NODE_TEXTS, "netdevs", run_target, netdevs, n_netdevs, NULL, .flags = EVERY),
	{.type = NODE_OBJECT,
	 .key = "roles",
	 .metric = "",
	 .flags = EVERY | CLOSED,
	 .rank = -3,
	 .offset = offsetof(struct run_target, total.cpu),
	 .children = threads,
	 .compare = COMPARE_NO,
	 .help = "how many threads the target had, by role"},
	NUMBERS(offsetof(struct run_target, total), EVERY),
	{.type = NODE_OBJECT,
	 .key = "storage",
	 .flags = EVERY,
	 .offset = offsetof(struct run_target, storage),
	 .rank = 2,
	 .children = tree_storage,
	 .known = storage_known,
	 MARK(run_storage, known),
	 .compare = COMPARE_AS_IS,
	 .help = "at the end of the window"},
	PER_REQUEST(offsetof(struct run_target, total)),
	NODE_LAST,
};
