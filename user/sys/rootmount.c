// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/rootmount.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "sys/mountline.h"

void rootmount__free(struct rootmount *mount)
{
	for (size_t i = 0; i < mount->n_lower; i++)
		free(mount->lower[i]);
	free(mount->lower);
	free(mount->upper);
	free(mount->fstype);
	free(mount->root);
	memset(mount, 0, sizeof(*mount));
}

/* Overlay writes a backslash before each colon and each backslash of a path. */
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

/* Cuts off the first element of "a:b:c"; returns the rest or NULL. "\:" separates nothing. */
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
	if (!*path)
		return 0;
	if (mount->n_lower == ROOTMOUNT_MAX_LAYERS) {
		mount->n_left_out++;
		return 0;
	}
	if (!array_grow(&mount->lower, mount->n_lower, &mount->room))
		return -ENOMEM;
	mount->lower[mount->n_lower] = strdup(path);
	return mount->lower[mount->n_lower++] ? 0 : -ENOMEM;
}

/*
 * lowerdir=A:B:C, or one lowerdir+=A per layer; "::" precedes data-only layers, which count as
 * well.
 */
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
	mountline_unescape(value);
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

/* The length of the store's path, with its slash: STORE/ID/diff → STORE/. */
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
			path = n ? str_printf("%.*s%s", (int)n, mount->upper, mount->lower[i])
				 : NULL;
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

/* Parses a mount on "/". -ENOENT if the line describes another mount. */
static int parse_line(char *text, struct rootmount *ret)
{
	struct mountline line;
	char *state, *option;
	int err = 0;

	if (!mountline_split(text, &line) || strcmp(line.mount, "/"))
		return -ENOENT;
	rootmount__free(ret);
	ret->fstype = strdup(line.type);
	ret->root = strdup(line.root);
	ret->major = line.major;
	ret->minor = line.minor;
	ret->overlay = !strcmp(line.type, "overlay") || !strcmp(line.type, "fuse.fuse-overlayfs");
	if (!ret->fstype || !ret->root)
		return -ENOMEM;
	if (!ret->overlay || !line.options)
		return 0;
	for (option = strtok_r(line.options, ",", &state); option && !err;
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
		rootmount__free(ret);
		return err;
	}
	return found;
}

/* The part of `path` below `top`: "" or beginning with a slash; NULL if it is not below it. */
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
	struct mountline line;
	const char *rest;

	if (!mountline_split(text, &line) || line.major != mount->major ||
	    line.minor != mount->minor)
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

	for (one = text ? strtok_r(text, "\n", &state) : NULL; one;
	     one = strtok_r(NULL, "\n", &state)) {
		struct mountline line;

		/* If two have the same mount point, the later one is on top. */
		if (!mountline_split(one, &line) || !below(path, line.mount) ||
		    strlen(line.mount) < longest)
			continue;
		longest = strlen(line.mount);
		snprintf(ret, size, "%s", line.type);
		found = true;
	}
	free(text);
	return found;
}
