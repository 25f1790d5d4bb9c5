#pragma once

#include "udpnat-history-item.h"
#include "udpnat-store.h"

G_BEGIN_DECLS

/* What we are told, and all that was said. */

/**
 * UdpnatReceived:
 * @UDPNAT_RECEIVED_NEW: on our disk now: may be confirmed
 * @UDPNAT_RECEIVED_KNOWN: was there already: may be confirmed
 * @UDPNAT_RECEIVED_SKIPPED: of a kind that strangers may not say: what follows may be kept
 * @UDPNAT_RECEIVED_REFUSED: over a limit of strangers, or they are declined or blocked: whatever
 *   follows is not kept either
 * @UDPNAT_RECEIVED_FAILED: could not be written: the sender must keep it
 */
typedef enum
{
  UDPNAT_RECEIVED_NEW,
  UDPNAT_RECEIVED_KNOWN,
  UDPNAT_RECEIVED_SKIPPED,
  UDPNAT_RECEIVED_REFUSED,
  UDPNAT_RECEIVED_FAILED,
} UdpnatReceived;

/**
 * UdpnatStoreReceivedFunc:
 * @changed: (nullable): the new or changed line, as it is now
 * @is_first_of_request: a stranger's first line: there is a new request
 */
typedef void (*UdpnatStoreReceivedFunc) (UdpnatReceived     received,
                                         UdpnatHistoryItem *changed,
                                         gboolean           is_first_of_request,
                                         gpointer           user_data);

void               udpnat_store_add_incoming    (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 const UdpnatItem        *item,
                                                 gint64                   received_us,
                                                 UdpnatStoreReceivedFunc  done,
                                                 gpointer                 user_data);
void               udpnat_store_clear_refused   (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key);

/* ---- Reading ---- */
GPtrArray         *udpnat_store_dup_page        (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 gint64                   before,
                                                 guint                    n)
  G_GNUC_WARN_UNUSED_RESULT;
GPtrArray         *udpnat_store_dup_page_after  (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 gint64                   after,
                                                 guint                    n)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatHistoryItem *udpnat_store_dup_line        (UdpnatStore             *self,
                                                 gint64                   number)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatHistoryItem *udpnat_store_dup_line_by_id  (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 const UdpnatMessageId   *id)
  G_GNUC_WARN_UNUSED_RESULT;
UdpnatHistoryItem *udpnat_store_dup_last_line   (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key)
  G_GNUC_WARN_UNUSED_RESULT;
GPtrArray         *udpnat_store_search          (UdpnatStore             *self,
                                                 const char              *words,
                                                 const UdpnatPublicKey   *key,
                                                 gint64                   before,
                                                 guint                    n)
  G_GNUC_WARN_UNUSED_RESULT;
guint              udpnat_store_count_unread    (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key);
gint64             udpnat_store_count_lines     (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key);

/* ---- The user's side of a conversation ---- */
void               udpnat_store_mark_read       (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 gint64                   number,
                                                 UdpnatStoreDoneFunc      done,
                                                 gpointer                 user_data);
void               udpnat_store_set_draft       (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 const char              *text);
void               udpnat_store_delete_line     (UdpnatStore             *self,
                                                 gint64                   number,
                                                 UdpnatStoreDoneFunc      done,
                                                 gpointer                 user_data);
void               udpnat_store_clear_history   (UdpnatStore             *self,
                                                 const UdpnatPublicKey   *key,
                                                 UdpnatStoreDoneFunc      done,
                                                 gpointer                 user_data);

G_END_DECLS
