// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/unix_table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

#define UNIX_LIMIT (16 * 1024 * 1024)

static int table_add(struct unix_table *table, unsigned long inode, const char *path)
{
	struct unix_sock *sock;

	if (!array_grow(&table->sock, table->n, &table->room))
		return -ENOMEM;
	sock = &table->sock[table->n];
	sock->inode = inode;
	sock->path = strdup(path);
	if (!sock->path)
		return -ENOMEM;
	table->n++;
	return 0;
}

/* "ffff…: refs protocol flags type state inode path"; *ret_path is the offset after the inode. */
static bool line_parse(const char *line, unsigned long *ret_inode, int *ret_path)
{
	*ret_path = 0;
	return sscanf(line, "%*[0-9a-fA-F]: %*x %*x %*x %*x %*x %lu%n", ret_inode, ret_path) == 1 &&
	       *ret_path;
}

/* How many lines have this inode. */
static size_t claims(const char *text, size_t n, unsigned long inode)
{
	const char *end = text + n;
	unsigned long other;
	size_t count = 0;
	int path;

	for (; text < end; text += strlen(text) + 1)
		count += line_parse(text, &other, &path) && other == inode;
	return count;
}

int unix_table__parse(char *text, bool (*want)(const char *path, const void *arg), const void *arg,
		      struct unix_table **ret)
{
	struct unix_table *table = calloc(1, sizeof(*table));
	size_t n = strlen(text);
	int err = table ? 0 : -ENOMEM, path;
	unsigned long inode;
	char *line;

	for (line = text; (line = strchr(line, '\n'));)
		*line++ = '\0';
	for (line = text; !err && line < text + n; line += strlen(line) + 1) {
		if (line_parse(line, &inode, &path) && line[path] == ' ' && line[path + 1] == '/' &&
		    want(line + path + 1, arg) && claims(text, n, inode) == 1)
			err = table_add(table, inode, line + path + 1);
	}
	if (err)
		unix_table__free(table);
	else
		*ret = table;
	return err;
}

int unix_table__read(const struct sysroot *sr, pid_t pid,
		     bool (*want)(const char *path, const void *arg), const void *arg,
		     struct unix_table **ret)
{
	char path[PATH_MAX], *text;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/net/unix", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, UNIX_LIMIT, &text, NULL);
	if (err)
		return err;
	err = unix_table__parse(text, want, arg, ret);
	free(text);
	return err;
}

void unix_table__free(struct unix_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->n; i++)
		free(table->sock[i].path);
	free(table->sock);
	free(table);
}
