// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/ledger_attach.h"
#include "probes/ledger_impl.h"

struct bpf_program *ledger__program(const struct ledger *ledger, enum hook_id id)
{
	return ledger->program[id];
}

/*
 * The verifier's final statistics are a few lines, but it may write much more before, and a log
 * that overflows makes it fail. Only pages that are written take memory.
 */
#define VERIFY_LOG_BYTES (1 << 20)
#define VERIFY_LOG_STATS 4 /* BPF_LOG_STATS */

/* Gives a log of its own to every program that is on. The caller frees *ret_logs. -ENOMEM. */
static int request_verify_logs(const struct ledger *ledger, char **ret_logs)
{
	const struct plan *plan = ledger->plan;

	*ret_logs = calloc(HOOKS, VERIFY_LOG_BYTES);
	if (!*ret_logs)
		return -ENOMEM;
	for (enum hook_id id = 0; id < HOOKS; id++) {
		struct bpf_program *prog = ledger__program(ledger, id);

		if (!prog || !plan->hook[id].on)
			continue;
		bpf_program__set_log_level(prog, VERIFY_LOG_STATS);
		bpf_program__set_log_buf(prog, *ret_logs + id * VERIFY_LOG_BYTES, VERIFY_LOG_BYTES);
	}
	return 0;
}

/*
 * `logs`, or NULL, is used on kernels that do not report the number for a loaded program (before
 * 5.16).
 */
static void read_verified(const struct ledger *ledger, enum hook_id id, const char *logs)
{
	struct plan_hook *hook = &ledger->plan->hook[id];
	int fd = bpf_program__fd(ledger__program(ledger, id));
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);
	const char *line;

	if (fd < 0)
		return;
	line = logs ? strstr(logs + id * VERIFY_LOG_BYTES, "processed ") : NULL;
	if (line)
		sscanf(line, "processed %u insns", &hook->verified);
	else if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		hook->verified = info.verified_insns;
}

static const char *load_remedy(int err)
{
	if (err == -EPERM || err == -EACCES)
		return "run as root, with CAP_BPF and CAP_PERFMON, outside of containers; see "
		       "virtax check";
	return "see virtax check; VIRTAX_DEBUG=1 shows the kernel's reasons";
}

static int load_programs(struct ledger *ledger, bool verify_log, struct verr *ret_err)
{
	char *logs = NULL;
	int err;

	if (verify_log && !ledger->plan->reports_verified) {
		err = request_verify_logs(ledger, &logs);
		if (err)
			return err;
	}
	err = virtax__load(ledger->skel);
	if (err)
		err = verr_set(ret_err, err, "BPF: cannot load the programs: %s (%s)",
			       strerror(-err), load_remedy(err));
	for (enum hook_id id = 0; !err && verify_log && id < HOOKS; id++)
		read_verified(ledger, id, logs);
	free(logs); /* libbpf uses it only while loading */
	return err;
}

static int set_jump(const struct bpf_map *map, const struct bpf_program *to)
{
	int fd = bpf_program__fd(to);
	__u32 zero = 0;

	if (fd < 0) /* not loaded: packets are seen in the other way, or not at all */
		return 0;
	return bpf_map_update_elem(bpf_map__fd(map), &zero, &fd, BPF_ANY) ? -errno : 0;
}

/* What is attached to devices and sockets is small: it jumps to the program that reads packets. */
static int set_packet_readers(struct ledger *ledger)
{
	int err = set_jump(ledger->skel->maps.net_reader, ledger->skel->progs.vtx_net_read);

	return err ? err : set_jump(ledger->skel->maps.net_tc, ledger->skel->progs.vtx_net_tc);
}

/* The marks of used slots are read without system calls. */
static int map_used(struct ledger *ledger)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), n_slots = ledger->plan->n_slots;
	void *used;

	ledger->roles = malloc(n_slots);
	ledger->ever = calloc(n_slots, 1);
	if (!ledger->roles || !ledger->ever)
		return -ENOMEM;
	memset(ledger->roles, 0xff, n_slots);
	ledger->used_bytes = (n_slots * sizeof(*ledger->used) + page - 1) / page * page;
	used = mmap(NULL, ledger->used_bytes, PROT_READ, MAP_SHARED,
		    bpf_map__fd(ledger->skel->maps.vtx_used), 0);
	if (used == MAP_FAILED)
		return -errno;
	ledger->used = used;
	ledger->skel->bss->vtx_epoch = 1;
	return 0;
}

void ledger__set_roles(struct ledger *ledger, uint32_t slot, unsigned roles)
{
	ledger->roles[slot] = (uint8_t)roles;
	ledger->ever[slot] |= (uint8_t)roles;
}

/* Old kernels charge maps to RLIMIT_MEMLOCK. If it cannot be raised, loading fails. */
static void raise_memlock(void)
{
	struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	(void)!setrlimit(RLIMIT_MEMLOCK, &all);
}

static void release_pages(const void *first, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)first;
	uintptr_t end = (begin + size) / page * page;

	begin = (begin + page - 1) / page * page;
	if (end > begin)
		(void)madvise((void *)begin, end - begin, MADV_DONTNEED);
}

/*
 * While the kernel's BTF is read, most memory is used. So the BPF object in our own file, of which
 * libbpf has copied what it needs, and the code that ran until now are not resident then. They are
 * never written, so the kernel reads them again when they are used.
 */
static void release_file(void)
{
	extern const char __executable_start[], etext[];
	const void *object;
	size_t size;

	object = virtax__elf_bytes(&size);
	release_pages(object, size);
	release_pages(__executable_start, (size_t)(etext - __executable_start));
}

int ledger__open(struct ledger **ret, struct plan *plan, const struct ledger_config *config,
		 struct verr *ret_err)
{
	struct ledger *ledger;
	int err;

	raise_memlock();
	ledger = calloc(1, sizeof(*ledger));
	if (!ledger)
		return -ENOMEM;
	ledger->plan = plan;
	ledger->n_cpus = libbpf_num_possible_cpus();
	if (ledger->n_cpus <= 0 || ledger->n_cpus > VTX_MAX_CPUS) {
		err = verr_set(ret_err, -E2BIG, "this host: %d CPUs (at most %d are supported)",
			       ledger->n_cpus, VTX_MAX_CPUS);
		goto out;
	}
	ledger->late = calloc((size_t)ledger->n_cpus, sizeof(*ledger->late));
	if (!ledger->late) {
		err = -ENOMEM;
		goto out;
	}
	ledger->skel = virtax__open();
	if (!ledger->skel) {
		err = verr_set(ret_err, -errno, "BPF: cannot open the programs: %s (%s)",
			       strerror(errno), load_remedy(-errno));
		goto out;
	}
	release_file();
	for (enum hook_id id = 0; id < HOOKS; id++)
		ledger->program[id] =
			bpf_object__find_program_by_name(ledger->skel->obj, hooks[id].program);
	ledger_config__apply(config, ledger);
	err = load_programs(ledger, config->verify_log, ret_err);
	if (!err)
		err = set_packet_readers(ledger);
	if (!err)
		err = map_used(ledger);
	if (!err)
		err = ledger_attach__all(ledger, ret_err);
out:
	if (err)
		ledger__free(ledger);
	else
		*ret = ledger;
	return err;
}

void ledger__free(struct ledger *ledger)
{
	if (!ledger)
		return;
	/*
	 * Last attached, first detached: if the first of a tracepoint's programs goes before the
	 * others, the kernel waits for a grace period of RCU, 16 ms, for each such tracepoint.
	 */
	while (ledger->n_links)
		bpf_link__destroy(ledger->link[--ledger->n_links]);
	free(ledger->link);
	virtax__destroy(ledger->skel);
	if (ledger->used)
		munmap((void *)ledger->used, ledger->used_bytes);
	free(ledger->roles);
	free(ledger->ever);
	free(ledger->buffer);
	free(ledger->late);
	free(ledger);
}

int ledger__map_fd(const struct ledger *ledger, enum ledger_map map)
{
	const struct virtax *skel = ledger->skel;

	switch (map) {
	case LEDGER_CGROUPS:
		return bpf_map__fd(skel->maps.vtx_cgroups);
	case LEDGER_PROCS:
		return bpf_map__fd(skel->maps.vtx_procs);
	case LEDGER_NETNS:
		return bpf_map__fd(skel->maps.vtx_netns);
	case LEDGER_EVENTS:
		return bpf_map__fd(skel->maps.vtx_events);
	case LEDGER_NET_DEVS:
		return bpf_map__fd(skel->maps.net_devs);
	case LEDGER_NET_PORTS:
		return bpf_map__fd(skel->maps.net_ports);
	case LEDGER_BLKDEVS:
		return bpf_map__fd(skel->maps.vtx_blkdevs);
	}
	return -ENOENT;
}

void ledger__blkdevs_changed(struct ledger *ledger)
{
	__atomic_fetch_add(&ledger->skel->bss->vtx_blkdevs_gen, 1, __ATOMIC_SEQ_CST);
}

int ledger__prog_fd(const struct ledger *ledger, enum hook_id id)
{
	const struct bpf_program *prog = ledger__program(ledger, id);
	int fd = prog ? bpf_program__fd(prog) : -1;

	return fd >= 0 ? fd : -ENOENT;
}

struct bpf_link *ledger__iterator(const struct ledger *ledger, enum hook_id id)
{
	struct bpf_program *prog = ledger__program(ledger, id);
	struct bpf_link *link;

	if (!prog || bpf_program__fd(prog) < 0)
		return NULL;
	link = bpf_program__attach_iter(prog, NULL);
	return libbpf_get_error(link) ? NULL : link;
}
