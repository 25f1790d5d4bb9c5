#pragma once

#include "udpnat-frame.h"
#include "udpnat-server-identity-private.h"

G_BEGIN_DECLS

/**
 * UdpnatServerHello:
 * @hash: of @ephemeral
 * @client: (nullable): who sent it, for new keys
 * @comer: (nullable): who sent it, for a new session; one of the two is set
 *
 * An HS1 that was answered, by which a repeated one is known. Part of who sent it.
 */
typedef struct
{
  guint64             hash;
  guint8              ephemeral[UDPNAT_EPHEMERAL_BYTES];
  UdpnatServerClient *client;
  UdpnatServerComer  *comer;
} UdpnatServerHello;

/**
 * UdpnatServerPromise:
 * @entry: (nullable): borrowed; nothing has been promised without it
 * @turn: of the handle that it has been told
 *
 * What HS2 has told somebody who said in HS1 which of their names they come under: it holds from
 * their first packet on.
 */
typedef struct
{
  UdpnatRegistryEntry *entry;
  gboolean             is_shown;
  guint8               turn;
  guint8               presence;
  gint64               idle_us;
} UdpnatServerPromise;

/**
 * UdpnatServerComer:
 * @session: under keys that nobody has proved yet
 * @address: where HS2 went last
 * @is_spread: and elsewhere before
 * @until_us: when it is given up
 * @hs2: to be sent again
 *
 * Who has sent HS1 and not shown yet that it was more than a replay.
 */
struct _UdpnatServerComer
{
  UdpnatRestingSession session;
  UdpnatServerHello    hello;
  UdpnatServerPromise  promise;
  UdpnatAddress        address;
  gboolean             is_spread;
  gint64               until_us;
  GList                link; /* in server->pending */

  /* borrowed */
  UdpnatRendezvousServer *server;
  UdpnatServerIdentity   *identity;

  gsize  n_hs2;
  guint8 hs2[];
};

void           udpnat_server_add_hello         (UdpnatRendezvousServer *self,
                                                UdpnatServerHello      *hello,
                                                const guint8           *ephemeral);
void           udpnat_server_remove_hello      (UdpnatRendezvousServer *self,
                                                const UdpnatServerHello *hello);
UdpnatServerHello *udpnat_server_find_hello    (const UdpnatRendezvousServer *self,
                                                const guint8           *ephemeral);

void           udpnat_server_comer_new         (UdpnatRendezvousServer *server,
                                                gint64                  now_us,
                                                UdpnatServerIdentity   *identity,
                                                const UdpnatAddress    *source,
                                                UdpnatHs1              *hs1,
                                                UdpnatWriter           *frames);
void           udpnat_server_comer_free        (UdpnatServerComer      *self);
void           udpnat_server_comer_repeat      (UdpnatServerComer      *self,
                                                const UdpnatAddress    *source);
UdpnatRxResult udpnat_server_comer_handle_data (UdpnatServerComer      *self,
                                                gint64                  now_us,
                                                const UdpnatDatagram   *datagram,
                                                const UdpnatDataView   *view);
void           udpnat_server_break_promise     (UdpnatRendezvousServer *self,
                                                const UdpnatRegistryEntry *entry);
gint64         udpnat_server_comers_deadline   (const UdpnatRendezvousServer *self);
void           udpnat_server_keep_comers       (UdpnatRendezvousServer *self,
                                                gint64                  now_us);

G_END_DECLS
