# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel.sh - a kernel for a guest, from a Debian package: fetched by apt (which checks its signature),
# unpacked into the cache and never installed.

KERNEL= # set by kernel_ready: a directory with vmlinuz, release and modules/*.ko

# In the order in which they can be inserted.
KERNEL_MODULES=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci
	failover net_failover virtio_net rng-core virtio-rng)

# kernel_packages PACKAGE: prints it and its dependencies that contain parts of a kernel. If the
# package stands for the newest kernel, that is the kernel's package; if a kernel is divided among
# several packages, these.
kernel_packages() {
	local -A seen=()
	local -a todo=("$1")
	local package deps

	while ((${#todo[@]})); do
		package=${todo[0]}
		todo=("${todo[@]:1}")
		[[ $package && -z ${seen[$package]-} && $(apt-cache policy "$package" 2>/dev/null) ]] || continue
		seen[$package]=1
		printf '%s\n' "$package"
		deps=$(apt-cache depends --no-recommends --no-suggests "$package" |
			awk '$1 == "Depends:" && $2 ~ /^linux-(image|binary|modules)-[0-9]/ { print $2 }')
		mapfile -t -O "${#todo[@]}" todo <<<"$deps"
	done
}

# kernel_download PACKAGE DIR
kernel_download() {
	local -a packages

	mapfile -t packages < <(kernel_packages "$1")
	((${#packages[@]})) || return 1
	lab_wait "$2/apt.log" env -C "$2" apt-get -q -o APT::Sandbox::User=root download "${packages[@]}"
}

kernel_unpack() {
	local dir=$1 deb image module file

	for deb in "$dir"/*.deb; do
		dpkg -x "$deb" "$dir/x"
	done
	image=$(find "$dir/x" -name 'vmlinuz*' -type f -print -quit)
	[[ $image ]] || return 1
	mkdir "$dir/modules"
	cp "$image" "$dir/vmlinuz"
	for module in "${KERNEL_MODULES[@]}"; do
		file=$(find "$dir/x" -name "$module.ko*" -type f -print -quit)
		case $file in
		*.ko) cp "$file" "$dir/modules/" ;;
		*.xz) xz -dc "$file" >"$dir/modules/$module.ko" ;;
		*.zst) zstd -qdc "$file" >"$dir/modules/$module.ko" ;;
		esac # a module without a file is built in
	done
	find "$dir/x" -path '*/modules/*/kernel' -type d -printf '%h\n' -quit | sed "s|.*/||" >"$dir/release"
	rm -rf "$dir/x" "$dir"/*.deb
}

# kernel_fetch PACKAGE DIR. The package lists are refreshed if it fails with the existing ones.
kernel_fetch() {
	kernel_download "$1" "$2" && return
	lab_wait "$2/apt.log" apt-get -q update
	kernel_download "$1" "$2"
}

# kernel_is_ready [PACKAGE]: succeeds if kernel_ready would not have to fetch it.
kernel_is_ready() {
	[[ -s $LAB_CACHE/kernel-${1:-linux-image-cloud-amd64}/vmlinuz ]]
}

# kernel_ready [PACKAGE]: sets KERNEL. Fetched once; a newer version of the package is ignored until
# the cache is removed.
kernel_ready() {
	local package=${1:-linux-image-cloud-amd64}

	KERNEL=$LAB_CACHE/kernel-$package
	kernel_is_ready "$package" && return
	need_commands apt-get apt-cache dpkg xz zstd
	cache_tmp
	kernel_fetch "$package" "$CACHE_TMP" || {
		show_log "$CACHE_TMP/apt.log"
		die "$package" "apt cannot fetch it" "the guest needs it once; or leave the guest out: --no-vm"
	}
	kernel_unpack "$CACHE_TMP" || die "$package" "holds no kernel" "name another package"
	mv -T "$CACHE_TMP" "$KERNEL" 2>/dev/null || rm -rf "$CACHE_TMP" # another process was faster
}
