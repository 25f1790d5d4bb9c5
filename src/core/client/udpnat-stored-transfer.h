#pragma once

#include "udpnat-file-offer.h"
#include "udpnat-key.h"
#include "udpnat-transfer.h"

G_BEGIN_DECLS

/**
 * UdpnatStoredTransfer:
 * @line: number of the line that offers it
 * @key: in whose conversation that is
 * @id: of the offer
 * @is_outgoing: whether it is ours to give
 * @reason: (nullable): a code, when it has failed or is cancelled
 * @path: (nullable): where it is on this computer, in bytes of the disk's, which need not be UTF-8:
 *   what we offer, or where it is to go and in the end has come to
 * @partial: (nullable): likewise, of the file that holds what has come so far
 * @kept: bytes that are safe in that; never negative
 * @is_paused: by us
 * @answer: (nullable): the last word that counted (%UDPNAT_FILE_ANSWER_ACCEPTED …), of either side
 *
 * A file on its way, as the disk has it.
 */
typedef struct
{
  gint64               line;
  UdpnatPublicKey      key;
  UdpnatMessageId      id;
  gboolean             is_outgoing;
  UdpnatTransferState  state;
  char                *reason;
  char                *path;
  char                *partial;
  gint64               kept;
  gboolean             is_paused;
  char                *answer;
  UdpnatFileOffer     *offer;
} UdpnatStoredTransfer;

UdpnatStoredTransfer *udpnat_stored_transfer_copy  (const UdpnatStoredTransfer *self)
  G_GNUC_WARN_UNUSED_RESULT;
void                  udpnat_stored_transfer_free  (UdpnatStoredTransfer       *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (UdpnatStoredTransfer, udpnat_stored_transfer_free)

const char           *udpnat_stored_transfer_get_state_code (const UdpnatStoredTransfer *self);

G_END_DECLS
