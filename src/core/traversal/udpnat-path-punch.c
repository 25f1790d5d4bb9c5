/* Rounds of punching: who is tried when, and what it means if nobody answers.
 *
 * A round starts a run (udpnat-path.c) at up to eight addresses, 5 ms apart, and is over when the
 * last run is: 4 s later. If it proved nothing, the next comes 15 s, 60 s, then every 5 min later,
 * as long as somebody is talking; both sides follow the same timetable, so that their rounds meet
 * (nat.md section 9, PROTOCOL.md section 10). */

#include "config.h"

#include "udpnat-path-set-private.h"

/* Whether nothing is spoilt by what arrives at the peer's router now: it is not of that kind, as
 * far as anybody knows, or the peer knows where we are and so has begun to open it to us. */
static gboolean
is_safe_to_send (const UdpnatPathSet *self)
{
  return !self->has_generation
         || (!self->remote.is_spoilable && !self->is_wary)
         || self->remote.heard == self->local.generation;
}

/** udpnat_path_set_release_runs: lets go on what waited for the peer to open its router */
void
udpnat_path_set_release_runs (UdpnatPathSet *self)
{
  if (!is_safe_to_send (self))
    return;
  for (guint i = 0; i < self->n_paths; i++)
    udpnat_path_release (self->paths[i]);
}

/* Whether the peer's router has opened the port for everybody, as its server has seen: nothing that
 * comes there is too early. */
static gboolean
is_mapped (const UdpnatPathSet *self,
           const UdpnatAddress *address)
{
  for (guint i = 0; i < self->remote.n_candidates; i++)
    if (self->remote.candidates[i].kind == UDPNAT_CANDIDATE_MAPPED
        && udpnat_address_equal (&self->remote.candidates[i].address, address))
      return TRUE;

  return FALSE;
}

/* Whether the peer has begun before us, so that its router lets us in, and a first challenge opens
 * ours as well as OPEN does. */
static gboolean
is_awaited (const UdpnatPathSet *self)
{
  return self->has_generation
         && self->remote.heard != 0
         && self->remote.heard == self->local.generation
         && !self->remote.is_spoilable
         && !self->is_wary;
}

/* Starts a run at one address, a little after the one before so that no burst leaves. */
void
udpnat_path_set_start_run (UdpnatPathSet *self,
                           gint64         now_us,
                           UdpnatPath    *path)
{
  gint64 latest_us = now_us + UDPNAT_PATHS_MAX * UDPNAT_PUNCH_GAP_US;
  gint64 start_us = CLAMP (self->next_start_us, now_us, latest_us);
  gboolean must_hold = !is_safe_to_send (self) && !is_mapped (self, &path->address);

  udpnat_path_begin_run (path, start_us, now_us + UDPNAT_PUNCH_GIVE_UP_US,
                         must_hold ? UDPNAT_PUNCH_HOLD_US : 0);
  if (is_awaited (self))
    udpnat_path_skip_open (path);
  self->next_start_us = start_us + UDPNAT_PUNCH_GAP_US;
}

/* Order in a round, which has room for eight: what has worked before comes first. */
static guint
get_rank (const UdpnatPath *path)
{
  if (path->was_proven)
    return 0;
  if ((path->origin & UDPNAT_PATH_ORIGIN_LISTED) != 0)
    return 1;
  if ((path->origin & UDPNAT_PATH_ORIGIN_CACHED) != 0)
    return 2;
  return 3;
}

#define N_RANKS 4

/* How long plain punching is waited for before more is tried: not at all when it cannot win. */
static gint64
get_patience (const UdpnatPathSet *self)
{
  if (!udpnat_path_set_is_hard (self))
    return UDPNAT_PUNCH_FRESH_US;
  return self->local.filtering == UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT
           && self->remote.filtering == UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT
           ? 0 : UDPNAT_SEARCH_AFTER_US;
}

/**
 * udpnat_path_set_start_round:
 * @restart: whether addresses that are being tried at this moment start over. Never because of what
 *     the peer says: it could make us send without end.
 */
void
udpnat_path_set_start_round (UdpnatPathSet *self,
                             gint64         now_us,
                             gboolean       restart)
{
  guint n_running[2] = { 0 }; /* from the main socket, and from the further one */

  self->retry_us = UDPNAT_TIME_NEVER;

  for (guint rank = 0; rank < N_RANKS; rank++)
    for (guint i = 0; i < self->n_paths; i++)
      {
        UdpnatPath *path = self->paths[i];
        guint *n_running_there = &n_running[path->socket != UDPNAT_SOCKET_MAIN];

        if (get_rank (path) != rank || udpnat_path_has_proof (path))
          continue;

        if ((restart || !udpnat_path_is_running (path)) && *n_running_there < UDPNAT_CANDIDATES_MAX)
          udpnat_path_set_start_run (self, now_us, path);
        if (udpnat_path_is_running (path))
          (*n_running_there)++;
      }
  self->fresh_us = UDPNAT_TIME_NEVER;
  if (n_running[0] > 0)
    self->fresh_us = now_us + get_patience (self);
}

/**
 * udpnat_path_set_vouch:
 * @address: where the server sees the peer at this moment; it has signed that
 *
 * For ten minutes the peer's word is not all that stands for addresses of that IP. A run there that
 * had nothing left to spend begins now.
 */
void
udpnat_path_set_vouch (UdpnatPathSet       *self,
                       gint64               now_us,
                       const UdpnatAddress *address)
{
  self->queue.vouched = *address;
  self->queue.vouched_until_us = now_us + UDPNAT_VOUCH_LASTS_US;
  self->queue.is_vouch_wanted = FALSE;
  for (guint i = 0; i < self->n_paths; i++)
    if (udpnat_path_is_running (self->paths[i]) && self->paths[i]->n_sent == 0
        && udpnat_address_equal_ip (&self->paths[i]->address, address))
      udpnat_path_set_start_run (self, now_us, self->paths[i]);
}

void
udpnat_path_set_schedule_retry (UdpnatPathSet *self,
                                gint64         now_us)
{
  static const gint64 gaps_us[] = {
    UDPNAT_PUNCH_RETRY_FIRST_US,
    UDPNAT_PUNCH_RETRY_SECOND_US,
    UDPNAT_PUNCH_RETRY_LATER_US,
  };

  if (self->retry_us != UDPNAT_TIME_NEVER || self->n_paths == 0)
    return;

  self->retry_us = now_us + gaps_us[MIN (self->n_retries, G_N_ELEMENTS (gaps_us) - 1)];
  self->n_retries++;
}

/* The next failure starts the timetable from its beginning. */
void
udpnat_path_set_cancel_retries (UdpnatPathSet *self)
{
  self->retry_us = UDPNAT_TIME_NEVER;
  self->n_retries = 0;
}

/* Returns: why a round that has proved nothing has most likely done so */
UdpnatPathReason
udpnat_path_set_get_verdict (const UdpnatPathSet *self)
{
  gboolean is_local_symmetric = self->local.mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
  gboolean is_remote_symmetric = self->remote.mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
  gboolean has_candidates = FALSE;

  for (guint i = 0; i < self->n_paths; i++)
    if ((self->paths[i]->origin & (UDPNAT_PATH_ORIGIN_LISTED | UDPNAT_PATH_ORIGIN_CACHED)) != 0)
      has_candidates = TRUE;

  if (!has_candidates)
    return UDPNAT_PATH_REASON_NO_CANDIDATES;
  if (is_local_symmetric && is_remote_symmetric)
    return UDPNAT_PATH_REASON_BOTH_SYMMETRIC;
  if (is_local_symmetric)
    return UDPNAT_PATH_REASON_LOCAL_SYMMETRIC;
  if (is_remote_symmetric)
    return UDPNAT_PATH_REASON_REMOTE_SYMMETRIC;
  return UDPNAT_PATH_REASON_NO_ANSWER;
}
