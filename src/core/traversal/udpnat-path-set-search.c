/* What a search for a port (udpnat-port-search.c, the owner's) means to the paths.
 *
 * A port that is hit shows itself as an authentic packet from an address that nobody has named. One
 * is enough, but before it is proven, a round trip or two later, as many more may be hit as the
 * search is quick, and each would be answered, challenged back and tried again. So the first one is
 * given a second in which there is no other. */

#include "config.h"

#include "udpnat-path-set-private.h"

/**
 * udpnat_path_set_set_searching:
 * @end_us: when the search for a port that goes on ends at the latest; %UDPNAT_TIME_NEVER: none
 *   goes on any more
 *
 * The search is the owner's; here it is why packets are still relayed.
 */
void
udpnat_path_set_set_searching (UdpnatPathSet *self,
                               gint64         end_us)
{
  self->search_end_us = end_us;
  if (self->selected != NULL || udpnat_path_set_is_relay_only (self))
    return;
  if (end_us != UDPNAT_TIME_NEVER)
    udpnat_path_set_set_reason (self, UDPNAT_PATH_REASON_SEARCHING);
  else if (self->reason == UDPNAT_PATH_REASON_SEARCHING)
    udpnat_path_set_set_reason (self, udpnat_path_set_is_punching (self)
                                        ? UDPNAT_PATH_REASON_CONNECTING
                                        : udpnat_path_set_get_verdict (self));
}

static gint64
get_hit_end (const UdpnatPath *path)
{
  if (path->state != UDPNAT_PATH_STATE_INBOUND || path->origin != UDPNAT_PATH_ORIGIN_LEARNED
      || !udpnat_path_is_running (path))
    return G_MININT64;
  return path->run_start_us + UDPNAT_SEARCH_HIT_US;
}

/**
 * udpnat_path_set_get_hit_end:
 *
 * Returns: until when a port that a search has hit may still be proven, and the search had better
 *   wait; %G_MININT64: there is none
 */
gint64
udpnat_path_set_get_hit_end (const UdpnatPathSet *self)
{
  gint64 end_us = G_MININT64;

  for (guint i = 0; i < self->n_paths && self->search_end_us != UDPNAT_TIME_NEVER; i++)
    end_us = MAX (end_us, get_hit_end (self->paths[i]));
  return end_us;
}

/* Whether a packet from there is a further hit of a search, while another one is being proven. */
gboolean
udpnat_path_set_is_second_hit (const UdpnatPathSet *self,
                               gint64               now_us,
                               UdpnatSocketId       socket,
                               const UdpnatAddress *from)
{
  const UdpnatPath *path;

  if (udpnat_path_set_get_hit_end (self) <= now_us)
    return FALSE;
  path = udpnat_path_set_find (self, socket, from);
  return path == NULL || (path->origin == UDPNAT_PATH_ORIGIN_LEARNED
                          && !udpnat_path_is_running (path) && !udpnat_path_has_proof (path));
}

/** udpnat_path_set_note_searched: it is a search that has found the chosen path; for views */
void
udpnat_path_set_note_searched (UdpnatPathSet *self)
{
  if (self->selected != NULL)
    self->selected->was_searched = TRUE;
}

/**
 * udpnat_path_set_drop_socket:
 * @socket: one that is about to be closed, and by which nothing is sent any more
 *
 * Forgets what a search has found by it, except a path that is in use.
 */
void
udpnat_path_set_drop_socket (UdpnatPathSet  *self,
                             UdpnatSocketId  socket)
{
  if (udpnat_path_set_get_selected_socket (self) != socket)
    udpnat_path_queue_drop_socket (&self->queue, socket);
  for (guint i = self->n_paths; i > 0; i--)
    if (self->paths[i - 1]->socket == socket && self->paths[i - 1] != self->selected)
      udpnat_path_set_remove (self, self->paths[i - 1]);
}
