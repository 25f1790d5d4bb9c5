/* Two people and their server, all real, on a network that does to their packets what the
 * input says: loses, repeats, delays, cuts, changes them, sends old ones again, from elsewhere. And
 * one of the three may say something else than it means, inside a seal that is right
 * (fuzz-cipher.c): so what is wrong reaches every parser of frames and messages, and all behind
 * them.
 *
 * Checked besides assertions: nobody is told a message twice; what is called delivered has come;
 * whatever was said arrives once the network is good again, and, if somebody has said what is
 * wrong, both have started anew; no machine wants to be woken in the past, or for ever; an address
 * that has proved nothing never gets more bytes from the server than came from it; memory is
 * bounded.
 *
 * FUZZ_CIPHER=real in the environment: with libsodium's curve and cipher, to compare. */

#include "config.h"

#include "fuzz-cipher.h"
#include "fuzz.h"

#include "node-net.h"
#include "sim-fast-crypto.h"

#include "udpnat-presence.h"
#include "udpnat-stun.h"

#define STEPS_MAX 120
#define ITEMS_MAX 64
#define BENDS_MAX 32
#define REMEMBERED_MAX 32
#define HELD_MAX 64
/* At one stretch: two retransmissions of everything, a rekeying. */
#define RUN_MAX_US UDPNAT_SEC (150)
#define FINISH_US UDPNAT_SEC (900)
#define FINISH_STEP_US UDPNAT_SEC (5)
/* Turns at one moment: answers to answers, which take time on this network. */
#define AT_ONCE_MAX 8
#define N_STRANGERS 2
#define STUN_ANSWER_MAX_BYTES 128 /* the one thing that may be longer than its question */
/* What a handshake says before its frames: a timestamp that goes wrong does so for good. */
#define HANDSHAKE_FIXED_BYTES (UDPNAT_TIMESTAMP_BYTES + 8)
#define MEMORY_MAX_BYTES (8 << 20)

typedef enum
{
  FATE_ARRIVES,
  FATE_LOST,
  FATE_TWICE,
  FATE_HELD,
  FATE_CUT,
  FATE_CHANGED,
  N_FATES,
} Fate;

typedef enum
{
  BEND_BYTE,
  BEND_END,     /* nothing but padding from there on */
  BEND_WRITE,   /* the input's bytes in place of others */
  BEND_INSERT,  /* or in between; what is last falls off */
  BEND_REPLACE, /* by what was sealed earlier */
  BEND_REMOVE,  /* bytes; padding comes at the end */
  N_BENDS,
} BendKind;

/* What becomes of one of the next seals. */
typedef struct
{
  guint         n_before; /* seals that are left alone first */
  BendKind      kind;
  guint16       at;
  guint8        byte;
  const guint8 *data; /* of the input */
  gsize         n_data;
} Bend;

typedef struct
{
  UdpnatMessageId id;
  guint           from;
  gboolean        is_told; /* by the sender's node: delivered */
  gboolean        has_come;
  guint           life; /* of the receiver, when it came */
} Said;

typedef struct
{
  Net          *net;
  guint         lives[2]; /* how often each of them has started */
  Said          said[ITEMS_MAX];
  guint         n_said;
  gboolean      is_bent; /* somebody has said what it did not mean */
  GQueue        bends;   /* of Bend */
  GPtrArray    *remembered; /* of GBytes: what was sealed */
  const guint8 *fates;      /* (array length=n_fates): of the next datagrams */
  gsize         n_fates;
  guint         n_judged; /* of net->seen */
  GQueue        held;     /* of NetPacket */
  UdpnatAddress strangers[N_STRANGERS];
  gint64        credit_bytes[N_STRANGERS]; /* sent by it, less what the server sent there */
} Scene;

static const char *const names[2] = { "alice", "bob" };

/* ---- Memory ---- */

/* Of AddressSanitizer, when it is there. */
extern size_t __sanitizer_get_current_allocated_bytes (void) __attribute__ ((weak));

static gsize
get_allocated_bytes (void)
{
  return __sanitizer_get_current_allocated_bytes != NULL
         ? __sanitizer_get_current_allocated_bytes () : 0;
}

/* ---- Seals ---- */

static void
apply_bend (Scene      *self,
            const Bend *bend,
            guint8     *plain,
            gsize       n_plain)
{
  gsize at = bend->at % n_plain;
  gsize n_left = n_plain - at;
  gsize n = MIN (bend->n_data, n_left);

  switch (bend->kind)
    {
    case BEND_BYTE:
      plain[at] ^= bend->byte;
      break;
    case BEND_END:
      memset (plain + at, 0, n_left);
      break;
    case BEND_INSERT:
      memmove (plain + at + n, plain + at, n_left - n);
      memcpy (plain + at, bend->data, n);
      break;
    case BEND_WRITE:
      memcpy (plain + at, bend->data, n);
      break;
    case BEND_REPLACE:
      if (self->remembered->len > 0)
        {
          GBytes *old = self->remembered->pdata[bend->byte % self->remembered->len];

          n = MIN (g_bytes_get_size (old), n_left);
          memcpy (plain + at, g_bytes_get_data (old, NULL), n);
          memset (plain + at + n, 0, n_left - n);
        }
      break;
    case BEND_REMOVE:
      n = MIN (bend->byte, n_left);
      memmove (plain + at, plain + at + n, n_left - n);
      memset (plain + n_plain - n, 0, n);
      break;
    case N_BENDS:
      g_assert_not_reached ();
    }
}

static void
sealed_cb (gboolean is_handshake,
           guint8  *plain,
           gsize    n_plain,
           gpointer user_data)
{
  Scene *self = user_data;
  gsize  n_fixed = is_handshake ? HANDSHAKE_FIXED_BYTES : 0;
  Bend  *bend = g_queue_peek_head (&self->bends);

  if (n_plain <= n_fixed)
    return;
  if (bend != NULL && bend->n_before-- == 0)
    {
      g_autofree Bend *now = g_queue_pop_head (&self->bends);

      apply_bend (self, now, plain + n_fixed, n_plain - n_fixed);
      self->is_bent = TRUE;
    }
  if (self->remembered->len < REMEMBERED_MAX)
    g_ptr_array_add (self->remembered, g_bytes_new (plain + n_fixed, n_plain - n_fixed));
}

/* ---- What their owners do ---- */

static Said *
find_said (Scene                 *self,
           const UdpnatMessageId *id,
           guint                  from)
{
  for (guint i = 0; i < self->n_said; i++)
    if (self->said[i].from == from && memcmp (&self->said[i].id, id, sizeof *id) == 0)
      return &self->said[i];
  return NULL;
}

static void
take_item (Scene                 *self,
           guint                  who,
           const UdpnatNodeEvent *event)
{
  Said *said = find_said (self, &event->item->id, 1 - who);

  g_assert_true (udpnat_item_body_is_valid (event->item->type,
                                            g_bytes_get_data (event->item->body, NULL),
                                            g_bytes_get_size (event->item->body)));
  g_assert_true (self->is_bent || said != NULL);
  if (said == NULL)
    return;
  /* After a restart its owner would see on the disk that it is known. */
  g_assert_true (!said->has_come || said->life != self->lives[who]);
  said->has_come = TRUE;
  said->life = self->lives[who];
}

static void
event_cb (NetUser               *user,
          const UdpnatNodeEvent *event,
          Scene                 *self)
{
  guint who = (guint) (user - self->net->users);
  Said *said;

  if (event->base.type == UDPNAT_NODE_EVENT_ITEM)
    take_item (self, who, event);
  if (event->base.type != UDPNAT_NODE_EVENT_DELIVERED)
    return;
  said = find_said (self, &event->id, who);
  g_assert_nonnull (said);
  g_assert_true (self->is_bent || said->has_come);
  said->is_told = TRUE;
}

/* One scene at a time; the net has no room for whose it is. */
static Scene *scene_of_net;

static void
on_event (NetUser               *user,
          const UdpnatNodeEvent *event)
{
  event_cb (user, event, scene_of_net);
}

static void
hand_to_node (Scene      *self,
              const Said *said)
{
  NetUser *from = &self->net->users[said->from];
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&said->id, self->net->now_us + NET_WALL_US,
                                                      "hello");

  if (!udpnat_node_send (from->node, self->net->now_us, net_key (&self->net->users[1 - said->from]),
                         item, FALSE))
    g_assert_not_reached (); /* nobody is blocked */
}

static void
say (Scene *self,
     guint  from)
{
  Said *said = &self->said[self->n_said];

  g_assert_cmpuint (self->n_said, <, ITEMS_MAX);
  *said = (Said) { .id = { { (guint8) ++self->n_said, (guint8) from } }, .from = from };
  if (self->net->users[from].node != NULL)
    hand_to_node (self, said);
}

static void
start (Scene *self,
       guint  who)
{
  NetUser *user = &self->net->users[who];

  net_start_user (user);
  self->lives[who]++;
  net_accept (user, net_key (&self->net->users[1 - who]));
  net_log_in (user, names[who]);
  for (guint i = 0; i < self->n_said; i++)
    if (self->said[i].from == who && !self->said[i].is_told)
      hand_to_node (self, &self->said[i]);
}

static void
restart (Scene *self,
         guint  who)
{
  net_kill_user (&self->net->users[who]);
  start (self, who);
}

/* ---- The network ---- */

static void
note_for_stranger (Scene           *self,
                   const NetPacket *packet)
{
  for (guint i = 0; i < N_STRANGERS; i++)
    if (udpnat_address_equal (&packet->to, &self->strangers[i])
        && udpnat_address_equal (&packet->from, &self->net->server_address))
      {
        self->credit_bytes[i] -= (gint64) packet->datagram.n_data;
        g_assert_cmpint (self->credit_bytes[i], >=, 0);
      }
}

static void
inject (Scene               *self,
        const UdpnatAddress *from,
        const UdpnatAddress *to,
        const guint8        *data,
        gsize                n_data)
{
  for (guint i = 0; i < N_STRANGERS; i++)
    if (udpnat_address_equal (from, &self->strangers[i])
        && udpnat_address_equal (to, &self->net->server_address))
      self->credit_bytes[i] += (gint64) (udpnat_stun_is_message (data, n_data)
                                         ? MAX (n_data, STUN_ANSWER_MAX_BYTES) : n_data);
  net_inject (self->net, from, to, data, n_data);
}

static void
judge (Scene *self,
       GList *link)
{
  NetPacket *packet = link->data;
  guint8     byte = *self->fates;
  gsize      at = (byte / N_FATES) * 7u % packet->datagram.n_data;

  self->fates++;
  self->n_fates--;
  switch ((Fate) (byte % N_FATES))
    {
    case FATE_ARRIVES:
      break;
    case FATE_TWICE:
      net_inject (self->net, &packet->from, &packet->to, packet->datagram.data,
                  packet->datagram.n_data);
      break;
    case FATE_HELD:
      if (self->held.length < HELD_MAX)
        g_queue_push_tail (&self->held, g_memdup2 (packet, sizeof *packet));
      G_GNUC_FALLTHROUGH;
    case FATE_LOST:
      g_queue_delete_link (&self->net->packets, link);
      g_free (packet);
      break;
    case FATE_CUT:
      packet->datagram.n_data = at;
      break;
    case FATE_CHANGED:
      packet->datagram.data[at] ^= 1 + byte / N_FATES;
      break;
    case N_FATES:
      g_assert_not_reached ();
    }
}

/* What was sent since the last time. */
static void
judge_all (Scene *self)
{
  Net  *net = self->net;
  guint n_new = net->seen->len - self->n_judged;

  for (guint i = 0; i < n_new; i++)
    {
      GList *link = g_queue_peek_nth_link (&net->packets, net->packets.length - (n_new - i));

      note_for_stranger (self, link->data);
    }
  for (guint i = 0; i < n_new && self->n_fates > 0; i++)
    {
      gsize n_before = net->packets.length;

      judge (self, g_queue_peek_nth_link (&net->packets, net->packets.length - (n_new - i)));
      /* One that comes twice stands behind all others: look at the next one all the same. */
      if (net->packets.length > n_before)
        {
          NetPacket *again = g_queue_pop_tail (&net->packets);

          g_queue_push_nth (&net->packets, again, (gint) (net->packets.length - (n_new - i)));
        }
    }
  self->n_judged = net->seen->len;
}

/* As a program does it: everything that has come, then what is due, then what there is to say. */
static void
dispatch (Net *net)
{
  const NetPacket *first;

  while ((first = g_queue_peek_head (&net->packets)) != NULL && first->due_us <= net->now_us)
    {
      g_autofree NetPacket *packet = g_queue_pop_head (&net->packets);

      net_hand_over (net, packet);
    }
  if (net->server != NULL)
    {
      UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (net->server);

      if (udpnat_machine_next_deadline (machine) <= net->now_us)
        udpnat_machine_handle_deadline (machine, net->now_us);
    }
  net_turn (net); /* meets the users' deadlines as well */
}

static void
run (Scene *self,
     gint64 duration_us)
{
  Net   *net = self->net;
  gint64 end_us = net->now_us + duration_us;
  gint64 next_us;
  guint  n_at_once = 0;

  net_turn (net);
  judge_all (self);
  while ((next_us = net_next (net)) <= end_us)
    {
      n_at_once = next_us > net->now_us ? 0 : n_at_once + 1;
      g_assert_cmpuint (n_at_once, <, AT_ONCE_MAX);
      net->now_us = MAX (net->now_us, next_us);
      dispatch (net);
      judge_all (self);
    }
  net->now_us = end_us;
}

static void
release_held (Scene *self)
{
  NetPacket *packet;

  while ((packet = g_queue_pop_head (&self->held)) != NULL)
    {
      packet->due_us = self->net->now_us + NET_DELAY_US;
      g_queue_push_tail (&self->net->packets, packet);
    }
}

/* An old packet again: as it was, or cut, or changed; from where it came, or from elsewhere. */
static void
replay (Scene        *self,
        guint8        how,
        UdpnatReader *input)
{
  guint         which = udpnat_reader_u16 (input);
  guint16       at = udpnat_reader_u16 (input);
  guint8        byte = udpnat_reader_u8 (input);
  UdpnatAddress from;
  NetPacket     copy;

  if (self->net->seen->len == 0)
    return;
  /* The last ones are told apart best. */
  which = self->net->seen->len - 1 - which % self->net->seen->len;
  copy = *(NetPacket *) self->net->seen->pdata[which];
  from = how & 2 ? self->strangers[how >> 2 & 1] : copy.from;
  if (how & 1)
    copy.datagram.n_data = at % copy.datagram.n_data + 1;
  else
    copy.datagram.data[at % copy.datagram.n_data] ^= byte;
  inject (self, &from, &copy.to, copy.datagram.data, copy.datagram.n_data);
}

static void
send_raw (Scene        *self,
          guint8        how,
          UdpnatReader *input)
{
  const NetUser *to = &self->net->users[how & 1];
  const guint8  *data;
  gsize          n;

  data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &n);
  inject (self, &self->strangers[how >> 2 & 1], how & 2 ? &self->net->server_address : &to->address,
          data, n);
}

/* ---- Steps ---- */

static void
add_bend (Scene        *self,
          guint8        how,
          UdpnatReader *input)
{
  Bend bend = { .kind = (BendKind) (how % N_BENDS), .n_before = udpnat_reader_u8 (input) & 31 };

  bend.at = udpnat_reader_u16 (input);
  bend.byte = udpnat_reader_u8 (input);
  if (bend.kind == BEND_WRITE || bend.kind == BEND_INSERT)
    bend.data = fuzz_take (input, UDPNAT_DATAGRAM_MAX_BYTES, &bend.n_data);
  if (self->bends.length < BENDS_MAX)
    g_queue_push_tail (&self->bends, g_memdup2 (&bend, sizeof bend));
}

/* Another port at its router, or another network. */
static void
move (NetUser *user,
      guint8   how)
{
  user->address.port = (guint16) (UDPNAT_CLIENT_PORT + (how >> 5));
  if ((how & 1) != 0)
    udpnat_node_set_host_addresses (user->node, user->net->now_us, &user->address, 1,
                                    user->address.port);
}

static void
call_owner (NetUser *user,
            NetUser *other,
            guint8   how)
{
  gint64 now_us = user->net->now_us;

  if (user->node == NULL)
    return;
  switch (how & 7)
    {
    case 0:
      udpnat_node_set_typing (user->node, now_us, net_key (other), (how & 0x20) != 0);
      break;
    case 1:
      udpnat_node_set_read (user->node, now_us, net_key (other), &user->last_id);
      break;
    case 2:
      udpnat_node_set_relay_only (user->node, now_us, (how & 0x20) != 0);
      break;
    case 3:
      udpnat_node_set_presence (user->node, now_us, how & 0x20 ? UDPNAT_PRESENCE_AWAY
                                                               : UDPNAT_PRESENCE_ONLINE);
      break;
    case 4:
      udpnat_node_log_out (user->node, now_us);
      if ((how & 0x20) != 0)
        udpnat_node_log_in (user->node, now_us, names[user - user->net->users]);
      break;
    case 5:
      udpnat_node_handle_wake (user->node, now_us);
      break;
    case 6:
      udpnat_node_set_peer_relay_only (user->node, now_us, net_key (other), (how & 0x20) != 0);
      break;
    default:
      move (user, how >> 3 << 3 | (how >> 3 & 1));
      break;
    }
}

static void
come_or_go (Scene *self,
            guint8 how)
{
  guint    who = how & 1;
  NetUser *user = &self->net->users[who];

  if ((how & 2) != 0 && self->net->server != NULL)
    net_kill_server (self->net);
  else if ((how & 2) != 0)
    net_start_server (self->net);
  else if (user->node == NULL)
    start (self, who);
  else if ((how & 4) != 0)
    restart (self, who);
  else
    net_kill_user (user);
}

static void
take_step (Scene        *self,
           UdpnatReader *input)
{
  guint8 op = udpnat_reader_u8 (input);
  guint8 how = op >> 4;
  guint  who = how & 1;

  switch (op & 0x0f)
    {
    case 0:
    case 1:
      if (self->n_said < ITEMS_MAX - 2) /* see finish() */
        say (self, who);
      break;
    case 2:
    case 3:
    case 4:
      run (self, MIN (fuzz_take_duration (input), RUN_MAX_US));
      break;
    case 5: /* everybody sleeps */
      self->net->now_us += fuzz_take_duration (input);
      break;
    case 6:
    case 7:
      self->fates = fuzz_take (input, 256, &self->n_fates);
      break;
    case 8:
      release_held (self);
      break;
    case 9:
      replay (self, how, input);
      break;
    case 10:
      send_raw (self, how, input);
      break;
    case 11:
    case 12:
    case 13:
      add_bend (self, how, input);
      break;
    case 14:
      call_owner (&self->net->users[who], &self->net->users[1 - who], udpnat_reader_u8 (input));
      break;
    case 15:
      come_or_go (self, how);
      break;
    }
  net_turn (self->net);
  judge_all (self);
}

/* ---- All is well again ---- */

static gboolean
has_all_come (const Scene *self)
{
  for (guint i = 0; i < self->n_said; i++)
    if (!self->said[i].is_told)
      return FALSE;
  return TRUE;
}

static void
finish (Scene *self)
{
  gint64 until_us;

  self->n_fates = 0;
  g_queue_clear_full (&self->bends, g_free);
  g_queue_clear_full (&self->held, g_free);
  if (self->net->server == NULL)
    net_start_server (self->net);
  for (guint i = 0; i < 2; i++)
    if (self->net->users[i].node == NULL)
      start (self, i);
    else if (self->is_bent)
      restart (self, i);
    else
      udpnat_node_log_in (self->net->users[i].node, self->net->now_us, names[i]);
  say (self, 0);
  say (self, 1);
  until_us = self->net->now_us + FINISH_US;
  while (!has_all_come (self) && self->net->now_us < until_us)
    run (self, FINISH_STEP_US);
  for (guint i = 0; i < self->n_said; i++)
    g_assert_true (self->said[i].is_told);
  for (guint i = 0; i < self->n_said && !self->is_bent; i++)
    g_assert_true (self->said[i].has_come);
}

static void
scene_init (Scene *self)
{
  Net *net = net_new (0);

  self->net = net;
  self->remembered = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  for (guint i = 0; i < N_STRANGERS; i++)
    self->strangers[i] = net_address ((guint8) (100 + i), 9000);
  for (guint i = 0; i < 2; i++)
    net_add_user (net)->on_event = on_event;
  for (guint i = 0; i < 2; i++)
    start (self, i);
  scene_of_net = self;
  fuzz_cipher_set_func (sealed_cb, self);
}

static void
scene_clear (Scene *self)
{
  fuzz_cipher_set_func (NULL, NULL);
  net_free (self->net);
  g_queue_clear_full (&self->bends, g_free);
  g_queue_clear_full (&self->held, g_free);
  g_ptr_array_unref (self->remembered);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree Scene *scene = g_new0 (Scene, 1);
  gboolean          is_fast = g_strcmp0 (g_getenv ("FUZZ_CIPHER"), "real") != 0;
  gsize             n_allocated;
  UdpnatReader      input;
  guint             n_steps = 0;

  sim_fast_crypto_set_on (is_fast);
  fuzz_cipher_set_on (is_fast);
  udpnat_reader_init (&input, data, n_data);
  n_allocated = get_allocated_bytes ();
  scene_init (scene);
  while (udpnat_reader_left (&input) > 0 && n_steps++ < STEPS_MAX)
    take_step (scene, &input);
  finish (scene);
  /* Not the network's: it keeps everything that was ever sent, in an array that does not shrink. */
  g_ptr_array_unref (scene->net->seen);
  scene->net->seen = g_ptr_array_new_with_free_func (g_free);
  g_assert_cmpuint (get_allocated_bytes (), <=, n_allocated + MEMORY_MAX_BYTES);
  scene_clear (scene);
  return 0;
}
