#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Shows each recorded run (*.json here) in every format and compares the output with the one in expect/;
# likewise comparisons of the runs in compare/, which make-runs creates.
#   VIRTAX=./virtax tests/golden/run.sh [--rewrite]
# --rewrite replaces the expected output: read the difference before you commit it.
set -eu

virtax=$(realpath "${VIRTAX:-./virtax}")
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mkdir -p expect
unset NO_COLOR
compared=0
bad=0

# show RUN KEPT LOCALE COLUMNS FORMAT [OPTION]
show() {
	LC_ALL=$3 COLUMNS=$4 "$virtax" report "$1" --format "$5" ${6+"$6"} >"$out/$2" || {
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
	show "$run" "$name.verbose.txt" C.UTF-8 80 term --verbose
	show "$run" "$name.ascii.txt" C 60 term
	show "$run" "$name.csv" C.UTF-8 80 csv
	show "$run" "$name.json" C.UTF-8 80 json
	show "$run" "$name.om" C.UTF-8 80 openmetrics
	# A written file must read back as the same run.
	"$virtax" report --format json "$out/$name.json" | cmp - "$out/$name.json" >&2 || {
		echo "golden: $name.json: reads back differently" >&2
		bad=$((bad + 1))
	}
done

show profile.json profile.folded C.UTF-8 80 folded
show joined-profile.json joined-profile.folded C.UTF-8 80 folded

./check-pprof "$virtax" profile.json joined-profile.json >&2 || bad=$((bad + 1))

# Metrics: parsed by others, and the sums of the run files.
./check-metrics "$virtax" ./*.json >&2 || bad=$((bad + 1))

# What is built on them: rules, alerts, dashboard.
./check-rules "$virtax" ./*.json >&2 || bad=$((bad + 1))

# Joined recordings: the known parts, and what is refused.
mkdir "$out/guests"
./make-guests "$out/guests"
./check-join "$virtax" "$out/guests" >&2 || bad=$((bad + 1))

# Two targets that have served requests are shown whole in 80 x 50 cells.
for name in two full; do
	lines=$(wc -l <"$out/$name.80.txt")
	if [ "$lines" -gt 50 ] || LC_ALL=C.UTF-8 grep -q '.\{81\}' "$out/$name.80.txt"; then
		echo "golden: $name.80.txt: $lines lines, or wider than 80 cells" >&2
		bad=$((bad + 1))
	fi
done

# versus KEPT LOCALE COLUMNS FORMAT STATUS ARGUMENT…
versus() {
	kept=$1 locale=$2 columns=$3 format=$4 want=$5 status=0
	shift 5
	# shellcheck disable=SC2048,SC2086 # patterns, to be expanded in there
	(cd compare && LC_ALL=$locale COLUMNS=$columns "$virtax" compare --format "$format" $*) \
		>"$out/$kept" 2>"$out/warnings" || status=$?
	if [ "$status" -ne "$want" ]; then
		cat "$out/warnings" >&2
		echo "golden: compare $* --format $format: exit status $status" >&2
		bad=$((bad + 1))
	fi
	compared=$((compared + 1))
	diff -u "expect/$kept" "$out/$kept" >&2 || bad=$((bad + 1))
}

# comparison NAME STATUS ARGUMENT…
comparison() {
	name=compare-$1 want=$2
	shift 2
	versus "$name.80.txt" C.UTF-8 80 term "$want" "$@"
	versus "$name.ascii.txt" C 60 term "$want" "$@"
	versus "$name.csv" C.UTF-8 80 csv "$want" "$@"
	versus "$name.json" C.UTF-8 80 json "$want" "$@"
}

comparison ab 0 "ab-*.json"
comparison two 0 --base kvm "two-*.json"
comparison kernel 1 --by kernel "kernel-*.json"
comparison stage 0 --by stage "stages-*.json"
comparison steps 0 --load-steps "steps-*.json"
comparison page 0 "../../../docs/example/small-*.json ../../../docs/example/big-*.json"
comparison rates 0 --load-steps "../../../docs/example/step-*.json"
comparison functions 0 --functions "func-*.json"
comparison few 0 --by label ab-01.json ab-02.json tcg-1.json

# A fleet's metrics, from a server that is started for it.
compared=$((compared + 1))
LC_ALL=C.UTF-8 COLUMNS=80 ./check-fleet "$virtax" "$out/compare-fleet.80.txt" >&2 || bad=$((bad + 1))
diff -u expect/compare-fleet.80.txt "$out/compare-fleet.80.txt" >&2 || bad=$((bad + 1))

# The samples in docs/COMPARING.md are the program's output.
doc=$(cat ../../docs/COMPARING.md)
for name in page rates; do
	shown=$(sed 's/^\(.\)/    \1/' "expect/compare-$name.80.txt")
	compared=$((compared + 1))
	case $doc in
	*"$shown"*) ;;
	*)
		echo "golden: docs/COMPARING.md does not show expect/compare-$name.80.txt" >&2
		bad=$((bad + 1))
		;;
	esac
done

# The descriptions of the run file in docs/ are printed by the program.
"$virtax" schema >"$out/run.schema.json"
"$virtax" schema --numbers >"$out/numbers"
awk -v numbers="$out/numbers" '
	/^<!-- end of numbers/ { within = 0 }
	!within
	/^<!-- numbers:/ {
		print ""
		while ((getline line <numbers) > 0)
			print line
		print ""
		within = 1
	}' ../../docs/METRICS.md >"$out/METRICS.md"
for doc in run.schema.json METRICS.md; do
	compared=$((compared + 1))
	diff -u "../../docs/$doc" "$out/$doc" >&2 || bad=$((bad + 1))
done

if [ "$compared" -eq 0 ] || [ "$bad" -ne 0 ]; then
	echo "golden: $bad of $compared differ (make golden rewrites them)" >&2
	exit 1
fi
echo "golden: $compared outputs as kept"
