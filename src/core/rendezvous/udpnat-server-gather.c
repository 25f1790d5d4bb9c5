#include "config.h"

#include "udpnat-server-question-private.h"

/* What those at rest ask about others, some questions at a time. With very many people, whoever is
 * asked about lies in no cache, and where is known only when the question has been opened. So some
 * questions are opened before the first of them is answered, and each step towards those whom they
 * are about is taken for all of them, so that the processor waits for the memory once and not each
 * time.
 *
 * Nothing else is different: before anything comes to pass that changes who is there, whoever is
 * waiting here is answered. Outside of a batch nothing waits. */

#define ROOM 16

typedef struct
{
  UdpnatServerIdentity      *from;
  const UdpnatRegistryEntry *entry; /* (nullable): a guess */
  UdpnatFrameView            frame;
  guint32                    hash;
  UdpnatServerLookup         lookup;
  guint8                     frames[UDPNAT_DATAGRAM_MAX_BYTES];
} Question;

struct _UdpnatServerGather
{
  Question questions[ROOM];
  guint    n_questions;
};

UdpnatServerGather *
udpnat_server_gather_new (void)
{
  return g_new0 (UdpnatServerGather, 1);
}

void
udpnat_server_gather_free (UdpnatServerGather *self)
{
  g_free (self);
}

/** udpnat_server_gather_peek_room: Returns: (transfer none): where the frames of a packet may be
 * opened to; of %UDPNAT_DATAGRAM_MAX_BYTES */
guint8 *
udpnat_server_gather_peek_room (UdpnatRendezvousServer *self,
                                gint64                  now_us)
{
  if (self->gather->n_questions == ROOM)
    udpnat_server_gather_answer (self, now_us);
  return self->gather->questions[self->gather->n_questions].frames;
}

/* ---- Steps ---- */

/* Returns: %FALSE when there is nothing in @question that we could know better ahead */
static gboolean
prepare (const UdpnatRendezvousServer *self,
         Question                     *question)
{
  UdpnatPublicKey key;
  const guint8   *inner;
  guint32         handle;
  gsize           n_inner;

  switch (question->frame.type)
    {
    case UDPNAT_FRAME_MESSAGE:
      if (!udpnat_server_read_lookup (self, &question->frame, &question->lookup))
        return FALSE;
      question->hash = question->lookup.hash;
      if (question->lookup.is_plain)
        udpnat_registry_prefetch_slot (self->registry, UDPNAT_REGISTRY_NAMES, question->hash);
      return TRUE;
    case UDPNAT_FRAME_DIAL:
      if (!udpnat_frame_parse_dial (&question->frame, key.bytes, &inner, &n_inner))
        return FALSE;
      question->hash = udpnat_registry_hash_key (self->registry, &key);
      udpnat_registry_prefetch_slot (self->registry, UDPNAT_REGISTRY_KEYS, question->hash);
      return TRUE;
    case UDPNAT_FRAME_RELAY:
      if (!udpnat_frame_parse_relay (&question->frame, &handle, &inner, &n_inner))
        return FALSE;
      udpnat_slab_prefetch (self->identities, udpnat_server_guess_handle (self, handle));
      return TRUE;
    default:
      return FALSE;
    }
}

static void
find_entry (const UdpnatRendezvousServer *self,
            Question                     *question)
{
  question->entry = NULL;
  udpnat_server_identity_prefetch_quotas (question->from, self, 0);
  if (question->frame.type == UDPNAT_FRAME_DIAL)
    question->entry = udpnat_registry_prefetch_entry (self->registry, UDPNAT_REGISTRY_KEYS,
                                                      question->hash);
  else if (question->frame.type == UDPNAT_FRAME_MESSAGE && question->lookup.is_plain)
    question->entry = udpnat_registry_prefetch_entry (self->registry, UDPNAT_REGISTRY_NAMES,
                                                      question->hash);
}

static void
find_session (const UdpnatRendezvousServer *self,
              const Question               *question)
{
  udpnat_server_identity_prefetch_quotas (question->from, self, 1);
  if (question->entry != NULL)
    udpnat_slab_prefetch (self->identities, question->entry->session);
}

static void
answer (UdpnatRendezvousServer *self,
        gint64                  now_us,
        const Question         *question)
{
  if (question->frame.type == UDPNAT_FRAME_DIAL)
    udpnat_server_dial (self, now_us, question->from, &question->frame);
  else if (question->frame.type == UDPNAT_FRAME_RELAY)
    udpnat_server_relay (self, now_us, question->from, &question->frame);
  else
    udpnat_server_answer_lookup (self, now_us, question->from, &question->lookup);
}

/**
 * udpnat_server_gather_put:
 * @from: who rests; its packet has been dealt with but for what it asks
 * @frame: in the room that udpnat_server_gather_peek_room() gave
 *
 * Returns: %FALSE when that is no question, so that it is the caller's to deal with
 */
gboolean
udpnat_server_gather_put (UdpnatRendezvousServer *self,
                          UdpnatServerIdentity   *from,
                          const UdpnatFrameView  *frame)
{
  Question *question = &self->gather->questions[self->gather->n_questions];

  question->frame = *frame;
  if (!prepare (self, question))
    return FALSE;
  question->from = from;
  __builtin_prefetch (from->seat);
  self->gather->n_questions++;
  return TRUE;
}

/** udpnat_server_gather_answer: all that has been put */
void
udpnat_server_gather_answer (UdpnatRendezvousServer *self,
                             gint64                  now_us)
{
  UdpnatServerGather *gather = self->gather;
  const guint         n_questions = gather->n_questions;

  if (n_questions > 1)
    {
      for (guint i = 0; i < n_questions; i++)
        find_entry (self, &gather->questions[i]);
      for (guint i = 0; i < n_questions; i++)
        find_session (self, &gather->questions[i]);
    }
  gather->n_questions = 0;
  for (guint i = 0; i < n_questions; i++)
    answer (self, now_us, &gather->questions[i]);
}
