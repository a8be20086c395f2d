/* SPDX-License-Identifier: Apache-2.0 */
/* The version of the OpenFlow state, and the lock of those who change it. */
#include "ofproto/version.h"

#include <pthread.h>

#include "lib/base/compiler.h"

enum { EPOCH_BITS = 28 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread bool locked;

static version_t current = 1; /* any thread: ro; holder of the lock: wo; atomic; never VERSION_NONE */
static uint32_t epoch;        /* holder of the lock */

version_t version_current(void)
{
    return __atomic_load_n(&current, __ATOMIC_ACQUIRE);
}

void tables_lock(void)
{
    pthread_mutex_lock(&lock);
    locked = true;
}

void tables_unlock(void)
{
    locked = false;
    pthread_mutex_unlock(&lock);
}

bool tables_is_locked(void)
{
    return locked;
}

version_t version_next(void)
{
    version_t next = current + 1;
    return next == VERSION_NONE ? next + 1 : next;
}

void version_publish(void)
{
    version_t next = version_next();
    epoch += next >> EPOCH_BITS != current >> EPOCH_BITS;
    __atomic_store_n(&current, next, __ATOMIC_RELEASE);
}

uint32_t version_epoch(void)
{
    return epoch;
}
