// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/helper_table.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"
#include "base/str.h"
#include "sys/proc_argv.h"

#define DOCKER_ROOT       "/var/lib/docker"
#define DAEMON_JSON       "/etc/docker/daemon.json"
#define DAEMON_JSON_LIMIT (256 * 1024)

/* clang-format off */
static const struct {
	const char *program;
	enum vtx_kind kind;
} managers[] = {
    {"libvirtd", VTX_KIND_VM},           {"virtqemud", VTX_KIND_VM},
    {"virtlogd", VTX_KIND_VM},           {"virtlockd", VTX_KIND_VM},
    {"virtproxyd", VTX_KIND_VM},         {"virtnetworkd", VTX_KIND_VM},
    {"virtstoraged", VTX_KIND_VM},       {"virtnodedevd", VTX_KIND_VM},
    {"virtsecretd", VTX_KIND_VM},        {"virtinterfaced", VTX_KIND_VM},
    {"virtnwfilterd", VTX_KIND_VM},      {"virt-manager", VTX_KIND_VM},
    {"dockerd", VTX_KIND_CONTAINER},     {"containerd", VTX_KIND_CONTAINER},
    {"crio", VTX_KIND_CONTAINER},        {"podman", VTX_KIND_CONTAINER},
    {"cri-dockerd", VTX_KIND_CONTAINER}, {"lxd", VTX_KIND_CONTAINER},
    {"incusd", VTX_KIND_CONTAINER},
};
/* clang-format on */

/*
 * Use the thread name only for a script or an unreadable executable, because a process can choose
 * it. No program here has more than the 15 characters that the kernel keeps.
 */
static bool is_program(const char *exe, const char *comm, const char *program)
{
	if (exe && strncmp(exe, "python", 6))
		return !strcmp(exe, program);
	return !strcmp(comm, program);
}

static bool is_shim(const char *exe, const char *comm)
{
	return exe ? !strncmp(exe, "containerd-shim", 15) : !strcmp(comm, "containerd-shim");
}

static int manager_index(const char *exe, const char *comm)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(managers); i++) {
		if (is_program(exe, comm, managers[i].program))
			return i;
	}
	return -1;
}

/* enum helper_kind of a program; -1: it is no helper. */
static int helper_kind(const char *exe, const char *comm)
{
	if (is_shim(exe, comm))
		return HELPER_SHIM;
	if (is_program(exe, comm, "conmon") || is_program(exe, comm, "conmonrs"))
		return HELPER_CONMON;
	if (is_program(exe, comm, "docker-proxy"))
		return HELPER_DOCKER_PROXY;
	if (is_program(exe, comm, "lxc-start") || !strncmp(comm, "[lxc monitor]", 13))
		return HELPER_LXC_MONITOR;
	if (is_program(exe, comm, "systemd-nspawn"))
		return HELPER_NSPAWN;
	if (is_program(exe, comm, "runc"))
		return HELPER_RUNC;
	if (is_program(exe, comm, "crun"))
		return HELPER_CRUN;
	return -1;
}

bool helper_table_has_program(const char *exe, const char *comm)
{
	return helper_kind(exe, comm) >= 0 || manager_index(exe, comm) >= 0;
}

static char *dup_or_null(const char *s)
{
	return s && *s ? strdup(s) : NULL;
}

static void shim_parse(const struct sysroot *sr, const struct proc_argv *argv, struct helper *ret)
{
	char path[PATH_MAX], cwd[PATH_MAX], base[NAME_MAX + 1];
	const char *workdir = proc_argv__option(argv, "-workdir");

	ret->namespace = dup_or_null(proc_argv__option(argv, "-namespace"));
	ret->id = dup_or_null(proc_argv__option(argv, "-id"));
	if (!ret->id && workdir) { /* containerd's shim v1 */
		proc_base_name(workdir, base, sizeof(base));
		ret->id = dup_or_null(base);
	}
	if (!sysroot_path(sr, path, sizeof(path), "/proc/%d/cwd", ret->proc->stat.pid) &&
	    !file_read_link(AT_FDCWD, path, cwd, sizeof(cwd)))
		ret->dir = dup_or_null(cwd);
}

/* "[lxc monitor] /var/lib/lxc NAME" in one string, or lxc-start -n NAME. */
static void lxc_parse(const struct proc_argv *argv, struct helper *ret)
{
	const char *title = argv->argc ? argv->argv[0] : "", *blank = strrchr(title, ' ');

	if (!strncmp(title, "[lxc monitor]", 13) && blank)
		ret->id = dup_or_null(blank + 1);
	else if (proc_argv__option(argv, "-n"))
		ret->id = dup_or_null(proc_argv__option(argv, "-n"));
	else
		ret->id = dup_or_null(proc_argv__option(argv, "--name"));
}

/* The name is -M's, else the last part of the directory or image. The container is its child. */
static void nspawn_parse(const struct proc_argv *argv, struct helper *ret)
{
	static const char *const options[] = {
		"-M", "--machine", "-D", "--directory", "-i", "--image",
	};
	const char *value = NULL;
	char base[NAME_MAX + 1];
	size_t i;

	for (i = 0; !value && i < ARRAY_SIZE(options); i++)
		value = proc_argv__option(argv, options[i]);
	proc_base_name(value ? value : "", base, sizeof(base));
	ret->id = dup_or_null(base);
}

static void helper_parse(const struct sysroot *sr, const struct proc_argv *argv, struct helper *ret)
{
	switch (ret->kind) {
	case HELPER_SHIM:
		shim_parse(sr, argv, ret);
		break;
	case HELPER_CONMON:
		ret->id = dup_or_null(proc_argv__option(argv, "-c"));
		ret->name = dup_or_null(proc_argv__option(argv, "-n"));
		break;
	case HELPER_DOCKER_PROXY:
		ret->address = dup_or_null(proc_argv__option(argv, "-container-ip"));
		break;
	case HELPER_LXC_MONITOR:
		lxc_parse(argv, ret);
		break;
	case HELPER_NSPAWN:
		nspawn_parse(argv, ret);
		break;
	case HELPER_RUNC:
	case HELPER_CRUN:
		ret->dir = dup_or_null(proc_argv__option(argv, "--root"));
		break;
	}
}

/* "data-root" in a daemon.json below `top`; NULL: it is not there. */
static char *daemon_json_root(const struct sysroot *sr, const char *top, const char *file)
{
	char path[PATH_MAX], *text, *ret = NULL;
	const char *root;
	json_t *json;

	if (sysroot_path(sr, path, sizeof(path), "%s%s", top, file ? file : DAEMON_JSON) ||
	    file_read(AT_FDCWD, path, DAEMON_JSON_LIMIT, &text, NULL))
		return NULL;
	json = json_loads(text, 0, NULL);
	root = json_string_value(json_object_get(json, "data-root"));
	if (root && *root == '/')
		ret = strdup(root);
	json_decref(json);
	free(text);
	return ret;
}

static int add_docker_root(struct helper_table *table, const char *top, const char *root)
{
	char *path = str_printf("%s%s", top, root);

	if (!path)
		return -ENOMEM;
	table->docker_root[table->n_docker_roots++] = path;
	return 0;
}

/* There may be several daemons: one in a container, another one for the tests of something. */
static int dockerd_parse(const struct sysroot *sr, const struct proc_argv *argv, pid_t pid,
			 struct helper_table *table)
{
	static const char *const options[] = {"--data-root", "--graph", "-g"};
	const char *config = proc_argv__option(argv, "--config-file"), *root = NULL;
	char top[64];
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(options) && !root; i++)
		root = proc_argv__option(argv, options[i]);
	snprintf(top, sizeof(top), "/proc/%d/root", (int)pid);
	for (int own = 1; !err && own >= 0; own--) {
		const char *at = own ? top : "";
		char *set = root && *root == '/' ? NULL : daemon_json_root(sr, at, config);

		if (table->n_docker_roots + 1 < HELPER_DOCKER_ROOTS)
			err = add_docker_root(table, at,
					      set                    ? set
					      : root && *root == '/' ? root
								     : DOCKER_ROOT);
		free(set);
	}
	return err;
}

/* Only podman's service is a manager: `podman run` is a user's command. */
static bool podman_is_service(const struct proc_argv *argv)
{
	int i;

	for (i = 1; i + 1 < argv->argc; i++) {
		if (!strcmp(argv->argv[i], "system") && !strcmp(argv->argv[i + 1], "service"))
			return true;
	}
	return false;
}

static int add_manager(struct helper_table *table, const struct proc *proc, int index)
{
	if (!array_grow(&table->manager, table->n_managers, &table->room_managers))
		return -ENOMEM;
	table->manager[table->n_managers++] = (struct manager){
		.proc = proc,
		.kind = managers[index].kind,
		.name = managers[index].program,
	};
	return 0;
}

static int add_helper(const struct sysroot *sr, struct helper_table *table, const struct proc *proc,
		      int kind)
{
	struct helper *helper;
	struct proc_argv argv;

	if (!array_grow(&table->helper, table->n, &table->room))
		return -ENOMEM;
	if (proc_argv__read(sr, proc->stat.pid, &argv))
		return 0; /* it has exited */
	helper = &table->helper[table->n++];
	*helper = (struct helper){.proc = proc, .kind = kind};
	helper_parse(sr, &argv, helper);
	proc_argv__free(&argv);
	return 0;
}

static int look_at_manager(const struct sysroot *sr, struct helper_table *table,
			   const struct proc *proc, int index)
{
	const char *program = managers[index].program;
	struct proc_argv argv = {0};
	int err = 0;

	if (!strcmp(program, "podman") || !strcmp(program, "dockerd")) {
		if (proc_argv__read(sr, proc->stat.pid, &argv))
			return 0;
	}
	if (!strcmp(program, "dockerd"))
		err = dockerd_parse(sr, &argv, proc->stat.pid, table);
	if (err)
		;
	else if (strcmp(program, "podman") || podman_is_service(&argv))
		err = add_manager(table, proc, index);
	proc_argv__free(&argv);
	return err;
}

int helper_table__scan(const struct sysroot *sr, const struct proc_table *procs,
		       struct helper_table **ret)
{
	struct helper_table *table = calloc(1, sizeof(*table));
	const struct proc *proc;
	int err = table ? 0 : -ENOMEM, kind, index;
	size_t i;

	for (i = 0; !err && i < procs->n; i++) {
		proc = &procs->proc[i];
		if (proc_is_kthread(proc->stat.flags))
			continue;
		kind = helper_kind(proc->exe, proc->stat.comm);
		index = kind < 0 ? manager_index(proc->exe, proc->stat.comm) : -1;
		if (kind >= 0)
			err = add_helper(sr, table, proc, kind);
		else if (index >= 0)
			err = look_at_manager(sr, table, proc, index);
	}
	if (!err)
		err = add_docker_root(table, "", DOCKER_ROOT);
	if (err)
		helper_table__free(table);
	else
		*ret = table;
	return err;
}

void helper_table__free(struct helper_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->n; i++) {
		free(table->helper[i].id);
		free(table->helper[i].name);
		free(table->helper[i].namespace);
		free(table->helper[i].address);
		free(table->helper[i].dir);
	}
	free(table->helper);
	free(table->manager);
	for (i = 0; i < table->n_docker_roots; i++)
		free(table->docker_root[i]);
	free(table);
}
