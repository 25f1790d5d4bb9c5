/* Who is on this network: keys, where each was heard last, and limits on how many there may be and
 * on how much of one source is looked at. Anybody on the network can send anything, from as many
 * addresses as they like; it must cost neither memory without end nor more than a little of the
 * processor, and those who are known already must not have to make room (PROTOCOL.md section 16).
 *
 * Not here: signatures, and when anything is sent (udpnat-lan.c). */

#include "config.h"

#include "udpnat-lan-table-private.h"

#include <string.h>

static void
peer_free (gpointer data)
{
  UdpnatLanPeer *peer = data;

  g_free (peer->name);
  g_free (peer);
}

void
udpnat_lan_table_init (UdpnatLanTable *self,
                       gint64          now_us)
{
  self->peers = g_ptr_array_new_with_free_func (peer_free);
  self->n_sources = 0;
  udpnat_token_bucket_init (&self->checks, UDPNAT_LAN_CHECKS_BURST, now_us);
  udpnat_token_bucket_init (&self->newcomers, UDPNAT_LAN_NEWCOMERS_BURST, now_us);
}

void
udpnat_lan_table_clear (UdpnatLanTable *self)
{
  g_clear_pointer (&self->peers, g_ptr_array_unref);
}

UdpnatLanPeer *
udpnat_lan_table_find (const UdpnatLanTable   *self,
                       const UdpnatSigningKey *signing_key)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      UdpnatLanPeer *peer = g_ptr_array_index (self->peers, i);

      if (memcmp (peer->signing_key.bytes, signing_key->bytes, sizeof signing_key->bytes) == 0)
        return peer;
    }
  return NULL;
}

UdpnatLanPeer *
udpnat_lan_table_find_key (const UdpnatLanTable  *self,
                           const UdpnatPublicKey *key)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      UdpnatLanPeer *peer = g_ptr_array_index (self->peers, i);

      if (udpnat_public_key_equal (&peer->key, key))
        return peer;
    }
  return NULL;
}

/** udpnat_lan_table_count_present: Returns: how many people are here, without us */
guint
udpnat_lan_table_count_present (const UdpnatLanTable *self)
{
  guint n_present = 0;

  for (guint i = 0; i < self->peers->len; i++)
    n_present += ((UdpnatLanPeer *) g_ptr_array_index (self->peers, i))->n_places > 0;
  return n_present;
}

/* ---- Limits ---- */

/* The place of @address in the table of sources; that of the one which was quiet longest, when it
 * is new. */
static UdpnatLanSource *
ensure_source (UdpnatLanTable      *self,
               gint64               now_us,
               const UdpnatAddress *address)
{
  UdpnatLanSource *source = &self->sources[0];

  for (guint i = 0; i < self->n_sources; i++)
    {
      if (udpnat_address_equal_ip (&self->sources[i].address, address))
        return &self->sources[i];
      if (self->sources[i].bucket.updated_us < source->bucket.updated_us)
        source = &self->sources[i];
    }
  if (self->n_sources < G_N_ELEMENTS (self->sources))
    source = &self->sources[self->n_sources++];
  source->address = *address;
  udpnat_token_bucket_init (&source->bucket, UDPNAT_LAN_BEACONS_BURST_PER_SOURCE, now_us);
  return source;
}

/** udpnat_lan_table_may_look: Returns: whether something from @source is worth any work now */
gboolean
udpnat_lan_table_may_look (UdpnatLanTable      *self,
                           gint64               now_us,
                           const UdpnatAddress *source)
{
  return udpnat_token_bucket_take (&ensure_source (self, now_us, source)->bucket, now_us, 1,
                                   UDPNAT_LAN_BEACONS_BURST_PER_SOURCE,
                                   UDPNAT_LAN_BEACONS_PER_SECOND_PER_SOURCE);
}

/** udpnat_lan_table_may_check: Returns: whether one more signature may be checked now */
gboolean
udpnat_lan_table_may_check (UdpnatLanTable *self,
                            gint64          now_us)
{
  return udpnat_token_bucket_take (&self->checks, now_us, 1, UDPNAT_LAN_CHECKS_BURST,
                                   UDPNAT_LAN_CHECKS_PER_SECOND);
}

static guint
count_at (const UdpnatLanTable *self,
          const UdpnatAddress  *source)
{
  guint n_there = 0;

  for (guint i = 0; i < self->peers->len; i++)
    {
      const UdpnatLanPeer *peer = g_ptr_array_index (self->peers, i);

      for (guint j = 0; j < peer->n_places; j++)
        n_there += udpnat_address_equal_ip (&peer->places[j].address, source);
    }
  return n_there;
}

/**
 * udpnat_lan_table_add:
 *
 * Returns: (transfer none) (nullable): an empty entry for somebody whose signature was right; %NULL
 *   when there are too many already, here or at @source
 */
UdpnatLanPeer *
udpnat_lan_table_add (UdpnatLanTable      *self,
                      gint64               now_us,
                      const UdpnatAddress *source)
{
  UdpnatLanPeer *peer;

  if (self->peers->len >= UDPNAT_LAN_PEERS_MAX ||
      count_at (self, source) >= UDPNAT_LAN_PEERS_PER_ADDRESS ||
      !udpnat_token_bucket_take (&self->newcomers, now_us, 1, UDPNAT_LAN_NEWCOMERS_BURST,
                                 UDPNAT_LAN_NEWCOMERS_PER_SECOND))
    return NULL;
  peer = g_new0 (UdpnatLanPeer, 1);
  g_ptr_array_add (self->peers, peer);
  return peer;
}

/* ---- Time ---- */

/** udpnat_lan_peer_get_expiry: Returns: when the first thing known of the peer is too old */
gint64
udpnat_lan_peer_get_expiry (const UdpnatLanPeer *self)
{
  gint64 oldest_us = self->n_places > 0 ? self->places[0].heard_us : self->round_us;

  for (guint i = 1; i < self->n_places; i++)
    oldest_us = MIN (oldest_us, self->places[i].heard_us);
  return oldest_us + self->keep_us;
}

gint64
udpnat_lan_table_next_deadline (const UdpnatLanTable *self)
{
  gint64 deadline_us = UDPNAT_TIME_NEVER;

  for (guint i = 0; i < self->peers->len; i++)
    deadline_us = udpnat_time_min (deadline_us, udpnat_lan_peer_get_expiry (
                                     g_ptr_array_index (self->peers, i)));
  return deadline_us;
}

/** udpnat_lan_table_skip: for so long nothing could be heard */
void
udpnat_lan_table_skip (UdpnatLanTable *self,
                       gint64          slept_us)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      UdpnatLanPeer *peer = g_ptr_array_index (self->peers, i);

      peer->round_us += slept_us;
      for (guint j = 0; j < peer->n_places; j++)
        peer->places[j].heard_us += slept_us;
    }
}

/* ---- Places ---- */

/** udpnat_lan_peer_is_heard_at: Returns: whether its newest beacon has been heard from there */
gboolean
udpnat_lan_peer_is_heard_at (const UdpnatLanPeer *self,
                             const UdpnatAddress *address)
{
  for (guint i = 0; i < self->n_places; i++)
    if (udpnat_address_equal_ip (&self->places[i].address, address))
      return self->places[i].heard_us >= self->round_us;
  return FALSE;
}

/**
 * udpnat_lan_peer_note_place:
 * @address: source of an authentic beacon, with the port that it names
 *
 * One beacon comes from several addresses: both families, several interfaces. Somebody else could
 * repeat it, so whoever was first in a round keeps its place.
 *
 * Returns: whether @address is a new place
 */
gboolean
udpnat_lan_peer_note_place (UdpnatLanPeer       *self,
                            gint64               now_us,
                            const UdpnatAddress *address)
{
  UdpnatLanPlace *oldest = &self->places[0];

  for (guint i = 0; i < self->n_places; i++)
    {
      if (udpnat_address_equal (&self->places[i].address, address))
        {
          self->places[i].heard_us = now_us;
          return FALSE;
        }
      if (self->places[i].heard_us < oldest->heard_us)
        oldest = &self->places[i];
    }
  if (self->n_places < G_N_ELEMENTS (self->places))
    oldest = &self->places[self->n_places++];
  else if (oldest->heard_us >= self->round_us)
    return FALSE;
  *oldest = (UdpnatLanPlace) { *address, now_us };
  return TRUE;
}

/** udpnat_lan_peer_expire: Returns: whether it was heard at fewer places than before */
gboolean
udpnat_lan_peer_expire (UdpnatLanPeer *self,
                        gint64         now_us)
{
  guint n_kept = 0;
  gboolean is_changed;

  for (guint i = 0; i < self->n_places; i++)
    if (self->places[i].heard_us + self->keep_us > now_us)
      self->places[n_kept++] = self->places[i];
  is_changed = n_kept < self->n_places;
  self->n_places = n_kept;
  return is_changed;
}
