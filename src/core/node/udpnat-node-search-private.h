#pragma once

#include "udpnat-peer-private.h"
#include "udpnat-port-search.h"

G_BEGIN_DECLS

/* How far the one search of this node is. */
typedef enum
{
  UDPNAT_SEARCH_STAGE_NONE,
  UDPNAT_SEARCH_STAGE_OFFERED,    /* opener: waits for ACCEPT */
  UDPNAT_SEARCH_STAGE_ACCEPTING,  /* prober: waits for the server's word on itself */
  UDPNAT_SEARCH_STAGE_ACCEPTED,   /* prober: waits for GO */
  UDPNAT_SEARCH_STAGE_STARTING,   /* opener: waits for the server's word, and a sample */
  UDPNAT_SEARCH_STAGE_MEETING,    /* opener of a meeting: waits for MEET */
  UDPNAT_SEARCH_STAGE_SAMPLING,   /* the other of a meeting: waits for its sample */
  UDPNAT_SEARCH_STAGE_RUNNING,
} UdpnatSearchStage;

/**
 * UdpnatNodeSearch:
 * @target: the peer's address, signed by the server
 * @attestation: of ourselves, as soon as it is there
 * @sample: (nullable): asks where a router that gives ports in order is at this moment
 * @sockets: (array length=n_sockets): the opener's, from udpnat_node_open_socket()
 *
 * The search for a port that this node takes part in; there is one at a time.
 */
typedef struct
{
  UdpnatSearchStage   stage;
  gint64              deadline_us;
  guint8              own_nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  guint8              remote_nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
  UdpnatAddress       target;
  UdpnatAttestation   attestation;
  gboolean            has_attestation;
  UdpnatPortRange     remote_range; /* of a meeting: what their router gives out next */
  UdpnatMappingQuery *sample;
  UdpnatPortSearch   *search;
  UdpnatSocketId      sockets[UDPNAT_SEARCH_SOCKETS_MAX];
  guint               n_sockets;

  /* borrowed */
  UdpnatPeer *peer; /* NULL while the stage is NONE */
} UdpnatNodeSearch;

void     udpnat_node_consider_search         (UdpnatNode                *self,
                                              gint64                     now_us,
                                              UdpnatPeer                *peer);
void     udpnat_node_repeat_search           (UdpnatNode                *self,
                                              gint64                     now_us,
                                              UdpnatPeer                *peer);
void     udpnat_node_take_held_offer         (UdpnatNode                *self,
                                              gint64                     now_us,
                                              UdpnatPeer                *peer);
void     udpnat_node_handle_search           (UdpnatNode                *self,
                                              gint64                     now_us,
                                              UdpnatPeer                *peer,
                                              const UdpnatSearchMessage *message);
void     udpnat_node_handle_attestation      (UdpnatNode                *self,
                                              gint64                     now_us,
                                              const UdpnatAttestation   *attestation);
gboolean udpnat_node_handle_search_stun      (UdpnatNode                *self,
                                              gint64                     now_us,
                                              const UdpnatDatagram      *datagram);
void     udpnat_node_finish_search           (UdpnatNode                *self,
                                              gint64                     now_us,
                                              UdpnatPeer                *peer);
void     udpnat_node_abort_search            (UdpnatNode                *self,
                                              UdpnatPeer                *peer);
gint64   udpnat_node_search_next_deadline    (const UdpnatNode          *self);
void     udpnat_node_search_handle_deadline  (UdpnatNode                *self,
                                              gint64                     now_us);
void     udpnat_node_search_note_sent        (UdpnatNode                *self,
                                              gint64                     now_us,
                                              const UdpnatPeer          *peer);
gboolean udpnat_node_search_pump             (UdpnatNode                *self,
                                              gint64                     now_us);

G_END_DECLS
