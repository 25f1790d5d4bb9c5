/* A node between a server and peers who say what the input wants: raw datagrams from anywhere,
 * authentic frames, streams and letters of both, direct or through the relay, the node's own calls
 * in any order, jumps of time. Checked besides assertions: nothing is handed over twice, no
 * datagram is too long, and time always makes progress. */

#include "config.h"

#include "fuzz-remote.h"
#include "fuzz.h"

#include "udpnat-chat-message.h"
#include "udpnat-mail-message.h"
#include "udpnat-node.h"
#include "udpnat-rendezvous-message.h"
#include "udpnat-sealed.h"

#include <string.h>

#define STEPS_MAX 200
#define N_PEERS 2
#define ROUNDS_MAX 64
/* As remembered by a receiver (PROTOCOL.md section 9): beyond it an id may come again. */
#define SHOWN_MAX UDPNAT_SEEN_IDS_MAX

typedef struct
{
  gint64         now_us;
  guint64        random_state;
  UdpnatRandom   random;
  UdpnatNode    *node;
  UdpnatMachine *machine;
  FuzzRemote     server;
  FuzzRemote     peers[N_PEERS]; /* their handles are 1, 2 */
  gboolean       is_relayed[N_PEERS];
  GHashTable    *shown;        /* GBytes of key and id */
  UdpnatDatagram last;         /* that went to the node */
  UdpnatMessageId last_id;
  UdpnatPublicKey last_sender; /* of it */
  guint8          n_sent;      /* items of ours; their ids */
  guint64         prekey_id;   /* of the last PREKEY_TAKEN */
  UdpnatPublicKey prekey_owner;
} Scene;

/* The secret of every prekey that the node has given away. */
static const guint8 prekey_secret[UDPNAT_PREKEY_BYTES] = { 7 };

static const char *const peer_names[N_PEERS] = { "bob", "carol" };

static UdpnatAddress
make_address (guint8  a,
              guint8  d,
              guint16 port)
{
  const guint8  ip[4] = { a, 0, 2, d };
  UdpnatAddress address;

  udpnat_address_init_ipv4 (&address, ip, port);
  return address;
}

static void
set_host_address (Scene *self,
                  guint8 last_byte)
{
  UdpnatAddress own = make_address (10, last_byte, 0);

  udpnat_node_set_host_addresses (self->node, self->now_us, &own, 1, UDPNAT_CLIENT_PORT);
}

static void
scene_init (Scene   *self,
            gboolean is_pinned)
{
  g_autoptr (UdpnatIdentity) identity = NULL;
  UdpnatAddress              address = make_address (203, 1, UDPNAT_SERVER_PORT);

  g_assert_true (udpnat_crypto_init ());
  self->now_us = UDPNAT_SEC (1000);
  self->random = fuzz_random (&self->random_state);
  self->shown = g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref,
                                       NULL);
  fuzz_remote_init (&self->server, UDPNAT_ROLE_CLIENT_SERVER, &self->random, &address);
  for (guint8 i = 0; i < N_PEERS; i++)
    {
      UdpnatAddress peer = make_address (198, i + 1, UDPNAT_CLIENT_PORT);

      fuzz_remote_init (&self->peers[i], UDPNAT_ROLE_PEER_PEER, &self->random, &peer);
    }
  identity = udpnat_identity_generate (&self->random);
  self->node = udpnat_node_new (identity, &self->random, self->now_us,
                                self->now_us + FUZZ_WALL_OFFSET_US);
  self->machine = udpnat_node_get_machine (self->node);
  set_host_address (self, 5);
  udpnat_node_restore_contact (self->node, fuzz_remote_get_key (&self->peers[0]), peer_names[0],
                               UDPNAT_TRUST_ACCEPTED, NULL);
  udpnat_node_set_server (self->node, self->now_us, &address,
                          is_pinned ? fuzz_remote_get_key (&self->server) : NULL);
  udpnat_node_log_in (self->node, self->now_us, "alice");
}

static void
scene_clear (Scene *self)
{
  udpnat_node_free (self->node);
  fuzz_remote_clear (&self->server);
  for (guint i = 0; i < N_PEERS; i++)
    fuzz_remote_clear (&self->peers[i]);
  g_hash_table_unref (self->shown);
}

/* ---- To the node ---- */

static void
deliver (Scene               *self,
         const UdpnatAddress *from,
         const guint8        *data,
         gsize                n_data)
{
  g_autofree UdpnatDatagram *datagram = g_new0 (UdpnatDatagram, 1);

  datagram->remote = *from;
  datagram->n_data = n_data;
  memcpy (datagram->data, data, n_data);
  self->last = *datagram;
  udpnat_machine_handle_datagram (self->machine, self->now_us, datagram);
}

static void
deliver_frames (Scene        *self,
                FuzzRemote   *from,
                const guint8 *frames,
                gsize         n_frames)
{
  guint8 out[UDPNAT_DATAGRAM_MAX_BYTES];
  gsize  n = fuzz_remote_seal (from, self->now_us, frames, n_frames, out);

  if (n > 0)
    deliver (self, &from->address, out, n);
}

/* A packet of a peer, by the way that it uses now. */
static void
deliver_from_peer (Scene        *self,
                   guint         i,
                   const guint8 *data,
                   gsize         n_data)
{
  guint8       frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter writer;
  gboolean     fits;

  if (!self->is_relayed[i])
    {
      deliver (self, &self->peers[i].address, data, n_data);
      return;
    }
  udpnat_writer_init (&writer, frames, sizeof frames);
  if (data[0] == UDPNAT_PACKET_HS1)
    fits = udpnat_frame_write_incoming (&writer, i + 1, peer_names[i], data, n_data);
  else
    fits = udpnat_frame_write_relay (&writer, i + 1, data, n_data);
  if (fits)
    deliver_frames (self, &self->server, frames, writer.n_written);
}

/* ---- From the node ---- */

static void
receive_as_peer (Scene        *self,
                 guint         i,
                 const guint8 *data,
                 gsize         n_data)
{
  UdpnatFrameView frame;

  fuzz_remote_receive (&self->peers[i], self->now_us, data, n_data);
  while (fuzz_remote_pop_frame (&self->peers[i], self->now_us, &frame))
    ;
}

/* RELAY and DIAL, as a good server would pass them on. */
static void
pass_on (Scene                 *self,
         const UdpnatFrameView *frame)
{
  const guint8 *inner;
  gsize         n_inner;
  guint32       handle = 0;
  guint8        key[UDPNAT_KEY_BYTES] = { 0 };

  if (!udpnat_frame_parse_relay (frame, &handle, &inner, &n_inner)
      && !udpnat_frame_parse_dial (frame, key, &inner, &n_inner))
    return;
  for (guint i = 0; i < N_PEERS; i++)
    if (handle == i + 1 || memcmp (key, fuzz_remote_get_key (&self->peers[i])->bytes, 32) == 0)
      receive_as_peer (self, i, inner, n_inner);
}

/* INFO has an answer unless the server is deaf. */
static void
receive_as_server (Scene                *self,
                   const UdpnatDatagram *datagram)
{
  UdpnatInfoReply reply = { .alt_port = UDPNAT_SERVER_ALT_PORT };
  guint8          out[UDPNAT_INFO_REPLY_BYTES];
  UdpnatFrameView frame;
  UdpnatWriter    writer;

  if (udpnat_info_parse (datagram->data, datagram->n_data, &reply.token) && !self->server.is_deaf)
    {
      memcpy (reply.server_key, fuzz_remote_get_key (&self->server)->bytes, UDPNAT_KEY_BYTES);
      reply.observed = make_address (198, 77, 5000);
      udpnat_writer_init (&writer, out, sizeof out);
      udpnat_info_reply_write (&writer, &reply);
      deliver (self, &datagram->remote, out, writer.n_written);
    }
  fuzz_remote_receive (&self->server, self->now_us, datagram->data, datagram->n_data);
  while (fuzz_remote_pop_frame (&self->server, self->now_us, &frame))
    pass_on (self, &frame);
}

static void
take_from_node (Scene                *self,
                const UdpnatDatagram *datagram)
{
  g_assert_cmpuint (datagram->n_data, <=, UDPNAT_DATAGRAM_MAX_BYTES);
  g_assert_true (udpnat_address_is_set (&datagram->remote));
  if (udpnat_address_equal_ip (&datagram->remote, &self->server.address))
    receive_as_server (self, datagram);
  for (guint i = 0; i < N_PEERS; i++)
    if (udpnat_address_equal (&datagram->remote, &self->peers[i].address))
      receive_as_peer (self, i, datagram->data, datagram->n_data);
}

static GBytes *
make_shown (const UdpnatPublicKey *key,
            const UdpnatMessageId *id)
{
  guint8 both[UDPNAT_KEY_BYTES + UDPNAT_MESSAGE_ID_BYTES];

  memcpy (both, key->bytes, UDPNAT_KEY_BYTES);
  memcpy (both + UDPNAT_KEY_BYTES, id->bytes, UDPNAT_MESSAGE_ID_BYTES);
  return g_bytes_new (both, sizeof both);
}

static void
note_item (Scene                 *self,
           const UdpnatNodeEvent *event)
{
  const UdpnatItem *item = event->item;
  g_autofree char  *text = udpnat_item_dup_text (item);

  g_assert_true (udpnat_item_body_is_valid (item->type, g_bytes_get_data (item->body, NULL),
                                            g_bytes_get_size (item->body)));
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
  if (g_hash_table_size (self->shown) < SHOWN_MAX)
    g_assert_true (g_hash_table_add (self->shown, make_shown (&event->key, &item->id)));
  self->last_id = item->id;
  self->last_sender = event->key;
}

static void
refuse_last (Scene *self)
{
  g_autoptr (GBytes) shown = make_shown (&self->last_sender, &self->last_id);

  udpnat_node_refuse (self->node, self->now_us, &self->last_sender, &self->last_id);
  g_hash_table_remove (self->shown, shown); /* it is new when it comes again */
}

static void
pop_events (Scene *self)
{
  UdpnatEvent *event;

  while ((event = udpnat_machine_pop_event (self->machine)) != NULL)
    {
      if (event->type == UDPNAT_NODE_EVENT_ITEM)
        note_item (self, (UdpnatNodeEvent *) event);
      else if (event->type == UDPNAT_NODE_EVENT_PREKEY_TAKEN)
        {
          self->prekey_id = ((UdpnatNodeEvent *) event)->prekey_id;
          self->prekey_owner = ((UdpnatNodeEvent *) event)->key;
        }
      udpnat_event_free (event);
    }
}

/* What an owner may ask at any time changes nothing, and must not be wrong. */
static void
ask_node (Scene *self)
{
  UdpnatNodePath path;

  if (udpnat_node_is_drained (self->node))
    g_assert_cmpuint (udpnat_node_count_undelivered (self->node), ==, 0);
  g_assert_cmpint (udpnat_node_get_server_rtt (self->node), >=, 0);
  for (guint i = 0; i < N_PEERS; i++)
    if (udpnat_node_get_path (self->node, fuzz_remote_get_key (&self->peers[i]), &path))
      g_assert_true ((path.kind == UDPNAT_PATH_KIND_RELAY)
                     == !udpnat_address_is_set (&path.address));
}

static gboolean
exchange (Scene *self)
{
  UdpnatDatagram datagram;
  guint8         out[UDPNAT_DATAGRAM_MAX_BYTES];
  gboolean       has_moved = FALSE;
  gsize          n;

  pop_events (self);
  while (udpnat_machine_pop_output (self->machine, self->now_us, &datagram))
    {
      take_from_node (self, &datagram);
      has_moved = TRUE;
    }
  while (fuzz_remote_pop (&self->server, self->now_us, out, &n))
    {
      deliver (self, &self->server.address, out, n);
      has_moved = TRUE;
    }
  for (guint i = 0; i < N_PEERS; i++)
    while (fuzz_remote_pop (&self->peers[i], self->now_us, out, &n))
      {
        deliver_from_peer (self, i, out, n);
        has_moved = TRUE;
      }
  pop_events (self);
  return has_moved;
}

static void
settle (Scene *self)
{
  for (guint i = 0; i < ROUNDS_MAX && exchange (self); i++)
    ;
  ask_node (self);
}

/* Everybody does what is due now. An answer may make something due at once, but not for ever. */
static void
handle_deadlines (Scene *self)
{
  for (guint i = 0; i < ROUNDS_MAX; i++)
    {
      udpnat_machine_handle_deadline (self->machine, self->now_us);
      fuzz_remote_elapse (&self->server, self->now_us);
      for (guint j = 0; j < N_PEERS; j++)
        fuzz_remote_elapse (&self->peers[j], self->now_us);
      settle (self);
      if (udpnat_machine_next_deadline (self->machine) > self->now_us)
        return;
    }
  g_error ("the machine wants to be woken at once, for ever");
}

static void
elapse (Scene *self,
        gint64 duration_us)
{
  gint64 until_us = self->now_us + duration_us;

  for (guint i = 0; i < ROUNDS_MAX && self->now_us < until_us; i++)
    {
      gint64 next_us = udpnat_machine_next_deadline (self->machine);

      self->now_us = CLAMP (next_us, self->now_us, until_us);
      handle_deadlines (self);
    }
  self->now_us = until_us; /* as if it had slept */
}

/* ---- Steps: what others do ---- */

static void
send_raw (Scene        *self,
          UdpnatReader *input)
{
  guint8        who = udpnat_reader_u8 (input);
  UdpnatAddress from = make_address (192, who, 9000);
  const guint8 *data;
  gsize         n;

  if (who < 3)
    from = who < N_PEERS ? self->peers[who].address : self->server.address;
  else if (who & 0x80)
    udpnat_reader_address (input, &from);
  data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &n);
  deliver (self, &from, data, n);
}

/* What anybody on the way could do with the last datagram to the node. */
static void
send_again (Scene        *self,
            UdpnatReader *input)
{
  UdpnatDatagram copy = self->last;
  guint          at = udpnat_reader_u16 (input);

  if (copy.n_data == 0)
    return;
  copy.data[at % copy.n_data] ^= udpnat_reader_u8 (input);
  udpnat_machine_handle_datagram (self->machine, self->now_us, &copy);
}

static void
say_as_server (Scene        *self,
               UdpnatReader *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8                 kind = udpnat_reader_u8 (input);
  guint                  peer = udpnat_reader_u8 (input) % N_PEERS;
  UdpnatAddress          observed = make_address (198, kind, 4000 + kind);
  UdpnatDirectoryEntry   entry = { .handle = peer + 1, .presence = (kind & 8) == 0 };
  guint8                 frames[UDPNAT_DATAGRAM_MAX_BYTES];
  UdpnatWriter           writer;

  memcpy (entry.key, fuzz_remote_get_key (&self->peers[peer])->bytes, sizeof entry.key);
  entry.name = (char *) peer_names[kind & 0x10 ? 0 : peer];
  switch (kind & 7)
    {
    case 0:
    case 1:
      udpnat_write_registered (message, kind, &observed, kind & 0x20 ? "Alice" : "alice");
      break;
    case 2:
    case 3:
      if (udpnat_write_peers (message, &entry, 1) != 1)
        g_assert_not_reached ();
      break;
    case 4:
      udpnat_write_list_end (message);
      break;
    case 5:
      udpnat_write_refused (message, 1 + (kind >> 3), 5, "alice");
      break;
    case 6:
      udpnat_write_lookup_result (message, udpnat_reader_u8 (input), kind >> 7, &entry);
      udpnat_writer_init (&writer, frames, sizeof frames);
      if (udpnat_frame_write_message (&writer, message))
        deliver_frames (self, &self->server, frames, writer.n_written);
      return;
    case 7:
      udpnat_write_unregistered (message);
      break;
    }
  fuzz_remote_write (&self->server, UDPNAT_STREAM_CONTROL, message->data, message->len);
}

/* A letter by a peer, with whatever the input has inside it. */
static void
write_letter (Scene        *self,
              guint8        kind,
              UdpnatReader *input,
              GByteArray   *out)
{
  g_autoptr (UdpnatIdentity) pair = udpnat_identity_new_from_secret (prekey_secret);
  UdpnatSealedPrekey         prekey = { .id = 1 + (kind >> 4 & 3) };
  const FuzzRemote          *from = &self->peers[kind >> 2 & 1];
  const guint8              *data;
  gsize                      n_data;

  prekey.key = *udpnat_identity_get_public_key (pair);
  data = fuzz_take (input, 4096, &n_data);
  if (!udpnat_sealed_write (from->identity, udpnat_node_get_public_key (self->node),
                            kind & 8 ? &prekey : NULL, &self->random, data, n_data, out))
    g_assert_not_reached ();
}

/* What a server says on its mail stream. */
static void
say_mail (Scene        *self,
          UdpnatReader *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  g_autoptr (GByteArray) letter = g_byte_array_new ();
  guint8                 kind = udpnat_reader_u8 (input);
  UdpnatMailItem         item = { .number = udpnat_reader_u8 (input) };

  switch (kind & 3)
    {
    case 0:
    case 1:
      write_letter (self, kind, input, letter);
      item.sealed = letter->data;
      item.n_sealed = letter->len;
      break;
    case 2:
      item.sealed = fuzz_take (input, 1024, &item.n_sealed);
      break;
    case 3:
      udpnat_write_mail_put_result (message, (guint32) item.number, kind >> 2);
      break;
    }
  if (item.n_sealed > 0)
    udpnat_write_mail_item (message, &item);
  fuzz_remote_write (&self->server, UDPNAT_STREAM_MAIL, message->data, message->len);
}

/* What makes the node doubt: RELAY-FAILED, DIAL-FAILED, UNKNOWN, COOKIE, and silence. */
static void
discourage (Scene        *self,
            guint         who,
            UdpnatReader *input)
{
  guint8       kind = udpnat_reader_u8 (input);
  FuzzRemote  *remote = who < N_PEERS ? &self->peers[who] : &self->server;
  guint        peer = who % N_PEERS;
  guint8       frames[64], unknown[UDPNAT_UNKNOWN_BYTES];
  UdpnatWriter writer;
  gboolean     fits = TRUE;

  udpnat_writer_init (&writer, frames, sizeof frames);
  switch (kind & 3)
    {
    case 0:
      fits = udpnat_frame_write_relay_failed (&writer, peer + 1, kind >> 2 & 3, kind);
      break;
    case 1:
      fits = udpnat_frame_write_dial_failed (
        &writer, fuzz_remote_get_key (&self->peers[peer])->bytes, kind >> 2 & 3);
      break;
    case 2:
      udpnat_writer_init (&writer, unknown, sizeof unknown);
      udpnat_unknown_write (&writer, remote->last_index);
      if (who < N_PEERS)
        deliver_from_peer (self, who, unknown, sizeof unknown);
      else
        deliver (self, &remote->address, unknown, sizeof unknown);
      return;
    case 3:
      remote->n_cookies = kind >> 2 & 3;
      remote->is_deaf = (kind & 0x80) != 0;
      return;
    }
  g_assert_true (fits);
  deliver_frames (self, &self->server, frames, writer.n_written);
}

static void
say_as_peer (FuzzRemote   *peer,
             UdpnatReader *input)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  guint8                 kind = udpnat_reader_u8 (input);
  UdpnatCandidates       candidates = { .generation = kind, .n_candidates = kind % 9 };
  UdpnatMessageId        id = { { kind } };
  guint32                stream = UDPNAT_STREAM_CHAT;

  switch (kind & 3)
    {
    case 0:
      for (guint i = 0; i < candidates.n_candidates; i++)
        {
          candidates.candidates[i].kind = 1 + udpnat_reader_u8 (input) % 6;
          candidates.candidates[i].address = make_address (198, 1 + i, UDPNAT_CLIENT_PORT);
        }
      candidates.relay_only = (kind & 0x80) != 0;
      udpnat_write_candidates (message, &candidates);
      stream = UDPNAT_STREAM_CONTROL;
      break;
    case 1:
    case 2:
      udpnat_write_item (message, UDPNAT_ITEM_TEXT, &id, kind, (const guint8 *) "hello", 5);
      break;
    case 3:
      udpnat_write_receipt (message, UDPNAT_RECEIPT_DELIVERED, &id, 1);
      break;
    }
  fuzz_remote_write (peer, stream, message->data, message->len);
}

static void
dial (Scene        *self,
      FuzzRemote   *peer,
      UdpnatReader *input)
{
  const guint8 *frames;
  gsize         n_frames;

  frames = fuzz_take (input, UDPNAT_EARLY_MAX_BYTES, &n_frames);
  fuzz_remote_dial (peer, self->now_us, udpnat_node_get_public_key (self->node), frames, n_frames);
}

static void
forge_frames (Scene        *self,
              guint         who,
              UdpnatReader *input)
{
  guint8        out[UDPNAT_DATAGRAM_MAX_BYTES];
  const guint8 *frames;
  gsize         n_frames, n;

  frames = fuzz_take (input, sizeof out, &n_frames);
  if (who == N_PEERS)
    {
      deliver_frames (self, &self->server, frames, n_frames);
      return;
    }
  n = fuzz_remote_seal (&self->peers[who], self->now_us, frames, n_frames, out);
  if (n > 0)
    deliver_from_peer (self, who, out, n);
}

static void
set_answer (FuzzRemote   *remote,
            UdpnatReader *input)
{
  const guint8 *frames;

  frames = fuzz_take (input, sizeof remote->answer_frames, &remote->n_answer_frames);
  memcpy (remote->answer_frames, frames, remote->n_answer_frames);
}

/* ---- Steps: what the owner does ---- */

static void
say (Scene                 *self,
     const UdpnatPublicKey *to)
{
  const UdpnatMessageId  id = { { 0xee, ++self->n_sent } };
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&id, FUZZ_WALL_OFFSET_US, "hi there");

  if (!udpnat_node_send (self->node, self->now_us, to, item, (self->n_sent & 7) == 7))
    self->n_sent--; /* to somebody who is blocked */
}

/* Whoever is blocked or forgotten may say everything again. */
static void
set_trust (Scene                 *self,
           const UdpnatPublicKey *of,
           guint8                 trust)
{
  udpnat_node_set_trust (self->node, self->now_us, of, (UdpnatTrust) (trust % 3));
  if (trust == UDPNAT_TRUST_BLOCKED)
    g_hash_table_remove_all (self->shown);
}

static void
give_prekeys (Scene                 *self,
              const UdpnatPublicKey *to,
              guint64                id)
{
  g_autoptr (UdpnatIdentity) pair = udpnat_identity_new_from_secret (prekey_secret);
  UdpnatPrekey               prekey = { .id = id };

  memcpy (prekey.key, prekey_secret, sizeof prekey.key);
  udpnat_node_add_own_prekey (self->node, to, &prekey);
  memcpy (prekey.key, udpnat_identity_get_public_key (pair)->bytes, sizeof prekey.key);
  udpnat_node_add_peer_prekey (self->node, to, &prekey);
}

/* The rarer ones. */
static void
call_node_otherwise (Scene                 *self,
                     guint8                 kind,
                     const UdpnatPublicKey *to)
{
  const UdpnatMessageId sent = { { 0xee, kind >> 5 } };

  switch (kind >> 5)
    {
    case 0:
      (void) udpnat_node_withdraw (self->node, self->now_us, to, &sent);
      break;
    case 1:
      udpnat_node_set_presence (self->node, self->now_us,
                                kind & 0x10 ? UDPNAT_PRESENCE_AWAY : UDPNAT_PRESENCE_ONLINE);
      break;
    case 2:
      udpnat_node_set_listed (self->node, self->now_us, (kind & 0x10) != 0);
      break;
    case 3:
      udpnat_node_move_name (self->node, self->now_us, "bob", to);
      break;
    default:
      udpnat_node_forget (self->node, self->now_us, to);
      g_hash_table_remove_all (self->shown);
      break;
    }
}

static void
call_node (Scene        *self,
           UdpnatReader *input)
{
  guint8                 kind = udpnat_reader_u8 (input);
  guint                  peer = kind >> 4 & 1;
  const UdpnatPublicKey *to = fuzz_remote_get_key (&self->peers[peer]);

  switch (kind & 15)
    {
    case 0:
    case 1:
    case 2:
      say (self, to);
      break;
    case 3:
      udpnat_node_confirm (self->node, self->now_us, &self->last_sender, &self->last_id);
      break;
    case 4:
      udpnat_node_set_relay_only (self->node, self->now_us, (kind & 0x80) != 0);
      break;
    case 5:
      set_host_address (self, kind);
      break;
    case 6:
      if (kind & 0x80)
        udpnat_node_log_out (self->node, self->now_us);
      else
        udpnat_node_log_in (self->node, self->now_us, "alice");
      break;
    case 7:
      udpnat_node_set_wall_clock (self->node, self->now_us,
                                  self->now_us + FUZZ_WALL_OFFSET_US + UDPNAT_SEC (kind - 128));
      break;
    case 8:
      g_assert_cmpuint (udpnat_node_look_up (self->node, self->now_us, peer_names[peer]), >, 0);
      break;
    case 9:
      refuse_last (self);
      break;
    case 10:
      set_trust (self, to, kind >> 5 & 3);
      break;
    case 11:
      udpnat_node_set_read (self->node, self->now_us, to, &self->last_id);
      break;
    case 12:
      udpnat_node_set_typing (self->node, self->now_us, to, kind >> 7);
      break;
    case 13:
      give_prekeys (self, to, 1 + (kind >> 5 & 3));
      break;
    case 14:
      udpnat_node_confirm_prekey (self->node, self->now_us, &self->prekey_owner,
                                  self->prekey_id, TRUE);
      break;
    case 15:
      call_node_otherwise (self, kind, to);
      break;
    }
}

static void
take_step (Scene        *self,
           UdpnatReader *input)
{
  guint8        op = udpnat_reader_u8 (input);
  guint         who = (op >> 4) % (N_PEERS + 1);
  FuzzRemote   *remote = who < N_PEERS ? &self->peers[who] : &self->server;
  const guint8 *data;
  gsize         n;

  switch (op & 0x0f)
    {
    case 0:
      send_raw (self, input);
      break;
    case 1:
      send_again (self, input);
      break;
    case 2:
      say_as_server (self, input);
      break;
    case 3:
      discourage (self, who, input);
      break;
    case 4:
      if (who < N_PEERS)
        dial (self, remote, input);
      break;
    case 5:
      forge_frames (self, who, input);
      break;
    case 6:
      say_mail (self, input);
      break;
    case 7:
      data = fuzz_take (input, 4096, &n);
      fuzz_remote_write (remote, udpnat_reader_u8 (input) & 1, data, n);
      break;
    case 8:
    case 9:
      if (who < N_PEERS)
        say_as_peer (remote, input);
      break;
    case 10:
    case 11:
      call_node (self, input);
      break;
    case 12:
    case 13:
      elapse (self, fuzz_take_duration (input));
      break;
    case 14:
      if (who < N_PEERS)
        self->is_relayed[who] = !self->is_relayed[who];
      else
        fuzz_remote_forget (remote);
      break;
    case 15:
      set_answer (remote, input);
      break;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree Scene *scene = g_new0 (Scene, 1);
  UdpnatReader      input;
  guint             n_steps = 0;

  udpnat_reader_init (&input, data, n_data);
  scene_init (scene, (udpnat_reader_u8 (&input) & 1) == 0);
  while (udpnat_reader_left (&input) > 0 && n_steps++ < STEPS_MAX)
    {
      take_step (scene, &input);
      settle (scene);
    }
  elapse (scene, UDPNAT_SEC (1));
  udpnat_node_leave (scene->node, scene->now_us);
  settle (scene);
  scene_clear (scene);
  return 0;
}
