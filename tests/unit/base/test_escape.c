// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: escaped names, UTF-8, error messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/err.h"
#include "base/escape.h"
#include "base/utf8.h"

/* clang-format off */
static const struct {
	const char *from, *term, *ascii;
} cases[] = {
	{"", "", ""},
	{"plain name-1.2_3", "plain name-1.2_3", "plain name-1.2_3"},
	{"back\\slash \"quote\" 'q'", "back\\slash \"quote\" 'q'", "back\\slash \"quote\" 'q'"},
	{"\033[31mred", "\\x1b[31mred", "\\x1b[31mred"},
	{"a\nb\rc\td\a", "a\\x0ab\\x0dc\\x09d\\x07", "a\\x0ab\\x0dc\\x09d\\x07"},
	{"del\177", "del\\x7f", "del\\x7f"},
	{"\302\2331m", "\\u009b1m", "\\u009b1m"},		  /* CSI as one character */
	{"\2331m", "\\x9b1m", "\\x9b1m"},			  /* CSI as a bare byte */
	{"caf\303\251", "caf\303\251", "caf\\u00e9"},		  /* é */
	{"\346\227\245\346\234\254", "\346\227\245\346\234\254", "\\u65e5\\u672c"}, /* 日本 */
	{"\360\237\230\200", "\360\237\230\200", "\\U0001f600"},  /* an emoji */
	{"\342\200\256gnp.exe", "\\u202egnp.exe", "\\u202egnp.exe"}, /* right-to-left override */
	{"\342\201\246x\342\201\251", "\\u2066x\\u2069", "\\u2066x\\u2069"}, /* isolates */
	{"a\342\200\213b", "a\\u200bb", "a\\u200bb"},		  /* zero width space */
	{"a\342\200\250b", "a\\u2028b", "a\\u2028b"},		  /* line separator */
	{"\357\273\277x", "\\ufeffx", "\\ufeffx"},		  /* byte order mark */
	{"\363\240\200\201", "\\U000e0001", "\\U000e0001"},	  /* a tag character */
	{"\300\200", "\\xc0\\x80", "\\xc0\\x80"},		  /* overlong NUL */
	{"\355\240\200", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},	  /* surrogate */
	{"\364\220\200\200", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
	{"cut \342\202", "cut \\xe2\\x82", "cut \\xe2\\x82"},	  /* truncated character */
	{"\377\376", "\\xff\\xfe", "\\xff\\xfe"},
};
/* clang-format on */

static void test_escape(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char *term = escape_term(cases[i].from), *ascii = escape_ascii(cases[i].from);

		assert_string_equal(term, cases[i].term);
		assert_string_equal(ascii, cases[i].ascii);
		free(term);
		free(ascii);
	}
}

/* For a lead byte and any two bytes, the result is valid UTF-8 without control characters. */
static void test_escape_all_pairs(void **state)
{
	for (unsigned int n = 0x101; n <= 0xffff; n++) {
		char from[] = {(char)0xe2, (char)(n >> 8), (char)n, 0}, *to;
		uint32_t code;

		to = escape_term(from + (n & 1));
		for (const char *s = to; *s;) {
			size_t len = utf8_decode(s, &code);

			assert_true(len > 0);
			assert_true(code >= 0x20 && (code < 0x7f || code > 0x9f));
			assert_false(escape_needed(code));
			s += len;
		}
		free(to);
	}
}

static void test_utf8_round_trip(void **state)
{
	for (uint32_t code = 1; code <= 0x10ffff; code++) {
		char buf[5] = "";
		uint32_t back;
		size_t len;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		len = utf8_put(code, buf);
		assert_int_equal(utf8_decode(buf, &back), len);
		assert_int_equal(back, code);
	}
}

static void test_widths(void **state)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(utf8_width("abc"), 3);
	assert_int_equal(utf8_width("\346\227\245\346\234\254"), 4);
	assert_int_equal(utf8_fit("\346\227\245\346\234\254", 3),
			 3);                            /* the second needs two cells */
	assert_int_equal(utf8_fit("e\314\201a", 1), 3); /* e and a combining accent */
	assert_int_equal(utf8_fit("abc", 9), 3);
	assert_int_equal(utf8_floor("\303\251\303\251", 3), 2);
	assert_int_equal(utf8_floor("abcd", 3), 3);
}

static void test_error_line(void **state)
{
	struct verr err;
	char big[2000];

	assert_int_equal(verr_set(&err, -ENOENT, "%s: no (%d)", "\033[2J\nx", 5), -ENOENT);
	assert_string_equal(err.msg, "\\x1b[2J\\x0ax: no (5)");
	assert_int_equal(verr_set(NULL, -EIO, "x"), -EIO);
	/* Cut between two characters. */
	memset(big, 0, sizeof(big));
	for (size_t i = 0; i + 3 < sizeof(big); i += 3)
		memcpy(big + i, "\342\202\254", 3);
	verr_set(&err, -1, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) / 3 * 3);
	assert_int_equal(strlen(err.msg) % 3, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),          cmocka_unit_test(test_escape_all_pairs),
		cmocka_unit_test(test_utf8_round_trip), cmocka_unit_test(test_widths),
		cmocka_unit_test(test_error_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
