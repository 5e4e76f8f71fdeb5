// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

/* What the user can do about it; NULL: nothing that the error does not say already. */
static const char *remedy(int err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
		return "free some space";
	case -ENOENT:
	case -ENOTDIR:
		return "give a directory that exists";
	case -EISDIR:
		return "give the name of a file";
	case -EPIPE:
	case -ENOMEM:
		return NULL;
	default:
		return "give another -o FILE";
	}
}

static int fail(struct outfile *out, int err, struct verr *ret_err)
{
	const char *what = out->what ? out->what : "output", *advice = remedy(err);

	return verr_set(ret_err, err, "%s: cannot write: %s%s%s%s", what, strerror(-err),
			advice ? " (" : "", advice ? advice : "", advice ? ")" : "");
}

/* The mode that open() would give to a new file. */
static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The directory of `path`, malloc'd. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
}

/*
 * Opens a file that has no name, so that even SIGKILL leaves nothing behind. File systems without
 * O_TMPFILE get a temporary name.
 */
static int open_temp(struct outfile *out)
{
	char *dir = dir_of(out->path);
	int fd;

	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(dir);
	if (fd >= 0)
		return fd;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return -errno;
	out->temp = str_printf("%s.XXXXXX", out->path);
	if (!out->temp)
		return -ENOMEM;
	fd = mkostemp(out->temp, O_CLOEXEC);
	if (fd >= 0 && !fchmod(fd, usual_mode()))
		return fd;
	return -errno;
}

static int open_path(struct outfile *out, const char *path)
{
	struct stat st;
	bool there = !stat(path, &st);
	int fd;

	if (there && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (there && !S_ISREG(st.st_mode)) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	if (there && access(path, W_OK))
		return -errno;
	out->path = realpath(path, NULL); /* replace the target of a symbolic link, not the link */
	if (!out->path)
		out->path = strdup(path);
	return out->path ? open_temp(out) : -ENOMEM;
}

int outfile__open(struct outfile *ret, const char *path, struct verr *ret_err)
{
	bool to_stdout = !strcmp(path, "-");
	int fd, err;

	memset(ret, 0, sizeof(*ret));
	ret->what = strdup(to_stdout ? "standard output" : path);
	/* Duplicate the descriptor: exit() must not retry a flush of stdout that failed here. */
	if (to_stdout) {
		fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
		fd = fd < 0 ? -errno : fd;
	} else {
		fd = *path ? open_path(ret, path) : -ENOENT;
	}
	if (fd >= 0) {
		ret->f = fdopen(fd, "w");
		if (ret->f)
			return 0;
		err = -errno;
		close(fd);
	} else {
		err = fd;
	}
	err = fail(ret, err, ret_err);
	outfile__abort(ret);
	return err;
}

/* Gives the nameless file a temporary name, since linkat() cannot replace an older file. */
static int name_temp(struct outfile *out)
{
	char link[64];
	int err = -EEXIST;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fileno(out->f));
	for (unsigned int i = 0; i < 100 && err == -EEXIST; i++) {
		out->temp = str_printf("%s.%d.%u", out->path, (int)getpid(), i);
		if (!out->temp)
			return -ENOMEM;
		err = linkat(AT_FDCWD, link, AT_FDCWD, out->temp, AT_SYMLINK_FOLLOW) ? -errno : 0;
		if (err) { /* that name belongs to another file: abort must not remove it */
			free(out->temp);
			out->temp = NULL;
		}
	}
	return err;
}

static int put_in_place(struct outfile *out)
{
	int err;

	if (!out->path)
		return 0;
	if (!out->temp) {
		err = name_temp(out);
		if (err)
			return err;
	}
	if (rename(out->temp, out->path))
		return -errno;
	free(out->temp);
	out->temp = NULL;
	return 0;
}

int outfile__commit(struct outfile *out, struct verr *ret_err)
{
	int err = 0;

	errno = 0;
	if (fflush(out->f) || ferror(out->f))
		err = errno ? -errno : -EIO;
	/* Some file systems report a full disk only here. */
	if (!err && out->path && fsync(fileno(out->f)) && errno != EINVAL)
		err = -errno;
	if (!err)
		err = put_in_place(out);
	if (fclose(out->f) && !err)
		err = -errno;
	out->f = NULL;
	if (err)
		fail(out, err, ret_err);
	outfile__abort(out);
	return err;
}

void outfile__abort(struct outfile *out)
{
	if (out->f)
		fclose(out->f);
	if (out->temp)
		unlink(out->temp);
	free(out->temp);
	free(out->path);
	free(out->what);
	memset(out, 0, sizeof(*out));
}
