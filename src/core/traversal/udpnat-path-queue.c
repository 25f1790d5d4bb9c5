/* The packets that the paths of one peer wish for.
 *
 * A ring of fixed size: whoever does not pop loses wishes, never memory. The purse bounds what
 * addresses that have proved nothing can be sent, whatever makes us try them: new candidate lists,
 * spoofed sources, retries (PROTOCOL.md section 10; nat.md section 6: a peer naming victims). */

#include "config.h"

#include "udpnat-path-queue-private.h"

void
udpnat_path_queue_init (UdpnatPathQueue    *self,
                        const UdpnatRandom *random)
{
  *self = (UdpnatPathQueue) { .random = *random, .open_ttl = UDPNAT_OPEN_TTL };
  udpnat_token_bucket_init (&self->unproven, UDPNAT_PUNCH_BURST_PACKETS, 0);
}

void
udpnat_path_queue_clear (UdpnatPathQueue *self)
{
  self->first = 0;
  self->n_outputs = 0;
}

/* Returns: whether one more packet may go to an unproven address now */
gboolean
udpnat_path_queue_pay (UdpnatPathQueue *self,
                       gint64           now_us)
{
  return udpnat_token_bucket_take (&self->unproven, now_us, 1,
                                   UDPNAT_PUNCH_BURST_PACKETS, UDPNAT_PUNCH_PACKETS_PER_SECOND);
}

void
udpnat_path_queue_push (UdpnatPathQueue        *self,
                        const UdpnatPathOutput *output)
{
  if (self->n_outputs == G_N_ELEMENTS (self->outputs))
    return;

  self->outputs[(self->first + self->n_outputs) % G_N_ELEMENTS (self->outputs)] = *output;
  self->n_outputs++;
}

gboolean
udpnat_path_queue_pop (UdpnatPathQueue  *self,
                       UdpnatPathOutput *out_output)
{
  if (self->n_outputs == 0)
    return FALSE;

  *out_output = self->outputs[self->first];
  self->first = (self->first + 1) % G_N_ELEMENTS (self->outputs);
  self->n_outputs--;
  return TRUE;
}
