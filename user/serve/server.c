// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/server.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/mhd_api.h"

#define SECOND_NS 1000000000ull
#define SPARE     8 /* so many places are kept free for those who come */
#define IDLE_S    10

struct connection {
	struct MHD_Connection *mhd;
	int fd;
	bool shut;
	uint64_t began_ns;
	void *waits_for; /* NULL: it does not wait */
	uint64_t due_ns; /* 0: it is not suspended any more */
};

struct server {
	struct mhd_api api;
	struct MHD_Daemon *daemon;
	int epoll, timer;
	struct server_calls calls;
	struct connection connection[SERVER_CONNECTIONS];
	size_t n;
};

/* ---- requests ---- */

static void drop_body(void *body)
{
	body__drop(body);
}

static enum MHD_Result queue(struct server *server, struct MHD_Connection *connection,
			     const struct server_reply *reply)
{
	const struct mhd_api *api = &server->api;
	struct MHD_Response *response;
	enum MHD_Result ok;

	if (!reply->body)
		return MHD_NO;
	response = api->create_response_from_buffer_with_free_callback_cls(
		reply->body->len, reply->body->text, drop_body, reply->body);
	if (!response) {
		body__drop(reply->body);
		return MHD_NO;
	}
	api->add_response_header(response, "Content-Type", reply->type);
	api->add_response_header(response, "Connection", "close");
	api->add_response_header(response, "Cache-Control", "no-store");
	api->add_response_header(response, "X-Content-Type-Options", "nosniff");
	api->add_response_header(response, "Vary", "Accept, Accept-Encoding");
	if (reply->gzip)
		api->add_response_header(response, "Content-Encoding", "gzip");
	if (reply->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		api->add_response_header(response, "Allow", "GET, HEAD");
	ok = api->queue_response(connection, reply->status, response);
	api->destroy_response(response);
	return ok;
}

static struct connection *find(struct server *server, const struct MHD_Connection *mhd)
{
	for (size_t i = 0; i < server->n; i++)
		if (server->connection[i].mhd == mhd)
			return &server->connection[i];
	return NULL;
}

/* The library repeats the request once the connection is resumed. */
static enum MHD_Result suspend(struct server *server, struct connection *connection,
			       const struct server_reply *reply)
{
	if (!connection) {
		server->calls.gone(server->calls.context, reply->wait_for);
		return MHD_NO;
	}
	connection->waits_for = reply->wait_for;
	connection->due_ns = clock_ns(CLOCK_MONOTONIC) + reply->wait_ns;
	server->api.suspend_connection(connection->mhd);
	return MHD_YES;
}

/* The request is complete as far as its header; whatever else it brings is not read. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
				  const char *method, const char *version, const char *upload_data,
				  size_t *upload_data_size, void **state)
{
	struct server *server = context;
	const struct mhd_api *api = &server->api;
	struct server_reply reply = {.status = MHD_HTTP_METHOD_NOT_ALLOWED};
	struct server_request request = {
		.path = url,
		.accept = api->lookup_connection_value(connection, MHD_HEADER_KIND, "Accept"),
		.encodings = api->lookup_connection_value(connection, MHD_HEADER_KIND,
							  "Accept-Encoding"),
		.seconds =
			api->lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, "seconds")};
	struct connection *known = find(server, connection);

	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		request.path = NULL;
	if (known && known->shut)
		return MHD_NO;
	if (known) {
		request.waited = known->waits_for;
		known->waits_for = NULL;
	}
	server->calls.answer(server->calls.context, &request, &reply);
	return reply.wait_for ? suspend(server, known, &reply) : queue(server, connection, &reply);
}

/* ---- connections ---- */

/* The library sees the end of the connection and closes it. */
static void shut(struct connection *connection)
{
	if (!connection->shut)
		shutdown(connection->fd, SHUT_RDWR);
	connection->shut = true;
}

static void shut_oldest(struct server *server)
{
	struct connection *oldest = NULL;

	for (size_t i = 0; i < server->n; i++) {
		struct connection *one = &server->connection[i];

		if (!one->shut && !one->waits_for && (!oldest || one->began_ns < oldest->began_ns))
			oldest = one;
	}
	if (oldest)
		shut(oldest);
}

static void shut_overdue(struct server *server)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < server->n; i++)
		if (!server->connection[i].waits_for &&
		    now - server->connection[i].began_ns > SERVER_SECONDS * SECOND_NS)
			shut(&server->connection[i]);
}

/* The library does not look at a suspended connection. */
static bool has_gone(const struct connection *connection)
{
	struct pollfd fd = {.fd = connection->fd, .events = POLLRDHUP};

	return poll(&fd, 1, 0) > 0;
}

static void resume(struct server *server, struct connection *connection)
{
	connection->due_ns = 0;
	connection->began_ns = clock_ns(CLOCK_MONOTONIC);
	server->api.resume_connection(connection->mhd);
}

static void release_window(struct server *server, struct connection *connection)
{
	if (connection->waits_for)
		server->calls.gone(server->calls.context, connection->waits_for);
	connection->waits_for = NULL;
}

/* Resumes connections whose time is over or whose client has closed. */
static void resume_waiting(struct server *server)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (size_t i = 0; i < server->n; i++) {
		struct connection *connection = &server->connection[i];

		if (!connection->due_ns)
			continue;
		if (has_gone(connection)) {
			release_window(server, connection);
			shut(connection);
			resume(server, connection);
		} else if (now >= connection->due_ns) {
			resume(server, connection);
		}
	}
}

static void on_connection(void *context, struct MHD_Connection *connection, void **state,
			  enum MHD_ConnectionNotificationCode code)
{
	struct server *server = context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED && server->n < SERVER_CONNECTIONS) {
		const union MHD_ConnectionInfo *info = server->api.get_connection_info(
			connection, MHD_CONNECTION_INFO_CONNECTION_FD);

		server->connection[server->n++] =
			(struct connection){.mhd = connection,
					    .fd = info->connect_fd,
					    .began_ns = clock_ns(CLOCK_MONOTONIC)};
		if (server->n > SERVER_CONNECTIONS - SPARE)
			shut_oldest(server);
	}
	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct connection *closed = find(server, connection);

		if (!closed)
			return;
		release_window(server, closed);
		*closed = server->connection[--server->n];
	}
}

/* ---- the server ---- */

static int add_fd(struct server *server, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int start(struct server *server, int listen_fd)
{
	const union MHD_DaemonInfo *info;
	int err;

	server->daemon = server->api.start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, server,
		MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned int)SERVER_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned int)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)SERVER_HEADER,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
	if (!server->daemon)
		return errno ? -errno : -EIO;
	info = server->api.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	err = info ? add_fd(server, info->epoll_fd) : -EIO;
	return err ? err : add_fd(server, server->timer);
}

int server__open(struct server **ret, int listen_fd, const struct server_calls *calls,
		 struct verr *ret_err)
{
	struct server *server = calloc(1, sizeof(*server));
	int err;

	if (!server)
		return -ENOMEM;
	server->calls = *calls;
	server->epoll = epoll_create1(EPOLL_CLOEXEC);
	server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	*ret = server;
	err = server->epoll < 0 || server->timer < 0 ? -errno
						     : mhd_api__open(&server->api, ret_err);
	if (!err)
		err = start(server, listen_fd);
	if (!err)
		return 0;
	server__free(server);
	*ret = NULL;
	return ret_err->msg[0] ? err
			       : verr_set(ret_err, err, "serve: cannot start: %s", strerror(-err));
}

int server__fd(const struct server *server)
{
	return server->epoll;
}

/* When the first waiting connection is due, in ns from now: at most a second. */
static uint64_t next_due_ns(const struct server *server)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), least = SECOND_NS;

	for (size_t i = 0; i < server->n; i++) {
		uint64_t due = server->connection[i].due_ns;

		if (due && due < now + least)
			least = due > now ? due - now : 1;
	}
	return least;
}

/* What is due later although nothing is readable. */
static void set_timer(struct server *server)
{
	uint64_t ns = server->n ? next_due_ns(server) : 0;
	struct itimerspec when = {};
	MHD_UNSIGNED_LONG_LONG ms;

	if (server->api.get_timeout(server->daemon, &ms) == MHD_YES && ms * 1000000 < SECOND_NS &&
	    (!ns || ms * 1000000 < ns))
		ns = ms ? ms * 1000000 : 1;
	when.it_value.tv_sec = (time_t)(ns / SECOND_NS);
	when.it_value.tv_nsec = (long)(ns % SECOND_NS);
	timerfd_settime(server->timer, 0, &when, NULL);
}

void server__run(struct server *server)
{
	uint64_t ticks;

	(void)!read(server->timer, &ticks, sizeof(ticks));
	shut_overdue(server);
	resume_waiting(server);
	server->api.run(server->daemon);
	set_timer(server);
}

void server__free(struct server *server)
{
	if (!server)
		return;
	/* The library wants no connection to be suspended when it ends. */
	for (size_t i = 0; i < server->n; i++) {
		release_window(server, &server->connection[i]);
		shut(&server->connection[i]);
		if (server->connection[i].due_ns)
			resume(server, &server->connection[i]);
	}
	if (server->daemon)
		server->api.stop_daemon(server->daemon);
	if (server->epoll >= 0)
		close(server->epoll);
	if (server->timer >= 0)
		close(server->timer);
	free(server);
}
