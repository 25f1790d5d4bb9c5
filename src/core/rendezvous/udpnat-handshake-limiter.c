#include "config.h"

#include "udpnat-handshake-limiter.h"

#include "udpnat-limits.h"
#include "udpnat-siphash.h"
#include "udpnat-token-bucket.h"

#include <string.h>

/* Limits on what comes from addresses that may be forged (PROTOCOL.md section 3; the idea is
 * WireGuard's), and on names that are new. The table of sources is an array of small sets chosen by
 * SipHash under a key of our own: a source takes the place of the one in its set that has been
 * quiet longest. Someone who forges very many sources can so wash out the table, and then the limit
 * over all sources asks everyone for a cookie. */

#define PLACES_PER_SET 4
#define N_SETS (UDPNAT_LIMITER_SOURCES / PLACES_PER_SET)
#define PREFIX_MAX_BYTES 9

/* In so many parts of a second is counted whether there is load: when it begins, so many times
 * fewer handshakes are made before that is noticed, and nobody waits for them. */
#define SLICES_PER_SECOND 10

typedef struct
{
  guint64           tag; /* hash of the prefix */
  gint64            seen_us;
  gboolean          is_used;
  UdpnatTokenBucket strangers; /* HS1 without a valid mac2 */
  UdpnatTokenBucket proven;    /* HS1 with one */
  UdpnatTokenBucket infos;
  UdpnatTokenBucket stuns;
  UdpnatTokenBucket claims; /* names */
} Source;

struct _UdpnatHandshakeLimiter
{
  guint8 hash_key[UDPNAT_SIPHASH_KEY_BYTES];
  Source sources[UDPNAT_LIMITER_SOURCES];
  gint64 slice; /* the one that is being counted */
  guint  n_slice;
  guint  n_before; /* in the slice before */
};

UdpnatHandshakeLimiter *
udpnat_handshake_limiter_new (const UdpnatRandom *random)
{
  UdpnatHandshakeLimiter *self = g_new0 (UdpnatHandshakeLimiter, 1);

  udpnat_random_fill (random, self->hash_key, sizeof self->hash_key);
  return self;
}

void
udpnat_handshake_limiter_free (UdpnatHandshakeLimiter *self)
{
  g_free (self);
}

/* One subscriber has one IPv4 address or at least an IPv6 /64, by UDP and TCP together. */
static guint64
hash_source (const UdpnatHandshakeLimiter *self,
             const UdpnatAddress          *source)
{
  guint8        prefix[PREFIX_MAX_BYTES];
  UdpnatAddress end;
  gsize         n_prefix;

  udpnat_address_get_end (source, &end);
  n_prefix = end.family == UDPNAT_FAMILY_IPV4 ? 4 : 8;
  prefix[0] = end.family;
  memcpy (prefix + 1, end.ip, n_prefix);
  return udpnat_siphash (self->hash_key, prefix, 1 + n_prefix);
}

static void
init_source (Source *source,
             guint64 tag,
             gint64  now_us)
{
  source->tag = tag;
  source->is_used = TRUE;
  udpnat_token_bucket_init (&source->strangers, UDPNAT_HANDSHAKES_BURST_PER_SOURCE, now_us);
  udpnat_token_bucket_init (&source->proven, UDPNAT_HANDSHAKES_PER_SECOND_PROVEN, now_us);
  udpnat_token_bucket_init (&source->infos, UDPNAT_INFOS_BURST_PER_SOURCE, now_us);
  udpnat_token_bucket_init (&source->stuns, UDPNAT_STUN_BURST_PER_SOURCE, now_us);
  udpnat_token_bucket_init (&source->claims, UDPNAT_CLAIMS_BURST_PER_SOURCE * UDPNAT_CLAIM_S,
                            now_us);
}

static Source *
ensure_source (UdpnatHandshakeLimiter *self,
               gint64                  now_us,
               const UdpnatAddress    *address)
{
  guint64 tag = hash_source (self, address);
  Source *set = &self->sources[tag % N_SETS * PLACES_PER_SET];
  Source *oldest = set;

  for (guint i = 0; i < PLACES_PER_SET; i++)
    {
      if (set[i].is_used && set[i].tag == tag)
        {
          set[i].seen_us = now_us;
          return &set[i];
        }
      if (oldest->is_used && (!set[i].is_used || set[i].seen_us < oldest->seen_us))
        oldest = &set[i];
    }
  init_source (oldest, tag, now_us);
  oldest->seen_us = now_us;
  return oldest;
}

/**
 * udpnat_handshake_limiter_is_loaded:
 *
 * Returns: whether whoever comes without a cookie is asked for one now, whoever it is
 */
gboolean
udpnat_handshake_limiter_is_loaded (UdpnatHandshakeLimiter *self,
                                    gint64                  now_us)
{
  gint64 slice = now_us / (G_USEC_PER_SEC / SLICES_PER_SECOND);

  if (slice != self->slice)
    {
      self->n_before = slice == self->slice + 1 ? self->n_slice : 0;
      self->n_slice = 0;
      self->slice = slice;
    }
  return MAX (self->n_slice, self->n_before)
         > UDPNAT_HANDSHAKES_PER_SECOND_LOAD / SLICES_PER_SECOND;
}

static gboolean
count_handshake (UdpnatHandshakeLimiter *self,
                 gint64                  now_us)
{
  (void) udpnat_handshake_limiter_is_loaded (self, now_us);
  self->n_slice++;
  return udpnat_handshake_limiter_is_loaded (self, now_us);
}

/* @source: (nullable): nobody asks without a cookie under load */
static UdpnatHandshakeVerdict
judge_source (Source  *source,
              gint64   now_us,
              gboolean has_cookie,
              gboolean is_loaded)
{
  if (has_cookie)
    return udpnat_token_bucket_take (&source->proven, now_us, 1,
                                     UDPNAT_HANDSHAKES_PER_SECOND_PROVEN,
                                     UDPNAT_HANDSHAKES_PER_SECOND_PROVEN)
               ? UDPNAT_HANDSHAKE_ALLOW
               : UDPNAT_HANDSHAKE_DROP;
  if (is_loaded
      || !udpnat_token_bucket_take (&source->strangers, now_us, 1,
                                    UDPNAT_HANDSHAKES_BURST_PER_SOURCE,
                                    UDPNAT_HANDSHAKES_PER_SECOND_PER_SOURCE))
    return UDPNAT_HANDSHAKE_ASK_COOKIE;
  return UDPNAT_HANDSHAKE_ALLOW;
}

/**
 * udpnat_handshake_limiter_judge:
 * @has_cookie: mac2 is valid, so @source is not forged
 * @is_crowded: the owner has little room left for strangers
 *
 * Judges an HS1 whose mac1 is right, before anything costly is done with it.
 */
UdpnatHandshakeVerdict
udpnat_handshake_limiter_judge (UdpnatHandshakeLimiter *self,
                                gint64                  now_us,
                                const UdpnatAddress    *source,
                                gboolean                has_cookie,
                                gboolean                is_crowded)
{
  gboolean is_loaded = count_handshake (self, now_us);
  Source  *entry = NULL;

  /* What is said whoever it is needs no place, and so a flood of forged addresses takes none. */
  if (has_cookie || !is_loaded)
    entry = ensure_source (self, now_us, source);
  return judge_source (entry, now_us, has_cookie, is_loaded || is_crowded);
}

/**
 * udpnat_handshake_limiter_judge_resumption:
 *
 * As udpnat_handshake_limiter_judge(), of an HS1 with a ticket. To look at one costs no more than a
 * cookie, so how many others come is no reason to ask for that: a million who come back after a
 * restart are not to be asked twice.
 */
UdpnatHandshakeVerdict
udpnat_handshake_limiter_judge_resumption (UdpnatHandshakeLimiter *self,
                                           gint64                  now_us,
                                           const UdpnatAddress    *source,
                                           gboolean                has_cookie)
{
  return judge_source (ensure_source (self, now_us, source), now_us, has_cookie, FALSE);
}

/** udpnat_handshake_limiter_allow_info: Returns: whether an INFO from @source may be answered */
gboolean
udpnat_handshake_limiter_allow_info (UdpnatHandshakeLimiter *self,
                                     gint64                  now_us,
                                     const UdpnatAddress    *source)
{
  Source *entry = ensure_source (self, now_us, source);

  return udpnat_token_bucket_take (&entry->infos, now_us, 1, UDPNAT_INFOS_BURST_PER_SOURCE,
                                   UDPNAT_INFOS_PER_SECOND_PER_SOURCE);
}

/** udpnat_handshake_limiter_allow_stun: Returns: whether STUN from @source may be answered, as far
 * as that source goes */
gboolean
udpnat_handshake_limiter_allow_stun (UdpnatHandshakeLimiter *self,
                                     gint64                  now_us,
                                     const UdpnatAddress    *source)
{
  Source *entry = ensure_source (self, now_us, source);

  return udpnat_token_bucket_take (&entry->stuns, now_us, 1, UDPNAT_STUN_BURST_PER_SOURCE,
                                   UDPNAT_STUN_PER_SECOND_PER_SOURCE);
}

/**
 * udpnat_handshake_limiter_allow_claim:
 *
 * Whoever sits at the server's own machine, or behind a proxy on it, is not told apart by address.
 *
 * Returns: whether somebody at @source may have another name that is new
 */
gboolean
udpnat_handshake_limiter_allow_claim (UdpnatHandshakeLimiter *self,
                                      gint64                  now_us,
                                      const UdpnatAddress    *source)
{
  UdpnatAddress end;
  Source       *entry;

  udpnat_address_get_end (source, &end);
  if (udpnat_address_get_scope (&end) == UDPNAT_SCOPE_LOOPBACK)
    return TRUE;
  entry = ensure_source (self, now_us, source);
  return udpnat_token_bucket_take (&entry->claims, now_us, UDPNAT_CLAIM_S,
                                   UDPNAT_CLAIMS_BURST_PER_SOURCE * UDPNAT_CLAIM_S, 1);
}
