#pragma once

#include "udpnat-key.h"
#include "udpnat-machine.h"
#include "udpnat-message-id.h"
#include "udpnat-path-kind.h"

G_BEGIN_DECLS

/* What a node tells its owner. All are facts. */
typedef enum
{
  UDPNAT_NODE_EVENT_SERVER_KEY,      /* @key: the server's, seen for the first time: pin it */
  /* @key: the server has another key than the pinned one; not connected */
  UDPNAT_NODE_EVENT_SERVER_CHANGED,
  UDPNAT_NODE_EVENT_SERVER_SILENT,   /* no answer for some seconds; still trying */
  UDPNAT_NODE_EVENT_SERVER_LOST,     /* the session is over; reconnecting by itself */
  /* @name as the server writes it, @address as the server sees us */
  UDPNAT_NODE_EVENT_REGISTERED,
  UDPNAT_NODE_EVENT_REFUSED,         /* @name, @code */
  UDPNAT_NODE_EVENT_UNREGISTERED,    /* by our own wish */
  /* @key, @name, @is_online: directory entry is new or has changed */
  UDPNAT_NODE_EVENT_PEER,
  UDPNAT_NODE_EVENT_LIST_END,        /* the whole directory has been told */
  /* @key, @name: first conversation with this peer: remember the pair */
  UDPNAT_NODE_EVENT_CONTACT,
  /* @name now belongs to @key at the server, but we know it with another */
  UDPNAT_NODE_EVENT_KEY_CHANGED,
  /* @key, @name, @id, @text, @sent_us; answer with udpnat_node_confirm() */
  UDPNAT_NODE_EVENT_MESSAGE,
  UDPNAT_NODE_EVENT_SENT,            /* @key, @name, @id */
  UDPNAT_NODE_EVENT_DELIVERED,       /* @key, @name, @id, @elapsed_us */
  UDPNAT_NODE_EVENT_PATH,            /* @key, @name, @kind, @address, @rtt_us, @reason */
  UDPNAT_NODE_EVENT_UNREACHABLE,     /* @key, @name: has gone; messages wait and are tried again */
  UDPNAT_NODE_EVENT_FAILED,          /* @name, @id, @code: this message will not be sent */
  /* @key, @timestamp: last one accepted from a peer, or given out (our own key) */
  UDPNAT_NODE_EVENT_TIMESTAMP,
} UdpnatNodeEventType;

/**
 * UdpnatNodeEvent:
 * @base: its type is a #UdpnatNodeEventType
 * @name: (nullable): %NULL when not known
 * @code: (nullable): static string for programs, e.g. "name-taken"
 *
 * Which members are set is said above; the others are zero. Freed with udpnat_event_free().
 */
typedef struct
{
  UdpnatEvent      base;
  UdpnatPublicKey  key;
  char            *name;
  const char      *code;
  UdpnatAddress    address;
  gboolean         is_online;
  UdpnatMessageId  id;
  char            *text;
  gint64           sent_us;    /* sender's wall clock, µs since 1970 */
  gint64           elapsed_us; /* from send to receipt */
  gint64           rtt_us;     /* 0: not known */
  UdpnatPathKind   kind;
  UdpnatPathReason reason;
  guint8           timestamp[12];
} UdpnatNodeEvent;

UdpnatNodeEvent *udpnat_node_event_new (UdpnatNodeEventType    type,
                                        const UdpnatPublicKey *key,
                                        const char            *name) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
