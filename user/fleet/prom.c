// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/prom.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "fleet/values.h"
#include "sources/curl_api.h"

#define BODY_MOST  ((size_t)64 << 20)
#define CONNECT_MS 5000L
#define SECONDS    150L /* longer than a server lets a query take: 120 s */

struct prom {
	struct curl_api curl;
	CURL *easy;
	char *url, *name;
	int64_t at_s;
	char *body;
	size_t n, room;
	char why[CURL_ERROR_SIZE];
};

/* ---- the address ---- */

static bool is_http(const char *url)
{
	return str_starts(url, "http://") || str_starts(url, "https://");
}

/* Without "user:password@". */
static char *public_name(const char *url)
{
	const char *host = strstr(url, "://") + 3;
	const char *at = memrchr(host, '@', strcspn(host, "/?#"));

	return at ? str_printf("%.*s%s", (int)(host - url), url, at + 1) : strdup(url);
}

static int set_address(struct prom *prom, const char *url)
{
	size_t len = strlen(url);

	while (len && url[len - 1] == '/')
		len--;
	prom->url = str_printf("%.*s/api/v1/query", (int)len, url);
	prom->name = public_name(url);
	return prom->url && prom->name ? 0 : -ENOMEM;
}

int prom__open(struct prom **ret, const char *url, uint64_t ago_s, struct verr *ret_err)
{
	struct prom *prom = calloc(1, sizeof(*prom));
	int err;

	*ret = prom;
	if (!prom)
		return -ENOMEM;
	prom->at_s = time(NULL) - (int64_t)ago_s;
	if (!is_http(url))
		return verr_set(ret_err, -EINVAL,
				"--prometheus: '%s' is not an address (http://HOST:9090)", url);
	err = set_address(prom, url);
	if (!err)
		err = curl_api__open(&prom->curl, ret_err);
	if (err)
		return err;
	prom->easy = prom->curl.easy_init();
	return prom->easy ? 0 : -ENOMEM;
}

void prom__free(struct prom *prom)
{
	if (!prom)
		return;
	if (prom->easy)
		prom->curl.easy_cleanup(prom->easy);
	curl_api__close(&prom->curl);
	free(prom->url);
	free(prom->name);
	free(prom->body);
	free(prom);
}

const char *prom__name(const struct prom *prom)
{
	return prom->name;
}

/* ---- one request ---- */

static size_t take(char *bytes, size_t size, size_t n, void *context)
{
	struct prom *prom = context;

	n *= size;
	if (n > BODY_MOST || prom->n + n > BODY_MOST)
		return 0;
	if (prom->n + n > prom->room) {
		size_t room = 2 * (prom->n + n);
		char *grown = realloc(prom->body, room);

		if (!grown)
			return 0;
		prom->body = grown;
		prom->room = room;
	}
	memcpy(prom->body + prom->n, bytes, n);
	prom->n += n;
	return n;
}

/* The form that is posted: a query may be too long for a URL. */
static char *form_of(const struct prom *prom, const char *query)
{
	size_t size = 3 * strlen(query) + 64;
	char *form = malloc(size), *to = form;

	if (!form)
		return NULL;
	to += snprintf(form, size, "time=%" PRId64 "&query=", prom->at_s);
	for (; *query; query++)
		to += sprintf(to, "%%%02X", (unsigned char)*query);
	return form;
}

static CURLcode post(struct prom *prom, const char *form, long *ret_status)
{
	const struct curl_api *curl = &prom->curl;
	CURLcode code;

	prom->n = 0;
	prom->why[0] = '\0';
	curl->easy_setopt(prom->easy, CURLOPT_URL, prom->url);
	curl->easy_setopt(prom->easy, CURLOPT_POSTFIELDS, form);
	curl->easy_setopt(prom->easy, CURLOPT_WRITEFUNCTION, take);
	curl->easy_setopt(prom->easy, CURLOPT_WRITEDATA, prom);
	curl->easy_setopt(prom->easy, CURLOPT_ERRORBUFFER, prom->why);
	curl->easy_setopt(prom->easy, CURLOPT_USERAGENT, "virtax");
	curl->easy_setopt(prom->easy, CURLOPT_ACCEPT_ENCODING, "");
	curl->easy_setopt(prom->easy, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(prom->easy, CURLOPT_NOPROXY, "*");
	curl->easy_setopt(prom->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl->easy_setopt(prom->easy, CURLOPT_TIMEOUT, SECONDS);
	code = curl->easy_perform(prom->easy);
	curl->easy_getinfo(prom->easy, CURLINFO_RESPONSE_CODE, ret_status);
	return code;
}

int prom__query(struct prom *prom, const char *query, prom_fn fn, void *context,
		struct verr *ret_err)
{
	char *form = form_of(prom, query);
	long status = 0;
	CURLcode code;

	if (!form)
		return -ENOMEM;
	code = post(prom, form, &status);
	free(form);
	if (code == CURLE_WRITE_ERROR && prom->n > BODY_MOST / 2)
		return verr_set(ret_err, -EIO, "%s: the answer is too large (a shorter --since)",
				prom->name);
	if (code)
		return verr_set(ret_err, -EIO, "%s: %s", prom->name,
				prom->why[0] ? prom->why : prom->curl.easy_strerror(code));
	return values_each(&(struct values_text){prom->name, prom->body, prom->n, status}, fn,
			   context, ret_err);
}
