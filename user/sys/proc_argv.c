// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/proc_argv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

#define ARGV_LIMIT (256 * 1024)

int proc_argv__parse(char *text, size_t n, struct proc_argv *ret)
{
	size_t i, argc = 0;

	for (i = 0; i < n; i++)
		argc += !text[i];
	if (n && text[n - 1])
		argc++; /* truncated, or overwritten by a process that sets its title */
	ret->argv = calloc(argc + 1, sizeof(*ret->argv));
	if (!ret->argv) {
		free(text);
		return -ENOMEM;
	}
	for (i = 0, argc = 0; i < n; i += strlen(text + i) + 1)
		ret->argv[argc++] = text + i;
	ret->argc = argc;
	ret->text = text;
	return 0;
}

int proc_argv__read(const struct sysroot *sr, pid_t pid, struct proc_argv *ret)
{
	char path[PATH_MAX], *text;
	size_t n;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/cmdline", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, ARGV_LIMIT, &text, &n);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	return proc_argv__parse(text, n, ret);
}

void proc_argv__free(struct proc_argv *argv)
{
	free(argv->argv);
	free(argv->text);
	argv->argv = NULL;
	argv->text = NULL;
	argv->argc = 0;
}

const char *proc_argv__option(const struct proc_argv *argv, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);
	int i;

	for (i = 1; i < argv->argc; i++) {
		if (strncmp(argv->argv[i], name, n))
			continue;
		if (argv->argv[i][n] == '=')
			value = argv->argv[i] + n + 1;
		else if (!argv->argv[i][n] && i + 1 < argv->argc)
			value = argv->argv[++i];
	}
	return value;
}
