#pragma once

#include "udpnat-store-outbox.h"
#include "udpnat-stored-transfer.h"

G_BEGIN_DECLS

/* Files: each FILE item has a line, and beside it what has become of the file. What is offered is
 * in the line and does not change. */

typedef void (*UdpnatStoreTransferFunc) (const UdpnatStoredTransfer *transfer,
                                         gpointer                    user_data);

void                  udpnat_store_save_transfer          (UdpnatStore                *self,
                                                           const UdpnatStoredTransfer *transfer,
                                                           UdpnatStoreLineFunc         done,
                                                           gpointer                    user_data);
void                  udpnat_store_foreach_open_transfer  (UdpnatStore                *self,
                                                           UdpnatStoreTransferFunc     func,
                                                           gpointer                    user_data);
void                  udpnat_store_foreach_untold_transfer (UdpnatStore                *self,
                                                           UdpnatStoreTransferFunc     func,
                                                           gpointer                    user_data);
UdpnatStoredTransfer *udpnat_store_dup_transfer           (UdpnatStore                *self,
                                                           gint64                      line)
  G_GNUC_WARN_UNUSED_RESULT;
GBytes               *udpnat_store_dup_parts              (UdpnatStore                *self,
                                                           const UdpnatStoredTransfer *transfer)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
