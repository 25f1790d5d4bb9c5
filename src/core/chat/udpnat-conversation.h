#pragma once

#include "udpnat-message-id.h"
#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatConversation:
 *
 * One side of the talk with one peer: what is still to be sent, what has come. It knows neither
 * sessions nor paths.
 */
typedef struct _UdpnatConversation UdpnatConversation;

typedef enum
{
  /* new text from the peer; answer with udpnat_conversation_confirm() */
  UDPNAT_CONVERSATION_EVENT_MESSAGE,
  UDPNAT_CONVERSATION_EVENT_SENT,      /* has left for the first time */
  UDPNAT_CONVERSATION_EVENT_DELIVERED, /* the peer has it safe */
} UdpnatConversationEventType;

/**
 * UdpnatConversationEvent:
 * @sent_us: the sender's wall clock, µs since 1970; MESSAGE only
 * @elapsed_us: from udpnat_conversation_send() to the receipt; DELIVERED only
 * @text: (transfer full) (nullable): with a final zero; MESSAGE only
 */
typedef struct
{
  UdpnatConversationEventType type;
  UdpnatMessageId             id;
  gint64                      sent_us;
  gint64                      elapsed_us;
  char                       *text;
} UdpnatConversationEvent;

UdpnatConversation *udpnat_conversation_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_conversation_free           (UdpnatConversation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatConversation, udpnat_conversation_free)

gboolean            udpnat_conversation_send           (UdpnatConversation    *self,
                                                        gint64                 now_us,
                                                        const UdpnatMessageId *id,
                                                        gint64                 sent_us,
                                                        const char            *text,
                                                        gsize                  n_text)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_conversation_confirm        (UdpnatConversation    *self,
                                                        const UdpnatMessageId *id);

gboolean            udpnat_conversation_has_unsent     (const UdpnatConversation *self);
guint               udpnat_conversation_get_unreceipted (const UdpnatConversation *self);
void                udpnat_conversation_restart        (UdpnatConversation *self);
void                udpnat_conversation_write_early    (UdpnatConversation *self,
                                                        GByteArray         *out,
                                                        gsize               n_max);
gboolean            udpnat_conversation_write_next     (UdpnatConversation *self,
                                                        GByteArray         *out,
                                                        gsize               n_max);
gboolean            udpnat_conversation_handle_message (UdpnatConversation *self,
                                                        gint64              now_us,
                                                        guint8              type,
                                                        const guint8       *body,
                                                        gsize               n_body)
  G_GNUC_WARN_UNUSED_RESULT;

gboolean            udpnat_conversation_pop_event      (UdpnatConversation      *self,
                                                        UdpnatConversationEvent *out_event);

G_END_DECLS
