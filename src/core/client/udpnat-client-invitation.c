/* An invitation to a server: kept until that server has let us in, so that nobody has to type it
 * twice. */

#include "config.h"

#include "udpnat-client-private.h"

#include <string.h>

#include "udpnat-invitation-link.h"
#include "udpnat-server-address.h"

/* "host:port CODE"; "" for none. */
#define SETTING "invitation"

/**
 * udpnat_client_keep_invitation:
 * @host: which server it is to
 * @port: 1 to 65535
 *
 * To be used when we register there next; it does not connect. A key that it names is pinned when
 * none is known yet: who hands out invitations knows their own server.
 */
void
udpnat_client_keep_invitation (UdpnatClient               *self,
                               const char                 *host,
                               guint16                     port,
                               const UdpnatInvitationLink *invitation)
{
  g_autofree char *server = udpnat_server_address_format (host, port);
  g_autofree char *setting = NULL;
  char             code[UDPNAT_INVITATION_TEXT_BYTES];
  UdpnatPublicKey  known;

  udpnat_invitation_code_to_string (&invitation->code, code);
  setting = g_strdup_printf ("%s %s", server, code);
  udpnat_store_set_setting (self->store, SETTING, setting);
  if (invitation->has_key && !udpnat_store_get_server_key (self->store, server, &known))
    udpnat_store_set_server_key (self->store, server, &invitation->key);
}

/** udpnat_client_show_invitation: to the server that is about to be set, if it is one to that */
void
udpnat_client_show_invitation (UdpnatClient *self)
{
  g_autofree char     *setting = udpnat_store_dup_setting (self->store, SETTING);
  const char          *space = setting != NULL ? strchr (setting, ' ') : NULL;
  UdpnatInvitationCode code;
  gboolean             is_ours;

  is_ours = space != NULL && self->server != NULL
            && strlen (self->server) == (gsize) (space - setting)
            && g_str_has_prefix (setting, self->server)
            && udpnat_invitation_code_parse (&code, space + 1);
  udpnat_node_set_invitation (self->node, is_ours ? code.bytes : NULL);
  self->is_invitation_shown = is_ours;
}

/** udpnat_client_drop_invitation: it has done its work, or is no good */
void
udpnat_client_drop_invitation (UdpnatClient *self)
{
  if (!self->is_invitation_shown)
    return;
  self->is_invitation_shown = FALSE;
  udpnat_store_set_setting (self->store, SETTING, "");
}
