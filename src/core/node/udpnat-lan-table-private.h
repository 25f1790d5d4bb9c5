#pragma once

#include "udpnat-address.h"
#include "udpnat-beacon.h"
#include "udpnat-signature.h"
#include "udpnat-token-bucket.h"

G_BEGIN_DECLS

/* Where one program was heard. */
typedef struct
{
  UdpnatAddress address; /* with the port of its node */
  gint64        heard_us;
} UdpnatLanPlace;

/**
 * UdpnatLanPeer:
 * @n_places: 0: has said that it leaves; kept for a while, so that an old beacon does not bring it
 *   back
 * @sent_us: of the newest beacon, by the peer's clock
 * @round_us: when that was heard first, by ours
 * @keep_us: how long it is kept without another one
 *
 * Somebody on this network.
 */
typedef struct
{
  UdpnatSigningKey signing_key;
  UdpnatPublicKey  key;
  char            *name;
  UdpnatLanPlace   places[UDPNAT_LAN_ADDRESSES_MAX];
  guint            n_places;
  guint16          port;
  guint64          sent_us;
  gint64           round_us;
  gint64           keep_us;
} UdpnatLanPeer;

typedef struct
{
  UdpnatAddress     address;
  UdpnatTokenBucket bucket;
} UdpnatLanSource;

/* Who is here; and how much of what comes from where is looked at. */
typedef struct
{
  GPtrArray        *peers; /* of UdpnatLanPeer; a few hundred at most, so it is searched through */
  UdpnatLanSource   sources[UDPNAT_LAN_SOURCES_MAX];
  guint             n_sources;
  UdpnatTokenBucket checks;
  UdpnatTokenBucket newcomers;
} UdpnatLanTable;

void           udpnat_lan_table_init          (UdpnatLanTable         *self,
                                               gint64                  now_us);
void           udpnat_lan_table_clear         (UdpnatLanTable         *self);
UdpnatLanPeer *udpnat_lan_table_find          (const UdpnatLanTable   *self,
                                               const UdpnatSigningKey *signing_key);
UdpnatLanPeer *udpnat_lan_table_find_key      (const UdpnatLanTable   *self,
                                               const UdpnatPublicKey  *key);
guint          udpnat_lan_table_count_present (const UdpnatLanTable   *self);
gboolean       udpnat_lan_table_may_look      (UdpnatLanTable         *self,
                                               gint64                  now_us,
                                               const UdpnatAddress    *source);
gboolean       udpnat_lan_table_may_check     (UdpnatLanTable         *self,
                                               gint64                  now_us);
UdpnatLanPeer *udpnat_lan_table_add           (UdpnatLanTable         *self,
                                               gint64                  now_us,
                                               const UdpnatAddress    *source);
gint64         udpnat_lan_table_next_deadline (const UdpnatLanTable   *self);
void           udpnat_lan_table_skip          (UdpnatLanTable         *self,
                                               gint64                  slept_us);

gint64         udpnat_lan_peer_get_expiry     (const UdpnatLanPeer    *self);
gboolean       udpnat_lan_peer_is_heard_at    (const UdpnatLanPeer    *self,
                                               const UdpnatAddress    *address);
gboolean       udpnat_lan_peer_note_place     (UdpnatLanPeer          *self,
                                               gint64                  now_us,
                                               const UdpnatAddress    *address);
gboolean       udpnat_lan_peer_expire         (UdpnatLanPeer          *self,
                                               gint64                  now_us);

G_END_DECLS
