# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest.sh - Apache in a QEMU guest: a Debian kernel, the container's root file system as the
# initramfs, a tap device.

GUEST_KVM_SECONDS=15 # time limit for a guest under KVM to respond; a working one takes about 2
GUEST_TCG_SECONDS=60

guest_check_machine() {
	[[ $(uname -m) == x86_64 ]] ||
		die "guest" "only an x86 machine is supported, this is $(uname -m)" "leave it out: --no-vm"
	need_commands qemu-system-x86_64 cpio gzip curl ip
}

# A virtax in the guest records from its start on, for so many seconds or until guest_end_inside; "": there is none.
GUEST_INSIDE=
GUEST_INSIDE_PORT=8081 # a connection to it ends the recording; also in guest_init
GUEST_VIRTAX=$LAB_TOP/build/static/virtax

# A directory that is laid over the guest's root; its file /with is started before Apache. "": there is none.
GUEST_WITH=

# PID 1 of the guest. It runs insmod twice: a module that was refused because another one was
# missing is inserted the second time.
guest_init() {
	cat <<-'EOF'
	#!/bin/sh
	export PATH=/bin:/usr/sbin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs tmpfs /run
	hostname guest
	for m in $(cat /lib/modules/order) $(cat /lib/modules/order); do
		insmod /lib/modules/$m.ko 2>/dev/null
	done
	address=$(sed -n 's/.*lab\.ip=\([0-9.\/]*\).*/\1/p' /proc/cmdline)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		[ -e /sys/class/net/eth0 ] && break
		sleep 0.1
	done
	ip link set lo up
	ip address add "$address" dev eth0
	ip link set eth0 up
	seconds=$(sed -n 's/.*lab\.inside=\([0-9]*\).*/\1/p' /proc/cmdline)
	if [ -n "$seconds" ] && mount -t cgroup2 none /sys/fs/cgroup && mkdir /sys/fs/cgroup/web; then
		/bin/virtax record -q -d "$seconds" -i 0.5 --only cpu,http -o /srv/www/.lab/inside.json \
			--cgroup web=/sys/fs/cgroup/web --http web:eth0:80 \
			-- sh -c 'echo ready >/srv/www/.lab/recording; exec nc -l -p 8081' </dev/null >/dev/console 2>&1 &
		echo $$ >/sys/fs/cgroup/web/cgroup.procs
	fi
	[ ! -x /with ] || /with </dev/null >/dev/console 2>&1 &
	exec /usr/sbin/apache2 -f /etc/httpd.conf -DFOREGROUND
	EOF
}

# guest_initramfs: sets INITRAMFS, which is cached by its contents.
INITRAMFS=
guest_initramfs() {
	local key module tree

	[[ ! $GUEST_INSIDE || -x $GUEST_VIRTAX ]] ||
		die "$GUEST_VIRTAX" "is not there" "run: make static"
	key=$({
		cat "$KERNEL"/modules/*.ko
		guest_init
		[[ ! $GUEST_INSIDE ]] || cat "$GUEST_VIRTAX"
		[[ ! $GUEST_WITH ]] || (cd "$GUEST_WITH" && find . -type f | sort | xargs -d '\n' sha256sum)
	} | sha256sum | cut -c -16)
	INITRAMFS=$LAB_CACHE/guest-${ROOTFS##*-}-$key.cpio.gz
	[[ -s $INITRAMFS ]] && return
	cache_tmp
	tree=$CACHE_TMP/tree
	mkdir -p "$tree/lib/modules" "$tree/bin"
	[[ ! $GUEST_INSIDE ]] || cp "$GUEST_VIRTAX" "$tree/bin/virtax"
	[[ ! $GUEST_WITH ]] || cp -rL "$GUEST_WITH/." "$tree/"
	guest_init >"$tree/init"
	chmod 755 "$tree/init"
	for module in "${KERNEL_MODULES[@]}"; do
		[[ -e $KERNEL/modules/$module.ko ]] || continue
		cp "$KERNEL/modules/$module.ko" "$tree/lib/modules/"
		echo "$module" >>"$tree/lib/modules/order"
	done
	{
		(cd "$ROOTFS" && find . | cpio -o -H newc --quiet -R 0:0)
		(cd "$tree" && find . | cpio -o -H newc --quiet -R 0:0)
	} | gzip -1 >"$CACHE_TMP/initramfs"
	mv "$CACHE_TMP/initramfs" "$INITRAMFS"
	rm -rf "$CACHE_TMP"
}

# guest_network NAME: sets GUEST_NETDEV and the addresses in TARGET: a tap device of its own or,
# where none can be created, QEMU's user-mode network and a port of this machine.
GUEST_NETDEV=
guest_network() {
	local name=$1 port inside

	if [[ -c /dev/net/tun ]] && lab_note link "$name" && ip tuntap add dev "$name" mode tap 2>/dev/null; then
		device_quiet "$name"
		ip address add "$SLOT_HOST/30" dev "$name"
		ip link set "$name" up
		GUEST_NETDEV=tap,id=n0,ifname=$name,script=no,downscript=no
		TARGET=([dev]=$name [ip]=$SLOT_PEER [guest_ip]=$SLOT_PEER/30 [port]=80 [url]=http://$SLOT_PEER/
			[inside_port]=$GUEST_INSIDE_PORT)
		return
	fi
	port=$(free_port $((28080 + SLOT)))
	inside=$(free_port $((38080 + SLOT)))
	GUEST_NETDEV=user,id=n0,restrict=on,hostfwd=tcp:127.0.0.1:$port-:80
	[[ ! $GUEST_INSIDE ]] || GUEST_NETDEV+=,hostfwd=tcp:127.0.0.1:$inside-:$GUEST_INSIDE_PORT
	TARGET=([dev]=lo [ip]=127.0.0.1 [guest_ip]=10.0.2.15/24 [port]=$port [url]=http://127.0.0.1:$port/
		[inside_port]=$inside)
}

# guest_append ACCEL: the kernel's command line.
guest_append() {
	printf '%s' "console=ttyS0 quiet panic=-1 cryptomgr.notests"
	[[ $1 == kvm ]] ||
		printf '%s' " mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on"
	printf '%s' " lab.ip=${TARGET[guest_ip]}"
	[[ ! $GUEST_INSIDE ]] || printf '%s' " lab.inside=$GUEST_INSIDE"
}

# guest_start ACCEL NAME DIR: starts QEMU in the guest's cgroup, or makes libvirt start it; sets
# GUEST_PID. Under KVM it is configured like a guest in production: with vhost if available, and
# with the guest's mitigations.
GUEST_PID=
GUEST_LIBVIRT= # the daemon's URI, if libvirt is to start the guest
guest_start() {
	if [[ $GUEST_LIBVIRT ]]; then
		libvirt_start "$@"
	else
		guest_start_qemu "$@"
	fi
}

guest_start_qemu() {
	local accel=$1 name=$2 dir=$3 netdev=$GUEST_NETDEV
	local -a cpu

	if [[ $accel == kvm ]]; then
		cpu=(-accel kvm -cpu host)
		[[ $netdev == tap,* && -c /dev/vhost-net ]] && netdev+=,vhost=on
	else
		cpu=(-accel "tcg,thread=multi" -cpu max)
	fi
	: >"$dir/qemu.log"
	lab_daemon "$dir/qemu.log" "$LAB_CGROUP/$name" qemu-system-x86_64 \
		-name "guest=$name,debug-threads=on" -M q35 "${cpu[@]}" -smp 1 -m 256 \
		-nodefaults -no-user-config -no-reboot -display none -serial "file:$dir/console.log" \
		-kernel "$KERNEL/vmlinuz" -initrd "$INITRAMFS" -append "$(guest_append "$accel")" \
		-netdev "$netdev" -device virtio-net-pci,netdev=n0,romfile= -device virtio-rng-pci
	GUEST_PID=$!
}

# guest_boot ACCEL NAME DIR SECONDS: succeeds once the guest responds; otherwise it stops QEMU
# again.
guest_boot() {
	local pid start

	guest_start "$1" "$2" "$3" || return 1
	pid=$GUEST_PID
	start=$(process_start "$pid") || return 1
	if wait_http "${TARGET[url]}.lab/ready" "$4" "$pid"; then
		TARGET+=([pid]=$pid [accel]=$1)
		return 0
	fi
	process_stop "$pid" "$start" 1
	return 1
}

# guest_try_kvm NAME DIR: on failure GUEST_WHY_TCG is the reason. The existence of /dev/kvm means
# little: on some machines no guest starts with it.
GUEST_WHY_TCG=
guest_try_kvm() {
	if [[ ! -e /dev/kvm ]]; then
		GUEST_WHY_TCG="this machine has no /dev/kvm"
		return 1
	fi
	guest_boot kvm "$1" "$2" "$GUEST_KVM_SECONDS" && return
	GUEST_WHY_TCG=$(grep -m 1 -E 'error:|failed|Could not' "$2/qemu.log" | LC_ALL=C tr -cd '\40-\176')
	GUEST_WHY_TCG=${GUEST_WHY_TCG:-"no answer from a guest in $GUEST_KVM_SECONDS s"}
	return 1
}

# guest_up [ACCEL]: sets TARGET, with accel. Without ACCEL: KVM if a guest really starts with it,
# otherwise TCG. With GUEST_LIBVIRT set, libvirt runs the guest, in a cgroup that libvirt creates.
guest_up() {
	local name dir accel=${1-}

	guest_check_machine
	rootfs_ready
	kernel_ready
	guest_initramfs
	slot_take
	name=vtxdemo-v$SLOT
	dir=$LAB_WORK/$name
	mkdir -p "$dir/log"
	if [[ ! $GUEST_LIBVIRT ]]; then
		lab_note cgroup "$LAB_CGROUP/$name"
		cgroup_make "$LAB_CGROUP/$name"
	fi
	guest_network "$name"
	[[ ! $GUEST_LIBVIRT || ${TARGET[dev]} == "$name" ]] ||
		die "guest" "libvirt needs a tap device, and none can be created" "is /dev/net/tun there?"
	if [[ $accel != tcg ]] && guest_try_kvm "$name" "$dir"; then
		accel=kvm
	elif [[ $accel == kvm ]]; then
		die "guest" "does not start under KVM: $GUEST_WHY_TCG" "TCG needs no KVM"
	elif ! guest_boot tcg "$name" "$dir" "$GUEST_TCG_SECONDS"; then
		show_log "$dir/qemu.log"
		show_log "$dir/console.log"
		die "guest" "no answer at ${TARGET[url]}" "see above"
	fi
	TARGET+=([kind]=vm [name]=$name [access_log]=$dir/log/access.log
		[cgroup]=$(process_cgroup "$GUEST_PID")
		[engine]=${GUEST_LIBVIRT:+libvirt})
}

# guest_fetch_log: copies the guest's access log, which is in the guest's memory, to TARGET's
# access_log.
guest_fetch_log() {
	curl -sf -m 10 --noproxy '*' -o "${TARGET[access_log]}" "${TARGET[url]}.lab/access.log"
}

# guest_await_inside: waits until the recording in the guest has begun.
guest_await_inside() {
	wait_http "${TARGET[url]}.lab/recording" 30 "${TARGET[pid]}"
}

# guest_end_inside: ends the recording in the guest before its time is over.
guest_end_inside() {
	: 2>/dev/null <>"/dev/tcp/${TARGET[ip]}/${TARGET[inside_port]}"
}

# guest_fetch_inside FILE [SECONDS]: copies what virtax recorded inside, which is there once its time is over;
# waits for it.
guest_fetch_inside() {
	local end=$(($(now_ms) + ${2-0} * 1000))

	until curl -sf -m 10 --noproxy '*' -o "$1" "${TARGET[url]}.lab/inside.json"; do
		before "$end" || return 1
		sleep 0.2
	done
}
