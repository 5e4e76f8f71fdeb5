# shellcheck shell=bash
# shellcheck disable=SC2034 # what is set here is read by those who source it
# SPDX-License-Identifier: GPL-2.0-or-later
#
# common.sh - shared by the demo and the tests' targets: errors, waiting, processes.
#
# Sourced, with `set -euo pipefail` in force; the other files of this directory need it.

PROG=${PROG:-${0##*/}}
LAB_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAB_CACHE=${VIRTAX_CACHE:-$LAB_TOP/.cache}
declare -gA TARGET=() # the target that was started last

PATH=$PATH:/usr/sbin:/sbin # where su leaves them out

# die WHAT WHY REMEDY
die() {
	printf '%s: %s: %s (%s)\n' "$PROG" "$1" "$2" "$3" >&2
	exit 1
}

# The end of a log, for the reader of an error message.
show_log() {
	[[ -s $1 ]] || return 0
	printf -- '--- the end of %s\n' "${1##*/}" >&2
	tail -n 12 "$1" | LC_ALL=C tr -cd '\11\12\40-\176' >&2
}

need_root() {
	((EUID == 0)) || die "$PROG" "needs root" "run it with sudo"
}

need_commands() {
	local c

	for c in "$@"; do
		type "$c" >/dev/null 2>&1 ||
			die "$c" "not installed" "run: $LAB_TOP/tools/install-packages demo"
	done
}

now_ms() {
	local t=${EPOCHREALTIME/[.,]/}

	printf '%d' "$((t / 1000))"
}

# before MS: is it earlier than that? For loops that wait: without a command substitution, because a trap that
# interrupts one is sometimes not parsed by bash 5.2 ("trap: unexpected EOF").
before() {
	local t=${EPOCHREALTIME/[.,]/}

	((t / 1000 < $1))
}

# ---- processes: a pid identifies a process only together with its start time

# process_stat PID: sets STAT to the fields of /proc/PID/stat from the state on; fails if it has exited.
process_stat() {
	local line

	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	read -ra STAT <<<"${line##*) }"
}

# process_start PID: in clock ticks since boot; fails if there is no such process.
process_start() {
	local -a STAT

	process_stat "$1" && printf '%s' "${STAT[19]}"
}

# process_is PID [START]: succeeds if exactly that process exists and is not a zombie.
process_is() {
	local -a STAT

	process_stat "$1" && [[ ${STAT[0]} != Z && ${STAT[19]} == "${2-${STAT[19]}}" ]]
}

# process_stop PID START SECONDS: sends SIGTERM, waits, then kills.
process_stop() {
	local end=$(($(now_ms) + $3 * 1000))

	process_is "$1" "$2" || return 0
	kill -TERM "$1" 2>/dev/null || true
	while process_is "$1" "$2" && before "$end"; do
		sleep 0.02
	done
	process_is "$1" "$2" && kill -KILL "$1" 2>/dev/null
	return 0
}

# process_children PID
process_children() {
	local children=

	{ read -r children <"/proc/$1/task/$1/children"; } 2>/dev/null || true
	printf '%s' "$children"
}

# process_stop_tree PID: stops its descendants first, because they could not be found afterwards.
process_stop_tree() {
	local child

	for child in $(process_children "$1"); do
		process_stop_tree "$child"
	done
	kill -TERM "$1" 2>/dev/null || true
}

# wait_http URL SECONDS PID: waits until URL responds, and not with an error; fails at the time limit or when PID
# has exited.
wait_http() {
	local end=$(($(now_ms) + $2 * 1000))

	while before "$end"; do
		curl -sf -m 1 --noproxy '*' -o /dev/null "$1" && return 0
		process_is "$3" || return 1
		sleep 0.02
	done
	return 1
}

# port_is_free PORT: succeeds if no socket listens on it, on any address.
port_is_free() {
	[[ -z $(ss -Hltn "sport = :$1") ]]
}

# free_port FROM: prints the first free port.
free_port() {
	local port=$1

	until port_is_free "$port"; do
		port=$((port + 1))
	done
	printf '%d' "$port"
}

# device_quiet DEV [PREFIX COMMAND...]: no IPv6 address, so that the kernel sends nothing on it by itself.
device_quiet() {
	[[ ! -d /proc/sys/net/ipv6 ]] || "${@:2}" ip link set "$1" addrgenmode none
}

# ---- the description of a target, for other programs

target_print() {
	local key

	for key in kind name pid url port dev ip cgroup access_log accel engine inside_port; do
		printf '%s=%s\n' "$key" "${TARGET[$key]-}"
	done
}
