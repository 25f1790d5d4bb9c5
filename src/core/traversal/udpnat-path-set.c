/* All addresses of one peer, and which of them is used.
 *
 * This file is the face: each call tells the paths what has happened and then settles what follows
 * from it, in one place. The parts: udpnat-path.c is the life of one address, udpnat-path-table.c
 * says which addresses are known, udpnat-path-punch.c when they are tried, udpnat-path-select.c
 * which is best, udpnat-path-settle.c what follows for the whole, udpnat-path-queue.c what is to be
 * sent, udpnat-path-set-sockets.c by which other sockets, udpnat-path-set-search.c what a search
 * for a port finds.
 *
 * It does not seal, does not know the relay, and does not send data: the owner asks which path is
 * chosen, and hedges over the relay while that path is suspect. Nobody talking costs nothing: after
 * two minutes all paths are let go, and punched again with the next message. Rules: PROTOCOL.md
 * section 10; why: nat.md sections 5, 6 and 9. */

#include "config.h"

#include "udpnat-path-select-private.h"
#include "udpnat-path-set-private.h"

/**
 * udpnat_path_set_new:
 * @random: copied; for challenge tokens
 *
 * Returns: (transfer full): a set without any path
 */
UdpnatPathSet *
udpnat_path_set_new (const UdpnatRandom *random)
{
  UdpnatPathSet *self = g_new0 (UdpnatPathSet, 1);

  udpnat_path_queue_init (&self->queue, random);
  self->reason = UDPNAT_PATH_REASON_NO_SESSION;
  self->last_active_us = G_MININT64;
  self->next_start_us = G_MININT64;
  self->search_end_us = UDPNAT_TIME_NEVER;
  self->retry_us = UDPNAT_TIME_NEVER;
  self->fresh_us = UDPNAT_TIME_NEVER;
  return self;
}

void
udpnat_path_set_free (UdpnatPathSet *self)
{
  if (self == NULL)
    return;

  for (guint i = 0; i < self->n_paths; i++)
    udpnat_path_free (self->paths[i]);
  g_free (self);
}

/* ---- What we know ---- */

static gboolean
has_address (const UdpnatCandidates *list,
             const UdpnatAddress    *address)
{
  for (guint i = 0; i < list->n_candidates; i++)
    if (udpnat_address_equal (&list->candidates[i].address, address))
      return TRUE;

  return FALSE;
}

/* Whether @local has an address of the main socket that we did not have. */
static gboolean
has_new_address (const UdpnatPathSet    *self,
                 const UdpnatCandidates *local)
{
  for (guint i = 0; i < local->n_candidates; i++)
    {
      const UdpnatAddress *address = &local->candidates[i].address;

      if (!has_address (&self->local, address)
          && !udpnat_address_equal (address, &self->further_address))
        return TRUE;
    }

  return FALSE;
}

static gboolean
is_verdict (UdpnatPathReason reason)
{
  switch (reason)
    {
    case UDPNAT_PATH_REASON_NO_CANDIDATES:
    case UDPNAT_PATH_REASON_BOTH_SYMMETRIC:
    case UDPNAT_PATH_REASON_LOCAL_SYMMETRIC:
    case UDPNAT_PATH_REASON_REMOTE_SYMMETRIC:
    case UDPNAT_PATH_REASON_NO_ANSWER:
      return TRUE;

    case UDPNAT_PATH_REASON_NONE:
    case UDPNAT_PATH_REASON_NO_SESSION:
    case UDPNAT_PATH_REASON_CONNECTING:
    case UDPNAT_PATH_REASON_SEARCHING:
    case UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL:
    case UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE:
    case UDPNAT_PATH_REASON_DIRECT_LOST:
    case UDPNAT_PATH_REASON_UDP_BLOCKED:
    case UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE:
    case UDPNAT_PATH_REASON_IDLE:
      return FALSE;
    }

  g_assert_not_reached ();
}

/**
 * udpnat_path_set_set_local:
 * @local: as we tell it to the peer; copied
 *
 * Tells what we are: our addresses, never to be tried ourselves; our NAT's mapping, for the reason;
 * and whether we want direct paths at all. New addresses of ours are a reason to punch again,
 * because the peer will: the next deadline is at once then. That of a further socket is not: it is
 * tried when it is added.
 */
void
udpnat_path_set_set_local (UdpnatPathSet          *self,
                           const UdpnatCandidates *local)
{
  gboolean was_relay_only = self->local.relay_only;
  gboolean is_changed = has_new_address (self, local);

  self->local = *local;

  if (local->relay_only)
    {
      udpnat_path_set_stop (self, UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL);
      return;
    }

  if (was_relay_only)
    {
      if (self->remote.relay_only)
        udpnat_path_set_stop (self, UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
      else
        {
          udpnat_path_set_stop (self, self->has_session ? UDPNAT_PATH_REASON_IDLE
                                                        : UDPNAT_PATH_REASON_NO_SESSION);
          if (self->has_generation) /* told while nothing was tried */
            udpnat_path_set_replace_listed (self, &self->remote);
        }
    }

  if (is_verdict (self->reason))
    udpnat_path_set_set_reason (self, udpnat_path_set_get_verdict (self));

  if ((was_relay_only || is_changed)
      && self->has_session
      && self->selected == NULL
      && !udpnat_path_set_is_relay_only (self))
    self->retry_us = 0;
}

/**
 * udpnat_path_set_handle_candidates:
 * @remote: the peer's CANDIDATES message; not trusted beyond being the peer's
 *
 * Starts to punch, at once, whatever is new in it and not being tried already.
 *
 * Returns: %UDPNAT_RX_OK, or %UDPNAT_RX_IGNORED when its generation is not above the last one
 */
UdpnatRxResult
udpnat_path_set_handle_candidates (UdpnatPathSet          *self,
                                   gint64                  now_us,
                                   const UdpnatCandidates *remote)
{
  gboolean is_news;

  if (self->has_generation && remote->generation <= self->remote.generation)
    return UDPNAT_RX_IGNORED;

  is_news = !self->has_generation || self->remote.relay_only;
  self->remote = *remote;
  self->has_generation = TRUE;
  udpnat_path_set_note_session (self, now_us);

  if (self->local.relay_only)
    return UDPNAT_RX_OK;
  if (remote->relay_only)
    {
      udpnat_path_set_stop (self, UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE);
      return UDPNAT_RX_OK;
    }

  is_news |= udpnat_path_set_replace_listed (self, remote);
  udpnat_path_set_release_runs (self);

  /* While nobody talks, the list is only kept for when somebody does; and one that only got shorter
   * or another verdict is no reason to try again what has just been tried. */
  if (udpnat_path_set_is_active (self, now_us))
    {
      if (is_news)
        {
          udpnat_path_set_cancel_retries (self);
          udpnat_path_set_start_round (self, now_us, FALSE);
        }
      udpnat_path_set_settle (self, now_us);
      if (is_verdict (self->reason))
        udpnat_path_set_set_reason (self, udpnat_path_set_get_verdict (self));
      if (self->n_paths == 0)
        udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_NO_CANDIDATES);
    }
  else if (self->reason == UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE)
    {
      udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_IDLE);
    }

  return UDPNAT_RX_OK;
}

/** udpnat_path_set_set_open_ttl: with what TTL OPEN passes our own routers and reaches no other; at
 * first UDPNAT_OPEN_TTL */
void
udpnat_path_set_set_open_ttl (UdpnatPathSet *self,
                              guint8         open_ttl)
{
  self->queue.open_ttl = open_ttl;
}

/** udpnat_path_set_get_remote: Returns: (transfer none): what the peer has said last */
const UdpnatCandidates *
udpnat_path_set_get_remote (const UdpnatPathSet *self)
{
  return &self->remote;
}

/** udpnat_path_set_get_heard: Returns: the peer's last generation of this session, 0 for none */
guint32
udpnat_path_set_get_heard (const UdpnatPathSet *self)
{
  return self->has_generation ? self->remote.generation : 0;
}

/**
 * udpnat_path_set_handle_new_session:
 *
 * The peer has started afresh: its generations start again, and whether it still holds its ends of
 * the paths is open.
 */
void
udpnat_path_set_handle_new_session (UdpnatPathSet *self,
                                    gint64         now_us)
{
  self->has_generation = FALSE;
  udpnat_path_set_note_session (self, now_us);

  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i]->state == UDPNAT_PATH_STATE_PROVEN)
      udpnat_path_challenge (self->paths[i], now_us, &self->queue);

  if (self->selected == NULL
      && !udpnat_path_set_is_relay_only (self)
      && udpnat_path_set_is_active (self, now_us))
    {
      udpnat_path_set_start_round (self, now_us, FALSE);
      udpnat_path_set_settle (self, now_us);
    }
}

/**
 * udpnat_path_set_add_cached:
 * @address: where the peer was found before, or where its beacon on the LAN came from
 *
 * Adds an address that the peer itself has not named. It is challenged as soon as there is a
 * session; until then the owner can send handshakes there:
 * udpnat_path_set_list_handshake_addresses().
 */
void
udpnat_path_set_add_cached (UdpnatPathSet       *self,
                            gint64               now_us,
                            const UdpnatAddress *address)
{
  UdpnatPath *path;

  if (!udpnat_path_set_may_try (self, address, UDPNAT_PATH_ORIGIN_CACHED))
    return;

  path = udpnat_path_set_add (self, UDPNAT_SOCKET_MAIN, address, UDPNAT_PATH_ORIGIN_CACHED);
  if (path == NULL
      || !self->has_session
      || udpnat_path_set_is_relay_only (self)
      || !udpnat_path_set_is_active (self, now_us)
      || udpnat_path_has_proof (path)
      || udpnat_path_is_running (path))
    return;

  /* A beacon repeats itself every few seconds; it is not a reason to try each time. */
  if (path->run_start_us > now_us - UDPNAT_PUNCH_RETRY_FIRST_US)
    return;

  udpnat_path_set_start_run (self, now_us, path);
  udpnat_path_set_settle (self, now_us);
}

#define N_HANDSHAKE_RANKS 3

static guint
get_handshake_rank (const UdpnatPath *path)
{
  if (udpnat_path_has_proof (path))
    return 0;
  if (path->was_proven)
    return 1;
  if ((path->origin & UDPNAT_PATH_ORIGIN_CACHED) != 0)
    return 2;
  return N_HANDSHAKE_RANKS;
}

/**
 * udpnat_path_set_list_handshake_addresses:
 * @out_addresses: (out caller-allocates) (array length=n_max): addresses
 *
 * Where a handshake may be sent directly, besides through the relay: proven paths, then those that
 * were proven before, then cached addresses. Never one that only the peer's candidates or a
 * packet's source named.
 *
 * Returns: how many, at most @n_max
 */
guint
udpnat_path_set_list_handshake_addresses (const UdpnatPathSet *self,
                                          UdpnatAddress       *out_addresses,
                                          guint                n_max)
{
  guint n = 0;

  if (udpnat_path_set_is_relay_only (self))
    return 0;

  for (guint rank = 0; rank < N_HANDSHAKE_RANKS; rank++)
    for (guint i = 0; i < self->n_paths && n < n_max; i++)
      if (get_handshake_rank (self->paths[i]) == rank)
        out_addresses[n++] = self->paths[i]->address;

  return n;
}

/* ---- What came in ---- */

/* Whether a packet from there may have any consequence, least of all an answer. */
static gboolean
may_hear (const UdpnatPathSet *self,
          gint64               now_us,
          UdpnatSocketId       socket,
          const UdpnatAddress *from)
{
  return !udpnat_path_set_is_relay_only (self)
         && udpnat_path_set_may_try (self, from, UDPNAT_PATH_ORIGIN_LEARNED)
         && !udpnat_path_set_is_second_hit (self, now_us, socket, from);
}

/* An authentic packet, from an address that may be tried. */
static void
handle_inbound (UdpnatPathSet       *self,
                gint64               now_us,
                UdpnatSocketId       socket,
                const UdpnatAddress *from,
                gboolean             is_challenge)
{
  UdpnatPath *path = udpnat_path_set_find (self, socket, from);
  gboolean is_new_run = FALSE;

  udpnat_path_set_note_session (self, now_us);

  if (path == NULL || (!udpnat_path_has_proof (path) && !udpnat_path_is_running (path)))
    {
      /* A peer that goes on a little longer than we do must not wake us up again. */
      if (!udpnat_path_set_is_active (self, now_us))
        return;

      path = udpnat_path_set_add (self, socket, from, UDPNAT_PATH_ORIGIN_LEARNED);
      if (path == NULL)
        return;

      udpnat_path_begin_run (path, now_us, now_us + UDPNAT_PUNCH_GIVE_UP_US, 0);
      is_new_run = TRUE;
    }

  if (is_challenge || is_new_run)
    udpnat_path_handle_challenged (path, now_us, &self->queue);
  else
    udpnat_path_handle_heard (path, now_us);

  udpnat_path_set_settle (self, now_us);
}

/**
 * udpnat_path_set_handle_challenge:
 * @socket: which of ours it came in by
 * @from: source of the packet, which was authenticated
 *
 * A PATH-CHALLENGE has come in. It is answered at once, to where it came from; and if that address
 * is not proven to us, it is challenged back, also when nobody had named it (a peer-reflexive
 * candidate).
 */
void
udpnat_path_set_handle_challenge (UdpnatPathSet       *self,
                                  gint64               now_us,
                                  UdpnatSocketId       socket,
                                  const UdpnatAddress *from,
                                  guint64              token)
{
  UdpnatPathOutput response = {
    .type = UDPNAT_PATH_OUTPUT_RESPONSE,
    .socket = socket,
    .to = *from,
    .token = token,
    .observed = *from,
  };

  if (!may_hear (self, now_us, socket, from))
    return;

  udpnat_path_queue_push (&self->queue, &response);
  handle_inbound (self, now_us, socket, from, TRUE);
}

/**
 * udpnat_path_set_handle_response:
 * @socket: which of ours it came in by
 * @from: source of the packet, which was authenticated
 * @observed: where the peer saw our challenge come from: for views, nothing else depends on it
 *
 * A PATH-RESPONSE has come in. Proves the path to @from, if and only if @token was sent there, by
 * this @socket.
 */
void
udpnat_path_set_handle_response (UdpnatPathSet       *self,
                                 gint64               now_us,
                                 UdpnatSocketId       socket,
                                 const UdpnatAddress *from,
                                 guint64              token,
                                 const UdpnatAddress *observed)
{
  UdpnatPath *path = udpnat_path_set_find (self, socket, from);

  if (path == NULL
      || udpnat_path_set_is_relay_only (self)
      || !udpnat_path_set_is_active (self, now_us))
    return;

  if (!udpnat_path_handle_response (path, now_us, token))
    return;
  udpnat_path_queue_refund (&self->queue, path->n_hearsay);
  path->n_hearsay = 0;
  path->seen_as = *observed;
  udpnat_path_set_settle (self, now_us);
}

/**
 * udpnat_path_set_handle_authenticated:
 * @socket: which of ours it came in by
 * @from: source of a packet, which was authenticated; never the relay
 *
 * Any packet of the peer: the path is alive. Proves nothing. An unknown source is challenged, so
 * that a peer whose NAT has given it another port is found again with its next packet.
 */
void
udpnat_path_set_handle_authenticated (UdpnatPathSet       *self,
                                      gint64               now_us,
                                      UdpnatSocketId       socket,
                                      const UdpnatAddress *from)
{
  if (may_hear (self, now_us, socket, from))
    handle_inbound (self, now_us, socket, from, FALSE);
}

/* ---- What goes on around it ---- */

/**
 * udpnat_path_set_note_active:
 *
 * Somebody talks: a message was sent or received. Keeps the paths for two minutes more; after a
 * pause it punches again what was let go meanwhile.
 */
void
udpnat_path_set_note_active (UdpnatPathSet *self,
                             gint64         now_us)
{
  gboolean was_active = udpnat_path_set_is_active (self, now_us);

  if (!was_active && udpnat_path_set_is_due_to_let_go (self))
    udpnat_path_set_let_go (self, now_us);

  self->last_active_us = now_us;
  if (was_active || !self->has_session || udpnat_path_set_is_relay_only (self))
    return;

  udpnat_path_set_cancel_retries (self);
  udpnat_path_set_start_round (self, now_us, TRUE);
  udpnat_path_set_settle (self, now_us);
}

/**
 * udpnat_path_set_note_unanswered:
 * @since_us: when the oldest data that asks for an answer and has none was sent; %UDPNAT_TIME_NEVER
 *     when all is answered
 *
 * What the session knows about the chosen path. Tell it whenever it may have changed.
 */
void
udpnat_path_set_note_unanswered (UdpnatPathSet *self,
                                 gint64         now_us,
                                 gint64         since_us)
{
  /* What was sent before this path was in use says nothing about it. */
  if (self->selected != NULL)
    udpnat_path_note_unanswered (self->selected, now_us, MAX (since_us, self->selected_us));
}

/**
 * udpnat_path_set_handle_network_change:
 *
 * Our own addresses have changed: nothing proven holds any more, and everything is tried again at
 * once.
 */
void
udpnat_path_set_handle_network_change (UdpnatPathSet *self,
                                       gint64         now_us)
{
  gboolean had_hope;

  udpnat_path_queue_forgive (&self->queue);
  if (udpnat_path_set_is_relay_only (self) || !self->has_session)
    return;

  had_hope = udpnat_path_set_has_hope (self);
  udpnat_path_set_stop (self, had_hope ? UDPNAT_PATH_REASON_IDLE : self->reason);
  if (!udpnat_path_set_is_active (self, now_us))
    return;

  udpnat_path_set_start_round (self, now_us, TRUE);
  udpnat_path_set_settle (self, now_us);
}

/** udpnat_path_set_measure: makes the round trip of the chosen path, if any, that of now */
void
udpnat_path_set_measure (UdpnatPathSet *self,
                         gint64         now_us)
{
  if (self->selected != NULL)
    udpnat_path_challenge (self->selected, now_us, &self->queue);
}

/**
 * udpnat_path_set_doubt:
 *
 * We slept, or our routes have changed: the chosen path may be gone. Until it has answered, data
 * goes over the relay as well.
 */
void
udpnat_path_set_doubt (UdpnatPathSet *self,
                       gint64         now_us)
{
  if (self->selected != NULL)
    udpnat_path_doubt (self->selected, now_us, &self->queue);
}

/* ---- What is to be used ---- */

/**
 * udpnat_path_set_get_selected:
 * @out_address: (out) (optional): where to send data
 * @out_kind: (out) (optional): what kind of path that is
 * @out_rtt_us: (out) (optional): its smoothed round trip, 0 if not known
 *
 * Returns: whether data goes directly; %FALSE for the relay, and then only @out_kind is set
 */
gboolean
udpnat_path_set_get_selected (const UdpnatPathSet *self,
                              UdpnatAddress       *out_address,
                              UdpnatPathKind      *out_kind,
                              gint64              *out_rtt_us)
{
  if (out_kind != NULL)
    *out_kind = self->selected != NULL ? udpnat_path_get_kind (self->selected)
                                       : UDPNAT_PATH_KIND_RELAY;
  if (self->selected == NULL)
    return FALSE;

  if (out_address != NULL)
    *out_address = self->selected->address;
  if (out_rtt_us != NULL)
    *out_rtt_us = self->selected->rtt_us;
  return TRUE;
}

/** udpnat_path_set_get_selected_socket: Returns: by which of our sockets data goes directly */
UdpnatSocketId
udpnat_path_set_get_selected_socket (const UdpnatPathSet *self)
{
  return self->selected != NULL ? self->selected->socket : UDPNAT_SOCKET_MAIN;
}

/**
 * udpnat_path_set_is_suspect:
 *
 * Returns: whether data should go over the relay as well as over the chosen path
 */
gboolean
udpnat_path_set_is_suspect (const UdpnatPathSet *self)
{
  return self->selected != NULL && self->selected->state == UDPNAT_PATH_STATE_SUSPECT;
}

gboolean
udpnat_path_set_is_proven (const UdpnatPathSet *self,
                           UdpnatSocketId       socket,
                           const UdpnatAddress *address)
{
  const UdpnatPath *path = udpnat_path_set_find (self, socket, address);

  return path != NULL && udpnat_path_has_proof (path);
}

UdpnatPathReason
udpnat_path_set_get_reason (const UdpnatPathSet *self)
{
  return self->reason;
}

/* ---- Machine ---- */

gint64
udpnat_path_set_next_deadline (const UdpnatPathSet *self)
{
  gint64 deadline_us = udpnat_time_min (self->retry_us, self->fresh_us);

  if (udpnat_path_set_is_due_to_let_go (self))
    deadline_us = udpnat_time_min (deadline_us, udpnat_path_set_get_idle_time (self));
  for (guint i = 0; i < self->n_paths; i++)
    deadline_us = udpnat_time_min (deadline_us, udpnat_path_next_deadline (self->paths[i]));

  return deadline_us;
}

/* The chosen path may be dying: ask the others whether they could take over. */
static void
challenge_the_others (UdpnatPathSet *self,
                      gint64         now_us)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i] != self->selected && self->paths[i]->state == UDPNAT_PATH_STATE_PROVEN)
      udpnat_path_challenge (self->paths[i], now_us, &self->queue);
}

void
udpnat_path_set_handle_deadline (UdpnatPathSet *self,
                                 gint64         now_us)
{
  gboolean was_suspect = udpnat_path_set_is_suspect (self);

  if (udpnat_path_set_is_due_to_let_go (self) && udpnat_path_set_get_idle_time (self) <= now_us)
    udpnat_path_set_let_go (self, now_us);

  for (guint i = 0; i < self->n_paths; i++)
    udpnat_path_handle_deadline (self->paths[i], now_us, &self->queue);

  if (!was_suspect && udpnat_path_set_is_suspect (self))
    challenge_the_others (self, now_us);

  udpnat_path_set_ask_for_socket (self, now_us);
  if (self->retry_us <= now_us)
    {
      self->retry_us = UDPNAT_TIME_NEVER;
      if (self->selected == NULL && udpnat_path_set_is_active (self, now_us))
        {
          udpnat_path_set_start_round (self, now_us, TRUE);
          for (guint i = 0; i < self->n_paths; i++)
            udpnat_path_handle_deadline (self->paths[i], now_us, &self->queue);
        }
    }

  udpnat_path_set_settle (self, now_us);
}

gboolean
udpnat_path_set_pop_output (UdpnatPathSet    *self,
                            gint64            now_us,
                            UdpnatPathOutput *out_output)
{
  return udpnat_path_queue_pop (&self->queue, out_output);
}

gboolean
udpnat_path_set_pop_event (UdpnatPathSet       *self,
                           UdpnatPathEventType *out_type)
{
  gboolean is_reason_changed = self->is_reason_changed;

  self->is_reason_changed = FALSE;
  if (self->is_selected_changed)
    {
      self->is_selected_changed = FALSE;
      *out_type = UDPNAT_PATH_EVENT_SELECTED;
      return TRUE;
    }
  if (self->is_hard)
    {
      self->is_hard = FALSE;
      self->is_reason_changed = is_reason_changed;
      *out_type = UDPNAT_PATH_EVENT_HARD;
      return TRUE;
    }
  if (self->queue.is_vouch_wanted)
    {
      self->queue.is_vouch_wanted = FALSE;
      self->is_reason_changed = is_reason_changed;
      *out_type = UDPNAT_PATH_EVENT_UNVOUCHED;
      return TRUE;
    }
  if (self->is_spoilt)
    {
      self->is_spoilt = FALSE;
      self->is_reason_changed = is_reason_changed;
      *out_type = UDPNAT_PATH_EVENT_SPOILT;
      return TRUE;
    }

  *out_type = UDPNAT_PATH_EVENT_REASON;
  return is_reason_changed;
}
