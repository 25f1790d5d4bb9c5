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

void     udpnat_replay_init  (UdpnatReplay       *self);
gboolean udpnat_replay_check (const UdpnatReplay *self,
                              guint64             number) G_GNUC_WARN_UNUSED_RESULT;
void     udpnat_replay_mark  (UdpnatReplay       *self,
                              guint64             number);

G_END_DECLS
