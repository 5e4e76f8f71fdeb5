# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Bash completion of virtax. Commands, options and the values of options come from the program's own
# help, so they are always those of the installed version; targets come from `virtax list`. It does not
# need the bash-completion package, and uses it where it is there.

# _virtax_names KIND KEY…: these keys of the targets of that kind, one value a line. Values that JSON has
# to escape (control characters, quotes) are left out: they cannot be typed anyway.
_virtax_names() {
	local kind=$1 keys
	shift
	printf -v keys '%s|' "$@"
	"$_virtax" list --json 2>/dev/null | awk -v kind="$kind" -v keys="^(${keys%|})\$" '
		/^  "managers"/ { exit }
		!/^      "[a-z]+": "/ || /\\/ { next }
		{
			key = $1
			gsub(/[":]/, "", key)
			sub(/^[^:]*: "/, "")
			sub(/",?$/, "")
			if (key == "kind")
				of = $0
			else if (of == kind && key ~ keys)
				print
		}' | sort -u
}

# _virtax_reply QUOTE WORD…: those words that begin with $cur; with QUOTE, what the shell would take for
# something else is escaped.
_virtax_reply() {
	local quote=$1 word plain=${cur//\\/}
	shift
	for word; do
		[[ $word == "$plain"* ]] || continue
		[ -z "$quote" ] || printf -v word %q "$word"
		COMPREPLY+=("$word")
	done
}

_virtax_files() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

# _virtax_option HELP WORD: "LONG VALUE" of the option that WORD, long or short, means.
_virtax_option() {
	local line word=${2%%=*}
	while read -r line; do
		[[ $line =~ ^(-([a-zA-Z?]),\ )?--([a-z-]+)(=(.*))?$ ]] || continue
		case $word in
		"--${BASH_REMATCH[3]}" | "-${BASH_REMATCH[2]:-/}")
			local value=${BASH_REMATCH[5]%%  *}
			echo "${BASH_REMATCH[3]} ${value%% }"
			return
			;;
		esac
	done <<<"$1"
}

# The words of "term (default), json or csv", behind the option in the help.
_virtax_described() {
	local text
	text=$(sed -n "/--$2=/ { s/.*--$2=[A-Z]* *//; p; q; }" <<<"$1")
	text=${text//(default)/}
	text=${text// or /,}
	tr -s ', ' '\n' <<<"$text"
}

# _virtax_value HELP LONG VALUE: completes the value of an option.
_virtax_value() {
	local words=() one
	case $2 in
	vm) mapfile -t words < <(_virtax_names vm name) ;;
	container) mapfile -t words < <(_virtax_names container name id) ;;
	pod) mapfile -t words < <(_virtax_names container name | sed -n 's,/[^/]*$,,p' | sort -u) ;;
	cgroup) mapfile -t words < <(for kind in container vm; do _virtax_names "$kind" cgroup; done) ;;
	process | pid) mapfile -t words < <(cd /proc && compgen -G '[0-9]*') ;;
	format) mapfile -t words < <(_virtax_described "$1" format) ;;
	output | requests | replay) _virtax_files && return ;;
	*)
		if [[ $3 =~ ^[a-z]+(\|[a-z]+)+$ ]]; then
			IFS='|' read -ra words <<<"$3"
		elif [[ $3 =~ ^[a-z]+(,[a-z]+)+$ ]]; then # several, with commas
			local given='' rest=,$3,
			[[ $cur != *,* ]] || given=${cur%,*},
			while IFS= read -rd , one; do
				rest=${rest/,$one,/,}
			done <<<"$given"
			IFS=, read -ra words <<<"${rest#,}"
			words=("${words[@]/#/$given}")
		fi
		_virtax_reply "" "${words[@]}"
		return
		;;
	esac
	_virtax_reply quote "${words[@]}"
}

# The option that the current word is a value of: $1 are the words before it.
_virtax_owner() {
	local words=("$@") n=$#
	while [ "$n" -ge 2 ] && [ "${words[n - 1]}" = = ]; do # --vm = LABEL = NAME
		n=$((n - 1))
		[[ ${words[n - 1]} == -* ]] || n=$((n - 1))
		[ "$n" -lt 1 ] || [ "${words[n - 1]}" = = ] || break
	done
	[ "$n" -lt 1 ] || [[ ${words[n - 1]} != -* ]] || echo "${words[n - 1]}"
}

_virtax_complete() {
	local _virtax=$1 cur=${COMP_WORDS[COMP_CWORD]} before help option long value i
	_virtax=$(type -P -- "$_virtax") || return 0
	before=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
	if [ "$cur" = = ]; then
		before+=("=")
		cur=
	fi
	if [ ${#before[@]} -eq 0 ]; then
		mapfile -t before < <("$_virtax" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
		_virtax_reply "" "${before[@]}" --help --version
		return
	fi
	for ((i = 1; i < ${#before[@]}; i++)); do
		[ "${before[i]}" = -- ] || continue
		if declare -F _command_offset >/dev/null; then
			_command_offset $((i + 2))
		else
			mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
		fi
		return
	done
	help=$("$_virtax" "${before[0]}" --help 2>/dev/null) || return 0
	option=$(_virtax_owner "${before[@]:1}")
	read -r long value <<<"$(_virtax_option "$help" "$option")"
	if [ -n "$option" ] && [ -n "$value" ]; then
		_virtax_value "$help" "$long" "$value"
	elif [[ $cur == -* ]]; then
		mapfile -t before < <(grep -oE -- '(^|, | )--[a-z-]+' <<<"$help" | grep -oE -- '--.*' | sort -u)
		_virtax_reply "" "${before[@]}"
	elif [[ $help == *" RUN"* || $help == *.json* ]]; then
		_virtax_files
	fi
}

complete -F _virtax_complete virtax
