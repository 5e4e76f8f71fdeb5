# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cgroup.sh - creates cgroups as container runtimes do: the same path in every hierarchy, on v1, hybrid
# and v2.

LAB_CGROUP=/virtax-demo # the parent of every cgroup created here

cgroup_roots() {
	awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/self/mounts
}

# process_cgroup PID: prints its path. If several hierarchies are mounted, runtimes use the same
# path in all.
process_cgroup() {
	awk -F: '$1 == 0 { v2 = $3 } $2 ~ /(^|,)(cpuacct|memory)(,|$)/ { v1 = $3 } END { print v1 ? v1 : v2 }' \
		"/proc/$1/cgroup"
}

# A v1 cpuset admits no process before it has CPUs and memory nodes.
cgroup_fill_cpuset() {
	local file

	for file in cpuset.cpus cpuset.mems; do
		[[ -e $1/$file && -e $1/cgroup.clone_children ]] || continue
		[[ -n $(<"$1/$file") ]] || cat "$1/../$file" >"$1/$file"
	done
}

# On v2 the parent enables every controller it has for its children, as runc does for its
# containers, so that a target outside runc has the same cost. (What runc enables at the root stays
# enabled: disabling it could affect containers of another runtime.)
cgroup_delegate() {
	[[ -s $1/cgroup.controllers ]] || return 0
	sed 's/[^ ]*/+&/g' "$1/cgroup.controllers" 2>/dev/null >"$1/cgroup.subtree_control" || true
}

# cgroup_make PATH
cgroup_make() {
	local root

	while read -r root; do
		mkdir -p "$root$LAB_CGROUP" "$root$1" ||
			die "$root$1" "cannot be created" "is the hierarchy mounted read-only?"
		cgroup_fill_cpuset "$root$LAB_CGROUP"
		cgroup_delegate "$root$LAB_CGROUP"
		cgroup_fill_cpuset "$root$1"
	done < <(cgroup_roots)
}

# cgroup_join PATH: moves this shell, and thus everything it starts from now on.
cgroup_join() {
	local root

	while read -r root; do
		echo "$BASHPID" >"$root$1/cgroup.procs"
	done < <(cgroup_roots)
}

# The processes in it and below it. 0 stands for one that is not visible to us; kill would take 0
# for our own process group.
cgroup_pids() {
	local root

	while read -r root; do
		find "$root$1" -name cgroup.procs -exec cat {} + 2>/dev/null || true
	done < <(cgroup_roots) | awk '$1 > 0 && !seen[$1]++'
}

# cgroup_kill PATH: kills everything in it, including processes forked in the meantime.
cgroup_kill() {
	local pids

	for _ in {1..250}; do
		pids=$(cgroup_pids "$1")
		[[ $pids ]] || return 0
		# shellcheck disable=SC2086
		kill -KILL $pids 2>/dev/null || true
		sleep 0.02
	done
}

# cgroup_remove PATH: a cgroup is busy until its last process has been reaped.
cgroup_remove() {
	local root

	while read -r root; do
		for _ in {1..100}; do
			[[ -d $root$1 ]] || break
			find "$root$1" -depth -type d -exec rmdir {} + 2>/dev/null && break
			sleep 0.02
		done
		rmdir "$root$LAB_CGROUP" 2>/dev/null || true # once the last lab has been removed
	done < <(cgroup_roots)
}
