#include "config.h"

#include "udpnat-server-question-private.h"

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
answer_code (UdpnatRendezvousServer *self,
             gint64                  now_us,
             UdpnatServerIdentity   *to,
             guint32                 request,
             guint8                  code)
{
  g_autoptr (GByteArray) result = g_byte_array_new ();

  udpnat_write_lookup_result (result, request, code, NULL);
  udpnat_server_answer (to, self, now_us, result);
}

static void
answer_entry (UdpnatRendezvousServer    *self,
              gint64                     now_us,
              UdpnatServerIdentity      *to,
              guint32                    request,
              const UdpnatRegistryEntry *entry)
{
  UdpnatDirectoryEntry found;

  /* Who does not want to be listed is not to be watched by asking, either. */
  udpnat_server_fill_entry (self, entry, &found);
  g_byte_array_set_size (self->message, 0);
  udpnat_write_lookup_result (self->message, request, UDPNAT_LOOKUP_FOUND, &found);
  udpnat_server_answer (to, self, now_us, self->message);
}

/* @normal: (nullable): when it is not plain */
static const UdpnatRegistryEntry *
find (const UdpnatRendezvousServer *self,
      const UdpnatServerLookup     *lookup,
      const char                   *normal)
{
  const UdpnatRegistryEntry *entry = NULL;

  if (lookup->is_plain)
    entry = udpnat_registry_find_folded (self->registry, lookup->folded, lookup->hash);
  else if (normal != NULL)
    entry = udpnat_registry_find (self->registry, normal);
  if (entry != NULL && (entry->is_claim || udpnat_server_is_entry_blocked (self, entry)))
    return NULL;
  return entry;
}

static char *
dup_normal (const UdpnatServerLookup *lookup)
{
  g_autofree char *name = g_strndup (lookup->name, lookup->n_name);

  return udpnat_name_normalize (name);
}

/** udpnat_server_read_lookup: Returns: %FALSE when @frame is something else */
gboolean
udpnat_server_read_lookup (const UdpnatRendezvousServer *self,
                           const UdpnatFrameView        *frame,
                           UdpnatServerLookup           *out_lookup)
{
  UdpnatMessageView message;

  if (!udpnat_frame_parse_message (frame, &message) || message.type != UDPNAT_CS_LOOKUP
      || !udpnat_parse_lookup (&message, &out_lookup->request, &out_lookup->name,
                               &out_lookup->n_name))
    return FALSE;
  out_lookup->is_plain = udpnat_name_fold_plain (out_lookup->name, out_lookup->n_name,
                                                 out_lookup->folded);
  if (out_lookup->is_plain)
    out_lookup->hash = udpnat_registry_hash_name (self->registry, out_lookup->folded);
  return TRUE;
}

void
udpnat_server_answer_lookup (UdpnatRendezvousServer   *self,
                             gint64                    now_us,
                             UdpnatServerIdentity     *from,
                             const UdpnatServerLookup *lookup)
{
  g_autofree char           *normal = NULL;
  const UdpnatRegistryEntry *entry;
  gboolean                   is_alone = self->fleet == NULL;

  if (udpnat_server_fleet_is_asked (self, from, lookup->request))
    return;
  if (!take_lookup (self, now_us, from))
    {
      answer_code (self, now_us, from, lookup->request, UDPNAT_LOOKUP_TRY_LATER);
      return;
    }
  self->stats.lookups++;
  if (!lookup->is_plain || !is_alone)
    normal = dup_normal (lookup);
  entry = find (self, lookup, normal);
  if (normal != NULL && (entry == NULL || entry->session == 0) && udpnat_server_fleet_can_ask (self)
      && udpnat_server_fleet_take_ask (self, now_us, from))
    udpnat_server_fleet_ask_lookup (self, now_us, from, lookup->request, normal,
                                    entry != NULL ? &entry->key : NULL);
  else if (entry != NULL)
    answer_entry (self, now_us, from, lookup->request, entry);
  else
    answer_code (self, now_us, from, lookup->request,
                 normal != NULL && !is_alone ? UDPNAT_LOOKUP_TRY_LATER : UDPNAT_LOOKUP_UNKNOWN);
}

/** udpnat_server_handle_question: a MESSAGE frame from @from; what is no question is ignored */
void
udpnat_server_handle_question (UdpnatRendezvousServer *self,
                               gint64                  now_us,
                               UdpnatServerIdentity   *from,
                               const UdpnatFrameView  *frame)
{
  UdpnatServerLookup lookup;

  if (udpnat_server_read_lookup (self, frame, &lookup))
    udpnat_server_answer_lookup (self, now_us, from, &lookup);
}
