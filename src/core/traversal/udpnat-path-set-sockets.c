/* A second socket of ours, beside the main one.
 *
 * A router may have spoilt the main one's port towards a peer: on Linux without an INPUT rule, the
 * peer's first packet came before ours, and ours got another port; each further try keeps it so
 * (nat.md section 5.2). A socket that the peer has never heard of has a clean one. So after a
 * second without proof the owner is asked for one; it finds out how the server sees it, tells the
 * peer, and adds it here: then every public address is tried from both. */

#include "config.h"

#include "udpnat-path-set-private.h"

static gboolean
is_public (const UdpnatPath *path)
{
  return udpnat_address_get_scope (&path->address) == UDPNAT_SCOPE_GLOBAL
         && path->address.family == UDPNAT_FAMILY_IPV4;
}

/* Knows every public address that the peer has listed from the further socket, too. */
void
udpnat_path_set_spread (UdpnatPathSet *self)
{
  guint n_paths = self->n_paths;

  if (self->further_socket == UDPNAT_SOCKET_MAIN)
    return;
  for (guint i = 0; i < MIN (n_paths, self->n_paths); i++)
    if (self->paths[i]->socket == UDPNAT_SOCKET_MAIN
        && (self->paths[i]->origin & UDPNAT_PATH_ORIGIN_LISTED) != 0
        && is_public (self->paths[i]))
      {
        UdpnatAddress address = self->paths[i]->address;

        udpnat_path_set_add (self, self->further_socket, &address, UDPNAT_PATH_ORIGIN_LISTED);
      }
}

/* Whether one of the routers has another port for us than the one that is known. */
gboolean
udpnat_path_set_is_hard (const UdpnatPathSet *self)
{
  return self->local.mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT
         || self->remote.mapping == UDPNAT_MAPPING_ENDPOINT_DEPENDENT;
}

/* Whether there is a public address to be tried. */
static gboolean
may_be_spoilt (const UdpnatPathSet *self)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (udpnat_path_is_running (self->paths[i]) && is_public (self->paths[i]))
      return TRUE;
  return FALSE;
}

void
udpnat_path_set_ask_for_socket (UdpnatPathSet *self,
                                gint64         now_us)
{
  if (self->fresh_us > now_us)
    return;
  self->fresh_us = UDPNAT_TIME_NEVER;
  if (self->selected != NULL)
    return;
  if (udpnat_path_set_is_hard (self))
    self->is_hard = TRUE;
  else if (self->further_socket == UDPNAT_SOCKET_MAIN && may_be_spoilt (self))
    self->is_spoilt = self->is_wary = TRUE;
}

/**
 * udpnat_path_set_add_socket:
 * @socket: a further one, new to the peer until now
 * @mapped: as what the server sees it
 * @local: our candidates with @mapped among them, as the peer is told in this moment
 *
 * Tries all public addresses of the peer from @socket, too, at once and with every later round.
 * There can be one at a time.
 */
void
udpnat_path_set_add_socket (UdpnatPathSet          *self,
                            gint64                  now_us,
                            UdpnatSocketId          socket,
                            const UdpnatAddress    *mapped,
                            const UdpnatCandidates *local)
{
  g_assert (self->further_socket == UDPNAT_SOCKET_MAIN && socket >= UDPNAT_SOCKET_FURTHER);

  self->further_socket = socket;
  self->further_address = *mapped;
  udpnat_path_set_set_local (self, local);
  udpnat_path_set_spread (self);
  if (self->selected != NULL || udpnat_path_set_is_relay_only (self)
      || !udpnat_path_set_is_active (self, now_us))
    return;
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i]->socket == socket)
      udpnat_path_set_start_run (self, now_us, self->paths[i]);
  udpnat_path_set_settle (self, now_us);
}

/**
 * udpnat_path_set_rotate_socket:
 * @socket: likewise; it takes the place of the further one, whose paths stay until
 *   udpnat_path_set_drop_socket()
 * @local: likewise, without addresses that are soon of no use
 *
 * The binding in use will die, however busy it is. The chosen path is tried from @socket, and
 * changed for that as soon as it is proven; so is whatever is found later by any other socket.
 */
void
udpnat_path_set_rotate_socket (UdpnatPathSet          *self,
                               gint64                  now_us,
                               UdpnatSocketId          socket,
                               const UdpnatAddress    *mapped,
                               const UdpnatCandidates *local)
{
  UdpnatPath *path = NULL;

  g_assert (socket >= UDPNAT_SOCKET_FURTHER);

  self->further_socket = socket;
  self->further_address = *mapped;
  self->is_rotating = TRUE;
  udpnat_path_set_set_local (self, local);
  if (self->selected == NULL || udpnat_path_set_is_relay_only (self)
      || !udpnat_path_set_is_active (self, now_us))
    return;
  path = udpnat_path_set_add (self, socket, &self->selected->address, self->selected->origin);
  if (path != NULL && !udpnat_path_is_running (path) && !udpnat_path_has_proof (path))
    udpnat_path_set_start_run (self, now_us, path);
  udpnat_path_set_settle (self, now_us);
}

/* A path gives way when the peer has taken its address back, or when our own binding for it will
 * die and the further socket has a fresh one. */
void
udpnat_path_set_mark_retiring (UdpnatPathSet *self)
{
  for (guint i = 0; i < self->n_paths; i++)
    {
      UdpnatPath *path = self->paths[i];

      path->is_retiring = path->is_unlisted
                          || (self->is_rotating && self->further_socket != UDPNAT_SOCKET_MAIN
                              && path->socket != self->further_socket && is_public (path));
    }
}

/** udpnat_path_set_adopt_socket: @socket is the further one from now on, and in use already */
void
udpnat_path_set_adopt_socket (UdpnatPathSet *self,
                              UdpnatSocketId socket)
{
  self->further_socket = socket;
  self->further_address = UDPNAT_ADDRESS_NONE;
}

/**
 * udpnat_path_set_remove_socket:
 *
 * Forgets every path of the further socket, which is about to be closed.
 */
void
udpnat_path_set_remove_socket (UdpnatPathSet *self,
                               gint64         now_us)
{
  UdpnatSocketId socket = self->further_socket;

  if (socket == UDPNAT_SOCKET_MAIN)
    return;
  self->further_socket = UDPNAT_SOCKET_MAIN;
  self->further_address = UDPNAT_ADDRESS_NONE;
  /* All of them, before another one is chosen. */
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i]->socket == socket)
      udpnat_path_forget (self->paths[i]);
  udpnat_path_set_settle (self, now_us);
  for (guint i = self->n_paths; i > 0; i--)
    if (self->paths[i - 1]->socket == socket)
      udpnat_path_set_remove (self, self->paths[i - 1]);
}

/**
 * udpnat_path_set_is_socket_idle:
 *
 * Returns: whether nothing goes by the further socket any more, nor will unless a new round begins
 */
gboolean
udpnat_path_set_is_socket_idle (const UdpnatPathSet *self)
{
  for (guint i = 0; i < self->n_paths; i++)
    if (self->paths[i]->socket == self->further_socket
        && self->further_socket != UDPNAT_SOCKET_MAIN
        && (udpnat_path_is_running (self->paths[i]) || udpnat_path_has_proof (self->paths[i])))
      return FALSE;
  return TRUE;
}
