// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/rootmount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void rootmount__clear(struct rootmount *mount)
{
	for (size_t i = 0; i < mount->n_lower; i++)
		free(mount->lower[i]);
	free(mount->lower);
	free(mount->upper);
	free(mount->fstype);
	free(mount->root);
	memset(mount, 0, sizeof(*mount));
}

/* The kernel writes blanks, tabs, newlines, backslashes and commas within an option as \ooo. */
static void unescape_octal(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* Overlay itself puts a backslash before a colon or a backslash that belongs to a path. */
static void unescape_layer(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1])
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

/* Cuts "a:b:c" behind its first element; NULL behind the last. A colon after '\' does not count. */
static char *next_layer(char *s)
{
	for (; *s; s++) {
		if (s[0] == '\\' && s[1])
			s++;
		else if (*s == ':') {
			*s = '\0';
			return s + 1;
		}
	}
	return NULL;
}

static int add_lower(struct rootmount *mount, const char *path)
{
	char **grown;

	if (!*path)
		return 0;
	if (mount->n_lower == ROOTMOUNT_MAX_LAYERS) {
		mount->n_left_out++;
		return 0;
	}
	grown = realloc(mount->lower, (mount->n_lower + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	mount->lower = grown;
	grown[mount->n_lower] = strdup(path);
	return grown[mount->n_lower++] ? 0 : -ENOMEM;
}

/* lowerdir=A:B:C, or one lowerdir+=A for each; "::" separates data-only layers, layers as well. */
static int add_lowers(struct rootmount *mount, char *list, bool one)
{
	int err = 0;

	while (list && !err) {
		char *rest = one ? NULL : next_layer(list);

		unescape_layer(list);
		err = add_lower(mount, list);
		list = rest;
	}
	return err;
}

static int parse_option(struct rootmount *mount, char *option)
{
	char *value = strchr(option, '=');

	if (!value)
		return 0;
	*value++ = '\0';
	unescape_octal(value);
	if (!strcmp(option, "upperdir")) {
		unescape_layer(value);
		free(mount->upper);
		mount->upper = strdup(value);
		return mount->upper ? 0 : -ENOMEM;
	}
	if (!strcmp(option, "lowerdir"))
		return add_lowers(mount, value, false);
	if (!strcmp(option, "lowerdir+") || !strcmp(option, "datadir+"))
		return add_lowers(mount, value, true);
	return 0;
}

/* Behind the upper directory's own name and the layer's: STORE/ID/diff -> STORE. */
static size_t store_of(const char *upper)
{
	size_t n = strlen(upper);

	for (int up = 0; up < 2; up++) {
		while (n && upper[n - 1] == '/')
			n--;
		while (n && upper[n - 1] != '/')
			n--;
	}
	return n;
}

static int complete_lowers(struct rootmount *mount)
{
	size_t n = mount->upper && *mount->upper == '/' ? store_of(mount->upper) : 0, kept = 0;
	int err = 0;

	for (size_t i = 0; i < mount->n_lower; i++) {
		char *path = mount->lower[i];

		if (*path != '/') {
			path = n ? str_printf("%.*s%s", (int)n, mount->upper, mount->lower[i]) : NULL;
			err = n && !path ? -ENOMEM : err;
			free(mount->lower[i]);
		}
		if (path)
			mount->lower[kept++] = path;
		else
			mount->n_left_out++;
	}
	mount->n_lower = kept;
	return err;
}

/* The first fields of a line, ID PARENT MAJ:MIN ROOT MOUNT OPTIONS, and what follows " - ". */
struct line {
	unsigned int major, minor;
	char *root, *mount;
	char *tail; /* TYPE SOURCE SUPER_OPTIONS */
};

static bool split_line(char *line, struct line *ret)
{
	char *tail = strstr(line, " - "), *state, *field[5];

	if (!tail)
		return false;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &state);
		if (!field[i])
			return false;
	}
	if (sscanf(field[2], "%u:%u", &ret->major, &ret->minor) != 2)
		return false;
	unescape_octal(field[3]);
	unescape_octal(field[4]);
	ret->root = field[3];
	ret->mount = field[4];
	ret->tail = tail + 3;
	return true;
}

/* Takes a mount on "/". -ENOENT: it is another. */
static int parse_line(char *text, struct rootmount *ret)
{
	char *state, *word, *option;
	struct line line;
	int err = 0;

	if (!split_line(text, &line) || strcmp(line.mount, "/"))
		return -ENOENT;
	word = strtok_r(line.tail, " ", &state);
	if (!word)
		return -ENOENT;
	rootmount__clear(ret);
	ret->fstype = strdup(word);
	ret->root = strdup(line.root);
	ret->major = line.major;
	ret->minor = line.minor;
	ret->overlay = !strcmp(word, "overlay") || !strcmp(word, "fuse.fuse-overlayfs");
	if (!ret->fstype || !ret->root)
		return -ENOMEM;
	if (!ret->overlay || !strtok_r(NULL, " ", &state))
		return 0;
	word = strtok_r(NULL, " ", &state);
	for (option = word ? strtok_r(word, ",", &state) : NULL; option && !err;
	     option = strtok_r(NULL, ",", &state))
		err = parse_option(ret, option);
	return err ? err : complete_lowers(ret);
}

int rootmount__parse(const char *mountinfo, struct rootmount *ret)
{
	char *text = strdup(mountinfo), *state, *line;
	int err = 0, found = -ENOENT;

	memset(ret, 0, sizeof(*ret));
	if (!text)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &state); line && err != -ENOMEM;
	     line = strtok_r(NULL, "\n", &state)) {
		err = parse_line(line, ret);
		found = err ? found : 0;
	}
	free(text);
	if (err == -ENOMEM) {
		rootmount__clear(ret);
		return err;
	}
	return found;
}

/* What is left of `path` below `top`, "" or beginning with a slash; NULL: it is not below it. */
static const char *below(const char *path, const char *top)
{
	size_t n = strlen(top);

	if (!strcmp(top, "/"))
		return strcmp(path, "/") ? path : "";
	if (strncmp(path, top, n) || (path[n] && path[n] != '/'))
		return NULL;
	return path + n;
}

static int try_mount(char *text, const struct rootmount *mount, char **ret)
{
	struct line line;
	const char *rest;

	if (!split_line(text, &line) || line.major != mount->major || line.minor != mount->minor)
		return -ENOENT;
	rest = below(mount->root, line.root);
	if (!rest)
		return -ENOENT;
	if (!strcmp(line.mount, "/"))
		*ret = strdup(*rest ? rest : "/");
	else
		*ret = str_printf("%s%s", line.mount, rest);
	return *ret ? 0 : -ENOMEM;
}

int rootmount_on_host(const char *own_mountinfo, const struct rootmount *mount, char **ret)
{
	char *text = strdup(own_mountinfo), *state, *line;
	int err = -ENOENT;

	if (!text)
		return -ENOMEM;
	for (line = strtok_r(text, "\n", &state); line && err == -ENOENT;
	     line = strtok_r(NULL, "\n", &state))
		err = try_mount(line, mount, ret);
	free(text);
	return err;
}

bool rootmount_fstype(const char *own_mountinfo, const char *path, char *ret, size_t size)
{
	char *text = strdup(own_mountinfo), *state, *one;
	size_t longest = 0;
	bool found = false;

	for (one = text ? strtok_r(text, "\n", &state) : NULL; one; one = strtok_r(NULL, "\n", &state)) {
		struct line line;

		/* Of two on one place the later is on top. */
		if (!split_line(one, &line) || !below(path, line.mount) ||
		    strlen(line.mount) < longest)
			continue;
		longest = strlen(line.mount);
		snprintf(ret, size, "%.*s", (int)strcspn(line.tail, " "), line.tail);
		found = true;
	}
	free(text);
	return found;
}
