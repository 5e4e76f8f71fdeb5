// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/qemu.h"

#include <stdlib.h>
#include <string.h>

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

bool qemu_is_program(const char *base)
{
	/* ".qemu-system-x86_64-wrapped": distributions that wrap every program in a script */
	if (*base == '.')
		base++;
	return !strcmp(base, "kvm") || !strcmp(base, "qemu-kvm") || starts(base, "qemu-kvm-") ||
	       starts(base, "qemu-system-");
}

/* Copies one element up to a single comma, undoubling; moves *opts behind it. */
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

	if (starts(s, "udp:") || starts(s, "unix:"))
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

/* Every hostfwd= of one -netdev/-nic/-net argument. */
static void forwards_parse(const char *opts, struct qemu_args *ret)
{
	char *buf = malloc(strlen(opts) + 1);
	uint16_t host, guest;

	while (buf && *opts && ret->n_forwards < QEMU_MAX_FORWARDS) {
		element(&opts, buf);
		if (!starts(buf, "hostfwd=") ||
		    !forward_parse(buf + strlen("hostfwd="), &host, &guest))
			continue;
		ret->forward[ret->n_forwards].host_port = host;
		ret->forward[ret->n_forwards++].guest_port = guest;
	}
	free(buf);
}

/* One option and its value; value may be NULL. */
static void option_parse(const char *option, const char *value, struct qemu_args *ret)
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
	} else if (!strcmp(option, "netdev") || !strcmp(option, "nic") || !strcmp(option, "net")) {
		forwards_parse(value, ret);
	}
}

int qemu_args__parse(const struct proc_argv *argv, struct qemu_args *ret)
{
	const char *option, *value;
	int i;

	memset(ret, 0, sizeof(*ret));
	for (i = 1; i < argv->argc; i++) {
		option = argv->argv[i];
		if (*option != '-' || !option[1])
			continue; /* a disk image */
		option += option[1] == '-' ? 2 : 1;
		/* Values hardly ever begin with '-': so no list of the options without one is
		 * needed. */
		value = i + 1 < argv->argc ? argv->argv[i + 1] : NULL;
		if (value && *value == '-' && strcmp(option, "name"))
			value = NULL;
		option_parse(option, value, ret);
		if (value)
			i++;
	}
	return 0;
}

void qemu_args__free(struct qemu_args *args)
{
	free(args->name);
	free(args->uuid);
	memset(args, 0, sizeof(*args));
}
