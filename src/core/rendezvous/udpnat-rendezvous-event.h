#pragma once

#include "udpnat-address.h"
#include "udpnat-attestation.h"
#include "udpnat-key.h"
#include "udpnat-rendezvous-message.h"

G_BEGIN_DECLS

/**
 * UdpnatRendezvousEventType:
 * @UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY: @key: learned on first contact, to be pinned: the server has
 *   shown that it has it; CONNECTED follows
 * @UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH: @key: what the server claims, not the pinned one. Nothing
 *   more is sent until the server is set again, or says otherwise when it is asked a minute later.
 *   Comes without SERVER_KEY
 * @UDPNAT_RENDEZVOUS_EVENT_CONNECTED: the session is up, or up again; @is_continued: the same one:
 *   the server does not say again what it has said in it
 * @UDPNAT_RENDEZVOUS_EVENT_REGISTERED: @name as the server writes it, @observed, @handle
 * @UDPNAT_RENDEZVOUS_EVENT_REFUSED: @name, @code (#UdpnatRefusedCode), @retry_s; after TRY_LATER it
 *   is tried again, and after KEY_BLOCKED, which ends the session, in ten minutes
 * @UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED: by our own wish
 * @UDPNAT_RENDEZVOUS_EVENT_LOST: @reason; reconnecting by itself
 * @UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER: the server has been silent for 3 s; once for each outage;
 *   still trying
 * @UDPNAT_RENDEZVOUS_EVENT_PEER: @entry: listed entry, new or changed; @is_paged: of the page that
 *   was asked for
 * @UDPNAT_RENDEZVOUS_EVENT_LIST_END: every listed entry has been told
 * @UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT: @request, @found, @entry when found, @code
 * @UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT: @request: no answer within 5 s
 * @UDPNAT_RENDEZVOUS_EVENT_RELAYED: @handle of the sender, @data: the carried packet; @name if the
 *   server told the sender's
 * @UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED: @handle, @code (#UdpnatRelayFailure); @rate_kib: KiB/s
 *   that are relayed for us, when it is the quota
 * @UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED: @key, @code (#UdpnatRelayFailure)
 * @UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE: get_reflexive() or get_mapping() has changed
 * @UDPNAT_RENDEZVOUS_EVENT_ROUTE: is_tunnelled() has changed, and packets reach the server again
 * @UDPNAT_RENDEZVOUS_EVENT_REPLACED: somebody else has connected with our key, or we ourselves in
 *   another program; connects again after 30 s. Comes after LOST
 * @UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT: @request, @code (#UdpnatMailCode): the one result of a put
 * @UDPNAT_RENDEZVOUS_EVENT_MAIL: @number, @stored_s, @data: a sealed letter for us; comes again in
 *   later sessions until it is acknowledged
 * @UDPNAT_RENDEZVOUS_EVENT_WATCHED: @code (#UdpnatWatchedCode): whoever is watched, is there and is
 *   listed has been told; what was left out is said again
 * @UDPNAT_RENDEZVOUS_EVENT_DIRECTORY: @code (#UdpnatDirectoryKind): the list is not told as a
 *   whole, or from now on not any more
 * @UDPNAT_RENDEZVOUS_EVENT_PAGE: @request, @code (#UdpnatPageCode), @name of the last entry, if any
 * @UDPNAT_RENDEZVOUS_EVENT_ATTESTATION: @attestation, checked to be of our server and about us
 * @UDPNAT_RENDEZVOUS_EVENT_NODE: @server, @name: the key and place of another server that does as
 *   well as this one; without a name before the first of them: those told before do not count
 * @UDPNAT_RENDEZVOUS_EVENT_LOCATED: @key is registered at another one: @server, @name
 * @UDPNAT_RENDEZVOUS_EVENT_MOVE: we are to register at another one instead: @server, @name
 * @UDPNAT_RENDEZVOUS_EVENT_MAIL_AT: there are letters for us at another one: @server, @name
 *
 * What happened, and which members of the event are set.
 */
typedef enum
{
  UDPNAT_RENDEZVOUS_EVENT_SERVER_KEY,
  UDPNAT_RENDEZVOUS_EVENT_KEY_MISMATCH,
  UDPNAT_RENDEZVOUS_EVENT_CONNECTED,
  UDPNAT_RENDEZVOUS_EVENT_REGISTERED,
  UDPNAT_RENDEZVOUS_EVENT_REFUSED,
  UDPNAT_RENDEZVOUS_EVENT_UNREGISTERED,
  UDPNAT_RENDEZVOUS_EVENT_LOST,
  UDPNAT_RENDEZVOUS_EVENT_NO_ANSWER,
  UDPNAT_RENDEZVOUS_EVENT_PEER,
  UDPNAT_RENDEZVOUS_EVENT_LIST_END,
  UDPNAT_RENDEZVOUS_EVENT_LOOKUP_RESULT,
  UDPNAT_RENDEZVOUS_EVENT_LOOKUP_TIMEOUT,
  UDPNAT_RENDEZVOUS_EVENT_RELAYED,
  UDPNAT_RENDEZVOUS_EVENT_RELAY_FAILED,
  UDPNAT_RENDEZVOUS_EVENT_DIAL_FAILED,
  UDPNAT_RENDEZVOUS_EVENT_REFLEXIVE,
  UDPNAT_RENDEZVOUS_EVENT_ROUTE,
  UDPNAT_RENDEZVOUS_EVENT_REPLACED,
  UDPNAT_RENDEZVOUS_EVENT_MAIL_RESULT,
  UDPNAT_RENDEZVOUS_EVENT_MAIL,
  UDPNAT_RENDEZVOUS_EVENT_WATCHED,
  UDPNAT_RENDEZVOUS_EVENT_DIRECTORY,
  UDPNAT_RENDEZVOUS_EVENT_PAGE,
  UDPNAT_RENDEZVOUS_EVENT_ATTESTATION,
  UDPNAT_RENDEZVOUS_EVENT_NODE,
  UDPNAT_RENDEZVOUS_EVENT_LOCATED,
  UDPNAT_RENDEZVOUS_EVENT_MOVE,
  UDPNAT_RENDEZVOUS_EVENT_MAIL_AT,
} UdpnatRendezvousEventType;

/* Why the server is lost. */
typedef enum
{
  UDPNAT_RENDEZVOUS_LOST_NO_ANSWER,
  UDPNAT_RENDEZVOUS_LOST_RESTARTING, /* it said so */
  UDPNAT_RENDEZVOUS_LOST_UNKNOWN,    /* it has forgotten the session */
  UDPNAT_RENDEZVOUS_LOST_REPLACED,   /* somebody else connected with our key */
  UDPNAT_RENDEZVOUS_LOST_CLOSED,     /* any other CLOSE */
} UdpnatRendezvousLostReason;

/**
 * UdpnatRendezvousEvent:
 * @data: (array length=n_data): writable copy, so that the packet can be opened in place
 *
 * See #UdpnatRendezvousEventType for what is set; the rest is zero. Pointers are lent until the
 * next pop_event.
 */
typedef struct
{
  UdpnatRendezvousEventType  type;
  UdpnatPublicKey            key;
  UdpnatPublicKey            server;
  const char                *name;
  guint8                     code;
  guint32                    retry_s;
  UdpnatAddress              observed;
  UdpnatRendezvousLostReason reason;
  guint32                    handle;
  guint32                    rate_kib;
  guint32                    request;
  gboolean                   found;
  gboolean                   is_continued;
  gboolean                   is_paged;
  UdpnatDirectoryEntry       entry;
  guint64                    number;
  gint64                     stored_s;
  UdpnatAttestation          attestation;
  gsize                      n_data;
  guint8                    *data;
} UdpnatRendezvousEvent;

G_END_DECLS
