// SPDX-License-Identifier: GPL-2.0-or-later
#include "cgroups/pod.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"

#define UID_LEN    36 /* 8-4-4-4-12 digits, with '_' for '-' in names of systemd's */
#define UID_STATIC 32 /* of a pod from the kubelet's own files: 32 digits */

static bool is_id(const char *text, size_t n, const char *digits)
{
	return strspn(text, digits) >= n;
}

/* "pod" + UID, "kubepods-burstable-pod" + UID + ".slice" */
static size_t kubernetes_uid(const char *part, size_t n, const char **ret)
{
	const char *at = part;

	if (n > 6 && !memcmp(part + n - 6, ".slice", 6))
		n -= 6;
	for (size_t len = UID_STATIC; len <= UID_LEN; len += UID_LEN - UID_STATIC) {
		if (n < len + 3)
			continue;
		at = part + n - len;
		if (!memcmp(at - 3, "pod", 3) && is_id(at, len, "0123456789abcdef-_") &&
		    (at - 3 == part || at[-4] == '-')) {
			*ret = at;
			return len;
		}
	}
	return 0;
}

/* Below "libpod_parent", or "machine-libpod_pod_" + id + ".slice". */
static size_t podman_id(const char *part, size_t n, bool below, const char **ret)
{
	static const char slice[] = "machine-libpod_pod_";

	*ret = below ? part : part + strlen(slice);
	if (below)
		return n == POD_ID_MAX && is_id(part, n, "0123456789abcdef") ? n : 0;
	if (n != strlen(slice) + POD_ID_MAX + strlen(".slice") || !str_starts(part, slice))
		return 0;
	return is_id(*ret, POD_ID_MAX, "0123456789abcdef") ? POD_ID_MAX : 0;
}

size_t cgroup_pod(const char *path, char ret_id[POD_ID_MAX + 1])
{
	bool kube = false, below = false;
	size_t found = 0;

	for (const char *part = path; *part == '/';) {
		size_t n = strcspn(++part, "/"), len = 0;
		const char *id = NULL;

		if (part[n] != '/') /* the container's own */
			break;
		kube |= memmem(part, n, "kubepods", 8) != NULL;
		if (kube)
			len = kubernetes_uid(part, n, &id);
		if (!len)
			len = podman_id(part, n, below, &id);
		below = n == strlen("libpod_parent") && !memcmp(part, "libpod_parent", n);
		part += n;
		if (!len)
			continue;
		found = (size_t)(part - path);
		for (size_t i = 0; i < len; i++)
			ret_id[i] = (char)(id[i] == '_' ? '-' : id[i]);
		ret_id[len] = '\0';
	}
	return found;
}
