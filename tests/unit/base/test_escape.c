// SPDX-License-Identifier: GPL-2.0-or-later
/* base/: hostile names, UTF-8, error lines, numbers in strings. */
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

#include "base/err.h"
#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"

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
	{"cut \342\202", "cut \\xe2\\x82", "cut \\xe2\\x82"},	  /* ends in mid-character */
	{"\377\376", "\\xff\\xfe", "\\xff\\xfe"},
};

static void test_escape(void **state)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *term = escape_term(cases[i].from), *ascii = escape_ascii(cases[i].from);

		assert_string_equal(term, cases[i].term);
		assert_string_equal(ascii, cases[i].ascii);
		free(term);
		free(ascii);
	}
}

/* Whatever two bytes and a lead come in: valid UTF-8 without control characters goes out. */
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
		len = utf8_encode(code, buf);
		assert_int_equal(utf8_decode(buf, &back), len);
		assert_int_equal(back, code);
	}
}

static void test_widths(void **state)
{
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	assert_int_equal(utf8_width("abc"), 3);
	assert_int_equal(utf8_width("\346\227\245\346\234\254"), 4);
	assert_int_equal(utf8_fit("\346\227\245\346\234\254", 3), 3); /* half of one does not fit */
	assert_int_equal(utf8_fit("e\314\201a", 1), 3);		      /* é made of two */
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
	/* Cut, but not within a character. */
	memset(big, 0, sizeof(big));
	for (size_t i = 0; i + 3 < sizeof(big); i += 3)
		memcpy(big + i, "\342\202\254", 3);
	verr_set(&err, -1, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) / 3 * 3);
	assert_int_equal(strlen(err.msg) % 3, 0);
}

static void test_numbers(void **state)
{
	uint64_t n = 99;

	assert_true(str_to_u64("0", &n) && n == 0);
	assert_true(str_to_u64("18446744073709551615", &n) && n == UINT64_MAX);
	assert_false(str_to_u64("18446744073709551616", &n));
	assert_false(str_to_u64("", &n));
	assert_false(str_to_u64("-1", &n));
	assert_false(str_to_u64("+1", &n));
	assert_false(str_to_u64(" 1", &n));
	assert_false(str_to_u64("1 ", &n));
	assert_false(str_to_u64("0x1", &n));
	assert_true(str_to_ns("5", &n) && n == 5000000000);
	assert_true(str_to_ns("0.25", &n) && n == 250000000);
	assert_true(str_to_ns(".5", &n) && n == 500000000);
	assert_true(str_to_ns("1.0000000019", &n) && n == 1000000001);
	assert_false(str_to_ns("", &n));
	assert_false(str_to_ns(".", &n));
	assert_false(str_to_ns("1.", &n));
	assert_false(str_to_ns("1e3", &n));
	assert_false(str_to_ns("-1", &n));
	assert_false(str_to_ns("nan", &n));
	assert_false(str_to_ns("99999999999", &n));
}

static void test_doubles_read_back(void **state)
{
	static const double values[] = {0, 1, 0.1, 1.0 / 3, 2.0 / 7e9, 1e300, 123456789.125};
	char text[STR_DOUBLE_SIZE];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		assert_true(strtod(str_from_double(text, values[i]), NULL) == values[i]);
	assert_string_equal(str_from_double(text, 0.1), "0.1");
}

static void test_suggestions(void **state)
{
	static const char *const words[] = {"list", "record", "report", "schema"};

	assert_int_equal(str_closest("recrod", words, 4), 1);
	assert_int_equal(str_closest("reprot", words, 4), 2);
	assert_int_equal(str_closest("sch", words, 4), 3);
	assert_int_equal(str_closest("lst", words, 4), 0);
	assert_int_equal(str_closest("frobnicate", words, 4), -1);
	assert_int_equal(str_closest("", words, 4), -1);
	assert_int_equal(str_closest("a word of more than thirty-two letters", words, 4), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_escape_all_pairs),
		cmocka_unit_test(test_utf8_round_trip),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_error_line),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_doubles_read_back),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
