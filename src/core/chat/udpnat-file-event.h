#pragma once

#include "udpnat-file-reason.h"
#include "udpnat-message-id.h"

G_BEGIN_DECLS

/* What a #UdpnatFileGiver or a #UdpnatFileFetcher tells. All are about the offer @id. */
typedef enum
{
  /* giver */
  UDPNAT_FILE_EVENT_ASKED,         /* it is wanted, and refused as being prepared: once for each */
  UDPNAT_FILE_EVENT_CHUNK_WANTED,  /* @file, @number: answer with give_chunk(), or another serve()
  */
  UDPNAT_FILE_EVENT_HASHES_WANTED, /* @file, @level, @number: answer with give_hashes() */
  UDPNAT_FILE_EVENT_STOPPED,       /* @reason: the receiver asks for nothing more for now */
  /* fetcher */
  UDPNAT_FILE_EVENT_CHUNK,         /* @file, @number, @data: true; keep it, then say so */
  UDPNAT_FILE_EVENT_FETCHED,       /* @file: all its chunks have been kept */
  UDPNAT_FILE_EVENT_REFUSED,       /* @reason: the sender gives nothing for now, or for good */
  UDPNAT_FILE_EVENT_GOES_ON,       /* the sender gives again */
  UDPNAT_FILE_EVENT_CORRUPT,       /* @file: what came is not what was offered; it is not fetched
                                    * any more */
} UdpnatFileEventType;

/**
 * UdpnatFileEvent:
 * @number: of the chunk, or of the block of hashes
 * @reason: a #UdpnatFileReason
 * @data: (nullable): one reference
 */
typedef struct
{
  UdpnatFileEventType type;
  UdpnatMessageId     id;
  guint32             file;
  guint64             number;
  guint8              level;
  guint8              reason;
  GBytes             *data;
} UdpnatFileEvent;

static inline void
udpnat_file_event_free (UdpnatFileEvent *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->data, g_bytes_unref);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatFileEvent, udpnat_file_event_free)

/** udpnat_file_event_push: Returns: (transfer none): a new one at the end of @queue, for more to be
 * said in it */
static inline UdpnatFileEvent *
udpnat_file_event_push (GQueue                *queue,
                        UdpnatFileEventType    type,
                        const UdpnatMessageId *id)
{
  UdpnatFileEvent *event = g_new0 (UdpnatFileEvent, 1);

  event->type = type;
  event->id = *id;
  g_queue_push_tail (queue, event);
  return event;
}

G_END_DECLS
