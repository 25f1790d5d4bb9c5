#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How packets travel to a peer. */
typedef enum
{
  UDPNAT_PATH_KIND_RELAY,  /* through the server */
  UDPNAT_PATH_KIND_LAN,    /* direct, to a private, link-local or loopback address */
  UDPNAT_PATH_KIND_DIRECT, /* direct, to any other address */
} UdpnatPathKind;

/* Why packets are relayed. Each has a code for programs: udpnat_path_reason_to_code(). */
typedef enum
{
  UDPNAT_PATH_REASON_NONE,              /* they are not: a direct path is chosen */
  UDPNAT_PATH_REASON_NO_SESSION,        /* the peer has not been heard of yet */
  UDPNAT_PATH_REASON_CONNECTING,        /* punching at this moment */
  UDPNAT_PATH_REASON_SEARCHING,         /* for a port, which takes up to 20 s */
  UDPNAT_PATH_REASON_NO_CANDIDATES,     /* the peer named no address that may be tried */
  UDPNAT_PATH_REASON_RELAY_ONLY_LOCAL,  /* we want it so */
  UDPNAT_PATH_REASON_RELAY_ONLY_REMOTE, /* the peer wants it so */
  UDPNAT_PATH_REASON_BOTH_SYMMETRIC,    /* tried; both NATs map each destination to another port */
  UDPNAT_PATH_REASON_LOCAL_SYMMETRIC,   /* tried; only ours does */
  UDPNAT_PATH_REASON_REMOTE_SYMMETRIC,  /* tried; only the peer's does */
  /* tried; no packet made it both ways, and the NATs do not say why */
  UDPNAT_PATH_REASON_NO_ANSWER,
  UDPNAT_PATH_REASON_DIRECT_LOST,       /* there was a direct path and it fell silent */
  UDPNAT_PATH_REASON_UDP_BLOCKED,       /* we reach the server by TCP only */
  UDPNAT_PATH_REASON_UDP_BLOCKED_REMOTE, /* the peer does */
  /* let go while nobody was talking; punched again with the next message */
  UDPNAT_PATH_REASON_IDLE,
} UdpnatPathReason;

const char *udpnat_path_reason_to_code (UdpnatPathReason reason);

G_END_DECLS
