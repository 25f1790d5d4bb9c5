#pragma once

#include "udpnat-chat-message.h"
#include "udpnat-conversation.h"

G_BEGIN_DECLS

typedef enum
{
  UDPNAT_POSTING_NONE,
  UDPNAT_POSTING_FLYING, /* in a letter that the mailbox has not answered for */
  UDPNAT_POSTING_STORED,
} UdpnatPosting;

typedef struct
{
  UdpnatItem     *item;
  gint64          created_us; /* caller's clock */
  gboolean        is_sent;    /* SENT has been told */
  UdpnatPosting   posting;
} UdpnatOutboxItem;

typedef struct
{
  UdpnatMessageId id;
  gboolean        is_confirmed;
} UdpnatSeenItem;

struct _UdpnatConversation
{
  GQueue outbox;        /* of UdpnatOutboxItem without receipt, oldest first */
  GTree *outbox_links;  /* its links by id: a receipt for what is not there costs no search */
  GList *next;          /* borrowed: first item this session's stream has not taken; NULL: none */
  guint  n_on_wire;     /* items before next */
  guint  n_stored;      /* items that the mailbox has */
  GList *next_mail;     /* borrowed: first item that no letter has taken; NULL: none */

  GQueue receipts;      /* of UdpnatMessageId to be confirmed to the peer */
  gint64 receipts_since_us; /* when the first of them came */
  GQueue receipts_in_letter; /* of UdpnatMessageId, until the mailbox has the letter */
  gint64 receipts_in_letter_since_us;

  UdpnatMessageId read_id;
  gint64          read_since_us;
  gboolean        has_read;
  gboolean        is_read_pending;  /* has not been told at all */
  gboolean        is_read_untold;   /* has not been told in this session */
  gboolean        is_read_in_letter; /* that the mailbox does not have yet */
  gint8           typing_to_tell;   /* -1: nothing */

  gboolean is_refusing;   /* what comes is later than what was refused: until it is said anew */
  gboolean needs_begin;   /* the same for letters, beyond sessions */
  gboolean is_in_letter;  /* what is read now comes from one */

  /* borrowed UdpnatSeenItem by id; a tree, because the ids are chosen by a stranger */
  GTree *seen;
  GQueue seen_order;    /* of UdpnatSeenItem, oldest first */
  GQueue events;        /* of UdpnatConversationEvent */
};

/* udpnat-conversation.c */
UdpnatConversationEvent *udpnat_conversation_push_event   (UdpnatConversation          *self,
                                                           UdpnatConversationEventType  type,
                                                           const UdpnatMessageId       *id);
void                     udpnat_conversation_write_item   (UdpnatConversation          *self,
                                                           UdpnatOutboxItem            *item,
                                                           GByteArray                  *out);
gboolean                 udpnat_conversation_write_receipts (UdpnatConversation        *self,
                                                           GByteArray                  *out,
                                                           gsize                        n_max,
                                                           GQueue                      *taken);
gboolean                 udpnat_conversation_write_read   (UdpnatConversation          *self,
                                                           GByteArray                  *out,
                                                           gsize                        n_max);
void                     udpnat_conversation_forget_mailed (UdpnatConversation         *self);
void                     udpnat_conversation_drop_item    (UdpnatConversation          *self,
                                                           GList                       *link);

static inline gsize
udpnat_outbox_item_get_bytes (const UdpnatOutboxItem *self)
{
  return UDPNAT_ITEM_OVERHEAD_BYTES + g_bytes_get_size (self->item->body);
}

G_END_DECLS
