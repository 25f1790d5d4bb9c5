#pragma once

#include <glib-object.h>

#include "udpnat-item.h"
#include "udpnat-key.h"
#include "udpnat-stored-transfer.h"

G_BEGIN_DECLS

/**
 * UdpnatItemState:
 * @UDPNAT_ITEM_STATE_WAITING: on our disk, in the outbox
 * @UDPNAT_ITEM_STATE_SENT: has left
 * @UDPNAT_ITEM_STATE_STORED: in the peer's mailbox at the server
 * @UDPNAT_ITEM_STATE_DELIVERED: on the peer's disk
 * @UDPNAT_ITEM_STATE_READ: the peer has seen it
 * @UDPNAT_ITEM_STATE_FAILED: given up; the reason says why
 *
 * How far something of ours has come. It only rises; FAILED comes only before DELIVERED, and a
 * receipt that arrives after it is still believed. The values are on disk: never change them.
 */
typedef enum
{
  UDPNAT_ITEM_STATE_WAITING = 0,
  UDPNAT_ITEM_STATE_SENT = 1,
  UDPNAT_ITEM_STATE_STORED = 2,
  UDPNAT_ITEM_STATE_DELIVERED = 3,
  UDPNAT_ITEM_STATE_READ = 4,
  UDPNAT_ITEM_STATE_FAILED = 5,
} UdpnatItemState;

#define UDPNAT_TYPE_HISTORY_ITEM (udpnat_history_item_get_type ())
G_DECLARE_FINAL_TYPE (UdpnatHistoryItem, udpnat_history_item, UDPNAT, HISTORY_ITEM, GObject)

/**
 * UdpnatHistoryItem:
 *
 * One line of a conversation, as it was when it was read from the store. What views show is also
 * there as properties: number, outgoing, text, shown-us, state, reason, deleted, edited-us,
 * quoted-text, my-reaction, their-reaction, file.
 */

const char            *udpnat_item_state_to_code               (UdpnatItemState state);

gint64                 udpnat_history_item_get_number          (UdpnatHistoryItem *self);
const UdpnatPublicKey *udpnat_history_item_get_key             (UdpnatHistoryItem *self);
const UdpnatMessageId *udpnat_history_item_get_id              (UdpnatHistoryItem *self);
guint8                 udpnat_history_item_get_item_type       (UdpnatHistoryItem *self);
gboolean               udpnat_history_item_is_outgoing         (UdpnatHistoryItem *self);
gboolean               udpnat_history_item_is_deleted          (UdpnatHistoryItem *self);
gboolean               udpnat_history_item_is_unsupported      (UdpnatHistoryItem *self);
gint64                 udpnat_history_item_get_sent_us         (UdpnatHistoryItem *self);
gint64                 udpnat_history_item_get_received_us     (UdpnatHistoryItem *self);
gint64                 udpnat_history_item_get_shown_us        (UdpnatHistoryItem *self);
gint64                 udpnat_history_item_get_edited_us       (UdpnatHistoryItem *self);
const char            *udpnat_history_item_get_text            (UdpnatHistoryItem *self);
UdpnatItemState        udpnat_history_item_get_state           (UdpnatHistoryItem *self);
const char            *udpnat_history_item_get_reason          (UdpnatHistoryItem *self);
const UdpnatMessageId *udpnat_history_item_get_quoted_id       (UdpnatHistoryItem *self);
const char            *udpnat_history_item_get_quoted_text     (UdpnatHistoryItem *self);
gboolean               udpnat_history_item_is_quoted_outgoing  (UdpnatHistoryItem *self);
const char            *udpnat_history_item_get_my_reaction     (UdpnatHistoryItem *self);
const char            *udpnat_history_item_get_their_reaction  (UdpnatHistoryItem *self);
const UdpnatFileOffer *udpnat_history_item_get_offer           (UdpnatHistoryItem *self);
const UdpnatStoredTransfer *
                       udpnat_history_item_get_stored_transfer (UdpnatHistoryItem *self);

void                   udpnat_history_item_update              (UdpnatHistoryItem *self,
                                                                UdpnatHistoryItem *newer);

G_END_DECLS
