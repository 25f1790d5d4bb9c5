/* Who else is at the server, where that are too many to be told of all of them. */

#include "config.h"

#include "udpnat-client-private.h"

#include "udpnat-clock.h"
#include "udpnat-node-browse.h"

/** udpnat_client_get_directory: Returns: how the server tells who is there. Where it does not tell
 * of everybody, of contacts alone is known at any time how things stand */
UdpnatDirectoryKind
udpnat_client_get_directory (UdpnatClient *self)
{
  return self->node != NULL ? udpnat_node_get_directory (self->node, NULL)
                            : UDPNAT_DIRECTORY_UNKNOWN;
}

/** udpnat_client_has_more_people: Returns: whether there are others behind those looked at */
gboolean
udpnat_client_has_more_people (UdpnatClient *self)
{
  gboolean has_more = FALSE;

  if (self->node != NULL)
    (void) udpnat_node_get_directory (self->node, &has_more);
  return has_more;
}

/**
 * udpnat_client_browse:
 * @prefix: how the names begin; "" for all
 * @n_wanted: how many are looked at
 *
 * The user looks at who is at the server. Where the server tells of everybody they are among the
 * people anyway; where it tells them in pages, they come to be, and "directory-complete" says when
 * all have. Is to be called again when the user wants to see more.
 */
void
udpnat_client_browse (UdpnatClient *self,
                      const char   *prefix,
                      guint         n_wanted)
{
  if (self->node == NULL)
    return;
  udpnat_node_browse (self->node, udpnat_clock_get_now_us (), prefix, n_wanted);
  udpnat_client_wake (self);
}

/** udpnat_client_stop_browsing: whom the user has seen and done nothing with is forgotten later */
void
udpnat_client_stop_browsing (UdpnatClient *self)
{
  if (self->node == NULL)
    return;
  udpnat_node_stop_browsing (self->node, udpnat_clock_get_now_us ());
  udpnat_client_wake (self);
}
