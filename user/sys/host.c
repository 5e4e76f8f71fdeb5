// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/host.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include "base/array.h"

/* Settings that are the first line of a file. */
static const struct {
	const char *name, *path;
} files[] = {
	{"clocksource", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
	{"halt_poll_ns", "/sys/module/kvm/parameters/halt_poll_ns"},
	{"governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
	{"turbo_off", "/sys/devices/system/cpu/intel_pstate/no_turbo"},
	{"smt", "/sys/devices/system/cpu/smt/active"},
	{"transparent_hugepage", "/sys/kernel/mm/transparent_hugepage/enabled"},
	{"ksm", "/sys/kernel/mm/ksm/run"},
	{"nested_amd", "/sys/module/kvm_amd/parameters/nested"},
	{"nested_intel", "/sys/module/kvm_intel/parameters/nested"},
	{"bpf_jit", "/proc/sys/net/core/bpf_jit_enable"},
	{"cmdline", "/proc/cmdline"},
};

/* Settings in the kernel's build configuration. */
static const struct {
	const char *name, *option;
} options[] = {
	{"hz", "CONFIG_HZ"},
	{"irq_time_accounting", "CONFIG_IRQ_TIME_ACCOUNTING"},
	{"virt_cpu_accounting", "CONFIG_VIRT_CPU_ACCOUNTING_GEN"},
	{"paravirt_time_accounting", "CONFIG_PARAVIRT_TIME_ACCOUNTING"},
	{"preempt_dynamic", "CONFIG_PREEMPT_DYNAMIC"},
	{"preempt_rt", "CONFIG_PREEMPT_RT"},
};

static int line_of(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");
	char *got;

	if (!file)
		return -errno;
	got = fgets(ret, (int)size, file);
	fclose(file);
	if (!got)
		return -EIO;
	ret[strcspn(ret, "\n")] = '\0';
	return 0;
}

static int add_tunable(struct run_host *host, const char *name, const char *value)
{
	struct run_tunable *grown = realloc(host->tunable, (host->n_tunables + 1) * sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	host->tunable = grown;
	grown += host->n_tunables;
	grown->name = strdup(name);
	grown->value = strdup(value);
	if (!grown->name || !grown->value) {
		free(grown->name);
		free(grown->value);
		return -ENOMEM;
	}
	host->n_tunables++;
	return 0;
}

static gzFile open_config(const char *release)
{
	char path[512];
	gzFile file = gzopen("/proc/config.gz", "re");

	if (file)
		return file;
	snprintf(path, sizeof(path), "/boot/config-%s", release);
	file = gzopen(path, "re");
	if (file)
		return file;
	snprintf(path, sizeof(path), "/lib/modules/%s/config", release);
	return gzopen(path, "re");
}

static int read_config(struct run_host *host, const char *release)
{
	gzFile file = open_config(release);
	bool seen[ARRAY_SIZE(options)] = {};
	char line[512];
	int err = 0;

	if (!file)
		return 0; /* not every kernel provides it */
	while (!err && gzgets(file, line, sizeof(line))) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < ARRAY_SIZE(options) && !err; i++) {
			size_t n = strlen(options[i].option);

			if (strncmp(line, options[i].option, n) || line[n] != '=')
				continue;
			seen[i] = true;
			err = add_tunable(host, options[i].name, line + n + 1);
		}
	}
	gzclose(file);
	for (size_t i = 0; i < ARRAY_SIZE(options) && !err; i++)
		if (!seen[i])
			err = add_tunable(host, options[i].name, "n");
	return err;
}

/* "mitigations=" on the command line of the kernel; its default is auto. */
static int add_mitigations(struct run_host *host)
{
	char line[4096], value[64] = "auto", *at;

	if (!line_of("/proc/cmdline", line, sizeof(line))) {
		at = strstr(line, "mitigations=");
		if (at)
			sscanf(at, "mitigations=%63s", value);
	}
	return add_tunable(host, "mitigations", value);
}

/* The preemption model: from debugfs if it is readable, else from the build string. */
static int add_preempt(struct run_host *host, const char *build)
{
	char line[128];

	if (!line_of("/sys/kernel/debug/sched/preempt", line, sizeof(line)))
		return add_tunable(host, "preempt", line);
	return add_tunable(host, "preempt",
			   strstr(build, "PREEMPT_RT")        ? "rt"
			   : strstr(build, "PREEMPT_DYNAMIC") ? "dynamic"
			   : strstr(build, "PREEMPT")         ? "full"
							      : "none");
}

static char *cpu_model(void)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256], *model = NULL;

	while (file && !model && fgets(line, sizeof(line), file)) {
		char *at = strchr(line, ':');

		if (!at || (strncmp(line, "model name", 10) && strncmp(line, "CPU part", 8)))
			continue;
		for (at++; isspace((unsigned char)*at); at++)
			;
		at[strcspn(at, "\n")] = '\0';
		model = strdup(at);
	}
	if (file)
		fclose(file);
	return model ? model : strdup("unknown");
}

static int read_tunables(struct run_host *host, const struct utsname *uts)
{
	char line[4096];
	int err;

	err = add_mitigations(host);
	if (!err)
		err = add_preempt(host, uts->version);
	if (!err)
		err = read_config(host, uts->release);
	for (size_t i = 0; !err && i < ARRAY_SIZE(files); i++)
		if (!line_of(files[i].path, line, sizeof(line)))
			err = add_tunable(host, files[i].name, line);
	return err;
}

int host__read(struct run_host *ret, const char *hypervisor, const char *cgroup)
{
	struct utsname uts;
	struct sysinfo info;

	uname(&uts);
	sysinfo(&info);
	ret->hostname = strdup(uts.nodename);
	ret->kernel = strdup(uts.release);
	ret->kernel_build = strdup(uts.version);
	ret->arch = strdup(uts.machine);
	ret->cpu_model = cpu_model();
	ret->hypervisor = hypervisor[0] ? strdup(hypervisor) : NULL;
	ret->cgroup = strdup(cgroup);
	ret->cpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
	ret->memory_bytes = (uint64_t)info.totalram * info.mem_unit;
	if (!ret->hostname || !ret->kernel || !ret->kernel_build || !ret->arch || !ret->cpu_model ||
	    !ret->cgroup || (hypervisor[0] && !ret->hypervisor))
		return -ENOMEM;
	return read_tunables(ret, &uts);
}
