# shellcheck shell=bash
# shellcheck disable=SC2034 # TARGET is read by those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bare.sh - the baseline: the same Apache as an ordinary process of this machine, on lo.

# bare_up: sets TARGET. It has a cgroup of its own, like the other two targets.
bare_up() {
	local name dir port pid log

	need_commands ss curl setsid
	[[ -x $HTTPD ]] || die "$HTTPD" "not installed" "run: $LAB_TOP/tools/install-packages demo"
	slot_take # for its number
	name=vtxdemo-b$SLOT
	dir=$LAB_WORK/$name
	log=$dir/log
	port=$(free_port $((18080 + SLOT)))
	mkdir -p "$log" "$dir/run"
	chmod 711 "$dir"
	httpd_conf "127.0.0.1:$port" "$dir/www" "$log" "$dir/run" >"$dir/httpd.conf"
	httpd_www "$dir/www" "$log"
	lab_note cgroup "$LAB_CGROUP/$name"
	cgroup_make "$LAB_CGROUP/$name"
	lab_daemon "$dir/httpd.log" "$LAB_CGROUP/$name" "$HTTPD" -f "$dir/httpd.conf" -DFOREGROUND
	pid=$!
	wait_http "http://127.0.0.1:$port/.lab/ready" 10 "$pid" || {
		show_log "$dir/httpd.log"
		show_log "$log/error.log"
		die "bare" "Apache does not answer at port $port" "see above"
	}
	TARGET=([kind]=bare [name]=$name [pid]=$pid [url]=http://127.0.0.1:$port/ [port]=$port [dev]=lo
		[ip]=127.0.0.1 [cgroup]=$LAB_CGROUP/$name [access_log]=$log/access.log)
}
