#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shows each recorded run (*.json here) in every format and compares with what is kept beside it.
#   VIRTAX=./virtax tests/golden/run.sh [--rewrite]
# --rewrite keeps what comes out now: look at the difference before it is committed.
set -eu

virtax=$(realpath "${VIRTAX:-./virtax}")
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p expect
unset NO_COLOR
compared=0
bad=0

# show RUN KEPT LOCALE COLUMNS FORMAT
show() {
	LC_ALL=$3 COLUMNS=$4 "$virtax" report "$1" --format "$5" >"$out/$2" || {
		echo "golden: report $1 --format $5: exit status $?" >&2
		bad=$((bad + 1))
		return 0
	}
	compared=$((compared + 1))
	diff -u "expect/$2" "$out/$2" >&2 || bad=$((bad + 1))
}

if [ "${1-}" = --rewrite ]; then
	diff() {
		cp "$3" "$2"
	}
fi

for run in *.json; do
	name=${run%.json}
	show "$run" "$name.80.txt" C.UTF-8 80 term
	show "$run" "$name.100.txt" C.UTF-8 100 term
	show "$run" "$name.ascii.txt" C 60 term
	show "$run" "$name.csv" C.UTF-8 80 csv
	show "$run" "$name.json" C.UTF-8 80 json
	# What was written must read back as the same run.
	"$virtax" report --format json "$out/$name.json" | cmp - "$out/$name.json" >&2 || {
		echo "golden: $name.json: reads back differently" >&2
		bad=$((bad + 1))
	}
done

if [ "$compared" -eq 0 ] || [ "$bad" -ne 0 ]; then
	echo "golden: $bad of $compared differ (make golden rewrites them)" >&2
	exit 1
fi
echo "golden: $compared outputs as kept"
