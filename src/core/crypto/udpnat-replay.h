#pragma once

#include "udpnat-limits.h"

G_BEGIN_DECLS

#define UDPNAT_REPLAY_WORDS (UDPNAT_REPLAY_WINDOW_PACKETS / 64)

/**
 * UdpnatReplay:
 * @next: one above the largest number marked; 0 while there is none
 * @seen: bit n % window stands for number n, for the window's numbers below @next
 *
 * Which packet numbers have come in, over a window below the largest (RFC 6479's idea). A value:
 * may be copied, and all zero is a fresh one.
 */
typedef struct
{
  guint64 next;
  guint64 seen[UDPNAT_REPLAY_WORDS];
} UdpnatReplay;

/**
 * UdpnatReplayTail:
 * @next: one above the largest number marked; 0 while there is none
 * @seen: bit n stands for number @next - 1 - n
 *
 * The same over the newest 32 numbers only, in as few bytes as that takes: whatever is older counts
 * as seen. A value, and all zero is a fresh one.
 */
typedef struct
{
  guint32 next;
  guint32 seen;
} UdpnatReplayTail;

/* A window is made into a tail as long as its numbers are below this one; the tail then still has
 * room for as many again. */
#define UDPNAT_REPLAY_TAIL_NEXT_MAX (G_GUINT64_CONSTANT (1) << 31)

void     udpnat_replay_init       (UdpnatReplay           *self);
void     udpnat_replay_init_tail  (UdpnatReplay           *self,
                                   const UdpnatReplayTail *tail);
gboolean udpnat_replay_check      (const UdpnatReplay     *self,
                                   guint64                 number) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_replay_mark       (UdpnatReplay           *self,
                                   guint64                 number);

gboolean udpnat_replay_tail_init  (UdpnatReplayTail       *self,
                                   const UdpnatReplay     *replay) G_GNUC_WARN_UNUSED_RESULT;
gboolean udpnat_replay_tail_check (const UdpnatReplayTail *self,
                                   guint64                 number) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_replay_tail_mark  (UdpnatReplayTail       *self,
                                   guint64                 number);

G_END_DECLS
