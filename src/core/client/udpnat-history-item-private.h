#pragma once

#include "udpnat-history-item.h"

G_BEGIN_DECLS

/* Filled by the store as it reads a row; nobody changes it afterwards but
 * udpnat_history_item_update(). */
struct _UdpnatHistoryItem
{
  GObject         parent_instance;

  gint64          number;
  UdpnatPublicKey key;
  UdpnatMessageId id;
  guint8          type;
  gboolean        is_outgoing;
  gboolean        is_deleted;
  gint64          sent_us;
  gint64          received_us;
  gint64          shown_us;
  gint64          edited_us;
  char           *text;           /* nullable */
  UdpnatItemState state;
  char           *reason;         /* nullable */
  gboolean        has_quoted;
  UdpnatMessageId quoted_id;
  char           *quoted_text;    /* nullable */
  gboolean        is_quoted_outgoing;
  char           *my_reaction;    /* nullable */
  char           *their_reaction; /* nullable */
  UdpnatStoredTransfer *transfer; /* nullable: is no file, or deleted */
};

G_END_DECLS
