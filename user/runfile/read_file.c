// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads run files from a path or standard input; read.c turns their text into runs. */
#include "runfile/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SNIFF_BYTES ((size_t)65536) /* white space before the first brace, at most */

static bool begins_like_json(const char *text, size_t size)
{
	size_t i = 0;

	size = size < SNIFF_BYTES ? size : SNIFF_BYTES;
	while (i < size && text[i] && strchr(" \t\r\n", text[i]))
		i++;
	return i == size || text[i] == '{';
}

/* Reads to the end, or until it is certain that this is not a run file. */
static int slurp(int fd, char **ret_text, size_t *ret_size)
{
	size_t room = 0, size = 0;
	char *text = NULL, *grown;
	ssize_t n;

	for (;;) {
		if (size == room) {
			room = room ? 2 * room : 1 << 16;
			grown = realloc(text, room);
			if (!grown) {
				free(text);
				return -ENOMEM;
			}
			text = grown;
		}
		n = read(fd, text + size, room - size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			n = -errno;
			free(text);
			return (int)n;
		}
		size += (size_t)n;
		if (!n || size > READ_MAX_BYTES || !begins_like_json(text, size))
			break;
	}
	*ret_text = text;
	*ret_size = size;
	return 0;
}

static int read_failed(int err, const char *what, struct verr *ret_err)
{
	const char *remedy = err == -ENOENT   ? "give the path of a saved run"
			     : err == -EACCES ? "run as a user who may read it"
					      : "give a file that record -o saved";

	if (err == -ENOMEM)
		return verr_set(ret_err, err, "%s: cannot read: out of memory", what);
	return verr_set(ret_err, err, "%s: cannot read: %s (%s)", what, strerror(-err), remedy);
}

typedef int (*read_fn)(struct run *ret, const char *text, size_t size, const char *what,
		       struct verr *ret_err);

static int read_file(struct run *ret, const char *path, read_fn read_text, struct verr *ret_err)
{
	bool from_stdin = !strcmp(path, "-");
	const char *what = from_stdin ? "standard input" : path;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *text = NULL;
	size_t size = 0;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = fd < 0 ? -errno : slurp(fd, &text, &size);
	if (fd >= 0 && !from_stdin)
		close(fd);
	if (err)
		return read_failed(err, what, ret_err);
	if (!begins_like_json(text, size))
		err = verr_set(ret_err, -EINVAL,
			       "%s: not a virtax run file: it does not begin with { (give a file "
			       "that record -o saved)",
			       what);
	else
		err = read_text(ret, text, size, what, ret_err);
	free(text);
	return err;
}

int run__read(struct run *ret, const char *path, struct verr *ret_err)
{
	return read_file(ret, path, run__read_text, ret_err);
}

int run__read_head(struct run *ret, const char *path, struct verr *ret_err)
{
	return read_file(ret, path, run__read_head_text, ret_err);
}
