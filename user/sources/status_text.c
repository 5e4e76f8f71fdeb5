// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/status_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* A whole decimal number at *at, after blanks; moves *at behind it. */
static bool take_number(const char **at, uint64_t *ret)
{
	char *end;

	*at += strspn(*at, " ");
	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*ret = strtoull(*at, &end, 10);
	if (errno || (*end && !isspace((unsigned char)*end)))
		return false;
	*at = end;
	return true;
}

/* The rest of the line that begins with `key`; NULL: there is none. */
static const char *line_of(const char *text, const char *key)
{
	while (text && !str_starts(text, key)) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text ? text + strlen(key) : NULL;
}

static bool number_of(const char *text, const char *key, uint64_t *ret)
{
	const char *at = line_of(text, key);

	return at && take_number(&at, ret);
}

static int of_apache(const char *text, struct status_text *ret)
{
	/* Without ?auto it is a page for people. */
	if (!line_of(text, "BusyWorkers:") && !line_of(text, "Scoreboard:"))
		return -ENOMSG;
	if (!number_of(text, "Total Accesses:", &ret->count))
		return -ENODATA;
	ret->source = RUN_REQUESTS_SERVER_STATUS;
	if (!number_of(text, "ServerUptimeSeconds:", &ret->uptime_s) &&
	    !number_of(text, "Uptime:", &ret->uptime_s))
		ret->uptime_s = RUN_UNKNOWN;
	return 0;
}

/* "server accepts handled requests\n 12 12 345 \n" */
static int of_nginx(const char *text, struct status_text *ret)
{
	const char *at = line_of(text, "server accepts handled requests");
	uint64_t accepts, handled;

	at = at ? strchr(at, '\n') : NULL;
	if (!at)
		return -ENOMSG;
	at++;
	if (!take_number(&at, &accepts) || !take_number(&at, &handled) ||
	    !take_number(&at, &ret->count))
		return -ENOMSG;
	ret->source = RUN_REQUESTS_STUB_STATUS;
	ret->uptime_s = RUN_UNKNOWN;
	return 0;
}

int status_text_parse(const char *text, struct status_text *ret)
{
	int err = of_apache(text, ret);

	return err == -ENOMSG ? of_nginx(text, ret) : err;
}
