/* SPDX-License-Identifier: Apache-2.0 */
/* The names of streams, and the sockets behind them. */
#include "lib/base/stream_name.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "lib/base/paths.h"
#include "lib/base/stream.h"

static const char *after(const char *s, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(s, prefix, n) ? NULL : s + n;
}

static char *parse_unix(const char *name, const char *path, struct stream_address *a)
{
    if (!*path) {
        return xasprintf("%s: the path of the socket is missing", name);
    }
    a->path = paths_in_rundir(path);
    return NULL;
}

static bool parse_port(const char *s, uint16_t *port)
{
    char *end;
    if (*s < '0' || *s > '9') {
        return false;
    }
    unsigned long n = strtoul(s, &end, 10);
    *port = (uint16_t) n;
    return !*end && n <= UINT16_MAX;
}

static bool set_ipv4(struct stream_address *a, const char *host, uint16_t port)
{
    struct sockaddr_in *in = (struct sockaddr_in *) &a->sockaddr;
    in->sin_family = AF_INET;
    in->sin_port = htons(port);
    a->length = sizeof *in;
    return inet_pton(AF_INET, host, &in->sin_addr) == 1;
}

/* 'host' may name the interface of a link-local address: "fe80::1%eth0". */
static bool set_ipv6(struct stream_address *a, char *host, uint16_t port)
{
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) &a->sockaddr;
    char *scope = strchr(host, '%');
    if (scope) {
        *scope++ = '\0';
        in6->sin6_scope_id = if_nametoindex(scope);
        if (!in6->sin6_scope_id) {
            return false;
        }
    }
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    a->length = sizeof *in6;
    return inet_pton(AF_INET6, host, &in6->sin6_addr) == 1;
}

/* 'host' is an IPv4 address, or an IPv6 address with or without brackets; it is overwritten. */
static bool set_host(struct stream_address *a, char *host, uint16_t port)
{
    size_t n = strlen(host);
    if (n > 1 && host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        return set_ipv6(a, host + 1, port);
    }
    return set_ipv4(a, host, port);
}

/* HOST[:PORT], the host in brackets if it is an IPv6 address. */
static char *parse_tcp(const char *name, const char *target, uint16_t port,
                       struct stream_address *a)
{
    char *host = xstrdup(target), *error = NULL;
    char *bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    char *colon = strchr(bracket ? bracket : host, ':');
    if (colon) {
        *colon++ = '\0';
    }
    if (colon && (!parse_port(colon, &port) || !port)) {
        error = xasprintf("%s: \"%s\" is not a port number", name, colon);
    } else if (!port) {
        error = xasprintf("%s: the port number is missing", name);
    } else if (!set_host(a, host, port)) {
        error = xasprintf("%s: the host is neither an IPv4 address nor an IPv6 address in brackets",
                          name);
    }
    free(host);
    return error;
}

/* [PORT][:HOST]. Without a host all IPv4 addresses are listened at, as OVS does. */
static char *parse_ptcp(const char *name, const char *target, uint16_t port,
                        struct stream_address *a)
{
    char *text = xstrdup(target), *error = NULL, any[] = "0.0.0.0";
    char *host = strchr(text, ':');
    if (host) {
        *host++ = '\0';
    }
    if (*text && !parse_port(text, &port)) {
        error = xasprintf("%s: \"%s\" is not a port number", name, text);
    } else if (!*text && !port) {
        error = xasprintf("%s: the port number is missing", name);
    } else if (!set_host(a, host ? host : any, port)) {
        error = xasprintf("%s: the host is neither an IPv4 address nor an IPv6 address in brackets",
                          name);
    }
    free(text);
    return error;
}

char *stream_name_parse(const char *name, bool passive, uint16_t default_port,
                        struct stream_address *a)
{
    const char *rest;
    memset(a, 0, sizeof *a);
    if ((rest = after(name, passive ? "punix:" : "unix:"))) {
        return parse_unix(name, rest, a);
    }
    rest = after(name, passive ? "pssl:" : "ssl:");
    a->tls = rest != NULL;
    if (rest || (rest = after(name, passive ? "ptcp:" : "tcp:"))) {
        return (passive ? parse_ptcp : parse_tcp)(name, rest, default_port, a);
    }
    return xasprintf("%s: not the name of %s stream, which begins with %s", name,
                     passive ? "a passive" : "an active",
                     passive ? "punix:, ptcp: or pssl:" : "unix:, tcp: or ssl:");
}

void stream_address_destroy(struct stream_address *a)
{
    free(a->path);
    a->path = NULL;
}

char *stream_name_from_sockaddr(const struct sockaddr_storage *ss, const char *kind)
{
    char text[INET6_ADDRSTRLEN] = "", host[INET6_ADDRSTRLEN + 2] = "";
    unsigned int port;
    if (ss->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) ss;
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
        port = ntohs(in6->sin6_port);
        inet_ntop(mapped ? AF_INET : AF_INET6,
                  mapped ? &in6->sin6_addr.s6_addr[12] : (const void *) &in6->sin6_addr, text,
                  sizeof text);
        snprintf(host, sizeof host, mapped ? "%s" : "[%s]", text);
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *) ss;
        port = ntohs(in->sin_port);
        inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    }
    return kind[0] == 'p' ? xasprintf("%s:%u:%s", kind, port, host) : xasprintf("%s:%s:%u", kind, host, port);
}

/* The address of 'path'. One that is too long is reached by way of its folder, which '*folder' then keeps open. */
static int unix_address(const char *path, struct sockaddr_un *un, int *folder)
{
    *folder = -1;
    un->sun_family = AF_UNIX;
    if (strlen(path) < sizeof un->sun_path) {
        strcpy(un->sun_path, path);
        return 0;
    }
    char *copy = xstrdup(path), *copy2 = xstrdup(path);
    int error = 0;
    *folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (*folder < 0) {
        error = errno;
    } else if (snprintf(un->sun_path, sizeof un->sun_path, "/proc/self/fd/%d/%s", *folder,
                        basename(copy2))
               >= (int) sizeof un->sun_path) {
        error = ENAMETOOLONG;
    }
    free(copy);
    free(copy2);
    return error;
}

/* bind() or connect() to a Unix socket's path. */
static int use_unix(int fd, const char *path, int (*use)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int folder;
    int error = unix_address(path, &un, &folder);
    if (!error && use(fd, (struct sockaddr *) &un, sizeof un)) {
        error = errno;
    }
    if (folder >= 0) {
        close(folder);
    }
    return error;
}

static int make_socket(const struct stream_address *a, int *fdp)
{
    int family = a->path ? AF_UNIX : a->sockaddr.ss_family, one = 1;
    *fdp = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fdp < 0) {
        return errno;
    }
    if (!a->path) {
        setsockopt(*fdp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
    return 0;
}

int stream_address_connect(const struct stream_address *a, int *fdp)
{
    int error = make_socket(a, fdp);
    if (error) {
        return error;
    }
    if (a->path) {
        error = use_unix(*fdp, a->path, connect);
    } else if (connect(*fdp, (const struct sockaddr *) &a->sockaddr, a->length)) {
        error = errno;
    }
    if (error && error != EINPROGRESS) {
        close(*fdp);
        *fdp = -1;
        return error;
    }
    return 0;
}

static int bind_tcp(int fd, const struct stream_address *a)
{
    int one = 1, zero = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a->sockaddr.ss_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof zero);
    }
    return bind(fd, (const struct sockaddr *) &a->sockaddr, a->length) ? errno : 0;
}

/* A socket's file that nobody listens at is replaced; one that answers is left alone. */
static int bind_unix(int fd, const struct stream_address *a)
{
    fchmod(fd, 0600); /* bind() gives the file this mode from the start */
    int error = use_unix(fd, a->path, bind);
    if (error == EADDRINUSE) {
        struct stat st;
        int probe;
        int probed = stream_address_connect(a, &probe);
        if (!probed) {
            close(probe);
        } else if (probed == ECONNREFUSED && !lstat(a->path, &st) && S_ISSOCK(st.st_mode)
                   && !unlink(a->path)) {
            error = use_unix(fd, a->path, bind);
        }
    }
    return error;
}

int stream_address_bind(const struct stream_address *a, int *fdp)
{
    int error = make_socket(a, fdp);
    if (!error) {
        error = a->path ? bind_unix(*fdp, a) : bind_tcp(*fdp, a);
        if (error) {
            close(*fdp);
            *fdp = -1;
        }
    }
    return error;
}

int stream_name_connect(const char *name, uint16_t default_port, int *fdp, char **errorp)
{
    struct stream_address a;
    *errorp = stream_name_parse(name, false, default_port, &a);
    if (*errorp) {
        stream_address_destroy(&a);
        return EINVAL;
    }
    int error = a.tls ? EPROTONOSUPPORT : stream_address_connect(&a, fdp);
    if (error) {
        *errorp = xasprintf("%s: connection failed (%s)", name, strerror(error));
    }
    stream_address_destroy(&a);
    return error;
}

bool stream_name_is_active(const char *name)
{
    return after(name, "unix:") || after(name, "tcp:") || after(name, "ssl:");
}

bool stream_name_is_passive(const char *name)
{
    return after(name, "punix:") || after(name, "ptcp:") || after(name, "pssl:");
}
