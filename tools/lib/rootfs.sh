# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rootfs.sh - the one small root file system that the container and the guest share: this
# machine's own Apache, its modules and libraries, and busybox. So all three targets run the same
# binary with the same configuration, and no registry is needed.

ROOTFS= # set by rootfs_ready

HTTPD=/usr/sbin/apache2
HTTPD_MODULES=/usr/lib/apache2/modules
HTTPD_LOADS=(mpm_event authz_core dir)

# httpd_conf LISTEN WWW LOG RUN: the same server in all targets except for these places. Requests
# for /.lab/ (is it up? what is in the log?) are not logged. The pool is so small that the demo's
# load forks no second child, and large enough for the tests.
httpd_conf() {
	local m

	cat <<-EOF
	ServerRoot /
	ServerName virtax-demo
	Listen $1
	DocumentRoot $2
	DefaultRuntimeDir $4
	PidFile $4/httpd.pid
	ErrorLog $3/error.log
	LogFormat "%h %t \"%r\" %>s %b" lab
	CustomLog $3/access.log lab "expr=!(%{REQUEST_URI} =~ m#^/\.lab/#)"
	User www-data
	Group www-data
	EOF
	for m in "${HTTPD_LOADS[@]}"; do
		echo "LoadModule ${m}_module $HTTPD_MODULES/mod_$m.so"
	done
	cat <<-'EOF'
	StartServers 1
	ServerLimit 4
	ThreadsPerChild 16
	ThreadLimit 16
	MinSpareThreads 4
	MaxSpareThreads 64
	MaxRequestWorkers 64
	KeepAlive On
	KeepAliveTimeout 60
	MaxKeepAliveRequests 0
	DirectoryIndex index.html
	ForceType text/html
	<Directory />
	  Require all granted
	</Directory>
	EOF
}

# httpd_www DIR LOG: creates the documents. The log is one of them, because the files of a guest are
# not visible from outside.
httpd_www() {
	mkdir -p "$1/.lab"
	printf '<html><body><p>%01990d</p></body></html>\n' 0 >"$1/index.html"
	echo ready >"$1/.lab/ready"
	ln -sfn "$2/access.log" "$1/.lab/access.log"
	head -c 65536 /dev/zero | tr '\0' x >"$1/64k"
}

# The contents of the root file system, one absolute path per line.
rootfs_files() {
	local -a programs=("$HTTPD")
	local m

	for m in "${HTTPD_LOADS[@]}"; do
		programs+=("$HTTPD_MODULES/mod_$m.so")
	done
	printf '%s\n' "${programs[@]}"
	# libgcc_s: loaded by libc itself, when a thread is cancelled
	{
		ldd "${programs[@]}"
		ldconfig -p | awk '/libgcc_s\.so\.1/ && !n++ { print $NF }' # reads to the end: no SIGPIPE
	} | grep -oE '/[^ :]+\.so[^ :]*' | grep -vF "$HTTPD_MODULES/" | sort -u
}

rootfs_build() {
	local dir=$1 file

	mkdir -p "$dir"/{bin,dev,etc,proc,run,sys,tmp,root,srv/www,var/log/apache2,lib/modules}
	while read -r file; do
		mkdir -p "$dir${file%/*}"
		cp -L "$file" "$dir$file"
	done
	cp -L "$(type -P busybox)" "$dir/bin/busybox"
	"$dir/bin/busybox" --list | while read -r file; do
		[[ $file == busybox ]] || ln -s busybox "$dir/bin/$file"
	done
	printf 'root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/srv/www:/bin/false\n' >"$dir/etc/passwd"
	printf 'root:x:0:\nwww-data:x:33:\n' >"$dir/etc/group"
	echo '127.0.0.1 localhost' >"$dir/etc/hosts"
	httpd_conf 80 /srv/www /var/log/apache2 /run >"$dir/etc/httpd.conf"
	httpd_www "$dir/srv/www" /var/log/apache2
}

# rootfs_ready: builds it if this machine's Apache, or this file, has changed since the cached one
# was built. Several processes may fill the cache at once, so an entry is either complete or absent.
rootfs_ready() {
	local files key

	need_commands busybox ldd
	[[ -x $HTTPD ]] || die "$HTTPD" "not installed" "run: $LAB_TOP/tools/install-packages demo"
	files=$(rootfs_files)
	# shellcheck disable=SC2086
	key=$({
		stat -L -c '%n %s %Y' $files "$(type -P busybox)"
		cat "${BASH_SOURCE[0]}"
	} | sha256sum | cut -c -16)
	ROOTFS=$LAB_CACHE/rootfs-$key
	[[ -d $ROOTFS ]] && return
	cache_tmp
	rootfs_build "$CACHE_TMP" <<<"$files"
	mv -T "$CACHE_TMP" "$ROOTFS" 2>/dev/null || rm -rf "$CACHE_TMP" # another process was faster
}
