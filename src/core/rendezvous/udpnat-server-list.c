#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include "udpnat-directory-message.h"
#include "udpnat-name.h"
#include "udpnat-server-access-private.h"

/* Pages of the directory, and search by how a name begins (PROTOCOL.md section 7). A page says with
 * which name it ends, and the next one begins behind that: so nothing is kept of whoever reads, and
 * nobody is left out or comes twice because others have come meanwhile. */

static gboolean
take_page (UdpnatServerClient *self,
           gint64              now_us)
{
  UdpnatServerQuotas *quotas = udpnat_server_client_ensure_quotas (self, now_us);

  return udpnat_token_bucket_take (&quotas->page_bucket, now_us, 1, UDPNAT_DIRECTORY_PAGES_BURST,
                                   UDPNAT_DIRECTORY_PAGES_PER_SECOND);
}

/* Guests are told of nobody where one has to be invited. */
static gboolean
is_member (const UdpnatServerClient *self)
{
  return udpnat_server_is_member (self->server, udpnat_server_identity_get_key (self->identity));
}

static void
refuse (UdpnatServerClient *self,
        guint32             request,
        UdpnatPageCode      code)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  udpnat_write_page (message, request, (guint8) code, NULL, 0);
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
}

static void
tell_page (UdpnatServerClient      *self,
           const UdpnatListMessage *list)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autofree char      *prefix = udpnat_name_fold (list->prefix);
  g_autofree char      *after = udpnat_name_fold (list->after);
  UdpnatRegistryEntry  *found[UDPNAT_DIRECTORY_PAGE_MAX];
  UdpnatDirectoryEntry  entries[UDPNAT_DIRECTORY_PAGE_MAX];
  gboolean              has_more;
  guint                 n_found, n = 0;

  n_found = udpnat_registry_list (self->server->registry, prefix, after, found,
                                  CLAMP (list->n_max, 1, UDPNAT_DIRECTORY_PAGE_MAX), &has_more);
  for (guint i = 0; i < n_found; i++)
    if (!udpnat_server_is_entry_blocked (self->server, found[i]))
      udpnat_server_fill_entry (self->server, found[i], &entries[n++]);
  udpnat_write_page (message, list->request,
                     has_more && n > 0 ? UDPNAT_PAGE_MORE : UDPNAT_PAGE_LAST, entries, n);
  (void) udpnat_session_stream_write (self->session, 0, message->data, message->len);
}

/** udpnat_server_handle_list: Returns: %FALSE when it breaks the protocol */
gboolean
udpnat_server_handle_list (UdpnatServerClient      *self,
                           gint64                   now_us,
                           const UdpnatMessageView *message)
{
  g_auto (UdpnatListMessage) list = { 0 };

  if (!udpnat_parse_list (message, &list))
    return FALSE;
  self->server->stats.pages++;
  if (self->server->config.directory == UDPNAT_DIRECTORY_PRIVATE || !is_member (self))
    refuse (self, list.request, UDPNAT_PAGE_PRIVATE);
  else if (!take_page (self, now_us))
    refuse (self, list.request, UDPNAT_PAGE_LATER);
  else
    tell_page (self, &list);
  return TRUE;
}
