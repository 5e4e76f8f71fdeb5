# shellcheck shell=bash
# shellcheck disable=SC2034 # QEMU and QEMU_WITHOUT are for l1.sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# qemu.sh - the emulator of the host under test. QEMU 7.2, Debian 12's own, sets wrong flags
# after a cmpxchg16b: kernels from 6.12 on then crash at random. Without that instruction they work,
# but the newest ones (from 6.18 on) cannot allocate task storage. So Debian 12's backport is used; it
# is unpacked into the cache and not installed.

QEMU=() # the command, set by qemu_ready
QEMU_WITHOUT= # CPU features to be switched off

QEMU_PACKAGES=(qemu-system-x86 qemu-system-common qemu-system-data seabios)

qemu_fetch() (
	fetch_suite bookworm-backports && cd "$1" && apt-get -q download "${QEMU_PACKAGES[@]}" || exit 1
	for deb in *.deb; do
		dpkg -x "$deb" . || exit 1
	done
	rm -rf ./*.deb usr/share/doc
)

# qemu_ready: falls back to the installed QEMU if there is no other or it does not run here.
qemu_ready() {
	local dir=$CACHE/qemu new=$CACHE/new.$$

	if [[ ! -d $dir ]]; then
		say "fetching QEMU of bookworm-backports"
		rm -rf "$new"
		mkdir -p "$new"
		qemu_fetch "$new" >"$CACHE/fetch.log" 2>&1 || show_log "$CACHE/fetch.log"
		mv -T "$new" "$dir"
	fi
	QEMU=(env "QEMU_MODULE_DIR=$dir/usr/lib/x86_64-linux-gnu/qemu" "$dir/usr/bin/qemu-system-x86_64"
		-L "$dir/usr/share/seabios" -L "$dir/usr/share/qemu")
	QEMU_WITHOUT=
	"${QEMU[@]}" --version >/dev/null 2>&1 && return
	say "no newer QEMU to be had: the installed one, without cmpxchg16b"
	QEMU=(qemu-system-x86_64)
	QEMU_WITHOUT=,-cx16
}
