// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/cgroupname.h"

#include <ctype.h>
#include <string.h>

#include "base/array.h"

const char *const container_runtime[CONTAINER_KINDS] = {
	[CONTAINER_NONE] = "",
	[CONTAINER_OCI] = "oci",
	[CONTAINER_DOCKER] = "docker",
	[CONTAINER_PODMAN] = "podman",
	[CONTAINER_CONTAINERD] = "containerd",
	[CONTAINER_CRIO] = "cri-o",
	[CONTAINER_RUNC] = "runc",
	[CONTAINER_CRUN] = "crun",
	[CONTAINER_LXC] = "lxc",
	[CONTAINER_NSPAWN] = "nspawn",
	[CONTAINER_LIBVIRT_LXC] = "libvirt-lxc",
};

#define ID_LENGTH 64

/* A component of the path. */
struct part {
	const char *s;
	size_t n;
};

bool cgroupname_is_id(const char *s, size_t n)
{
	size_t i;

	if (n != ID_LENGTH)
		return false;
	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)s[i]))
			return false;
	}
	return true;
}

static bool part_is(struct part part, const char *word)
{
	return part.n == strlen(word) && !memcmp(part.s, word, part.n);
}

static bool part_starts(struct part part, const char *word)
{
	return part.n > strlen(word) && !memcmp(part.s, word, strlen(word));
}

/* Cuts `word` off the front; false if it is not there or is all there is. */
static bool part_cut(struct part *part, const char *word)
{
	if (!part_starts(*part, word))
		return false;
	part->s += strlen(word);
	part->n -= strlen(word);
	return true;
}

static bool part_cut_end(struct part *part, const char *word)
{
	size_t n = strlen(word);

	if (part->n <= n || memcmp(part->s + part->n - n, word, n))
		return false;
	part->n -= n;
	return true;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* systemd writes bytes that a unit name cannot hold as \xNN. NUL and '/' stay escaped. */
static void set_id(struct container_match *ret, struct part part, bool unescape)
{
	size_t i, n = 0;
	int c;

	for (i = 0; i < part.n && n + 1 < sizeof(ret->id); i++) {
		c = (unsigned char)part.s[i];
		if (unescape && c == '\\' && i + 3 < part.n && part.s[i + 1] == 'x' &&
		    isxdigit((unsigned char)part.s[i + 2]) &&
		    isxdigit((unsigned char)part.s[i + 3])) {
			c = hex(part.s[i + 2]) * 16 + hex(part.s[i + 3]);
			if (c && c != '/')
				i += 3;
			else
				c = '\\';
		}
		ret->id[n++] = c;
	}
	ret->id[n] = '\0';
}

/* PREFIX + 64 digits [+ ".scope"], as the systemd cgroup drivers write it; podman also without. */
static bool match_prefixed(struct part part, struct container_match *ret)
{
	static const struct {
		const char *prefix;
		enum container_kind kind;
	} known[] = {
		{"docker-", CONTAINER_DOCKER},
		{"libpod-", CONTAINER_PODMAN},
		{"cri-containerd-", CONTAINER_CONTAINERD},
		{"nerdctl-", CONTAINER_CONTAINERD},
		{"crio-", CONTAINER_CRIO},
	};
	struct part rest;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		rest = part;
		if (!part_cut(&rest, known[i].prefix))
			continue;
		part_cut_end(&rest, ".scope");
		if (!cgroupname_is_id(rest.s, rest.n)) /* libpod-conmon-…, crio-conmon-… */
			return false;
		ret->kind = known[i].kind;
		set_id(ret, rest, false);
		return true;
	}
	return false;
}

/* "kubepods-….slice:cri-containerd:ID": a systemd path given to a cgroupfs driver. */
static bool match_colons(struct part part, struct container_match *ret)
{
	const char *colon = memrchr(part.s, ':', part.n);
	struct part id;

	if (!colon)
		return false;
	id.s = colon + 1;
	id.n = part.s + part.n - id.s;
	if (!cgroupname_is_id(id.s, id.n))
		return false;
	part.n = colon - part.s;
	if (part_cut_end(&part, ":cri-containerd") || part_cut_end(&part, ":nerdctl"))
		ret->kind = CONTAINER_CONTAINERD;
	else if (part_cut_end(&part, ":crio"))
		ret->kind = CONTAINER_CRIO;
	else if (part_cut_end(&part, ":docker"))
		ret->kind = CONTAINER_DOCKER;
	else
		ret->kind = CONTAINER_OCI;
	set_id(ret, id, false);
	return true;
}

static bool match_bare_id(struct part part, struct part parent, struct container_match *ret)
{
	if (!cgroupname_is_id(part.s, part.n))
		return false;
	ret->kind = part_is(parent, "docker") ? CONTAINER_DOCKER : CONTAINER_OCI;
	set_id(ret, part, false);
	return true;
}

static bool match_lxc(struct part part, struct part parent, struct container_match *ret)
{
	/* "lxc.payload.NAME"; before 4.0 "lxc/NAME", and for a while "lxc.payload/NAME". */
	if (!part_cut(&part, "lxc.payload.") && !part_is(parent, "lxc") &&
	    !part_is(parent, "lxc.payload"))
		return false;
	ret->kind = CONTAINER_LXC;
	ret->named = true;
	set_id(ret, part, false);
	return true;
}

/* machine.slice: nspawn's units and libvirt's containers, but not its VMs. */
static bool match_machine(struct part part, struct container_match *ret)
{
	size_t skip;

	if (part_cut(&part, "systemd-nspawn@")) {
		if (!part_cut_end(&part, ".service"))
			return false;
		ret->kind = CONTAINER_NSPAWN;
	} else if (part_cut(&part, "machine-lxc\\x2d")) {
		if (!part_cut_end(&part, ".scope"))
			return false;
		ret->kind = CONTAINER_LIBVIRT_LXC;
		for (skip = 0; skip < part.n && isdigit((unsigned char)part.s[skip]); skip++)
			;
		if (skip + 4 < part.n && !memcmp(part.s + skip, "\\x2d", 4)) {
			part.s += skip + 4;
			part.n -= skip + 4;
		}
	} else if (part_cut(&part, "machine-")) {
		if (part_starts(part, "qemu") || !part_cut_end(&part, ".scope"))
			return false;
		ret->kind = CONTAINER_NSPAWN;
	} else {
		return false;
	}
	ret->named = true;
	set_id(ret, part, true);
	return true;
}

static bool match_part(struct part part, struct part parent, struct container_match *ret)
{
	return match_bare_id(part, parent, ret) || match_prefixed(part, ret) ||
	       match_colons(part, ret) || match_lxc(part, parent, ret) || match_machine(part, ret);
}

/* Moves to the next component. False at the end of the path. */
static bool part_next(const char *path, size_t n, struct part *part)
{
	const char *s = part->s ? part->s + part->n : path, *end = path + n;

	while (s < end && *s == '/')
		s++;
	part->s = s;
	while (s < end && *s != '/')
		s++;
	part->n = s - part->s;
	return part->n;
}

/* A bare id below a component that identifies the runtime. */
static void refine(struct container_match *ret, bool kubepods, bool libpod)
{
	if (ret->kind == CONTAINER_OCI && libpod)
		ret->kind = CONTAINER_PODMAN;
	else if (ret->kind == CONTAINER_OCI && kubepods)
		ret->kind = CONTAINER_CONTAINERD;
}

bool cgroupname_match(const char *path, size_t n, struct container_match *ret)
{
	struct part part = {0}, parent = {0};
	bool kubepods = false, libpod = false;
	struct container_match inner;

	memset(ret, 0, sizeof(*ret));
	while (part_next(path, n, &part) && !part_starts(part, "lxc.monitor")) {
		memset(&inner, 0, sizeof(inner));
		if (match_part(part, parent, &inner)) {
			refine(&inner, kubepods, libpod);
			inner.n_top = part.s + part.n - path;
			inner.depth = ret->depth + 1;
			*ret = inner;
			kubepods = libpod = false;
		}
		kubepods |= part_is(part, "kubepods") || part_is(part, "kubepods.slice");
		libpod |= part_is(part, "libpod_parent");
		parent = part;
	}
	return ret->depth;
}

size_t cgroupname_vm_top(const char *path, size_t n)
{
	struct part part = {0}, parent = {0};

	while (part_next(path, n, &part)) {
		if ((part_starts(part, "machine-qemu") && part.n > 6 &&
		     !memcmp(part.s + part.n - 6, ".scope", 6)) ||
		    part_is(parent, "qemu.slice"))
			return part.s + part.n - path;
		parent = part;
	}
	return 0;
}
