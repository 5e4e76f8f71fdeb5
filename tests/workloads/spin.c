// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * spin - user time and nothing else. Runs for a wall time, until it has used so much CPU, or until
 * SIGTERM; with -p it sleeps between short bursts. Prints what the scheduler says it used:
 * spun_ns without the start of the program.
 *
 *   spin [-c CPU] [-f] [-g] [-s FILE] [-w WALL_MS | -u CPU_MS] [-p PERIOD_US -b BUSY_US]
 *   -f: real-time priority, never preempted by ordinary tasks
 *   -g: wait for standard input first
 *   -s: keep a log in FILE: the time, its CPU time and its context switches. (The kernel may show
 *       these to another CPU only as of the last tick.)
 */
#include "load.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define TOLD 131072 /* half a minute and more */

/* What -s reports: of `n` entries so far the last TOLD. */
struct told {
	uint64_t n, size;
	struct {
		uint64_t realtime_ns, cpu_ns, switches;
	} at[TOLD];
};

struct options {
	int cpu;
	bool fifo, gate;
	volatile struct told *told;
	uint64_t wall_ns, cpu_ns, period_ns, busy_ns;
};

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	(void)sig;
	stop = 1;
}

static volatile struct told *open_told(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *at = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(struct told)))
		at = mmap(NULL, sizeof(struct told), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		load_die(path);
	close(fd);
	((struct told *)at)->size = TOLD;
	return at;
}

/* Adds an entry, unless it was interrupted between the readings: they must be of one moment. */
static void tell(volatile struct told *told)
{
	uint64_t before = load_now_ns(CLOCK_REALTIME), i = told->n % TOLD;
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	told->at[i].cpu_ns = load_now_ns(CLOCK_PROCESS_CPUTIME_ID);
	told->at[i].realtime_ns = load_now_ns(CLOCK_REALTIME);
	told->at[i].switches = used.ru_nvcsw + used.ru_nivcsw;
	if (told->at[i].realtime_ns - before > 100000)
		return;
	__sync_synchronize();
	told->n++;
}

static void parse(int argc, char **argv, struct options *ret)
{
	int c;

	*ret = (struct options){.cpu = -1, .wall_ns = UINT64_MAX, .cpu_ns = UINT64_MAX};
	while ((c = getopt(argc, argv, "c:fgs:w:u:p:b:")) != -1) {
		uint64_t n = optarg ? strtoull(optarg, NULL, 10) : 0;

		switch (c) {
		case 'c':
			ret->cpu = n;
			break;
		case 'f':
			ret->fifo = true;
			break;
		case 'g':
			ret->gate = true;
			break;
		case 's':
			ret->told = open_told(optarg);
			break;
		case 'w':
			ret->wall_ns = n * LOAD_MS;
			break;
		case 'u':
			ret->cpu_ns = n * LOAD_MS;
			break;
		case 'p':
			ret->period_ns = n * 1000;
			break;
		case 'b':
			ret->busy_ns = n * 1000;
			break;
		default:
			exit(2);
		}
	}
}

static void nap(uint64_t ns)
{
	struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

	nanosleep(&t, NULL);
}

static uint64_t run(const struct options *o)
{
	uint64_t wall_end = load_now_ns(CLOCK_MONOTONIC), turns = 0;

	wall_end = o->wall_ns > UINT64_MAX - wall_end ? UINT64_MAX : wall_end + o->wall_ns;
	while (!stop && load_now_ns(CLOCK_MONOTONIC) < wall_end) {
		if (o->period_ns) {
			turns += load_spin(CLOCK_THREAD_CPUTIME_ID, o->busy_ns);
			nap(o->period_ns - o->busy_ns);
		} else {
			load_turn(500000);
			turns += 10;
		}
		if (o->told)
			tell(o->told);
		if (o->cpu_ns != UINT64_MAX && load_now_ns(CLOCK_PROCESS_CPUTIME_ID) >= o->cpu_ns)
			break;
	}
	return turns;
}

int main(int argc, char **argv)
{
	struct sched_param rt = {.sched_priority = 1};
	struct options o;
	uint64_t turns, before;

	parse(argc, argv, &o);
	signal(SIGTERM, on_term);
	if (o.cpu >= 0)
		load_pin(o.cpu);
	if (o.fifo && sched_setscheduler(0, SCHED_FIFO, &rt))
		load_die("sched_setscheduler");
	load_print("pid", getpid());
	if (o.gate)
		load_gate();
	before = load_now_ns(CLOCK_PROCESS_CPUTIME_ID);
	turns = run(&o);
	load_print("spun_ns", load_now_ns(CLOCK_PROCESS_CPUTIME_ID) - before);
	load_print("turns", turns);
	load_print("cpu_ns", load_now_ns(CLOCK_PROCESS_CPUTIME_ID));
	load_print_schedstat();
	return 0;
}
