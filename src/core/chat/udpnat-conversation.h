#pragma once

#include "udpnat-item.h"
#include "udpnat-time.h"

G_BEGIN_DECLS

/**
 * UdpnatConversation:
 *
 * One side of the talk with one peer: what is still to be sent, what has come. It knows neither
 * sessions nor paths, nor the mailbox; it only fills what they carry.
 */
typedef struct _UdpnatConversation UdpnatConversation;

typedef enum
{
  /* new from the peer; answer with udpnat_conversation_confirm() or _refuse() */
  UDPNAT_CONVERSATION_EVENT_ITEM,
  UDPNAT_CONVERSATION_EVENT_SENT,      /* has left for the first time */
  UDPNAT_CONVERSATION_EVENT_STORED,    /* is in the peer's mailbox */
  UDPNAT_CONVERSATION_EVENT_DELIVERED, /* the peer has it safe */
  UDPNAT_CONVERSATION_EVENT_READ,      /* the peer has seen everything up to this one */
  UDPNAT_CONVERSATION_EVENT_TYPING,    /* the peer has begun or ceased to write */
  UDPNAT_CONVERSATION_EVENT_RESUMED,   /* letters are taken again: one has begun anew */
} UdpnatConversationEventType;

/**
 * UdpnatConversationEvent:
 * @item: (transfer full) (nullable): ITEM only
 * @elapsed_us: from udpnat_conversation_send() to the receipt; DELIVERED only
 * @is_typing: TYPING only
 */
typedef struct
{
  UdpnatConversationEventType type;
  UdpnatMessageId             id;
  UdpnatItem                 *item;
  gint64                      elapsed_us;
  gboolean                    is_typing;
} UdpnatConversationEvent;

UdpnatConversation *udpnat_conversation_new            (void) G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_conversation_free           (UdpnatConversation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatConversation, udpnat_conversation_free)

/* The outbox */
gboolean            udpnat_conversation_send           (UdpnatConversation    *self,
                                                        gint64                 now_us,
                                                        const UdpnatItem      *item,
                                                        gboolean               is_stored)
  G_GNUC_WARN_UNUSED_RESULT;
gboolean            udpnat_conversation_withdraw       (UdpnatConversation    *self,
                                                        const UdpnatMessageId *id);
guint               udpnat_conversation_get_unreceipted (const UdpnatConversation *self);
guint               udpnat_conversation_get_unstored   (const UdpnatConversation *self);

/* What is told besides */
void                udpnat_conversation_set_read       (UdpnatConversation    *self,
                                                        gint64                 now_us,
                                                        const UdpnatMessageId *id);
void                udpnat_conversation_set_typing     (UdpnatConversation    *self,
                                                        gboolean               is_typing);

/* Carried by a session */
gboolean            udpnat_conversation_has_unsent     (const UdpnatConversation *self);
void                udpnat_conversation_restart        (UdpnatConversation *self);
void                udpnat_conversation_write_early    (UdpnatConversation *self,
                                                        GByteArray         *out,
                                                        gsize               n_max);
gboolean            udpnat_conversation_write_next     (UdpnatConversation *self,
                                                        GByteArray         *out,
                                                        gsize               n_max);

/* Carried by the mailbox */
gint64              udpnat_conversation_get_unmailed_since (const UdpnatConversation *self);
gboolean            udpnat_conversation_write_mail     (UdpnatConversation *self,
                                                        GByteArray         *out,
                                                        gsize               n_max);
void                udpnat_conversation_finish_mail    (UdpnatConversation *self,
                                                        gboolean            is_stored);

/* What comes */
gboolean            udpnat_conversation_handle_message (UdpnatConversation *self,
                                                        gint64              now_us,
                                                        guint8              type,
                                                        const guint8       *body,
                                                        gsize               n_body)
  G_GNUC_WARN_UNUSED_RESULT;
void                udpnat_conversation_confirm        (UdpnatConversation    *self,
                                                        gint64                 now_us,
                                                        const UdpnatMessageId *id);
void                udpnat_conversation_refuse         (UdpnatConversation    *self,
                                                        const UdpnatMessageId *id);
void                udpnat_conversation_skip           (UdpnatConversation    *self,
                                                        const UdpnatMessageId *id);
void                udpnat_conversation_set_in_letter  (UdpnatConversation    *self,
                                                        gboolean               is_in_letter);
void                udpnat_conversation_set_needs_begin (UdpnatConversation   *self);
gboolean            udpnat_conversation_needs_begin    (const UdpnatConversation *self);
gboolean            udpnat_conversation_is_settled     (const UdpnatConversation *self,
                                                        const UdpnatMessageId    *id);

gboolean            udpnat_conversation_pop_event      (UdpnatConversation      *self,
                                                        UdpnatConversationEvent *out_event);

G_END_DECLS
