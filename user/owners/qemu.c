// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/qemu.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define QEMU_DEFAULT_RAM (128ull << 20)

bool qemu_is_program(const char *base)
{
	/* ".qemu-system-x86_64-wrapped": distributions that wrap every program in a script */
	if (*base == '.')
		base++;
	return !strcmp(base, "kvm") || !strcmp(base, "qemu-kvm") || str_starts(base, "qemu-kvm-") ||
	       str_starts(base, "qemu-system-");
}

/* Copies one element up to a single comma, undoubling the others; moves *opts behind it. */
static void element(const char **opts, char *to)
{
	const char *s = *opts;

	for (; *s; s++) {
		if (*s == ',' && *++s != ',')
			break;
		*to++ = *s;
	}
	*to = '\0';
	*opts = s;
}

char *qemu_opt(const char *opts, const char *key, const char *implied)
{
	char *buf = malloc(strlen(opts) + 1), *ret = NULL, *value;
	bool first = true;

	if (!buf)
		return NULL;
	for (; *opts; first = false) {
		element(&opts, buf);
		value = strchr(buf, '=');
		if (value)
			*value++ = '\0';
		else if (!first || !implied || strcmp(implied, key))
			continue;
		else
			value = buf;
		if (value != buf && strcmp(buf, key))
			continue;
		free(ret); /* the last one wins, as in QEMU */
		ret = strdup(value);
	}
	free(buf);
	return ret;
}

/* hostfwd=tcp:ADDR:PORT-GUEST:PORT or without addresses. */
static bool forward_parse(const char *s, uint16_t *ret_host, uint16_t *ret_guest)
{
	const char *dash, *colon;
	unsigned long host, guest;
	char *end;

	if (str_starts(s, "udp:") || str_starts(s, "unix:"))
		return false;
	dash = strchr(s, '-');
	if (!dash)
		return false;
	colon = memrchr(s, ':', dash - s);
	host = strtoul(colon ? colon + 1 : s, &end, 10);
	if (end != dash)
		return false;
	colon = strrchr(dash, ':');
	guest = strtoul(colon ? colon + 1 : dash + 1, &end, 10);
	if ((*end && *end != ',') || !host || host > 65535 || !guest || guest > 65535)
		return false;
	*ret_host = host;
	*ret_guest = guest;
	return true;
}

/* Every hostfwd= of one -netdev, -nic or -net argument. */
static void forwards_parse(const char *opts, struct qemu_args *ret)
{
	char *buf = malloc(strlen(opts) + 1);
	uint16_t host, guest;

	while (buf && *opts && ret->n_forwards < QEMU_MAX_FORWARDS) {
		element(&opts, buf);
		if (!str_starts(buf, "hostfwd=") ||
		    !forward_parse(buf + strlen("hostfwd="), &host, &guest))
			continue;
		ret->forward[ret->n_forwards].host_port = host;
		ret->forward[ret->n_forwards++].guest_port = guest;
	}
	free(buf);
}

/* "512", "1.5G", "1048576k": a size as QEMU parses it, in bytes; `unit` applies to bare numbers. 0:
 * none. */
static uint64_t size_parse(const char *s, double unit)
{
	static const char suffixes[] = "bkmgtpe";
	const char *suffix;
	double value;
	char *end;

	value = strtod(s, &end);
	if (end == s || !(value > 0))
		return 0;
	suffix = *end ? strchr(suffixes, *end | 0x20) : NULL;
	if ((*end && !suffix) || (*end && end[1]))
		return 0;
	for (; suffix && suffix > suffixes; suffix--)
		value *= 1024;
	if (!*end)
		value *= unit;
	return value < 0x1p63 ? (uint64_t)value : 0;
}

/* The memory backends seen so far; their use is known only at the end of the command line. */
struct backends {
	size_t n;
	struct {
		char *id;
		uint64_t bytes;
	} of[QEMU_MAX_RAM];
	bool too_many;
	char *machine; /* -machine's backend, the memory the guest boots with; NULL */
	bool numa;     /* the guest boots with the backends of NUMA nodes */
	char *ivshmem[QEMU_MAX_RAM];
	size_t n_ivshmem;
};

/* A key's value in "a=b,c=d" or in a JSON object, malloc'd; NULL if there is none. */
static char *value_of(const char *text, const char *key, const char *implied)
{
	json_t *json, *value;
	char *ret = NULL;

	if (*text != '{')
		return qemu_opt(text, key, implied);
	json = json_loads(text, 0, NULL);
	value = json_object_get(json, key);
	if (json_is_string(value))
		ret = strdup(json_string_value(value));
	else if (json_is_integer(value))
		ret = json_dumps(value, JSON_ENCODE_ANY);
	json_decref(json);
	return ret;
}

/* "memory-backend-ram,id=a,size=1G", or the same as a JSON object. */
static void backend_parse(const char *value, struct backends *ret)
{
	char *type = value_of(value, "qom-type", "qom-type");
	char *size = value_of(value, "size", NULL);
	uint64_t bytes = size ? size_parse(size, 1) : 0;

	if (type && str_starts(type, "memory-backend-") && bytes) {
		ret->too_many |= ret->n == QEMU_MAX_RAM;
		if (ret->n < QEMU_MAX_RAM) {
			ret->of[ret->n].id = value_of(value, "id", NULL);
			ret->of[ret->n++].bytes = bytes;
		}
	}
	free(type);
	free(size);
}

static void device_parse(const char *value, struct backends *ret)
{
	char *driver = value_of(value, "driver", "driver");
	char *backend = value_of(value, "memdev", NULL);

	if (driver && str_starts(driver, "ivshmem") && backend && ret->n_ivshmem < QEMU_MAX_RAM) {
		ret->ivshmem[ret->n_ivshmem++] = backend;
		backend = NULL;
	}
	free(driver);
	free(backend);
}

static void machine_parse(const char *value, struct backends *ret)
{
	char *backend = value_of(value, "memory-backend", NULL);

	if (!backend)
		return;
	free(ret->machine);
	ret->machine = backend;
}

static void numa_parse(const char *value, struct backends *ret)
{
	char *backend = value_of(value, "memdev", NULL);

	ret->numa |= backend != NULL;
	free(backend);
}

static bool is_ivshmem(const struct backends *backends, const char *id)
{
	for (size_t i = 0; id && i < backends->n_ivshmem; i++)
		if (!strcmp(backends->ivshmem[i], id))
			return true;
	return false;
}

/* Decides which backends are RAM, and whether there is also RAM without a backend. */
static void backends_decide(const struct backends *backends, struct qemu_args *ret)
{
	bool boots = backends->machine || backends->numa;

	ret->n_ram = 0;
	if (backends->too_many || (!boots && backends->n == QEMU_MAX_RAM))
		return;
	if (!boots)
		ret->ram_bytes[ret->n_ram++] = ret->m_bytes ? ret->m_bytes : QEMU_DEFAULT_RAM;
	for (size_t i = 0; i < backends->n; i++)
		if (!is_ivshmem(backends, backends->of[i].id))
			ret->ram_bytes[ret->n_ram++] = backends->of[i].bytes;
}

static void backends_free(struct backends *backends)
{
	for (size_t i = 0; i < backends->n; i++)
		free(backends->of[i].id);
	for (size_t i = 0; i < backends->n_ivshmem; i++)
		free(backends->ivshmem[i]);
	free(backends->machine);
}

static void memory_parse(const char *value, struct qemu_args *ret)
{
	char *text = qemu_opt(value, "size", "size");

	if (text)
		ret->m_bytes = size_parse(text, 0x1p20);
	free(text);
}

/* One option and its value; value may be NULL. */
static void option_parse(const char *option, const char *value, struct qemu_args *ret,
			 struct backends *backends)
{
	char *text;

	if (!strcmp(option, "daemonize"))
		ret->daemonize = true;
	if (!value)
		return;
	if (!strcmp(option, "name")) {
		text = qemu_opt(value, "guest", "guest");
		if (text) {
			free(ret->name);
			ret->name = text;
		}
	} else if (!strcmp(option, "uuid")) {
		free(ret->uuid);
		ret->uuid = strdup(value);
	} else if (!strcmp(option, "machine") || !strcmp(option, "M")) {
		text = qemu_opt(value, "type", "type");
		ret->probe = text && !strcmp(text, "none");
		free(text);
		machine_parse(value, backends);
	} else if (!strcmp(option, "numa")) {
		numa_parse(value, backends);
	} else if (!strcmp(option, "device")) {
		device_parse(value, backends);
	} else if (!strcmp(option, "m")) {
		memory_parse(value, ret);
	} else if (!strcmp(option, "object")) {
		backend_parse(value, backends);
	} else if (!strcmp(option, "netdev") || !strcmp(option, "nic") || !strcmp(option, "net")) {
		forwards_parse(value, ret);
	}
}

int qemu_args__parse(const struct proc_argv *argv, struct qemu_args *ret)
{
	struct backends backends = {};
	const char *option, *value;
	int i;

	memset(ret, 0, sizeof(*ret));
	for (i = 1; i < argv->argc; i++) {
		option = argv->argv[i];
		if (*option != '-' || !option[1])
			continue; /* a disk image */
		option += option[1] == '-' ? 2 : 1;
		/*
		 * Hardly any value begins with '-', so no list of the options without a value is
		 * needed.
		 */
		value = i + 1 < argv->argc ? argv->argv[i + 1] : NULL;
		if (value && *value == '-' && strcmp(option, "name"))
			value = NULL;
		option_parse(option, value, ret, &backends);
		if (value)
			i++;
	}
	backends_decide(&backends, ret);
	backends_free(&backends);
	return 0;
}

void qemu_args__free(struct qemu_args *args)
{
	free(args->name);
	free(args->uuid);
	memset(args, 0, sizeof(*args));
}

/* The path as QEMU's option lists write it. malloc'd. */
static char *double_commas(const char *path)
{
	char *ret = malloc(2 * strlen(path) + 1), *to = ret;

	for (; ret && *path; path++) {
		*to++ = *path;
		if (*path == ',')
			*to++ = ',';
	}
	if (ret)
		*to = '\0';
	return ret;
}

/* Is `word` in the text as a whole, not as a part of another one? */
static bool has_word(const char *text, const char *word)
{
	const char *at = text, *behind;

	for (; (at = strstr(at, word)); at++) {
		behind = at + strlen(word);
		if (at > text && !strchr("=:\"", at[-1]))
			continue;
		if (!*behind || *behind == '"' || (*behind == ',' && behind[1] != ','))
			return true;
	}
	return false;
}

bool qemu_names_path(const struct proc_argv *argv, const char *path)
{
	char *doubled = *path == '/' && path[1] ? double_commas(path) : NULL;
	bool ret = false;
	int i;

	for (i = 1; doubled && !ret && i < argv->argc; i++)
		ret = has_word(argv->argv[i], path) || has_word(argv->argv[i], doubled);
	free(doubled);
	return ret;
}
