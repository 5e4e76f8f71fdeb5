// SPDX-License-Identifier: GPL-2.0-or-later
/* Network devices from netlink messages, including malformed ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>

#include "sys/netdev.h"

/* A block of netlink messages, appended one by one. */
static char block[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
static size_t used;

static struct nlmsghdr *message(int type)
{
	struct nlmsghdr *msg = (struct nlmsghdr *)(block + used);

	memset(msg, 0, NLMSG_SPACE(sizeof(struct ifinfomsg)));
	msg->nlmsg_type = type;
	msg->nlmsg_len = NLMSG_SPACE(sizeof(struct ifinfomsg));
	return msg;
}

static struct rtattr *attribute(struct nlmsghdr *msg, int type, const void *data, size_t n)
{
	struct rtattr *attr = (struct rtattr *)((char *)msg + NLMSG_ALIGN(msg->nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(n);
	memcpy(RTA_DATA(attr), data, n);
	msg->nlmsg_len = NLMSG_ALIGN(msg->nlmsg_len) + RTA_SPACE(n);
	return attr;
}

static void link_message(int ifindex, const char *name, const char *kind, int nsid)
{
	struct nlmsghdr *msg = message(RTM_NEWLINK);
	char info[64] __attribute__((aligned(4)));
	struct rtattr *inner = (struct rtattr *)info;

	((struct ifinfomsg *)NLMSG_DATA(msg))->ifi_index = ifindex;
	attribute(msg, IFLA_IFNAME, name, strlen(name) + 1);
	if (nsid >= 0)
		attribute(msg, IFLA_LINK_NETNSID, &nsid, sizeof(nsid));
	if (kind) {
		inner->rta_type = IFLA_INFO_KIND;
		inner->rta_len = RTA_LENGTH(strlen(kind) + 1);
		strcpy(RTA_DATA(inner), kind);
		attribute(msg, IFLA_LINKINFO | NLA_F_NESTED, info, RTA_ALIGN(inner->rta_len));
	}
	used += NLMSG_ALIGN(msg->nlmsg_len);
}

static void done_message(void)
{
	used += NLMSG_ALIGN(message(NLMSG_DONE)->nlmsg_len);
}

static int start(void **state)
{
	(void)state;
	used = 0;
	return 0;
}

static struct netdev_table *fresh(void)
{
	struct netdev_table *table = calloc(1, sizeof(*table));

	assert_non_null(table);
	return table;
}

static void test_links(void **state)
{
	struct netdev_table *table = fresh();
	const struct netdev *dev;

	(void)state;
	link_message(1, "lo", NULL, -1);
	link_message(8, "veth0", "veth", 3);
	done_message();
	assert_int_equal(netdev_table__parse(table, block, used), 1);
	assert_int_equal(table->n, 2);
	dev = netdev_table__by_name(table, "veth0");
	assert_int_equal(dev->ifindex, 8);
	assert_int_equal(dev->peer_nsid, 3);
	assert_string_equal(dev->kind, "veth");
	dev = netdev_table__by_index(table, 1);
	assert_string_equal(dev->name, "lo");
	assert_int_equal(dev->peer_nsid, -1);
	assert_string_equal(dev->kind, "");
	assert_null(netdev_table__by_name(table, "veth"));
	assert_null(netdev_table__by_index(table, 3));
	netdev_table__free(table);
	netdev_table__free(NULL);
}

static void test_more_blocks_follow(void **state)
{
	struct netdev_table *table = fresh();

	(void)state;
	link_message(1, "a", NULL, -1);
	assert_int_equal(netdev_table__parse(table, block, used), 0);
	assert_int_equal(netdev_table__parse(table, block, used), 0);
	assert_int_equal(table->n, 2);
	netdev_table__free(table);
}

static void test_error_message(void **state)
{
	struct netdev_table *table = fresh();

	(void)state;
	used += NLMSG_ALIGN(message(NLMSG_ERROR)->nlmsg_len);
	assert_int_equal(netdev_table__parse(table, block, used), -EIO);
	netdev_table__free(table);
}

/* Parses n bytes at the end of an allocation, so that the sanitizer detects overreads. */
static void parse_exactly(struct netdev_table *table, size_t n)
{
	char *exact = malloc(n ? n : 1);

	assert_non_null(exact);
	memcpy(exact, block, n);
	netdev_table__parse(table, exact, n);
	free(exact);
}

/* Whatever length a message claims, only the bytes received are read. */
static void test_lengths_that_lie(void **state)
{
	struct netdev_table *table = fresh();
	struct nlmsghdr *msg = (struct nlmsghdr *)block;
	uint32_t right;
	size_t cut;

	(void)state;
	link_message(8, "a-name-much-longer-than-any", "a-kind-longer-than-any", 3);
	right = msg->nlmsg_len;
	for (cut = 0; cut <= used; cut++)
		parse_exactly(table, cut);
	assert_int_equal(table->n, 1);
	assert_int_equal(strlen(table->dev[0].name), IF_NAMESIZE - 1);
	for (msg->nlmsg_len = 0; msg->nlmsg_len < right + 64; msg->nlmsg_len++) {
		parse_exactly(table, used);
		if (msg->nlmsg_len <= used) /* a message without its padding */
			parse_exactly(table, msg->nlmsg_len);
	}
	netdev_table__free(table);
}

#define FRESH(test) cmocka_unit_test_setup(test, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FRESH(test_links),
		FRESH(test_more_blocks_follow),
		FRESH(test_error_message),
		FRESH(test_lengths_that_lie),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
