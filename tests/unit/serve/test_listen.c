// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the endpoint is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/array.h"
#include "serve/listen.h"

static struct listen_address parsed(const char *text)
{
	struct listen_address at;

	assert_int_equal(listen_parse(&at, text, NULL), 0);
	return at;
}

static void addresses(void **state)
{
	struct listen_address at = parsed(":9435");
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&at.address;

	assert_int_equal(ntohs(v4->sin_port), 9435);
	assert_int_equal(ntohl(v4->sin_addr.s_addr), INADDR_LOOPBACK);
	at = parsed("[::1]:80");
	assert_int_equal(at.address.ss_family, AF_INET6);
	at = parsed("unix:/run/a:b");
	assert_string_equal(((const struct sockaddr_un *)&at.address)->sun_path, "/run/a:b");
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"",       ":",         "9435",    "127.0.0.1",   "localhost:80", "1.2.3:80",
		":65536", "[::1:80",   "::1:80",  "[]:80",       ":-1",          ":80 ",
		"unix:",  "[::1]x:80", "[1.2]:1", "0.0.0.0:http"};
	char path[200] = "unix:";
	struct listen_address at;
	struct verr verr;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(listen_parse(&at, bad[i], &verr), -EINVAL);
	memset(path + 5, 'a', 108);
	assert_int_equal(listen_parse(&at, path, &verr), -EINVAL);
}

static void only_loopback_is_local(void **state)
{
	static const char *const local[] = {":1", "127.8.8.8:1", "[::1]:1", "unix:a"};
	static const char *const open[] = {"0.0.0.0:1", "[::]:1", "192.168.1.1:1", "[fe80::1]:1"};
	struct listen_address at;

	for (size_t i = 0; i < ARRAY_SIZE(local); i++) {
		at = parsed(local[i]);
		assert_true(listen_is_local(&at));
	}
	for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
		at = parsed(open[i]);
		assert_false(listen_is_local(&at));
	}
}

/* A second one on the same path is refused; what a killed one left is replaced. */
static void unix_socket(void **state)
{
	char dir[] = "/tmp/virtax-listen-XXXXXX", text[100];
	struct listener first, second;
	struct listen_address at;
	struct verr verr = {};
	struct stat st;

	assert_non_null(mkdtemp(dir));
	snprintf(text, sizeof(text), "unix:%s/socket", dir);
	at = parsed(text);
	assert_int_equal(listener__open(&first, &at, &verr), 0);
	assert_string_equal(first.text, text);
	assert_int_equal(listener__open(&second, &at, &verr), -EADDRINUSE);
	close(first.fd);
	first.fd = 0;
	assert_int_equal(listener__open(&second, &at, &verr), 0);
	listener__close(&first); /* the path is the second one's by now */
	assert_int_equal(stat(text + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	listener__close(&second);
	assert_int_not_equal(stat(text + 5, &st), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(refused),
		cmocka_unit_test(only_loopback_is_local),
		cmocka_unit_test(unix_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
