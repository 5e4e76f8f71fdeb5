# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by those who source it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# state.sh - the lab: everything one user of these functions has created on this machine, and how to
# remove it.
#
# A lab has a directory in $LAB_RUN with the owner's pid and a journal. Each thing is recorded in the journal
# BEFORE it is created, so another process can remove a lab after its owner was killed at any moment.

LAB_RUN=/run/virtax-lab
LAB_STATE= # this process's lab: its directory in $LAB_RUN
LAB_WORK=  # and its files

# lab_open PREFIX OWNER: begins a lab. OWNER is the pid it depends on, or none.
lab_open() {
	local start=

	if [[ $2 != none ]]; then
		start=$(process_start "$2") || die "owner $2" "no such process" "give the pid of a running process"
	fi
	# more than once: the end of another lab may be removing the directory
	for _ in 1 2 3; do
		install -d -m 0700 "$LAB_RUN"
		LAB_STATE=$(mktemp -d "$LAB_RUN/$1.XXXXXX") && break
	done
	[[ $LAB_STATE ]] || die "$LAB_RUN" "cannot create a directory in it" "is /run writable?"
	printf '%s %s\n' "$2" "$start" >"$LAB_STATE/owner"
	LAB_WORK=${TMPDIR:-/tmp}/virtax-${LAB_STATE##*/}
	lab_note dir "$LAB_WORK"
	mkdir -m 0711 "$LAB_WORK" # Apache's own user must be able to search it
}

# lab_note TYPE ARGUMENT...: records one thing that is about to be created.
lab_note() {
	printf '%s\n' "$*" >>"$LAB_STATE/journal"
}

# cache_tmp: sets CACHE_TMP, an empty directory in the cache, for something to be built in and then renamed.
CACHE_TMP=
cache_tmp() {
	CACHE_TMP=$LAB_CACHE/virtax-${LAB_STATE##*/}
	lab_note dir "$CACHE_TMP"
	rm -rf "$CACHE_TMP"
	mkdir -p "$CACHE_TMP"
}

# lab_spawn LOG CGROUP COMMAND...: starts COMMAND in CGROUP (- for ours), out of reach of the
# terminal's signals. $! is its pid. It records itself, so it is in the journal from its first
# moment.
lab_spawn() {
	local log=$1 cgroup=$2
	shift 2

	(
		trap - INT TERM HUP PIPE
		lab_note process "$BASHPID" "$(process_start "$BASHPID")"
		[[ $cgroup == - ]] || cgroup_join "$cgroup"
		exec setsid "$@"
	) </dev/null >>"$log" 2>&1 &
}

# lab_daemon LOG CGROUP COMMAND...: likewise for a process that nothing waits for.
lab_daemon() {
	lab_spawn "$@"
	disown $!
}

# lab_wait LOG COMMAND...: runs COMMAND so that a signal to this shell interrupts the wait for it.
lab_wait() {
	lab_spawn "$1" - "${@:2}"
	wait $!
}

# lab_owner_lives STATE
lab_owner_lives() {
	local pid start

	{ read -r pid start <"$1/owner"; } 2>/dev/null || return 1
	[[ $pid == none ]] || process_is "$pid" "$start"
}

# Newest first.
lab_entries() {
	tac "$1/journal" 2>/dev/null | sed -n "s/^$2 //p"
}

# lab_remove STATE: removes everything in the journal, in an order that works. Never fails, since
# things may have been removed already. First what a daemon created, through the daemon; then
# processes, with SIGTERM, because a recorder among them has to remove its programs from the kernel.
lab_remove() {
	local state=$1 pid start thing host

	while read -r host thing; do
		virsh -q -c "$host" destroy "$thing" >/dev/null 2>&1
	done < <(lab_entries "$state" libvirt)
	while read -r host thing; do
		docker -H "$host" rm -f "$thing" >/dev/null 2>&1
	done < <(lab_entries "$state" docker)
	while read -r pid start; do
		process_stop "$pid" "$start" 5
	done < <(lab_entries "$state" process)
	while read -r thing; do
		runc delete --force "$thing" >/dev/null 2>&1
	done < <(lab_entries "$state" runc)
	while read -r thing; do
		cgroup_kill "$thing"
		cgroup_remove "$thing"
	done < <(lab_entries "$state" cgroup)
	while read -r thing; do
		ip link delete "$thing" 2>/dev/null
	done < <(lab_entries "$state" link)
	while read -r thing; do
		[[ $thing == /*/virtax-* ]] && rm -rf --one-file-system "$thing"
	done < <(lab_entries "$state" dir)
	grep -lsx "${state##*/}" "$LAB_RUN"/slots/* | xargs -r rm -f
	rm -rf "$state"
	rmdir "$LAB_RUN/slots" "$LAB_RUN" 2>/dev/null # once the last lab has been removed
	return 0
}

# lab_stop_helpers: stops children of this shell that are not in the journal, such as a subshell in the
# middle of a look-up.
lab_stop_helpers() {
	local child

	for child in $(process_children $$); do
		lab_entries "$LAB_STATE" process | grep "^$child " >/dev/null || process_stop_tree "$child"
	done
}

# lab_close: removes this process's lab.
lab_close() {
	[[ $LAB_STATE ]] || return 0
	lab_stop_helpers
	(set +e && lab_remove "$LAB_STATE")
	LAB_STATE=
}

# lab_end [STATUS]: the trap for the end of this shell, whatever causes it. It may run again inside
# itself, if a second signal arrives before the first is ignored (timeout sends two). Therefore the
# traps of signals are this function, not exit, and every run does the whole work. LAB_AT_END names
# a function that runs first.
LAB_AT_END=
lab_end() {
	local status=${1:-$?}

	set +e
	trap '' INT TERM HUP PIPE
	[[ ! $LAB_AT_END ]] || "$LAB_AT_END"
	lab_close 2>/dev/null
	exit "$status"
}

# lab_catch_all: from now on no part of this shell's lab is left after a signal or a failure.
lab_catch_all() {
	trap lab_end EXIT
	trap 'lab_end 129' HUP
	trap 'lab_end 130' INT
	trap 'lab_end 141' PIPE
	trap 'lab_end 143' TERM
}

# lab_keep: what this shell has started stays after the shell has ended.
lab_keep() {
	trap '' INT TERM HUP
	trap - EXIT
}

# lab_clean: removes the labs of owners that have exited. Prints the name of each.
lab_clean() {
	local state

	for state in "$LAB_RUN"/*.??????; do
		[[ -d $state ]] || continue
		lab_owner_lives "$state" && continue
		printf '%s\n' "${state##*/}"
		(set +e && lab_remove "$state")
	done
}

# ---- addresses: each target has a slot, and a slot has a /30 of 198.18.0.0/15, which is reserved for
# benchmarks and not routed

SLOT=        # the number
SLOT_PREFIX= # the network
SLOT_HOST=   # the host's address
SLOT_PEER=   # the target's

slot_address() {
	local net=198.18.$(($1 / 64))

	SLOT=$1
	SLOT_PREFIX=$net.$(($1 % 64 * 4))/30
	SLOT_HOST=$net.$(($1 % 64 * 4 + 1))
	SLOT_PEER=$net.$(($1 % 64 * 4 + 2))
}

# Fails if there are devices with our names, routes into the network, or a route that covers it and
# is not a default route.
slot_is_free() {
	[[ ! -e $LAB_RUN/slots/$SLOT ]] || return 1
	[[ ! -e /sys/class/net/vtxdemo-c$SLOT && ! -e /sys/class/net/vtxdemo-v$SLOT ]] || return 1
	[[ -z $(ip -4 route show table all root "$SLOT_PREFIX") ]] || return 1
	! ip -4 route show table all match "$SLOT_PEER" | grep -vE '^([a-z]+ )?(default|[0-9.]+/[1-7]) ' \
		>/dev/null
}

# slot_take: takes the first free slot for this lab. If two processes compete, creating the file
# decides.
slot_take() {
	local n

	for n in {0..4095}; do
		slot_address "$n"
		slot_is_free || continue
		mkdir -p "$LAB_RUN/slots"
		(set -o noclobber && echo "${LAB_STATE##*/}" >"$LAB_RUN/slots/$n") 2>/dev/null && return 0
	done
	die "198.18.0.0/15" "no free network in it" "see what uses these addresses: ip route"
}
