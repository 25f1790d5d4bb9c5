#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Whether somebody is there, as the directory tells it. Read it as guint8 from the wire. */
typedef enum
{
  UDPNAT_PRESENCE_OFFLINE = 0,
  UDPNAT_PRESENCE_ONLINE = 1,
  UDPNAT_PRESENCE_AWAY = 2, /* connected, but nobody at the keyboard */
} UdpnatPresence;

G_END_DECLS
