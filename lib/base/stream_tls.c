/* SPDX-License-Identifier: Apache-2.0 */
/* TLS below a stream. */
#include "lib/base/stream_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "lib/base/bytequeue.h"
#include "lib/base/loop.h"
#include "lib/base/mem.h"
#include "lib/base/tls.h"

/* Received and not taken; libevent reads no more beyond it. */
enum { MAX_UNREAD = 64 << 10 };

struct stream_tls {
    SSL *ssl;
    struct bufferevent *bev;
    void (*wake)(void *aux);
    void *aux;
    enum stream_tls_state state;
    bool bootstrap;
    int error;
    char *text;
};

static void end(struct stream_tls *tls, int error, char *text)
{
    if (tls->state != STREAM_TLS_ENDED) {
        tls->state = STREAM_TLS_ENDED;
        tls->error = error;
        tls->text = text;
    } else {
        free(text);
    }
}

/* What an error of OpenSSL says to somebody who has to mend it. */
static char *explain(const struct stream_tls *tls, unsigned long error)
{
    const char *during = tls->state == STREAM_TLS_HANDSHAKE ? "the TLS handshake failed" : "TLS failed";
    int reason = ERR_GET_REASON(error);
    long verified = SSL_get_verify_result(tls->ssl);
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        return xasprintf("%s: the peer's certificate is not accepted (%s)", during, X509_verify_cert_error_string(verified));
    }
    if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        return xasprintf("%s: the peer presents no certificate", during);
    }
    if (reason >= SSL_AD_REASON_OFFSET) {
        return xasprintf("%s: the peer refuses it (%s)", during, SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    }
    const char *words = ERR_reason_error_string(error);
    return xasprintf("%s (%s)", during, words ? words : "without a reason");
}

static void end_with_error(struct stream_tls *tls)
{
    int system_error = errno;
    unsigned long error = bufferevent_get_openssl_error(tls->bev);
    while (bufferevent_get_openssl_error(tls->bev)) {
    }
    ERR_clear_error();
    if (error && ERR_GET_REASON(error) != SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        end(tls, EPROTO, explain(tls, error));
    } else if (tls->state == STREAM_TLS_HANDSHAKE) {
        end(tls, ECONNRESET, xstrdup("the peer closed the connection during the TLS handshake"));
    } else if (system_error && system_error != EAGAIN && !error) {
        end(tls, system_error, xstrdup(strerror(system_error)));
    } else {
        end(tls, ECONNRESET, xstrdup("the connection was cut: it ended without the goodbye of TLS"));
    }
}

static void complete(struct stream_tls *tls)
{
    if (!tls->bootstrap) {
        tls->state = STREAM_TLS_READY;
        return;
    }
    char *error = tls_bootstrap(tls->ssl);
    if (error) {
        end(tls, EPROTO, error);
    } else {
        tls->state = STREAM_TLS_BOOTSTRAPPED;
    }
}

static void on_event(struct bufferevent *bev, short what, void *tls_)
{
    struct stream_tls *tls = tls_;
    if (what & BEV_EVENT_CONNECTED) {
        complete(tls);
    } else if (what & BEV_EVENT_ERROR) {
        end_with_error(tls);
    } else if (what & BEV_EVENT_EOF) {
        bool early = tls->state == STREAM_TLS_HANDSHAKE;
        end(tls, early ? ECONNRESET : 0, early ? xstrdup("the peer closed the connection during the TLS handshake") : NULL);
    }
    tls->wake(tls->aux);
}

static void on_ready(struct bufferevent *bev, void *tls_)
{
    struct stream_tls *tls = tls_;
    tls->wake(tls->aux);
}

struct stream_tls *stream_tls_create(struct loop *loop, int fd, bool server, void (*wake)(void *aux), void *aux,
                                     char **errorp)
{
    bool bootstrap;
    SSL *ssl = tls_session(server, &bootstrap, errorp);
    if (!ssl) {
        return NULL;
    }
    struct stream_tls *tls = xzalloc(sizeof *tls);
    tls->ssl = ssl;
    tls->bootstrap = bootstrap;
    tls->wake = wake;
    tls->aux = aux;
    tls->bev = bufferevent_openssl_socket_new(loop_event_base(loop), fd, ssl,
                                              server ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING, 0);
    if (!tls->bev) {
        *errorp = xstrdup("libevent makes no TLS connection");
        SSL_free(ssl);
        free(tls);
        return NULL;
    }
    bufferevent_setcb(tls->bev, on_ready, on_ready, on_event, tls);
    bufferevent_setwatermark(tls->bev, EV_READ, 0, MAX_UNREAD);
    bufferevent_enable(tls->bev, EV_READ | EV_WRITE);
    return tls;
}

void stream_tls_destroy(struct stream_tls *tls)
{
    if (tls) {
        bufferevent_setcb(tls->bev, NULL, NULL, NULL, NULL);
        bufferevent_disable(tls->bev, EV_READ | EV_WRITE);
        if (tls->state != STREAM_TLS_HANDSHAKE && !tls->error) {
            SSL_shutdown(tls->ssl);
        }
        bufferevent_free(tls->bev);
        SSL_free(tls->ssl);
        ERR_clear_error();
        free(tls->text);
        free(tls);
    }
}

enum stream_tls_state stream_tls_state(const struct stream_tls *tls)
{
    return tls->state;
}

size_t stream_tls_read(struct stream_tls *tls, struct bytequeue *queue, size_t max)
{
    struct evbuffer *input = bufferevent_get_input(tls->bev);
    size_t n = MIN(evbuffer_get_length(input), max);
    if (n) {
        evbuffer_remove(input, bytequeue_reserve(queue, n), n);
        bytequeue_commit(queue, n);
    }
    return n;
}

void stream_tls_write(struct stream_tls *tls, struct bytequeue *queue)
{
    bufferevent_write(tls->bev, bytequeue_data(queue), queue->n);
    bytequeue_take(queue, queue->n);
}

size_t stream_tls_backlog(const struct stream_tls *tls)
{
    return evbuffer_get_length(bufferevent_get_output(tls->bev));
}

int stream_tls_error(const struct stream_tls *tls)
{
    return tls->error;
}

const char *stream_tls_error_text(const struct stream_tls *tls)
{
    return tls->text;
}
