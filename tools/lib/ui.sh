# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ui.sh - the output of the demo: one line per step, which grows on a terminal.

UI_TTY=
UI_MARK=ok UI_BOLD='' UI_WARN='' UI_PLAIN=''
UI_TEXT=''
UI_START=0

ui_init() {
	[[ ! -t 1 || ${TERM-dumb} == dumb ]] || UI_TTY=1
	[[ ${LC_ALL:-${LC_CTYPE:-${LANG-}}} != *[Uu][Tt][Ff]* ]] || UI_MARK=✓
	[[ $UI_TTY && -z ${NO_COLOR-} ]] || return 0
	UI_BOLD=$'\e[1m' UI_WARN=$'\e[1;33m' UI_PLAIN=$'\e[0m'
}

# step TEXT: begins a step.
step() {
	UI_TEXT=$1
	UI_START=$(now_ms)
	[[ -z $UI_TTY ]] || printf '  %*s %s …' "${#UI_MARK}" '' "$1"
}

# step_so_far TEXT: shows progress, on a terminal only.
step_so_far() {
	[[ -z $UI_TTY ]] || printf '\r\e[K  %*s %s … %s' "${#UI_MARK}" '' "$UI_TEXT" "$1"
}

# step_done [DETAIL]
step_done() {
	local ms=$(($(now_ms) - UI_START))

	[[ -z $UI_TTY ]] || printf '\r\e[K'
	printf '  %s %-46s %3d.%d s%s\n' "$UI_MARK" "$UI_TEXT" $((ms / 1000)) $((ms % 1000 / 100)) "${1:+  $1}"
	UI_TEXT=
}

# Ends the line of a step that failed, so that the error has a line of its own.
step_abandon() {
	[[ -z $UI_TTY || -z $UI_TEXT ]] || printf '\n'
	UI_TEXT=
}

checked() {
	printf '  %s %s\n' "$UI_MARK" "$1"
}

title() {
	printf '%s%s%s\n' "$UI_BOLD" "$1" "$UI_PLAIN"
}

warning() {
	printf '%s%s%s\n' "$UI_WARN" "$1" "$UI_PLAIN"
}
