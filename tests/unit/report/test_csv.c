// SPDX-License-Identifier: GPL-2.0-or-later
/* The long table: quoting, formulas, unknowns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/csv.h"
#include "sample_run.h"

/* Not inlined: gcc 12 would take the stream for something that outlives its text. */
static __attribute__((noinline)) char *table(const struct run *run)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(run_write_csv(run, f), 0);
	fclose(f);
	return text;
}

static void replace(char **text, const char *by)
{
	free(*text);
	*text = strdup(by);
}

static void test_rows(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	replace(&run.target[1].name, "web");
	text = table(&run);
	assert_int_equal(strncmp(text, "label,kind,name,metric,unit,value\n", 34), 0);
	assert_non_null(strstr(text, "\nsecond,container,web,cpu.roles.vcpu.user_ns,ns,2001\n"));
	assert_non_null(strstr(text, "\nsecond,container,web,net.tx_bytes,bytes,\n"));
	assert_non_null(strstr(text, "\nsecond,container,web,per_request.rx_packets,count,"
				     "3.57142857142857"));
	assert_non_null(strstr(text, "\nsecond,container,web,per_request.cpu.emulator.user_ns,"
				     "ns,\n"));
	assert_non_null(strstr(text, "\ngroup,host,host,books.error_ppm,ppm,250\n"));
	assert_non_null(strstr(text, "\ngroup,host,host,books.lost.http_gap,count,0\n"));
	assert_non_null(strstr(text, "\nsecond,container,web,stages.serving.cpu.roles.vcpu.user_ns,"
				     "ns,603\n"));
	free(text);
	run__free(&run);
}

/* Reads one field as in RFC 4180; returns where the next one begins. */
static const char *field(const char *s, char *ret)
{
	bool quoted = *s == '"';

	for (s += quoted; *s; s++) {
		if (quoted && *s == '"' && s[1] == '"')
			s++;
		else if (quoted ? *s == '"' : *s == ',' || *s == '\n')
			break;
		*ret++ = *s;
	}
	*ret = '\0';
	s += quoted;
	assert_true(*s == ',' || *s == '\n');
	return s + 1;
}

static void test_texts(void **state)
{
	static const struct {
		const char *name, *cell;
	} cases[] = {
		{"plain", "plain"},
		{"a,b", "a,b"},
		{"say \"x\"", "say \"x\""},
		{"\"", "\""},
		{" lead", " lead"},
		{"line\nbreak", "line\\x0abreak"},
		{"\033[31m", "\\x1b[31m"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-1", "'-1"},
		{"@SUM(1)", "'@SUM(1)"},
		{" =1", "' =1"},
		{"=\"a\",b", "'=\"a\",b"},
		{"1-2", "1-2"},
		{"caf\303\251", "caf\303\251"},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[200], *text;
		struct run run;
		const char *s;

		sample_run(&run);
		replace(&run.target[0].name, cases[i].name);
		replace(&run.target[0].label, cases[i].name);
		text = table(&run);
		s = field(strchr(text, '\n') + 1, got);
		assert_string_equal(got, cases[i].cell);
		s = field(s, got);
		assert_string_equal(got, "vm");
		s = field(s, got);
		assert_string_equal(got, cases[i].cell);
		s = field(s, got);
		assert_string_equal(got, "requests.count");
		s = field(s, got);
		assert_string_equal(got, "count");
		field(s, got);
		assert_string_equal(got, "7");
		free(text);
		run__free(&run);
	}
}

static void test_empty_run(void **state)
{
	struct run run = {};
	char *text = table(&run);

	assert_non_null(strstr(text, "\n,host,,window.wall_ns,ns,0\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_empty_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
