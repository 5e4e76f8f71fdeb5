# shellcheck shell=bash
# shellcheck disable=SC2034 # TARGET is read by those who source this
# SPDX-License-Identifier: GPL-2.0-or-later
#
# docker.sh - the same Apache in a docker container, created by the daemon at a socket that the caller
# gives. We create the network, as with runc, so that the daemon needs neither a bridge nor a rule.

DOCKER_IMAGE=virtax-lab

# docker_image HOST: imports the image, from the same root file system.
docker_image() {
	docker -H "$1" image inspect "$DOCKER_IMAGE" >/dev/null 2>&1 ||
		tar -C "$ROOTFS" -c . | docker -H "$1" import - "$DOCKER_IMAGE" >/dev/null
}

# docker_up HOST: sets TARGET. Apache starts before its network does, and listens on any address.
docker_up() {
	local host=$1 name dir pid cgroup

	need_commands docker ip nsenter curl
	container_place
	docker_image "$host" || die "docker" "the image cannot be imported" "is the daemon at $host up?"
	lab_note docker "$host" "$name"
	lab_note link "$name"
	docker -H "$host" run -d --name "$name" --network none --log-driver none --read-only --tmpfs /run --tmpfs /tmp \
		-v "$dir/log:/var/log/apache2" "$DOCKER_IMAGE" "$HTTPD" -f /etc/httpd.conf -DFOREGROUND \
		>"$dir/docker.log" 2>&1 || {
		show_log "$dir/docker.log"
		die "docker" "run failed, see above" "does it run any container here?"
	}
	pid=$(docker -H "$host" inspect -f '{{.State.Pid}}' "$name")
	cgroup=$(process_cgroup "$pid")
	[[ $cgroup != /?* ]] || lab_note cgroup "$cgroup" # even if the daemon has exited
	container_network "$pid" "$name"
	container_serves docker "$dir/docker.log" "$cgroup"
	TARGET+=([engine]=docker)
}
