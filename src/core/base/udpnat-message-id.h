#pragma once

#include <glib.h>
#include <string.h>

G_BEGIN_DECLS

#define UDPNAT_MESSAGE_ID_BYTES 16
/* Hexadecimal with its final zero. */
#define UDPNAT_MESSAGE_ID_TEXT_BYTES 33

/**
 * UdpnatMessageId:
 *
 * Names one chat message for ever: 16 random bytes chosen by its sender. Receivers drop an id they
 * have seen, which makes it safe to send a message again over any session or path.
 */
typedef struct
{
  guint8 bytes[UDPNAT_MESSAGE_ID_BYTES];
} UdpnatMessageId;

char    *udpnat_message_id_to_string (const UdpnatMessageId *self,
                                      char                   text[UDPNAT_MESSAGE_ID_TEXT_BYTES]);
gboolean udpnat_message_id_parse     (UdpnatMessageId *self,
                                      const char      *text) G_GNUC_WARN_UNUSED_RESULT;

static inline int
udpnat_message_id_compare (const UdpnatMessageId *a,
                           const UdpnatMessageId *b)
{
  return memcmp (a->bytes, b->bytes, UDPNAT_MESSAGE_ID_BYTES);
}

G_END_DECLS
