#pragma once

#include "udpnat-file-event.h"
#include "udpnat-item.h"
#include "udpnat-key.h"
#include "udpnat-machine.h"
#include "udpnat-path-kind.h"

G_BEGIN_DECLS

/* What a node tells its owner. All are facts. */
typedef enum
{
  UDPNAT_NODE_EVENT_SERVER_KEY,      /* @key: the server's, seen for the first time: pin it */
  /* @key: the server has another key than the pinned one; not connected */
  UDPNAT_NODE_EVENT_SERVER_CHANGED,
  UDPNAT_NODE_EVENT_SERVER_SILENT,   /* no answer for some seconds; still trying */
  /* the session is over; reconnecting by itself; @code: "no-answer", or "restarting" when the
   * server has said so */
  UDPNAT_NODE_EVENT_SERVER_LOST,
  UDPNAT_NODE_EVENT_SERVER_REPLACED, /* it was, because our key is in use elsewhere as well */
  /* @name as the server writes it, @address as the server sees us */
  UDPNAT_NODE_EVENT_REGISTERED,
  UDPNAT_NODE_EVENT_REFUSED,         /* @name, @code */
  UDPNAT_NODE_EVENT_UNREGISTERED,    /* by our own wish */
  /* @key, @name, @presence, @is_on_lan, @is_forgotten: directory entry is new or has changed, or
   * somebody has come to or gone from our own network */
  UDPNAT_NODE_EVENT_PEER,
  /* the whole directory has been told, or what somebody looks at of it */
  UDPNAT_NODE_EVENT_LIST_END,
  UDPNAT_NODE_EVENT_DIRECTORY,       /* udpnat_node_get_directory() has changed */
  /* @request, @name, @key, or @code when nobody has the name */
  UDPNAT_NODE_EVENT_LOOKED_UP,
  /* @key, @name: first conversation with this peer: remember the pair */
  UDPNAT_NODE_EVENT_CONTACT,
  /* @name now belongs to @key at the server, but we know it with another */
  UDPNAT_NODE_EVENT_KEY_CHANGED,
  /* @key, @name, @item; answer with udpnat_node_confirm(), _refuse(), _skip() or _fail() */
  UDPNAT_NODE_EVENT_ITEM,
  UDPNAT_NODE_EVENT_FILE,            /* @key, @name, @file: udpnat-node-files.h */
  UDPNAT_NODE_EVENT_SENT,            /* @key, @name, @id */
  UDPNAT_NODE_EVENT_STORED,          /* @key, @name, @id: is in the peer's mailbox */
  UDPNAT_NODE_EVENT_DELIVERED,       /* @key, @name, @id, @elapsed_us */
  UDPNAT_NODE_EVENT_READ,            /* @key, @name, @id: and everything before it */
  UDPNAT_NODE_EVENT_TYPING,          /* @key, @name, @is_typing */
  /* @key: what was refused from this peer has come again: udpnat_node_restore_refusal() is no
   * longer needed */
  UDPNAT_NODE_EVENT_RESUMED,
  UDPNAT_NODE_EVENT_MAIL_REFUSED,    /* @key, @name, @code: why the mailbox takes nothing now */
  UDPNAT_NODE_EVENT_PATH,            /* @key, @name, @kind, @address, @rtt_us, @reason */
  UDPNAT_NODE_EVENT_UNREACHABLE,     /* @key, @name: has gone; messages wait and are tried again */
  /* @key, @timestamp: last one accepted from a peer, or given out (our own key) */
  UDPNAT_NODE_EVENT_TIMESTAMP,
  /* @key, @prekey_id: one of the peer's; answer with udpnat_node_confirm_prekey() when it is
   * forgotten for good: only then it is used */
  UDPNAT_NODE_EVENT_PREKEY_TAKEN,
  /* @key, @prekey_id: one of ours that @key has used up: forget its secret */
  UDPNAT_NODE_EVENT_PREKEY_USED,
  /* @address: udpnat_node_set_port_mapping() was told of it, and the server cannot come in there */
  UDPNAT_NODE_EVENT_PORT_REFUTED,
  /* @name: a server, "host" or "host:port": answer with udpnat_node_set_abroad_server() */
  UDPNAT_NODE_EVENT_ABROAD_WANTED,
  UDPNAT_NODE_EVENT_ABROAD_KEY,     /* @name: that server, @key: seen for the first time: pin it */
  UDPNAT_NODE_EVENT_ABROAD_CHANGED, /* @name: that server, @key: another than the pinned one */
  /* @key, @name: the key and place of a server that does as well as ours; without @name before the
   * first of them: those told before do not count any more */
  UDPNAT_NODE_EVENT_SERVER_NODE,
  UDPNAT_NODE_EVENT_SERVER_MOVED, /* @key, @name: our server sends us to that one */
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
  guint8           presence;   /* a #UdpnatPresence */
  gboolean         is_on_lan;
  gboolean         is_forgotten; /* was only on our own network, has gone and never said anything */
  guint32          request;
  UdpnatMessageId  id;
  UdpnatItem      *item;
  UdpnatFileEvent *file;
  gboolean         is_typing;
  guint64          prekey_id;
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
