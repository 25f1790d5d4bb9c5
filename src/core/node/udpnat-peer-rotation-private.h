#pragma once

#include "udpnat-path-set.h"

G_BEGIN_DECLS

/**
 * UdpnatPeerRotation:
 * @is_on: the further socket is there because bindings die
 * @born_us: when the binding of the further socket was made
 * @next_us: no other one before
 * @retired: (nullable): the socket that was the further one before; UDPNAT_SOCKET_MAIN: none
 * @retired_address: how the server saw it
 * @retired_born_us: its @born_us
 * @retire_us: when it is closed; UDPNAT_TIME_NEVER: as soon as the new one is in use
 *
 * Bindings of one peer that take turns.
 */
typedef struct
{
  gboolean       is_on;
  gint64         born_us;
  gint64         next_us;
  UdpnatSocketId retired;
  UdpnatAddress  retired_address;
  gint64         retired_born_us;
  gint64         retire_us;
} UdpnatPeerRotation;

/**
 * UdpnatNodeBinding:
 * @since_us: when the server first saw the port that is used now
 * @last_life_us: how long it saw the one before; 0: there was none
 * @life_us: how long each lives at least, whatever is sent; 0: as long as it is used
 */
typedef struct
{
  gint64 since_us;
  gint64 last_life_us;
  gint64 life_us;
} UdpnatNodeBinding;

G_END_DECLS
