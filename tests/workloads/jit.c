// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * jit - spends its time in a function that it writes into memory, and says where that is in
 * /tmp/perf-PID.map, as compilers at run time do. Removes that file at its end.
 *
 *   jit CPU_MS
 */
#include "load.h"

#include <sys/mman.h>

#if defined(__x86_64__)
/* 1: dec %rdi; jnz 1b; ret */
static const unsigned char code[] = {0x48, 0xff, 0xcf, 0x75, 0xfb, 0xc3};
#elif defined(__aarch64__)
/* 1: subs x0, x0, #1; b.ne 1b; ret */
static const uint32_t code[] = {0xf1000400, 0x54ffffe1, 0xd65f03c0};
#else
#error "no code for this architecture"
#endif

int main(int argc, char **argv)
{
	uint64_t end = load_now_ns(CLOCK_PROCESS_CPUTIME_ID);
	void (*burn)(uint64_t rounds);
	char path[64], *at;
	FILE *map;

	if (argc != 2)
		return 2;
	end += strtoull(argv[1], NULL, 10) * LOAD_MS;
	at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		load_die("mmap");
	memcpy(at, code, sizeof(code));
	if (mprotect(at, 4096, PROT_READ | PROT_EXEC))
		load_die("mprotect");
	__builtin___clear_cache(at, at + sizeof(code));
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", (int)getpid());
	map = fopen(path, "we");
	if (!map)
		load_die(path);
	fprintf(map, "%lx %zx burn:loop (jit)\n", (unsigned long)at, sizeof(code));
	fclose(map);
	memcpy(&burn, &at, sizeof(burn));
	while (load_now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		burn(1000000);
	unlink(path);
	return 0;
}
