#include "config.h"

#include "udpnat-replay.h"

#include <string.h>

/* Keeps a packet from being accepted twice (PROTOCOL.md section 4). A ring of bits as in RFC 6479:
 * moving the window forward clears bits instead of shifting them.
 *
 * Numbers are checked before a packet is opened, which is cheap, and marked after it: only packets
 * that prove to be genuine may move the window. */

G_STATIC_ASSERT (UDPNAT_REPLAY_WINDOW_PACKETS % 64 == 0);

static guint
get_word (guint64 number)
{
  return (guint) (number % UDPNAT_REPLAY_WINDOW_PACKETS / 64);
}

static guint64
get_bit (guint64 number)
{
  return G_GUINT64_CONSTANT (1) << (number % 64);
}

/**
 * udpnat_replay_init:
 *
 * Starts with nothing seen.
 */
void
udpnat_replay_init (UdpnatReplay *self)
{
  *self = (UdpnatReplay) { 0 };
}

/**
 * udpnat_replay_check:
 * @number: not trusted
 *
 * Returns: whether a packet with that number may still be accepted: it is new, and within the
 *   window that ends with the largest number marked
 */
gboolean
udpnat_replay_check (const UdpnatReplay *self,
                     guint64             number)
{
  if (number == G_MAXUINT64) /* never sent, see udpnat_seal(); @next could not go past it */
    return FALSE;
  if (number >= self->next)
    return TRUE;
  if (self->next - number > UDPNAT_REPLAY_WINDOW_PACKETS)
    return FALSE;

  return (self->seen[get_word (number)] & get_bit (number)) == 0;
}

/**
 * udpnat_replay_mark:
 * @number: passed udpnat_replay_check(), and its packet was genuine
 *
 * Remembers @number and moves the window forward if need be.
 */
void
udpnat_replay_mark (UdpnatReplay *self,
                    guint64       number)
{
  if (!udpnat_replay_check (self, number))
    return;

  if (number >= self->next)
    {
      if (number - self->next >= UDPNAT_REPLAY_WINDOW_PACKETS)
        memset (self->seen, 0, sizeof self->seen);
      else
        for (guint64 skipped = self->next; skipped < number; skipped++)
          self->seen[get_word (skipped)] &= ~get_bit (skipped);

      self->next = number + 1;
    }

  self->seen[get_word (number)] |= get_bit (number);
}
