// SPDX-License-Identifier: GPL-2.0-or-later
/* The containers of a system made of files. */
#include "fakescan.h"

#include "owners/listeners.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define HYBRID                                                                                     \
	"31 1 0:31 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"                       \
	"32 1 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"                             \
	"40 1 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"

static const struct found *named(const struct inventory *inv, const char *name)
{
	size_t i;

	for (i = 0; i < inv->n; i++) {
		if (!strcmp(inv->found[i].name, name))
			return &inv->found[i];
	}
	fail_msg("nothing is named %s", name);
	return NULL;
}

static void add_process(int pid, int ppid, const char *program, const char *cgroup,
			const char *const *argv)
{
	char exe[64];

	snprintf(exe, sizeof(exe), "/usr/bin/%s", program);
	tree_proc(&(struct fake_proc){.pid = pid,
				      .ppid = ppid,
				      .sid = 1,
				      .comm = program,
				      .exe = exe,
				      .cgroup = cgroup,
				      .argv = argv,
				      .start = 1000 + pid,
				      .netns = cgroup ? "net:[200]" : "net:[100]",
				      .threads = 2});
}

static void test_docker(void **state)
{
	const struct found *web;
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "systemd", NULL, NULL);
	add_process(10, 1, "dockerd", NULL, ARGV("dockerd", "--data-root", "/data/d"));
	add_process(11, 1, "dockerd", NULL, ARGV("dockerd", "--data-root", "/data/other"));
	add_process(20, 1, "containerd-shim-runc-v2", NULL,
		    ARGV("shim", "-namespace", "moby", "-id", ID, "-address", "/x"));
	add_process(30, 20, "init", "0::/system.slice/docker-" ID ".scope/init.scope\n", NULL);
	add_process(31, 30, "apache2", "0::/system.slice/docker-" ID ".scope/web.service\n", NULL);
	add_process(25, 20, "sh", "0::/system.slice/docker-" ID ".scope\n", NULL);
	add_process(40, 10, "docker-proxy", NULL,
		    ARGV("docker-proxy", "-container-ip", "172.17.0.2"));
	add_process(41, 10, "docker-proxy", NULL,
		    ARGV("docker-proxy", "-container-ip", "172.17.0.20"));
	tree_file("/proc/30/net/fib_trie", "Main:\n  +-- 0.0.0.0/0\n     |-- 172.17.0.0\n"
					   "        /16 link UNICAST\n     |-- 172.17.0.2\n"
					   "        /32 host LOCAL\n     |-- 172.17.0.20\n"
					   "        /32 link BROADCAST\n");
	/* `docker exec` started later, with a lower pid. */
	tree_file("/proc/25/stat", "25 (sh) S 20 25 25 0 -1 0 0 0 0 0 0 0 0 0 20 0 2 0 9999 0 0\n");
	tree_dir("/sys/fs/cgroup/system.slice/docker-" ID ".scope");
	tree_file("/data/d/containers/" ID "/config.v2.json", "{\"Name\":\"/my-web\"}");
	inv = scan();
	assert_int_equal(inv->n, 1);
	web = named(inv, "my-web");
	assert_string_equal(web->id, ID);
	assert_string_equal(web->runtime, "docker");
	assert_string_equal(web->cgroup, "/system.slice/docker-" ID ".scope");
	assert_int_equal(web->pid, 30);
	assert_int_equal(web->start_ticks, 1030);
	assert_int_equal(web->netns, 200);
	assert_false(web->host_netns);
	assert_int_equal(web->cgroups.n, 1);
	assert_int_equal(web->n_procs, 5);
	assert_int_equal(web->procs[0].tgid, 20);
	assert_int_equal(web->procs[0].role, VTX_RUNTIME);
	assert_int_equal(found__proc(web, 31)->role, VTX_WORKLOAD);
	assert_int_equal(found__proc(web, 40)->role, VTX_RUNTIME);
	assert_null(found__proc(web, 41));
	assert_int_equal(web->threads[VTX_WORKLOAD], 6);
	assert_int_equal(web->threads[VTX_RUNTIME], 4);
	assert_int_equal(inv->n_managers, 2);
	inventory__free(inv);
	inventory__free(NULL);
}

static void test_docker_in_docker(void **state)
{
	const struct found *outer, *inner;
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "systemd", NULL, NULL);
	add_process(30, 1, "sh", "0::/docker/" ID "\n", NULL);
	add_process(31, 30, "dockerd", "0::/docker/" ID "\n", ARGV("dockerd"));
	add_process(32, 31, "containerd-shim", "0::/docker/" ID "\n", ARGV("shim", "-id", ID2));
	add_process(33, 32, "httpd", "0::/docker/" ID "/docker/" ID2 "\n", NULL);
	tree_dir("/sys/fs/cgroup/docker/" ID "/docker/" ID2);
	tree_file("/var/lib/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/ci\"}");
	/* The inner one's state is in the outer one's file system. */
	tree_file("/proc/31/root/var/lib/docker/containers/" ID2 "/config.v2.json",
		  "{\"Name\":\"/job\"}");
	inv = scan();
	assert_int_equal(inv->n, 2);
	outer = named(inv, "ci");
	assert_int_equal(outer->n_procs, 3); /* the inner one's shim too: it runs there */
	assert_int_equal(outer->threads[VTX_WORKLOAD], 6);
	assert_int_equal(outer->pid, 30);
	inner = named(inv, "job");
	assert_int_equal(inner->n_procs, 1);
	assert_int_equal(inner->pid, 33);
	assert_string_equal(inner->runtime, "docker");
	assert_string_equal(inner->cgroup, "/docker/" ID "/docker/" ID2);
	assert_int_equal(inner->cgroups.n, 1);
	assert_int_equal(inv->n_managers, 0); /* the inner dockerd is a workload */
	inventory__free(inv);
}

/* In v2 it is where the container around it is: its own cgroup is in a v1 hierarchy only. */
static void test_an_inner_container_of_v1_only(void **state)
{
	const struct found *inner;
	struct inventory *inv;

	(void)state;
	tree_basics(HYBRID);
	add_process(1, 0, "init", "2:pids:/\n1:cpuacct:/\n0::/\n", NULL);
	add_process(30, 1, "sh",
		    "2:pids:/docker/" ID "\n1:cpuacct:/docker/" ID "\n0::/docker/" ID "\n", NULL);
	add_process(33, 30, "httpd",
		    "2:pids:/docker/" ID "/docker/" ID2 "\n1:cpuacct:/docker/" ID "/docker/" ID2
		    "\n0::/docker/" ID "\n",
		    NULL);
	tree_dir("/sys/fs/cgroup/cpuacct/docker/" ID "/docker/" ID2);
	tree_dir("/sys/fs/cgroup/pids/docker/" ID "/docker/" ID2);
	tree_dir("/sys/fs/cgroup/unified/docker/" ID);
	inv = scan();
	assert_int_equal(inv->n, 2);
	inner = named(inv, "fedcba987654");
	assert_int_equal(inner->n_procs, 1);
	assert_int_equal(inner->cgroups.n, 2);
	assert_int_equal(inner->cgroups.id[0].hier, 1);
	assert_int_equal(named(inv, "0123456789ab")->cgroups.n, 3);
	inventory__free(inv);
}

/* A runtime in a CI job: its container is known by its state only, the job by its cgroup's name. */
static void test_an_inner_container_by_its_state(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "init", NULL, NULL);
	add_process(30, 1, "sh", "0::/docker/" ID "\n", NULL);
	add_process(50, 30, "make", "0::/docker/" ID "/job/b\n", NULL);
	add_process(51, 50, "cc", "0::/docker/" ID "/job/b/sub\n", NULL);
	add_process(60, 1, "sh", "0::/wl/a\n", NULL);
	add_process(61, 60, "sh", "0::/wl/a/c\n", NULL);
	tree_file("/run/runc/b/state.json", "{\"init_process_pid\":50,\"cgroup_paths\":{\"\":"
					    "\"/sys/fs/cgroup/docker/" ID "/job/b\"}}");
	tree_file("/run/runc/a/state.json", "{\"init_process_pid\":60,\"cgroup_paths\":{\"\":"
					    "\"/sys/fs/cgroup/wl/a\"}}");
	tree_file("/run/runc/c/state.json", "{\"init_process_pid\":61,\"cgroup_paths\":{\"\":"
					    "\"/sys/fs/cgroup/wl/a/c\"}}");
	/* The same container by another name: all there is has an owner. */
	tree_file("/run/runc/d/state.json", "{\"init_process_pid\":30,\"cgroup_paths\":{\"\":"
					    "\"/sys/fs/cgroup/docker/" ID "\"}}");
	inv = scan();
	assert_int_equal(inv->n, 4);
	assert_int_equal(named(inv, "0123456789ab")->n_procs, 1);
	assert_int_equal(named(inv, "b")->n_procs, 2);
	assert_int_equal(named(inv, "b")->pid, 50);
	assert_int_equal(named(inv, "a")->n_procs, 1);
	assert_int_equal(named(inv, "c")->n_procs, 1);
	inventory__free(inv);
}

static void test_crun_on_a_hybrid_host_is_in_v1_only(void **state)
{
	const char *cgroup = "2:pids:/wl/c\n1:cpuacct:/wl/c\n0::/\n";
	struct inventory *inv;

	(void)state;
	tree_basics(HYBRID);
	add_process(1, 0, "init", "2:pids:/\n1:cpuacct:/\n0::/\n", NULL);
	add_process(50, 1, "httpd", cgroup, NULL);
	add_process(51, 50, "httpd", "2:pids:/wl/c/sub\n1:cpuacct:/wl/c/sub\n0::/\n", NULL);
	tree_file("/run/crun/box/status",
		  "{\"pid\":50,\"process-start-time\":1050,\"cgroup-path\":\"/wl/c\"}");
	tree_dir("/sys/fs/cgroup/cpuacct/wl/c");
	tree_dir("/sys/fs/cgroup/pids/wl/c");
	inv = scan();
	assert_int_equal(inv->n, 1);
	assert_string_equal(inv->found[0].name, "box");
	assert_string_equal(inv->found[0].runtime, "crun");
	assert_int_equal(inv->found[0].n_procs, 2);
	assert_int_equal(inv->found[0].cgroups.n, 2);
	assert_int_equal(inv->found[0].cgroups.id[0].hier,
			 1); /* in v2, the 0th, it is at the root */
	assert_int_equal(inv->found[0].cgroups.id[1].hier, 2);
	inventory__free(inv);
}

static void test_state_of_a_pid_that_was_reused(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "init", NULL, NULL);
	add_process(50, 1, "other", "0::/wl/c\n", NULL);
	tree_file("/run/runc/stopped/state.json",
		  "{\"init_process_pid\":50,\"init_process_start\":77,"
		  "\"cgroup_paths\":{\"\":\"/sys/fs/cgroup/wl/c\"}}");
	tree_file("/run/runc/broken/state.json", "{\"init_process_pid\":");
	inv = scan();
	assert_int_equal(inv->n, 0);
	inventory__free(inv);
}

static void test_a_container_without_cgroup_is_its_tree(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "init", NULL, NULL);
	add_process(60, 1, "runc", NULL, ARGV("runc", "--root", "/own/runc", "run", "box"));
	add_process(61, 60, "sh", NULL, NULL);
	add_process(62, 61, "httpd", NULL, NULL);
	tree_file("/own/runc/box/state.json", "{\"init_process_pid\":61}");
	inv = scan();
	assert_int_equal(inv->n, 1);
	assert_null(inv->found[0].cgroup);
	assert_int_equal(inv->found[0].cgroups.n, 0);
	assert_true(inv->found[0].host_netns);
	assert_int_equal(inv->found[0].n_procs, 3);
	assert_int_equal(found__proc(&inv->found[0], 60)->role, VTX_RUNTIME);
	inventory__free(inv);
}

static void setup_podman_crio_ctr_lxc_and_nspawn(void)
{
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "systemd", NULL, NULL);
	add_process(10, 1, "conmon", "0::/machine.slice/libpod-conmon-" ID ".scope\n",
		    ARGV("conmon", "--api-version", "1", "-c", ID, "-n", "pod-web"));
	add_process(11, 10, "httpd", "0::/machine.slice/libpod-" ID ".scope/container\n", NULL);
	add_process(20, 1, "sh", "0::/kubepods.slice/crio-" ID2 ".scope\n", NULL);
	tree_file("/run/containers/storage/overlay-containers/" ID2 "/userdata/config.json",
		  "{\"annotations\":{\"io.kubernetes.container.name\":\"c\","
		  "\"io.kubernetes.pod.name\":\"p\"}}");
	add_process(30, 1, "containerd-shim-runc-v2", NULL,
		    ARGV("shim", "-namespace", "mine", "-id", "any"));
	tree_link("/proc/30/cwd", "/c/io.containerd.runtime.v2.task/mine/any");
	tree_file("/c/io.containerd.runtime.v2.task/mine/any/init.pid", "31");
	tree_file("/c/io.containerd.runtime.v2.task/mine/any/config.json",
		  "{\"linux\":{\"cgroupsPath\":\"/mine/any\"}}");
	add_process(31, 30, "sleep", "0::/mine/any\n", NULL);
	add_process(40, 1, "lxc-start", "0::/lxc.monitor.box\n",
		    ARGV("[lxc monitor] /var/lib/lxc box"));
	add_process(41, 40, "init", "0::/lxc.payload.box/init.scope\n", NULL);
	add_process(50, 1, "systemd-nspawn", "0::/machine.slice/machine-deb.scope/supervisor\n",
		    ARGV("systemd-nspawn", "-M", "deb"));
	add_process(51, 50, "systemd", "0::/machine.slice/machine-deb.scope/payload/init.scope\n",
		    NULL);
	add_process(60, 1, "systemd-nspawn", "0::/supervisor\n",
		    ARGV("systemd-nspawn", "-D", "/r/tree"));
	add_process(61, 60, "sh", "0::/payload\n", NULL);
}

static void test_podman_crio_ctr_lxc_and_nspawn(void **state)
{
	const struct found *found;
	struct inventory *inv;

	(void)state;
	setup_podman_crio_ctr_lxc_and_nspawn();
	inv = scan();
	assert_int_equal(inv->n, 6);
	found = named(inv, "pod-web");
	assert_string_equal(found->runtime, "podman");
	assert_int_equal(found__proc(found, 10)->role, VTX_RUNTIME);
	assert_string_equal(named(inv, "p/c")->runtime, "cri-o");
	found = named(inv, "any");
	assert_string_equal(found->runtime, "containerd");
	assert_int_equal(found__proc(found, 30)->role, VTX_RUNTIME);
	found = named(inv, "box");
	assert_string_equal(found->runtime, "lxc");
	assert_int_equal(found->pid, 41);
	assert_int_equal(found__proc(found, 40)->role, VTX_RUNTIME);
	found = named(inv, "deb");
	assert_string_equal(found->runtime, "nspawn");
	assert_int_equal(found->pid, 51); /* not the supervisor, which started first */
	assert_int_equal(found__proc(found, 50)->role, VTX_RUNTIME);
	assert_string_equal(found->cgroup, "/machine.slice/machine-deb.scope");
	found = named(inv, "tree");
	assert_int_equal(found->pid, 61);
	assert_string_equal(found->cgroup, "/payload");
	inventory__free(inv);
}

/* A thread name counts only for scripts and unreadable executables. */
static void test_managers_by_program(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "systemd", NULL, NULL);
	tree_proc(
		&(struct fake_proc){.pid = 10, .ppid = 1, .comm = "dockerd", .exe = "/bin/sleep"});
	tree_proc(&(struct fake_proc){.pid = 11, .ppid = 1, .comm = "containerd"});
	tree_proc(&(struct fake_proc){
		.pid = 12, .ppid = 1, .comm = "virt-manager", .exe = "/usr/bin/python3.11"});
	add_process(13, 1, "podman", NULL, ARGV("podman", "run", "x"));
	add_process(14, 1, "podman", NULL, ARGV("podman", "system", "service", "-t", "0"));
	inv = scan();
	assert_int_equal(inv->n_managers, 3);
	assert_int_equal(inv->manager[0].pid, 11);
	assert_int_equal(inv->manager[1].pid, 12);
	assert_int_equal(inv->manager[1].kind, VTX_KIND_VM);
	assert_int_equal(inv->manager[2].pid, 14);
	inventory__free(inv);
}

static void test_http_ports(void **state)
{
	struct inventory *inv;
	struct found *found;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_process(1, 0, "systemd", NULL, NULL);
	add_process(11, 1, "apache2", "0::/docker/" ID "\n", NULL);
	add_process(12, 11, "sshd", "0::/docker/" ID "\n", NULL);
	tree_link("/proc/11/fd/3", "socket:[501]");
	tree_link("/proc/11/fd/4", "socket:[502]");
	tree_link("/proc/11/fd/5", "socket:[503]");
	tree_link("/proc/12/fd/3", "socket:[504]");
	tree_file("/proc/11/net/tcp",
		  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
		  "   0: 00000000:0051 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		  "501 1\n"
		  "   1: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		  "502 1\n"
		  "   2: 0100007F:1234 0100007F:0051 01 00000000:00000000 00:00000000 00000000 0 0 "
		  "503 1\n"
		  "   3: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		  "504 1\n"
		  "   4: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 "
		  "999 1\n"
		  "garbage\n");
	inv = scan();
	found = &inv->found[0];
	assert_int_equal(listeners__find(&tree, found), 0);
	assert_int_equal(found->n_http, 1); /* no TLS, connection, ssh, or another owner's socket */
	assert_int_equal(found->http[0].port, 81);
	inventory__free(inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_docker),
		ON_TREE(test_docker_in_docker),
		ON_TREE(test_an_inner_container_of_v1_only),
		ON_TREE(test_an_inner_container_by_its_state),
		ON_TREE(test_crun_on_a_hybrid_host_is_in_v1_only),
		ON_TREE(test_state_of_a_pid_that_was_reused),
		ON_TREE(test_a_container_without_cgroup_is_its_tree),
		ON_TREE(test_podman_crio_ctr_lxc_and_nspawn),
		ON_TREE(test_managers_by_program),
		ON_TREE(test_http_ports),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
