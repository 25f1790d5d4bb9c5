#include "config.h"

#include "udpnat-rendezvous-server-private.h"

#include "udpnat-name.h"
#include "udpnat-server-access-private.h"
#include "udpnat-server-fleet-private.h"

/* Questions in MESSAGE frames (PROTOCOL.md section 7): asked as often as it takes, answered each
 * time, and nothing is kept of them. So whoever asks can be at rest, and stays so. */

/** udpnat_server_answer: @message: of the control stream; fits into a datagram */
void
udpnat_server_answer (UdpnatServerIdentity   *to,
                      UdpnatRendezvousServer *self,
                      gint64                  now_us,
                      const GByteArray       *message)
{
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;

  udpnat_writer_init (&writer, frames, sizeof frames);
  if (!udpnat_frame_write_message (&writer, message))
    g_assert_not_reached ();
  (void) udpnat_server_identity_send_frames (to, self, now_us, frames, writer.n_written);
}

/* Who asks for more than that looks for names that exist. */
static gboolean
take_lookup (UdpnatRendezvousServer *self,
             gint64                  now_us,
             UdpnatServerIdentity   *from)
{
  UdpnatServerQuotas *quotas = udpnat_server_identity_ensure_quotas (from, self, now_us);

  if (udpnat_token_bucket_take (&quotas->lookup_bucket, now_us, 1, UDPNAT_LOOKUPS_BURST_PER_KEY,
                                UDPNAT_LOOKUPS_PER_SECOND_PER_KEY))
    return TRUE;
  self->stats.refusals[UDPNAT_SERVER_REFUSAL_LOOKUP_RATE]++;
  return FALSE;
}

static void
handle_lookup (UdpnatRendezvousServer  *self,
               gint64                   now_us,
               UdpnatServerIdentity    *from,
               const UdpnatMessageView *message)
{
  g_autoptr (GByteArray) result = g_byte_array_new ();
  g_autofree char           *name = NULL;
  g_autofree char           *normal = NULL;
  const UdpnatRegistryEntry *entry = NULL;
  UdpnatDirectoryEntry       found;
  guint32                    request;

  if (!udpnat_parse_lookup (message, &request, &name)
      || udpnat_server_fleet_is_asked (self, from, request))
    return;
  if (!take_lookup (self, now_us, from))
    {
      udpnat_write_lookup_result (result, request, UDPNAT_LOOKUP_TRY_LATER, NULL);
      udpnat_server_answer (from, self, now_us, result);
      return;
    }
  self->stats.lookups++;
  normal = udpnat_name_normalize (name);
  if (normal != NULL)
    entry = udpnat_registry_find (self->registry, normal);
  if (entry != NULL && (entry->is_claim || udpnat_server_is_entry_blocked (self, entry)))
    entry = NULL;
  if (normal != NULL && (entry == NULL || entry->session == 0) && udpnat_server_fleet_can_ask (self)
      && udpnat_server_fleet_take_ask (self, now_us, from))
    {
      udpnat_server_fleet_ask_lookup (self, now_us, from, request, normal,
                                      entry != NULL ? &entry->key : NULL);
      return;
    }
  if (entry == NULL)
    udpnat_write_lookup_result (result, request,
                                normal != NULL && self->fleet != NULL ? UDPNAT_LOOKUP_TRY_LATER
                                                                      : UDPNAT_LOOKUP_UNKNOWN,
                                NULL);
  else
    {
      /* Who does not want to be listed is not to be watched by asking, either. */
      udpnat_server_fill_entry (self, entry, &found);
      udpnat_write_lookup_result (result, request, UDPNAT_LOOKUP_FOUND, &found);
    }
  udpnat_server_answer (from, self, now_us, result);
}

/** udpnat_server_handle_question: a MESSAGE frame from @from; what is no question is ignored */
void
udpnat_server_handle_question (UdpnatRendezvousServer *self,
                   gint64                  now_us,
                   UdpnatServerIdentity   *from,
                   const UdpnatFrameView  *frame)
{
  UdpnatMessageView message;

  if (udpnat_frame_parse_message (frame, &message) && message.type == UDPNAT_CS_LOOKUP)
    handle_lookup (self, now_us, from, &message);
}
