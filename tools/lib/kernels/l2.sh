# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# l2.sh - the guest inside the host under test, run by real KVM: a kernel as an ELF image, and the
# containers' root file system with its own init as the initramfs.

L2= # set by l2_ready: a directory with vmlinux and initramfs

L2_MODULES=(virtio_pci virtio_net virtio_blk)

# PID 1 of the guest: Apache on port 80; on port 99 it executes commands.
l2_init() {
	cat <<-'EOT'
	#!/bin/sh
	export PATH=/bin:/usr/sbin
	mount -t proc proc /proc
	mount -t sysfs sysfs /sys
	mount -t devtmpfs dev /dev
	mount -t tmpfs tmpfs /run
	while read -r m; do insmod "/lib/modules/$m"; done </lib/modules/order
	i=0
	until [ -e /sys/class/net/eth0 ] || [ $i -gt 100 ]; do i=$((i + 1)); usleep 20000; done
	ip link set lo up
	ip address add "$(sed -n 's/.*lab\.ip=\([0-9.\/]*\).*/\1/p' /proc/cmdline)" dev eth0
	ip link set eth0 up
	ip route add default via "$(sed -n 's/.*lab\.gateway=\([0-9.]*\).*/\1/p' /proc/cmdline)"
	/usr/sbin/apache2 -f /etc/httpd.conf -k start
	echo "ready at $(cut -d' ' -f1 /proc/uptime)"
	while :; do nc -l -p 99 -e /bin/order; done
	EOT
}

# One command per connection: burn SECONDS, burn-all SECONDS, disk BLOCKS [DEVICE], log, off.
l2_order() {
	cat <<-'EOT'
	#!/bin/sh
	read -r what n dev
	case $what in
	burn)
		grep '^cpu0 ' /proc/schedstat
		timeout "$n" sh -c 'while :; do :; done'
		grep '^cpu0 ' /proc/schedstat
		;;
	burn-all) # on every CPU; prints how many
		for _ in $(grep '^cpu' /proc/schedstat | cut -d' ' -f1); do
			timeout "$n" sh -c 'while :; do :; done' &
		done
		wait
		grep -c '^cpu' /proc/schedstat
		;;
	disk) dd if=/dev/zero of="/dev/${dev:-vda}" bs=64k count="$n" oflag=direct 2>/dev/null; echo wrote "$n" ;;
	exits) exits "$n" "$dev" 2>&1 ;; # cpuid N, io N
	mem) dd if=/dev/zero of="/run/$$" bs=1M count="$n" 2>/dev/null; echo touched "$n" ;;
	inside) # what virtax records here while a task in a cgroup burns n seconds; the cgroup's CPU time, us
		mountpoint -q /sys/fs/cgroup || mount -t cgroup2 none /sys/fs/cgroup
		mkdir -p /sys/fs/cgroup/burn
		virtax record -q -o /run/inside.json --only cpu,http --cgroup burn=/sys/fs/cgroup/burn \
			-- /bin/burn-inside "$n" 2>&1
		echo "usage_usec $(sed -n 's/usage_usec //p' /run/burnt)"
		cat /run/inside.json
		;;
	log) cat /var/log/apache2/access.log ;;
	off) poweroff -f ;;
	esac
	EOT
}

# Burns a known CPU time in the cgroup, between two pauses.
l2_burn_inside() {
	cat <<-'EOT'
	#!/bin/sh
	sleep 3
	sh -c "echo \$\$ >/sys/fs/cgroup/burn/cgroup.procs; exec timeout $1 sh -c 'while :; do :; done'"
	cat /sys/fs/cgroup/burn/cpu.stat >/run/burnt
	sleep 3
	EOT
}

l2_build() {
	local dir=$1 release file

	release=$(<"$KERNEL/release")
	mkdir -p "$dir/tree"/{bin,lib/modules}
	fetch_vmlinux "$KERNEL/vmlinuz" "$dir/vmlinux" ||
		die "$KERNEL/vmlinuz" "compressed in a way not known here" "name another kernel in l2.sh"
	l2_init >"$dir/tree/init"
	l2_order >"$dir/tree/bin/order"
	l2_burn_inside >"$dir/tree/bin/burn-inside"
	chmod 755 "$dir/tree/init" "$dir/tree/bin/order" "$dir/tree/bin/burn-inside"
	cp "$LAB_TOP/build/tests/exits" "$LAB_TOP/build/static/virtax" "$dir/tree/bin/"
	for file in "${L2_MODULES[@]}"; do
		modprobe -d "$KERNEL" -S "$release" --show-depends "$file" 2>/dev/null || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		cp "$file" "$dir/tree/lib/modules/"
		echo "${file##*/}" >>"$dir/tree/lib/modules/order"
	done
	{
		(cd "$ROOTFS" && find . | cpio -o -H newc --quiet -R 0:0)
		(cd "$dir/tree" && find . | cpio -o -H newc --quiet -R 0:0)
	} | gzip -1 >"$dir/initramfs"
	rm -rf "$dir/tree"
}

# l2_ready: builds the guest with the kernel in KERNEL. Needs ROOTFS.
l2_ready() {
	local key new=$CACHE/new.$$

	key=$({
		cat "$KERNEL"/{source,release} "${BASH_SOURCE[0]}" "$LAB_TOP/build/tests/exits" "$LAB_TOP/build/static/virtax"
		echo "$ROOTFS"
	} | sha256sum | cut -c -16)
	L2=$CACHE/l2-$key
	[[ -d $L2 ]] && return
	say "building the guest within from $(<"$KERNEL/release")"
	rm -rf "$new" "$CACHE"/l2-*
	mkdir -p "$new"
	l2_build "$new"
	mv -T "$new" "$L2"
}
