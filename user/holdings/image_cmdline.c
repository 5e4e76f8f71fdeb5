// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/image_cmdline.h"

#include <string.h>

#include "base/array.h"

static bool is_drive_option(const char *arg)
{
	static const char *const options[] = {"drive", "blockdev", "hda",     "hdb",
					      "hdc",   "hdd",      "cdrom",   "sd",
					      "fda",   "pflash",   "mtdblock"};

	if (*arg++ != '-')
		return false;
	arg += *arg == '-';
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strcmp(arg, options[i]))
			return true;
	return false;
}

/* Does the value of an option name this path, or its last component? */
static bool names(const char *value, const char *path)
{
	const char *base = strrchr(path, '/'), *at;
	size_t n;

	base = base ? base + 1 : path;
	n = strlen(base);
	for (at = n ? strstr(value, base) : NULL; at; at = strstr(at + 1, base))
		if ((at == value || strchr("/=:\"", at[-1])) && (!at[n] || strchr(",\"", at[n])))
			return true;
	return false;
}

/* The argument that names the file; NULL if there is none. */
static const char *naming(const struct proc_argv *argv, const char *path)
{
	for (int i = 1; i < argv->argc; i++) {
		const char *arg = argv->argv[i], *before = argv->argv[i - 1];

		if (*arg != '-' && (is_drive_option(before) || *before != '-') && names(arg, path))
			return arg;
	}
	return NULL;
}

bool image_cmdline_names(const struct proc_argv *argv, const char *path)
{
	return naming(argv, path) != NULL;
}

#define VALUE_BYTES 128

/* KEY=VALUE between commas, or "KEY":"VALUE" in JSON, which libvirt uses. */
static bool value_of(const char *text, const char *key, char ret[VALUE_BYTES])
{
	size_t n = strlen(key), len;

	for (const char *at = strstr(text, key); at; at = strstr(at + 1, key)) {
		const char *value = at + n;

		if (at != text && !strchr(",{\"", at[-1]))
			continue;
		value += *value == '"';
		if (*value != '=' && *value != ':')
			continue;
		value += strspn(value + 1, " \"") + 1;
		len = strcspn(value, ",\"}");
		if (!len || len >= VALUE_BYTES)
			continue;
		memcpy(ret, value, len);
		ret[len] = '\0';
		return true;
	}
	return false;
}

static const char *known_format(const char *name)
{
	static const char *const formats[] = {"raw",  "qcow2", "qcow", "vmdk", "vdi",
					      "vhdx", "vpc",   "qed",  "luks"};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(name, formats[i]))
			return formats[i];
	return NULL;
}

static const char *format_in(const char *text)
{
	char value[VALUE_BYTES];
	const char *format = NULL;

	if (value_of(text, "format", value))
		format = known_format(value);
	if (!format && value_of(text, "driver", value))
		format = known_format(value);
	return format;
}

const char *image_cmdline_format(const struct proc_argv *argv, const char *path)
{
	const char *text = naming(argv, path), *format = text ? format_in(text) : NULL;
	char node[VALUE_BYTES], file[VALUE_BYTES];

	if (!text || format || !value_of(text, "node-name", node))
		return format;
	for (int i = 1; i < argv->argc && !format; i++)
		if (argv->argv[i] != text && value_of(argv->argv[i], "file", file) &&
		    !strcmp(file, node))
			format = format_in(argv->argv[i]);
	return format;
}
