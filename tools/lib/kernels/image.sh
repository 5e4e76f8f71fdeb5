# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# image.sh - the disk of the host under test: this machine's own Debian packages and their
# dependencies, copied file by file. So nothing is downloaded, and the libraries are those that virtax
# was linked with.

IMAGE= # set by image_ready

IMAGE_PACKAGES=(bash dash coreutils util-linux mount procps grep sed mawk tar kmod iproute2 jq curl runc libc-bin
	apache2-bin apache2-utils qemu-system-x86 busybox-static python3-pytest python3-jsonschema
	bpftool libbpf1 libelf1 libdw1 zlib1g libjansson4 libgsl27 libncursesw6 libcap2 libseccomp2 libmicrohttpd12
	python3-prometheus-client e2fsprogs)

# Documents, translations and the like are not needed; they are a third of the whole.
IMAGE_WITHOUT='^/usr/share/(doc|man|info|locale|lintian|bug|iso-codes|zoneinfo|xml|bash-completion)/'

# Of alternatives and virtual packages, take only those that are installed.
image_packages() {
	local all

	all=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances "${IMAGE_PACKAGES[@]}" | grep -v '^[ <|]' | sort -u)
	# shellcheck disable=SC2086
	dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' $all 2>/dev/null | sed -n 's/^installed //p'
}

# Directories of / that are links into /usr must be links before files are copied through them.
image_skeleton() {
	local name

	mkdir -p "$1"/{proc,sys,dev,run,tmp,root,lab,srv,etc,usr/lib/modules,var/tmp,var/lib,var/log}
	for name in bin sbin lib lib32 lib64 libx32; do
		[[ ! -L /$name ]] || { mkdir -p "$1/usr/$name" && ln -s "usr/$name" "$1/$name"; }
	done
}

# image_fill DIR PACKAGE...: files that are listed but missing (excluded by dpkg's configuration)
# are left out.
image_fill() {
	local dir=$1
	shift

	dpkg-query -L "$@" | grep -vE "$IMAGE_WITHOUT" | sort -u | while read -r file; do
		[[ ! -f $file && ! -L $file ]] || printf '%s\0' "$file"
	done >"$dir.files"
	tar -C / --null --no-recursion -T "$dir.files" -cf - 2>/dev/null | tar -C "$dir" --keep-directory-symlink -xf -
	rm -f "$dir.files"
	# awk and similar links belong to no package
	find /usr/bin /usr/sbin /etc/alternatives -type l \( -lname '/etc/alternatives/*' -o -path '/etc/*' \) -print0 |
		tar -C / --null -T - -cf - 2>/dev/null | tar -C "$dir" --keep-directory-symlink -xf -
	[[ -e $dir/bin/sh ]] || ln -s dash "$dir/bin/sh"
	printf 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/srv/www:/bin/false\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nwww-data:x:33:\n' >"$dir/etc/group"
	echo '127.0.0.1 localhost' >"$dir/etc/hosts"
	echo l1 >"$dir/etc/hostname"
	ln -sf /proc/self/mounts "$dir/etc/mtab"
	cp -a "$ROOTFS" "$dir/srv/apache"
	ldconfig -r "$dir"
	/usr/bin/python3 -m compileall -q "$dir"/usr/lib/python3* >/dev/null || true # slow in the machine
}

# image_ready: built once, and again when a package or this file has changed. Needs ROOTFS. The file
# system has no journal, because nothing is ever written back.
image_ready() {
	local -a packages
	local key new=$CACHE/new.$$ megabytes

	mapfile -t packages < <(image_packages)
	key=$({
		dpkg-query -W "${packages[@]}" 2>/dev/null
		echo "$ROOTFS"
		cat "${BASH_SOURCE[0]}"
	} | sha256sum | cut -c -16)
	IMAGE=$CACHE/image-$key.ext4
	[[ -s $IMAGE ]] && return
	say "building the disk of the host under test from ${#packages[@]} packages"
	rm -rf "$new" "$CACHE"/image-*.ext4
	mkdir -p "$new"
	image_skeleton "$new"
	image_fill "$new" "${packages[@]}"
	megabytes=$(($(du -sm "$new" | cut -f 1) * 115 / 100 + 64))
	mke2fs -q -t ext4 -O ^has_journal,^metadata_csum -E lazy_itable_init=1 -m 0 -d "$new" "$new.ext4" \
		"${megabytes}M"
	mv "$new.ext4" "$IMAGE"
	rm -rf "$new"
}
