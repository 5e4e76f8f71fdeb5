# shellcheck shell=bash
# shellcheck disable=SC2034 # TARGET is read by those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# container.sh - Apache in an OCI container, by runc: own namespaces, own cgroup, a veth pair.

container_config() {
	local name=$1 dir=$2

	jq -n --arg name "$name" --arg root "$ROOTFS" --arg dir "$dir" --arg cgroup "$LAB_CGROUP/$name" \
		--arg httpd "$HTTPD" '
	["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETGID", "CAP_SETUID"] as $caps |
	["nosuid", "nodev", "noexec"] as $safe | {
		ociVersion: "1.0.2", hostname: $name,
		root: {path: $root, readonly: true},
		process: {
			terminal: false, user: {uid: 0, gid: 0}, cwd: "/", noNewPrivileges: true,
			env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
			args: [$httpd, "-f", "/etc/httpd.conf", "-DFOREGROUND"],
			capabilities: {bounding: $caps, effective: $caps, permitted: $caps}
		},
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=64k"]},
			{destination: "/sys", type: "sysfs", source: "sysfs", options: ($safe + ["ro"])},
			{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: $safe},
			{destination: "/run", type: "tmpfs", source: "tmpfs", options: $safe},
			{destination: "/var/log/apache2", type: "bind", source: ($dir + "/log"), options: (["bind"] + $safe)}
		],
		linux: {
			cgroupsPath: $cgroup,
			namespaces: (["pid", "network", "ipc", "uts", "mount"] | map({type: .})),
			resources: {devices: [{allow: true, access: "rwm"}]},
			maskedPaths: ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
			readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
		}
	}' >"$dir/config.json"
}

# container_network PID DEV: creates a veth pair with one end in the container. It is removed with
# the container.
container_network() {
	ip link add "$2" type veth peer name eth0 netns "$1"
	device_quiet "$2"
	ip address add "$SLOT_HOST/30" dev "$2"
	ip link set "$2" up
	device_quiet eth0 nsenter -t "$1" -n
	nsenter -t "$1" -n ip address add "$SLOT_PEER/30" dev eth0
	nsenter -t "$1" -n ip link set lo up
	nsenter -t "$1" -n ip link set eth0 up
}

# container_place: takes a slot; sets the caller's variables name and dir, and creates the
# directory.
container_place() {
	rootfs_ready
	slot_take
	name=vtxdemo-c$SLOT
	dir=$LAB_WORK/$name
	mkdir -p "$dir/log"
	chmod 711 "$dir"
}

# container_serves WHAT LOG CGROUP: waits for Apache in the container given by name, dir and pid;
# sets TARGET.
container_serves() {
	wait_http "http://$SLOT_PEER/.lab/ready" 10 "$pid" || {
		show_log "$2"
		show_log "$dir/log/error.log"
		die "$1" "no answer at http://$SLOT_PEER/" "does a firewall here drop packets of new devices?"
	}
	TARGET=([kind]=container [name]=$name [pid]=$pid [url]=http://$SLOT_PEER/ [port]=80 [dev]=$name
		[ip]=$SLOT_PEER [cgroup]=$3 [access_log]=$dir/log/access.log)
}

# container_up: sets TARGET. The network is created between runc create and runc start, so that
# Apache finds it.
container_up() {
	local name dir pid

	need_commands runc jq ip nsenter curl
	container_place
	container_config "$name" "$dir"
	lab_note runc "$name"
	lab_note cgroup "$LAB_CGROUP/$name"
	lab_note link "$name"
	cgroup_make "$LAB_CGROUP/$name"
	lab_wait "$dir/runc.log" runc create --bundle "$dir" --pid-file "$dir/pid" "$name" || {
		show_log "$dir/runc.log"
		die "container" "runc create failed, see above" "does runc run any container here?"
	}
	pid=$(<"$dir/pid")
	container_network "$pid" "$name"
	lab_wait "$dir/runc.log" runc start "$name" || {
		show_log "$dir/runc.log"
		die "container" "runc start failed, see above" "does runc run any container here?"
	}
	container_serves container "$dir/runc.log" "$LAB_CGROUP/$name"
}
