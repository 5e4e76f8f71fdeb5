# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fetch.sh - a kernel of any Debian suite, by apt with a state of its own: this machine's apt is not
# changed, nothing is installed, and apt checks the signatures. Uses the mirror of this machine.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

# Modules that the host under test needs if they are not built in; their dependencies are added.
KERNEL_WANTS=(crc32c_generic ext4 virtio_pci virtio_blk virtio_net virtio_rng kvm_amd kvm_intel tun tap macvtap bridge veth
	overlay vhost_net loop af_packet sch_ingress sch_fq_codel cls_bpf act_bpf)

# The address of the mirror of Debian's own archive (not of its security updates) that apt uses
# here.
fetch_mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' 2>/dev/null |
		sort -u | sed -n 1p
}

# fetch_suite SUITE: writes a configuration with which apt knows only this suite. Sets and exports
# APT_CONFIG; call it in a subshell.
fetch_suite() {
	local dir=$CACHE/apt/$1 mirror

	export APT_CONFIG=$dir/apt.conf
	[[ -s $APT_CONFIG ]] && return
	mirror=$(fetch_mirror)
	[[ $mirror ]] || return 1
	mkdir -p "$dir"/{lists,archives}/partial
	echo "deb [signed-by=$KEYRING] $mirror $1 main" >"$dir/sources.list"
	cat >"$dir/apt.conf.new" <<-EOT
	APT::Sandbox::User "root";
	Acquire::Languages "none";
	Acquire::Retries "3";
	Acquire::http::Timeout "60";
	Dir::State::Lists "$dir/lists";
	Dir::Etc::SourceList "$dir/sources.list";
	Dir::Etc::SourceParts "/dev/null";
	Dir::Cache "$dir";
	EOT
	APT_CONFIG=$dir/apt.conf.new apt-get -q update || return 1
	mv "$dir/apt.conf.new" "$dir/apt.conf"
}

# fetch_packages SUITE PACKAGE DIR: the kernel's packages, unpacked to DIR/x.
fetch_packages() (
	fetch_suite "$1" || exit 1
	mapfile -t packages < <(kernel_packages "$2")
	((${#packages[@]})) || exit 1
	cd "$3" || exit 1
	apt-get -q download "${packages[@]}" || exit 1
	for deb in *.deb; do
		dpkg -x "$deb" x || exit 1
	done
	rm -f ./*.deb
)

unpack_file() {
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*) cat "$1" ;;
	esac
}

# fetch_modules TREE RELEASE TO: the wanted modules and what they need, decompressed.
fetch_modules() {
	local module file place

	mkdir -p "$3/lib/modules/$2"
	for file in modules.order modules.builtin modules.builtin.modinfo; do # newer packages lack them
		[[ -e $1/lib/modules/$2/$file ]] || : >"$1/lib/modules/$2/$file"
		cp "$1/lib/modules/$2/$file" "$3/lib/modules/$2/"
	done
	depmod -b "$1" "$2"
	for module in "${KERNEL_WANTS[@]}"; do # a module without a file is built in, or not available
		modprobe -d "$1" -S "$2" --show-depends "$module" 2>/dev/null || true
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' | while read -r file; do
		place=$3/lib/modules/$2/${file#*/lib/modules/"$2"/}
		mkdir -p "${place%/*}"
		place=${place%.xz}
		unpack_file "$file" >"${place%.zst}"
	done
	depmod -b "$3" "$2"
}

# fetch_cut DIR: from DIR/x (unpacked packages) to DIR/{vmlinuz,release,modules.cpio,lib/}. A kernel
# may be divided among packages, some of which use /lib and others /usr/lib.
fetch_cut() {
	local dir=$1 release image part

	release=$(find "$dir/x" -path '*/lib/modules/*/kernel' -type d -printf '%h\n' -quit)
	release=${release##*/}
	image=$(find "$dir/x" -name 'vmlinuz*' -type f -print -quit)
	[[ $release && $image ]] || return 1
	mv "$image" "$dir/vmlinuz"
	mkdir -p "$dir/t/lib/modules"
	for part in "$dir"/x{/lib,/usr/lib}/modules/"$release"; do
		[[ ! -d $part ]] || cp -al "$part" "$dir/t/lib/modules/"
	done
	fetch_modules "$dir/t" "$release" "$dir"
	(cd "$dir" && find lib | cpio -o -H newc --quiet -R 0:0) >"$dir/modules.cpio"
	rm -rf "$dir/t" "$dir/x"
	echo "$release" >"$dir/release"
}

# fetch_kernel NAME SUITE PACKAGE: sets KERNEL, a directory with vmlinuz, release, lib/modules and
# modules.cpio.
fetch_kernel() {
	local new=$CACHE/new.$$

	[[ $2 != own ]] || { fetch_own "$1" "${3%%:*}" "${3#*:}" && return; }
	KERNEL=$CACHE/$1
	[[ -s $KERNEL/release && $(<"$KERNEL/source") == "$2 $3" ]] && return
	say "fetching $3 of $2"
	rm -rf "$new" "$KERNEL"
	mkdir -p "$new"
	fetch_packages "$2" "$3" "$new" >"$CACHE/fetch.log" 2>&1 || {
		show_log "$CACHE/fetch.log"
		die "$3 of $2" "apt cannot fetch it" "is the archive within reach? see tests/kernels/list"
	}
	fetch_cut "$new" || die "$3 of $2" "holds no kernel" "name another package in tests/kernels/list"
	echo "$2 $3" >"$new/source"
	mv -T "$new" "$KERNEL"
}

# fetch_own NAME BZIMAGE MODULES: like fetch_kernel, for a custom kernel. Never cached, because a
# new build has the name of the previous one.
fetch_own() {
	local new=$CACHE/new.$$ modules

	KERNEL=$CACHE/own-$1
	modules=$(find -H "$3" -maxdepth 4 -name modules.order -type f -printf '%h\n' -quit)
	[[ $modules && -d $modules/kernel ]] ||
		die "$3" "no modules there" "run: make modules_install INSTALL_MOD_PATH=DIR"
	say "taking $2 with ${modules##*/}"
	rm -rf "$new" "$KERNEL"
	mkdir -p "$new/x/lib/modules/${modules##*/}"
	cp -a "$modules"/{kernel,modules.*} "$new/x/lib/modules/${modules##*/}/"
	cp "$2" "$new/x/vmlinuz"
	fetch_cut "$new" || die "$2" "is no kernel with modules" "give a bzImage and lib/modules/RELEASE"
	echo own >"$new/source"
	mv -T "$new" "$KERNEL"
}

# fetch_vmlinux VMLINUZ TO: the ELF image within a bzImage, for a start without decompression (PVH).
# The offsets are of the x86 boot protocol.
fetch_vmlinux() {
	local setup offset length from

	setup=$(od -An -tu1 -j 497 -N 1 "$1")
	read -r offset length < <(od -An -tu4 -j 584 -N 8 "$1")
	from=$(((setup + 1) * 512 + offset + 1))
	case $(od -An -tx1 -j $((from - 1)) -N 4 "$1") in
	' fd 37 7a 58') tail -c "+$from" "$1" | head -c "$length" | xz -dcq 2>/dev/null ;;
	' 28 b5 2f fd') tail -c "+$from" "$1" | head -c "$((length - 4))" | zstd -qdc ;;
	' 02 21 4c 18') tail -c "+$from" "$1" | head -c "$((length - 4))" | lz4 -qdc ;;
	*) return 1 ;;
	esac >"$2.new" || true # xz rejects the size that follows its stream
	[[ $(head -c 4 "$2.new") == $'\177ELF' ]] && mv "$2.new" "$2"
}
