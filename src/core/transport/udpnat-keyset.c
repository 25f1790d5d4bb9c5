#include "config.h"

#include "udpnat-keyset.h"

#include "udpnat-limits.h"

#include <sodium.h>
#include <string.h>

/* PROTOCOL.md sections 2 ("Rekeying") and 4. A number must never be sealed twice under one key: the
 * session counts on across keysets, and this asserts that numbers rise. */

struct _UdpnatKeyset
{
  guint8       send_key[UDPNAT_SEAL_KEY_BYTES];
  guint8       receive_key[UDPNAT_SEAL_KEY_BYTES];
  guint32      local_index;
  guint32      remote_index;
  gboolean     is_initiator; /* of the handshake that made the keys */
  gint64       created_us;
  gint64       life_us;
  gboolean     has_sealed;
  guint64      first_number; /* that was sealed */
  guint64      next_number;  /* least that may still be sealed */
  UdpnatReplay replay;
};

/**
 * udpnat_keyset_new:
 * @noise: a completed handshake
 * @life_us: how old the keys may get
 */
UdpnatKeyset *
udpnat_keyset_new (UdpnatNoise *noise,
                   guint32      local_index,
                   guint32      remote_index,
                   gboolean     is_initiator,
                   gint64       life_us,
                   gint64       now_us)
{
  UdpnatKeyset *self = g_new0 (UdpnatKeyset, 1);

  udpnat_noise_split (noise, self->send_key, self->receive_key);
  self->local_index = local_index;
  self->remote_index = remote_index;
  self->is_initiator = is_initiator;
  self->life_us = life_us;
  self->created_us = now_us;
  udpnat_replay_init (&self->replay);
  return self;
}

void
udpnat_keyset_free (UdpnatKeyset *self)
{
  if (self == NULL)
    return;
  sodium_memzero (self, sizeof *self);
  g_free (self);
}

guint32
udpnat_keyset_get_remote_index (const UdpnatKeyset *self)
{
  return self->remote_index;
}

guint32
udpnat_keyset_get_local_index (const UdpnatKeyset *self)
{
  return self->local_index;
}

gint64
udpnat_keyset_get_created (const UdpnatKeyset *self)
{
  return self->created_us;
}

/** udpnat_keyset_get_expiry: from then on the keys must not be used at all */
gint64
udpnat_keyset_get_expiry (const UdpnatKeyset *self)
{
  return self->created_us + self->life_us;
}

/**
 * udpnat_keyset_get_rekey_time:
 *
 * Later for the responder, so that both sides seldom start at once
 */
gint64
udpnat_keyset_get_rekey_time (const UdpnatKeyset *self)
{
  if (self->is_initiator)
    return self->created_us + UDPNAT_REKEY_AFTER_US;
  return self->created_us + UDPNAT_REKEY_RESPONDER_AFTER_US;
}

gboolean
udpnat_keyset_is_usable (const UdpnatKeyset *self,
                         gint64              now_us)
{
  return now_us < udpnat_keyset_get_expiry (self);
}

/**
 * udpnat_keyset_is_worn:
 *
 * Returns: whether so many numbers were used that new keys are due, whatever their age
 */
gboolean
udpnat_keyset_is_worn (const UdpnatKeyset *self)
{
  return self->next_number - self->first_number >= UDPNAT_REKEY_AFTER_PACKETS;
}

/* Header, seal and tag around frames that are in their place. The tag comes before what is only
 * carried. */
static gsize
seal_packet (const guint8 *key,
             guint32       remote_index,
             guint64       number,
             guint8       *packet,
             gsize         n_frames,
             gsize         n_carried)
{
  guint8      *frames = packet + UDPNAT_DATA_HEADER_BYTES;
  guint8      *carried = frames + (n_frames - n_carried);
  UdpnatWriter writer;

  g_assert (n_carried <= n_frames);
  udpnat_writer_init (&writer, packet, UDPNAT_DATA_HEADER_BYTES);
  udpnat_data_write_header (&writer, (guint16) n_carried, remote_index, number);
  memmove (carried + UDPNAT_SEAL_TAG_BYTES, carried, n_carried);
  udpnat_seal (key, number, packet, UDPNAT_DATA_HEADER_BYTES, frames, n_frames - n_carried, frames);
  return UDPNAT_DATA_HEADER_BYTES + n_frames + UDPNAT_SEAL_TAG_BYTES;
}

/* @out_frames: all frames in a row, also when they are opened where they are */
static gboolean
open_packet (const guint8         *key,
             const UdpnatDataView *view,
             guint8               *out_frames)
{
  if (!udpnat_open (key, view->number, view->header, UDPNAT_DATA_HEADER_BYTES, view->sealed,
                    view->n_sealed, out_frames))
    return FALSE;
  memmove (out_frames + (view->n_frames - view->n_carried), view->carried, view->n_carried);
  return TRUE;
}

/**
 * udpnat_keyset_seal:
 * @packet: holds @n_frames bytes of frames after %UDPNAT_DATA_HEADER_BYTES free ones, and room for
 *   the tag behind
 * @n_carried: so many of the last ones are sealed already, by others for others, and are not again
 *
 * Returns: length of the whole DATA packet
 */
gsize
udpnat_keyset_seal (UdpnatKeyset *self,
                    guint64       number,
                    guint8       *packet,
                    gsize         n_frames,
                    gsize         n_carried)
{
  g_assert (number >= self->next_number);
  if (!self->has_sealed)
    self->first_number = number;
  self->has_sealed = TRUE;
  self->next_number = number + 1;
  return seal_packet (self->send_key, self->remote_index, number, packet, n_frames, n_carried);
}

/**
 * udpnat_keyset_open:
 * @out_frames: room for `n_frames` bytes; may be the sealed bytes themselves
 *
 * Returns: %FALSE when the packet is forged, was opened before, or is older than the replay window
 */
gboolean
udpnat_keyset_open (UdpnatKeyset         *self,
                    const UdpnatDataView *view,
                    guint8               *out_frames)
{
  if (!udpnat_replay_check (&self->replay, view->number)
      || !open_packet (self->receive_key, view, out_frames))
    return FALSE;
  udpnat_replay_mark (&self->replay, view->number);
  return TRUE;
}

/* ---- At rest ---- */

/* Where resting begins there is room for as many numbers again. */
#define RESTING_NUMBER_MAX (G_GUINT64_CONSTANT (1) << 31)

/**
 * udpnat_keyset_rest:
 * @next_number: the session's
 *
 * Returns: %FALSE for the keys of an initiator, who is to make new ones, for worn ones, and where
 *   more packets went than can be counted at rest
 */
gboolean
udpnat_keyset_rest (const UdpnatKeyset *self,
                    guint64             next_number,
                    UdpnatRestingKeys  *out_keys)
{
  if (self->is_initiator || udpnat_keyset_is_worn (self) || next_number > RESTING_NUMBER_MAX
      || !udpnat_replay_tail_init (&out_keys->received, &self->replay))
    return FALSE;
  memcpy (out_keys->send_key, self->send_key, sizeof out_keys->send_key);
  memcpy (out_keys->receive_key, self->receive_key, sizeof out_keys->receive_key);
  out_keys->local_index = self->local_index;
  out_keys->remote_index = self->remote_index;
  out_keys->expiry_s = (guint32) (udpnat_keyset_get_expiry (self) / G_USEC_PER_SEC);
  out_keys->next_number = (guint32) next_number;
  return TRUE;
}

/** udpnat_keyset_new_resting: @life_us: as when the keys were made */
UdpnatKeyset *
udpnat_keyset_new_resting (const UdpnatRestingKeys *keys,
                           gint64                   life_us)
{
  UdpnatKeyset *self = g_new0 (UdpnatKeyset, 1);

  memcpy (self->send_key, keys->send_key, sizeof self->send_key);
  memcpy (self->receive_key, keys->receive_key, sizeof self->receive_key);
  self->local_index = keys->local_index;
  self->remote_index = keys->remote_index;
  self->life_us = life_us;
  self->created_us = UDPNAT_SEC (keys->expiry_s) - life_us;
  self->first_number = self->next_number = keys->next_number;
  self->has_sealed = TRUE;
  udpnat_replay_init_tail (&self->replay, &keys->received);
  return self;
}

/** udpnat_resting_keys_init: as udpnat_keyset_new() of a responder */
void
udpnat_resting_keys_init (UdpnatRestingKeys *self,
                          UdpnatNoise       *noise,
                          guint32            local_index,
                          guint32            remote_index,
                          gint64             life_us,
                          gint64             now_us)
{
  *self = (UdpnatRestingKeys) {
    .local_index = local_index,
    .remote_index = remote_index,
    .expiry_s = (guint32) ((now_us + life_us) / G_USEC_PER_SEC),
  };
  udpnat_noise_split (noise, self->send_key, self->receive_key);
}

/** udpnat_resting_keys_are_usable: not too old, and there is a number left to seal under */
gboolean
udpnat_resting_keys_are_usable (const UdpnatRestingKeys *self,
                                gint64                   now_us)
{
  return now_us < UDPNAT_SEC (self->expiry_s) && self->next_number < G_MAXUINT32;
}

/** udpnat_resting_keys_seal: as udpnat_keyset_seal(), with the next number */
gsize
udpnat_resting_keys_seal (UdpnatRestingKeys *self,
                          guint8            *packet,
                          gsize              n_frames,
                          gsize              n_carried)
{
  return seal_packet (self->send_key, self->remote_index, self->next_number++, packet, n_frames,
                      n_carried);
}

/** udpnat_resting_keys_open: as udpnat_keyset_open(), but marks nothing */
gboolean
udpnat_resting_keys_open (const UdpnatRestingKeys *self,
                          const UdpnatDataView    *view,
                          guint8                  *out_frames)
{
  return udpnat_replay_tail_check (&self->received, view->number)
         && open_packet (self->receive_key, view, out_frames);
}
