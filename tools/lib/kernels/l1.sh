# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# l1.sh - the host under test: a kernel under QEMU's emulation of an AMD CPU with SVM and nested
# paging, so that kvm_amd loads in it and runs real guests. It has no network and returns its results
# on a disk.

L1_CPUS=2
L1_MACHINE=q35
L1_THREAD=multi # one for each CPU
L1_MEGABYTES=2048
L1_BOOT_SECONDS=45 # a healthy one takes 5
L1_CRASH_SECONDS=10 # for what a crashed kernel still prints
L1_PID=

# tsc=reliable: otherwise the kernel distrusts the emulated counter and uses a clock that is a
# thousand times slower.
L1_CPU=qemu64,+svm,+npt
L1_APPEND="console=ttyS0 quiet panic=-1 mitigations=off tsc=reliable nokaslr random.trust_cpu=on"

# A real-time kernel, which is not one of Debian's cloud kernels: it tests its ciphers at the start, and waits
# for ever for a timer that two emulated CPUs share.
l1_realtime() {
	[[ $(<"$KERNEL/release") == *-rt-* ]] || return 0
	L1_CPUS=1
	L1_MACHINE=q35,hpet=off
	L1_THREAD=single
	L1_BOOT_SECONDS=200
	L1_APPEND+=" cryptomgr.notests no_timer_check"
}

# Files that change from run to run are passed in the initramfs.
l1_payload() {
	local tree=$1

	mkdir -p "$tree"/{bin,proc,sys,dev,new,lab/build,lab/tests/kernels}
	cp "$(type -P busybox)" "$tree/bin/"
	cp "$LAB_TOP/tests/kernels/guest/init" "$tree/init"
	cp -r "$LAB_TOP"/tests/kernels/{guest,suite} "$tree/lab/tests/kernels/"
	cp -r "$LAB_TOP/tests/e2e" "$tree/lab/tests/"
	cp "$LAB_TOP/virtax" "$tree/lab/"
	cp -r "$LAB_TOP/build/tests" "$LAB_TOP/build/virtax-load" "$tree/lab/build/"
	cp -r "$L2" "$tree/lab/l2"
	printf '%s\n' "$TESTS" >"$tree/lab/tests/kernels/expression"
	chmod 755 "$tree/init"
}

l1_initramfs() {
	l1_payload "$1/tree"
	{
		(cd "$1/tree" && find . | cpio -o -H newc --quiet -R 0:0)
		cat "$KERNEL/modules.cpio"
	} >"$1/initramfs"
	rm -rf "$1/tree"
}

# l1_watch LOG: waits until the machine has started or exited. Sometimes one hangs while it boots,
# waiting for a timer that never fires: do not spend the whole time limit on it.
l1_watch() {
	local end=$((SECONDS + L1_BOOT_SECONDS))

	while ((SECONDS < end)) && kill -0 "$L1_PID" 2>/dev/null; do
		! grep -qs '^LAB START' "$1" || return 0
		sleep 0.5
	done
	! kill -0 "$L1_PID" 2>/dev/null
}

# l1_guard LOG: waits until the machine has exited. One whose kernel has crashed may go on for ever:
# it has some seconds to end.
l1_guard() {
	while kill -0 "$L1_PID" 2>/dev/null; do
		if grep -aqs "kernel BUG at\|Kernel panic" "$1"; then
			sleep "$L1_CRASH_SECONDS"
			kill "$L1_PID" 2>/dev/null || true
			return
		fi
		sleep 2
	done
}

# l1_run DIR SECONDS CGROUP SCRIPT: boots, runs SCRIPT in the machine, collects DIR/console.log and
# DIR/out/. Succeeds once the machine has reported that it reached its end.
l1_run() {
	local dir=$1 seconds=$2

	rm -rf "$dir"
	mkdir -p "$dir/out"
	l1_realtime
	l1_initramfs "$dir"
	truncate -s 64M "$dir/out.raw"
	timeout -k 5 "$seconds" "${QEMU[@]}" -M "$L1_MACHINE" -accel "tcg,thread=$L1_THREAD" -cpu "$L1_CPU$QEMU_WITHOUT" \
		-smp "$L1_CPUS" -m "$L1_MEGABYTES" -nodefaults -no-user-config -no-reboot -display none \
		-serial stdio -kernel "$KERNEL/vmlinuz" -initrd "$dir/initramfs" -device virtio-rng-pci \
		-drive "file=$IMAGE,if=none,id=root,format=raw,snapshot=on,cache=unsafe" \
		-device virtio-blk-pci,drive=root \
		-drive "file=$dir/out.raw,if=none,id=out,format=raw,cache=unsafe" -device virtio-blk-pci,drive=out \
		-append "$L1_APPEND lab.cgroup=$3 lab.script=$4 lab.seconds=$((seconds - 20))" \
		</dev/null >"$dir/console.log" 2>&1 &
	L1_PID=$!
	if l1_watch "$dir/console.log"; then
		l1_guard "$dir/console.log"
	else
		kill "$L1_PID" 2>/dev/null || true
	fi
	wait "$L1_PID" || true
	L1_PID=
	tar -C "$dir/out" -xf "$dir/out.raw" 2>/dev/null || true
	rm -f "$dir/initramfs" "$dir/out.raw"
	grep -q '^LAB END' "$dir/console.log"
}
