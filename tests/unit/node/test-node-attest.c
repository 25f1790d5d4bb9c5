/* A peer whom we have accepted shows us the server's word on where it is, and lies: signed by
 * somebody else, about somebody else, from another time, for another address. None of it may bring
 * a packet to an address beyond the little that a peer's own word is worth (PROTOCOL.md section
 * 10). Each kind of lie goes the way of the truth, which must bring them: else it shows nothing. */

#include "config.h"

#include "node-curious.h"

#include "udpnat-attestation-signature.h"
#include "udpnat-chat-message.h"
#include "udpnat-search-message.h"

#define VICTIM 200
#define VICTIM_PORT 5000

typedef enum
{
  WORD_TRUE,
  WORD_BENT_SIGNATURE,
  WORD_OF_OTHER_SERVER,
  WORD_ON_OTHER_CLIENT,
  WORD_OF_OTHER_TIME,    /* under a nonce that was asked for before */
  WORD_ON_OTHER_ADDRESS, /* put in after it was signed */
  WORD_ON_LOW_PORT,
  WORD_ON_PRIVATE_ADDRESS,
} Word;

static const char *const word_names[] = {
  "true", "bent signature", "other server", "other client", "other time", "other address",
  "low port", "private address",
};

/* carol, who has no node, in a session with alice. */
typedef struct
{
  Net           *net;
  NetUser       *alice;
  NetUser       *bob;
  Curious        carol;
  guint32        generation;
  UdpnatSearchMessage heard; /* the last SEARCH of alice's */
  guint          n_heard;
  guint8         old_nonce[UDPNAT_ATTESTATION_NONCE_BYTES];
} Scene;

static void
say_control (Scene            *self,
             const GByteArray *message)
{
  gsize n = udpnat_session_stream_write (self->carol.session, UDPNAT_STREAM_CONTROL,
                                         message->data, message->len);

  g_assert_cmpuint (n, ==, message->len);
}

static void
say_search (Scene                     *self,
            const UdpnatSearchMessage *message)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  udpnat_write_search (out, message);
  say_control (self, out);
}

/* She is behind a router that gives each destination another port, and says that she is at
 * @n_victims ports of the victim, other ones each time. */
static void
say_candidates (Scene *self,
                guint  n_victims)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatCandidates candidates = {
    .generation = ++self->generation,
    .mapping = UDPNAT_MAPPING_ENDPOINT_DEPENDENT,
    .filtering = UDPNAT_FILTERING_ADDRESS_AND_PORT_DEPENDENT,
    .n_candidates = n_victims,
  };

  for (guint i = 0; i < n_victims; i++)
    candidates.candidates[i] = (UdpnatCandidate) {
      .kind = UDPNAT_CANDIDATE_REFLEXIVE,
      .address = net_address (VICTIM, (guint16) (20000 + 8 * self->generation + i)),
    };
  udpnat_write_candidates (out, &candidates);
  say_control (self, out);
}

static void
say_text (Scene *self)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageId id;

  udpnat_random_fill (&self->net->random, id.bytes, sizeof id.bytes);
  udpnat_write_item (out, UDPNAT_ITEM_TEXT, &id, NET_WALL_US, (const guint8 *) "hello", 5);
  curious_say (&self->carol, out);
}

/* Takes what alice has said on the control stream. */
static void
listen (Scene *self)
{
  for (;;)
    {
      UdpnatMessageView view;
      gsize n_data, n_consumed;
      const guint8 *data = udpnat_session_stream_peek (self->carol.session,
                                                       UDPNAT_STREAM_CONTROL, &n_data);

      if (udpnat_message_parse (data, n_data, &view, &n_consumed) != UDPNAT_MESSAGE_COMPLETE)
        return;
      if (udpnat_parse_search (&view, &self->heard))
        self->n_heard++;
      udpnat_session_stream_consume (self->carol.session, self->net->now_us,
                                     UDPNAT_STREAM_CONTROL, n_consumed);
    }
}

static void
scene_init (Scene   *self,
            guint64  seed)
{
  *self = (Scene) { .net = net_new (seed) };
  net_join_two (self->net, &self->alice, &self->bob);
  curious_init (&self->carol, self->net);
  net_accept (self->alice, udpnat_identity_get_public_key (self->carol.identity));
  curious_run (&self->carol, UDPNAT_MSEC (500));
  curious_connect (&self->carol, self->alice);
  say_text (self);
  say_candidates (self, 0);
  curious_run (&self->carol, UDPNAT_MSEC (500));
  listen (self);
}

static void
scene_clear (Scene *self)
{
  curious_clear (&self->carol);
  net_free (self->net);
}

static guint
count_at_victim (const Scene *self)
{
  const UdpnatAddress victim = net_address (VICTIM, VICTIM_PORT);
  guint n_found = 0;

  for (guint i = 0; i < self->net->seen->len; i++)
    {
      const NetPacket *packet = g_ptr_array_index (self->net->seen, i);

      n_found += udpnat_address_equal_ip (&packet->to, &victim) || packet->to.ip[0] == 10;
    }
  return n_found;
}

static UdpnatAddress
choose_address (Word word)
{
  const guint8 private_ip[4] = { 10, 0, 0, 1 };
  UdpnatAddress address = net_address (VICTIM, VICTIM_PORT);

  if (word == WORD_ON_LOW_PORT)
    address.port = 53;
  else if (word == WORD_ON_PRIVATE_ADDRESS)
    udpnat_address_init_ipv4 (&address, private_ip, VICTIM_PORT);
  else if (word == WORD_ON_OTHER_ADDRESS)
    address = net_address (VICTIM - 1, VICTIM_PORT);
  return address;
}

/* @nonce: that alice has asked for */
static UdpnatAttestation
make_word (Scene        *self,
           Word          word,
           const guint8 *nonce)
{
  const UdpnatIdentity *signer = word == WORD_OF_OTHER_SERVER ? self->carol.identity
                                                              : self->net->server_identity;
  const UdpnatPublicKey *subject
    = word == WORD_ON_OTHER_CLIENT ? net_key (self->bob)
                                   : udpnat_identity_get_public_key (self->carol.identity);
  UdpnatAttestation made = { .address = choose_address (word) };

  memcpy (made.nonce, word == WORD_OF_OTHER_TIME ? self->old_nonce : nonce, sizeof made.nonce);
  udpnat_attestation_sign (&made, signer, &self->net->random, subject);
  if (word == WORD_BENT_SIGNATURE)
    made.signature[7] ^= 1;
  if (word == WORD_ON_OTHER_ADDRESS)
    made.address = net_address (VICTIM, VICTIM_PORT);
  return made;
}

/* ---- A search ---- */

static void
offer (Scene *self)
{
  UdpnatSearchMessage message = { .step = UDPNAT_SEARCH_OFFER, .nonce = "any" };

  say_search (self, &message);
  curious_run (&self->carol, UDPNAT_MSEC (300));
  listen (self);
}

static void
go (Scene *self,
    Word   word)
{
  UdpnatSearchMessage message = {
    .step = UDPNAT_SEARCH_GO,
    .n_ranges = 1,
    .ranges = { { .first = UDPNAT_CANDIDATE_PORT_MIN, .count = 60000 } },
  };

  message.attestation = make_word (self, word, self->heard.nonce);
  say_search (self, &message);
  curious_run (&self->carol, UDPNAT_SEC (3));
}

static void
test_search (void)
{
  g_test_summary ("GO with the server's word on carol, and with seven that are none");
  for (Word word = WORD_TRUE; word <= WORD_ON_PRIVATE_ADDRESS; word++)
    {
      Scene scene;

      scene_init (&scene, word + 1);
      offer (&scene);
      g_assert_cmpuint (scene.n_heard, ==, 1);
      g_assert_cmpint (scene.heard.step, ==, UDPNAT_SEARCH_ACCEPT);
      go (&scene, word);
      g_test_message ("%s: %u packets", word_names[word], count_at_victim (&scene));
      if (word == WORD_TRUE)
        g_assert_cmpuint (count_at_victim (&scene), >, 200);
      else
        g_assert_cmpuint (count_at_victim (&scene), ==, 0);
      scene_clear (&scene);
    }
}

static void
test_search_twice (void)
{
  Scene scene;

  g_test_summary ("What was true for one search is not for the next: of another session, too");
  scene_init (&scene, 20);
  offer (&scene);
  memcpy (scene.old_nonce, scene.heard.nonce, sizeof scene.old_nonce);
  go (&scene, WORD_BENT_SIGNATURE); /* ends it */
  g_clear_pointer (&scene.carol.session, udpnat_session_free);
  curious_run (&scene.carol, UDPNAT_SEC (601)); /* none for ten minutes after one in vain */
  curious_connect (&scene.carol, scene.alice);
  scene.generation = 0;
  say_candidates (&scene, 0);
  offer (&scene);
  g_assert_cmpuint (scene.n_heard, ==, 2);
  g_assert_cmpint (scene.heard.step, ==, UDPNAT_SEARCH_ACCEPT);
  go (&scene, WORD_OF_OTHER_TIME);
  g_assert_cmpuint (count_at_victim (&scene), ==, 0);
  scene_clear (&scene);
}

static void
test_search_unasked (void)
{
  Scene scene;

  g_test_summary ("GO and TELL that nobody has asked for, and after the search was given up");
  scene_init (&scene, 21);
  go (&scene, WORD_TRUE);
  g_assert_cmpuint (count_at_victim (&scene), ==, 0);
  offer (&scene);
  go (&scene, WORD_ON_OTHER_CLIENT);
  go (&scene, WORD_TRUE);
  g_assert_cmpuint (count_at_victim (&scene), ==, 0);
  scene_clear (&scene);
}

/* ---- Rounds of punching ---- */

/* Names the victim again and again for a minute, and answers each ASK. */
static void
lie_for_a_minute (Scene *self,
                  Word   word)
{
  for (guint second = 0; second < 60; second += 2)
    {
      UdpnatSearchMessage tell = { .step = UDPNAT_SEARCH_TELL };
      guint n_before = self->n_heard;

      if (second % 20 == 0)
        say_text (self);
      say_candidates (self, UDPNAT_CANDIDATES_MAX);
      curious_run (&self->carol, UDPNAT_SEC (2));
      listen (self);
      if (self->n_heard == n_before || self->heard.step != UDPNAT_SEARCH_ASK)
        continue;
      tell.attestation = make_word (self, word, self->heard.nonce);
      say_search (self, &tell);
    }
}

static void
test_rounds (void)
{
  g_test_summary ("TELL: without the server's word 80 packets in all, with it more");
  for (Word word = WORD_TRUE; word <= WORD_ON_OTHER_ADDRESS; word++)
    {
      Scene scene;

      scene_init (&scene, 30 + word);
      lie_for_a_minute (&scene, word);
      g_test_message ("%s: %u packets", word_names[word], count_at_victim (&scene));
      g_assert_cmpuint (scene.n_heard, >, 0); /* alice has asked */
      if (word == WORD_TRUE)
        g_assert_cmpuint (count_at_victim (&scene), >, 2 * UDPNAT_HEARSAY_PACKETS);
      else
        g_assert_cmpuint (count_at_victim (&scene), ==, UDPNAT_HEARSAY_PACKETS);
      scene_clear (&scene);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/node-attest/search/only-true-words", test_search);
  g_test_add_func ("/node-attest/search/of-another-session", test_search_twice);
  g_test_add_func ("/node-attest/search/nobody-has-asked", test_search_unasked);
  g_test_add_func ("/node-attest/rounds/only-true-words", test_rounds);
  return g_test_run ();
}
