#include "config.h"

#include "udpnat-rendezvous-client-private.h"

/* How often an idle client shows that it is there (PROTOCOL.md section 11). Nobody answers it, so
 * it is the mapping in our routers that decides: every 25 s until the owner has measured how long
 * one lasts. The server hears of the interval, or it would take us for gone.
 *
 * When the server sees us elsewhere though we have not moved, a mapping has died between two
 * keepalives, whatever was measured. Then it is 25 s again, until the network is another one. */

/* The upper half of the range of UDPNAT_SERVER_KEEPALIVE_US: with rekeying that stays below one
 * packet in 20 s, both directions together. */
#define JITTER_US \
  ((guint32) UDPNAT_SERVER_KEEPALIVE_US / 100 * (UDPNAT_SERVER_KEEPALIVE_JITTER_PERCENT - 2))
/* Of a measured interval, downwards. Enough for clients that lost their server together to come
 * apart within some minutes; more would cost packets. */
#define MEASURED_JITTER_US ((guint32) UDPNAT_SEC (1))
/* After a move the server sees us elsewhere within this time. */
#define MOVE_US UDPNAT_SEC (30)
/* A keepalive that is so late: the machine slept, and its mapping may be gone. */
#define SLEPT_US UDPNAT_SEC (5)

static gboolean
is_measured (const UdpnatRendezvousClient *self)
{
  return self->keepalive_us != 0 && !self->is_keepalive_doubtful;
}

static gint64
get_interval (const UdpnatRendezvousClient *self)
{
  return is_measured (self) ? self->keepalive_us : UDPNAT_SERVER_KEEPALIVE_US;
}

/** udpnat_rendezvous_client_draw_keepalive: until the next one */
void
udpnat_rendezvous_client_draw_keepalive (UdpnatRendezvousClient *self,
                                         gint64                  now_us)
{
  if (now_us - self->sent_us > self->keepalive_gap_us + SLEPT_US)
    self->moved_us = now_us;
  self->keepalive_gap_us = get_interval (self);
  if (is_measured (self))
    self->keepalive_gap_us -= udpnat_random_below (&self->config.random, MEASURED_JITTER_US);
  else
    self->keepalive_gap_us += udpnat_random_below (&self->config.random, JITTER_US);
}

/**
 * udpnat_rendezvous_client_set_keepalive:
 * @interval_us: after which a mapping is still alive; 0: not known
 *
 * Holds until it is set again, or the server is lost, or sees us elsewhere
 */
void
udpnat_rendezvous_client_set_keepalive (UdpnatRendezvousClient *self,
                                        gint64                  now_us,
                                        gint64                  interval_us)
{
  self->keepalive_us = interval_us == 0 ? 0 : CLAMP (interval_us, UDPNAT_SERVER_KEEPALIVE_MIN_US,
                                                     UDPNAT_SERVER_KEEPALIVE_MAX_US);
  self->keepalive_gap_us = MIN (self->keepalive_gap_us, get_interval (self));
  udpnat_rendezvous_client_send_wishes (self, now_us);
}

/** udpnat_rendezvous_client_get_keepalive_s: the interval, as the server is told it */
guint16
udpnat_rendezvous_client_get_keepalive_s (const UdpnatRendezvousClient *self)
{
  return (guint16) ((get_interval (self) + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

/** udpnat_rendezvous_client_send_keepalive: tells the server, if it does not know */
void
udpnat_rendezvous_client_send_keepalive (UdpnatRendezvousClient *self)
{
  g_autoptr (GByteArray) message = NULL;
  guint16                interval_s = udpnat_rendezvous_client_get_keepalive_s (self);

  if (interval_s == self->keepalive_told_s)
    return;
  message = g_byte_array_new ();
  udpnat_write_keepalive (message, interval_s);
  if (udpnat_rendezvous_client_send_message (self, UDPNAT_STREAM_CONTROL, message))
    self->keepalive_told_s = interval_s;
}

/** udpnat_rendezvous_client_forget_told_keepalive: the server has a new session with us */
void
udpnat_rendezvous_client_forget_told_keepalive (UdpnatRendezvousClient *self)
{
  self->keepalive_told_s = UDPNAT_SERVER_KEEPALIVE_US / G_USEC_PER_SEC;
}

/** udpnat_rendezvous_client_reset_keepalive: as if nothing had been measured, at once */
void
udpnat_rendezvous_client_reset_keepalive (UdpnatRendezvousClient *self)
{
  self->keepalive_us = 0;
  self->keepalive_gap_us = MIN (self->keepalive_gap_us, UDPNAT_SERVER_KEEPALIVE_US);
}

/** udpnat_rendezvous_client_trust_keepalive: this is another network, or another server */
void
udpnat_rendezvous_client_trust_keepalive (UdpnatRendezvousClient *self,
                                          gint64                  now_us)
{
  self->moved_us = now_us;
  self->is_keepalive_doubtful = FALSE;
  udpnat_rendezvous_client_reset_keepalive (self);
}

/**
 * udpnat_rendezvous_client_handle_elsewhere:
 *
 * The server sees us at another address than before. The mapping there is new: one early packet
 * makes it a lasting one, and shows the server where we are if it was HS1 that was seen.
 */
void
udpnat_rendezvous_client_handle_elsewhere (UdpnatRendezvousClient *self,
                                           gint64                  now_us)
{
  self->is_keepalive_doubtful |= now_us - self->moved_us > MOVE_US;
  udpnat_rendezvous_client_reset_keepalive (self);
  self->confirm_us = now_us + UDPNAT_SERVER_CONFIRM_AFTER_US;
}
