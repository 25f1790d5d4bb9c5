#include "config.h"

#include "udpnat-replay.h"

#include <string.h>

/* Keeps a packet from being accepted twice (PROTOCOL.md section 4). A ring of bits as in RFC 6479:
 * moving the window forward clears bits instead of shifting them.
 *
 * Numbers are checked before a packet is opened, which is cheap, and marked after it: only packets
 * that prove to be genuine may move the window. */

G_STATIC_ASSERT (UDPNAT_REPLAY_WINDOW_PACKETS % 64 == 0);

#define TAIL_PACKETS 32

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
 * udpnat_replay_init_tail:
 *
 * Goes on where @tail ends: what that does not know of counts as seen.
 */
void
udpnat_replay_init_tail (UdpnatReplay           *self,
                         const UdpnatReplayTail *tail)
{
  memset (self->seen, 0xff, sizeof self->seen);
  self->next = tail->next;
  for (guint64 n = 0; n < MIN (TAIL_PACKETS, tail->next); n++)
    if ((tail->seen >> n & 1) == 0)
      self->seen[get_word (self->next - 1 - n)] &= ~get_bit (self->next - 1 - n);
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

/* ---- The newest numbers only ---- */

/** udpnat_replay_tail_init: Returns: %FALSE above %UDPNAT_REPLAY_TAIL_NEXT_MAX */
gboolean
udpnat_replay_tail_init (UdpnatReplayTail   *self,
                         const UdpnatReplay *replay)
{
  if (replay->next > UDPNAT_REPLAY_TAIL_NEXT_MAX)
    return FALSE;
  *self = (UdpnatReplayTail) { .next = (guint32) replay->next };
  for (guint n = 0; n < MIN (TAIL_PACKETS, self->next); n++)
    if (!udpnat_replay_check (replay, replay->next - 1 - n))
      self->seen |= 1u << n;
  return TRUE;
}

/** udpnat_replay_tail_check: as udpnat_replay_check() */
gboolean
udpnat_replay_tail_check (const UdpnatReplayTail *self,
                          guint64                 number)
{
  guint64 n_back;

  if (number >= G_MAXUINT32)
    return FALSE;
  if (number >= self->next)
    return TRUE;
  n_back = self->next - 1 - number;
  return n_back < TAIL_PACKETS && (self->seen >> n_back & 1) == 0;
}

/** udpnat_replay_tail_mark: as udpnat_replay_mark() */
void
udpnat_replay_tail_mark (UdpnatReplayTail *self,
                         guint64           number)
{
  guint64 n_forward;

  if (!udpnat_replay_tail_check (self, number))
    return;
  if (number >= self->next)
    {
      n_forward = number + 1 - self->next;
      self->seen = n_forward < TAIL_PACKETS ? self->seen << n_forward : 0;
      self->next = (guint32) number + 1;
    }
  self->seen |= 1u << (self->next - 1 - number);
}
