/* The packets that the paths of one peer wish for.
 *
 * A ring of fixed size: whoever does not pop loses wishes, never memory. The purse bounds what
 * addresses that have proved nothing can be sent, whatever makes us try them: new candidate lists,
 * spoofed sources, retries (PROTOCOL.md section 10; nat.md section 6: a peer naming victims). What
 * only the peer's word stands for has a smaller purse, which is not filled again. */

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

/* Returns: whether the server has lately seen the peer at the IP of @address */
gboolean
udpnat_path_queue_is_vouched (const UdpnatPathQueue *self,
                              gint64                 now_us,
                              const UdpnatAddress   *address)
{
  return now_us < self->vouched_until_us && udpnat_address_equal_ip (address, &self->vouched);
}

/* Returns: whether one more packet may go now to an address that only the peer's lists name. Wants
 * the server's word as soon as half of all is spent, so that it comes before the rest is, too. */
gboolean
udpnat_path_queue_pay_hearsay (UdpnatPathQueue *self,
                               gint64           now_us)
{
  if (now_us - self->hearsay_since_us >= UDPNAT_HEARSAY_US)
    self->n_hearsay = 0;
  if (self->n_hearsay == 0)
    self->hearsay_since_us = now_us;
  self->is_vouch_wanted |= self->n_hearsay >= UDPNAT_HEARSAY_PACKETS / 2;
  if (self->n_hearsay >= UDPNAT_HEARSAY_PACKETS || !udpnat_path_queue_pay (self, now_us))
    return FALSE;
  self->n_hearsay++;
  return TRUE;
}

/* So many went to where the peer is, as it turned out. */
void
udpnat_path_queue_refund (UdpnatPathQueue *self,
                          guint            n_packets)
{
  self->n_hearsay -= MIN (self->n_hearsay, n_packets);
}

/* We are somewhere else, which no peer can bring about. */
void
udpnat_path_queue_forgive (UdpnatPathQueue *self)
{
  self->n_hearsay = 0;
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

/* Nothing more leaves by @socket, which is about to be closed. */
void
udpnat_path_queue_drop_socket (UdpnatPathQueue *self,
                               UdpnatSocketId   socket)
{
  guint n_outputs = self->n_outputs;

  self->n_outputs = 0;
  for (guint i = 0; i < n_outputs; i++)
    {
      UdpnatPathOutput output = self->outputs[(self->first + i) % G_N_ELEMENTS (self->outputs)];

      if (output.socket != socket)
        udpnat_path_queue_push (self, &output);
    }
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
