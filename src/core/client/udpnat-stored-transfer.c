/* A file on its way, as the disk has it: a value. What is on the disk is changed by
 * udpnat-store-transfers.c only. */

#include "config.h"

#include "udpnat-stored-transfer.h"

/** udpnat_stored_transfer_copy: @self: (nullable): */
UdpnatStoredTransfer *
udpnat_stored_transfer_copy (const UdpnatStoredTransfer *self)
{
  UdpnatStoredTransfer *copy;

  if (self == NULL)
    return NULL;
  copy = g_memdup2 (self, sizeof *self);
  copy->reason = g_strdup (self->reason);
  copy->path = g_strdup (self->path);
  copy->partial = g_strdup (self->partial);
  copy->answer = g_strdup (self->answer);
  copy->offer = udpnat_file_offer_copy (self->offer);
  return copy;
}

void
udpnat_stored_transfer_free (UdpnatStoredTransfer *self)
{
  if (self == NULL)
    return;
  g_free (self->reason);
  g_free (self->path);
  g_free (self->partial);
  g_free (self->answer);
  udpnat_file_offer_free (self->offer);
  g_free (self);
}

/** udpnat_stored_transfer_get_state_code: Returns: a word for programs: "offered", "accepted", … */
const char *
udpnat_stored_transfer_get_state_code (const UdpnatStoredTransfer *self)
{
  switch (self->state)
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      return "offered";
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
      return "accepted";
    case UDPNAT_TRANSFER_STATE_RUNNING:
      return "running";
    case UDPNAT_TRANSFER_STATE_DONE:
      return "done";
    case UDPNAT_TRANSFER_STATE_FAILED:
      return "failed";
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      return "cancelled";
    }
  return "failed";
}
