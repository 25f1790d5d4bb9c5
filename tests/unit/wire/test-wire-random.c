#include "config.h"

#include "wire-codec.h"
#include "wire-hex.h"

/* Random bytes, and valid bytes that were damaged, through every reader. A sanitizer sees what
 * is read out of bounds; here it is checked that what a reader accepts can be written, that the
 * writing is accepted again, and that it then stays as it is. So nothing is understood in two
 * ways. The seeds are fixed: every run is the same. */

#define N_INPUTS 100000
#define BODY_MAX_BYTES 400

static const guint8 frame_types[] = {
  UDPNAT_FRAME_PAD,           UDPNAT_FRAME_PING,          UDPNAT_FRAME_ACK,
  UDPNAT_FRAME_STREAM,        UDPNAT_FRAME_STREAM_WINDOW, UDPNAT_FRAME_CLOSE,
  UDPNAT_FRAME_EARLY,         UDPNAT_FRAME_OBSERVED,      UDPNAT_FRAME_PATH_CHALLENGE,
  UDPNAT_FRAME_PATH_RESPONSE, UDPNAT_FRAME_RELAY,         UDPNAT_FRAME_DIAL,
  UDPNAT_FRAME_RELAY_FAILED,  UDPNAT_FRAME_DIAL_FAILED,   UDPNAT_FRAME_INCOMING,
  UDPNAT_FRAME_MESSAGE,
};

static const guint8 control_types[] = {
  UDPNAT_CS_REGISTER,   UDPNAT_CS_REGISTERED, UDPNAT_CS_REFUSED,       UDPNAT_CS_UNREGISTER,
  UDPNAT_CS_UNREGISTERED, UDPNAT_CS_LOOKUP,   UDPNAT_CS_LOOKUP_RESULT, UDPNAT_CS_SUBSCRIBE,
  UDPNAT_CS_PEERS,      UDPNAT_CS_LIST_END,   UDPNAT_PP_CANDIDATES,    UDPNAT_CS_ATTEST,
  UDPNAT_CS_ATTESTATION, UDPNAT_PP_SEARCH,    UDPNAT_CS_KEEPALIVE,     UDPNAT_CS_WATCH,
  UDPNAT_CS_WATCHED,    UDPNAT_CS_DIRECTORY,  UDPNAT_CS_LIST,          UDPNAT_CS_PAGE,
};

static const guint8 chat_types[] = {
  UDPNAT_CHAT_ITEM_FIRST, UDPNAT_CHAT_ITEM_LAST, UDPNAT_CHAT_RECEIPT, UDPNAT_CHAT_TYPING,
};

/* Bodies that readers like, for damaging; with the types they belong to. */
static const struct
{
  guint8      type;
  const char *hex;
} frame_bodies[] = {
  { UDPNAT_FRAME_ACK, "0000000000000064 000003e8 00000004 00000002 00000000 00000000 00000009" },
  { UDPNAT_FRAME_STREAM, "00000001 0000000000010000 deadbeef" },
  { UDPNAT_FRAME_CLOSE, "0001 677275c3bc" },
  { UDPNAT_FRAME_OBSERVED, "04 c0000201 000000000000000000000000 2290" },
  { UDPNAT_FRAME_PATH_RESPONSE, "0102030405060708 06 20010db8000000000000000000000001 2290" },
  { UDPNAT_FRAME_INCOMING, "11223344 0005 616c696365 0a0b" },
  { UDPNAT_FRAME_MESSAGE, "06 00000009 11223344 0003 626f62" },
};

static const struct
{
  guint8      type;
  const char *hex;
} control_bodies[] = {
  { UDPNAT_CS_REGISTER, "01 0005 616c696365" },
  { UDPNAT_CS_REGISTERED, "11223344 04 c0000201 000000000000000000000000 2290 0003 626f62" },
  { UDPNAT_CS_REFUSED, "01 0000003c 0003 626f62" },
  { UDPNAT_CS_LOOKUP, "11223344 0003 626f62" },
  { UDPNAT_CS_LOOKUP_RESULT, "11223344 00"
                             "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                             "11223344 01 0003 626f62" },
  { UDPNAT_CS_PEERS, "0002"
                     "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                     "11223344 01 0003 626f62"
                     "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                     "00000000 00 0001 61" },
  { UDPNAT_PP_SEARCH, "01 404142434445464748494a4b4c4d4e4f" },
  { UDPNAT_PP_SEARCH, "03 404142434445464748494a4b4c4d4e4f"
                      "04 c0000201 000000000000000000000000 2290"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                      "02 7530 0040 ffff 0400 fc00 0000" },
  { UDPNAT_PP_SEARCH, "05 404142434445464748494a4b4c4d4e4f" },
  { UDPNAT_PP_SEARCH, "06 404142434445464748494a4b4c4d4e4f"
                      "04 c0000201 000000000000000000000000 2290"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                      "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f" },
  { UDPNAT_PP_SEARCH, "07 01 7530 0019 0001" },
  { UDPNAT_CS_ATTEST, "404142434445464748494a4b4c4d4e4f" },
  { UDPNAT_CS_ATTESTATION, "404142434445464748494a4b4c4d4e4f"
                           "04 c0000201 000000000000000000000000 2290"
                           "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                           "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
                           "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f" },
  { UDPNAT_PP_CANDIDATES, "00000007 00000003 00 01 03 02"
                          "01 04 c0000201 000000000000000000000000 2290"
                          "04 06 20010db8000000000000000000000001 2290" },
};

static void
fill (GRand  *random,
      guint8 *out,
      gsize   n_out)
{
  for (gsize i = 0; i < n_out; i++)
    out[i] = (guint8) g_rand_int_range (random, 0, 256);
}

/* Mostly short, because that is where the borders are. */
static gsize
random_length (GRand *random)
{
  static const int limits[] = { 8, 48, 128, BODY_MAX_BYTES + 1 };

  return (gsize) g_rand_int_range (random, 0, limits[g_rand_int_range (random, 0, 4)]);
}

/* Flips a few bits, then cuts, lengthens or leaves it. Gives memory of exactly the length. */
static guint8 *
damage (GRand      *random,
        const char *hex,
        gsize      *out_n)
{
  g_autoptr (GByteArray) bytes = bytes_from_hex (hex);
  gint n_flips = g_rand_int_range (random, 0, 4);

  for (gint i = 0; i < n_flips; i++)
    bytes->data[g_rand_int_range (random, 0, (gint32) bytes->len)]
      ^= (guint8) (1 << g_rand_int_range (random, 0, 8));
  if (g_rand_int_range (random, 0, 4) == 0)
    g_byte_array_set_size (bytes, (guint) g_rand_int_range (random, 0, (gint32) bytes->len + 1));
  if (g_rand_int_range (random, 0, 4) == 0)
    {
      guint8 more[8];
      guint n_more = (guint) g_rand_int_range (random, 1, sizeof more + 1);

      fill (random, more, n_more);
      g_byte_array_append (bytes, more, n_more);
    }
  *out_n = bytes->len;
  return copy_exactly (bytes->data, bytes->len);
}

static guint8 *
make_random (GRand *random,
             gsize *out_n)
{
  guint8 *data;

  *out_n = random_length (random);
  data = g_malloc (*out_n); /* NULL for none */
  fill (random, data, *out_n);
  return data;
}

/* ---- Frames ---- */

/* Returns: whether the reader took it */
static gboolean
check_frame (guint8        type,
             const guint8 *body,
             gsize         n_body)
{
  UdpnatFrameView frame = { type, body, n_body };
  guint8 first[UDPNAT_FRAME_HEADER_BYTES + 2 * BODY_MAX_BYTES];
  guint8 second[sizeof first];
  UdpnatWriter first_writer;
  UdpnatWriter second_writer;
  UdpnatReader reader;

  udpnat_writer_init (&first_writer, first, sizeof first);
  if (!recode_frame (&frame, &first_writer))
    {
      g_assert_cmpuint (first_writer.n_written, ==, 0);
      return FALSE;
    }
  g_assert_cmpuint (first_writer.n_written, ==, UDPNAT_FRAME_HEADER_BYTES + n_body);
  udpnat_reader_init (&reader, first, first_writer.n_written);
  g_assert_true (udpnat_frame_next (&reader, &frame));
  g_assert_true (udpnat_reader_is_done (&reader));
  udpnat_writer_init (&second_writer, second, sizeof second);
  g_assert_true (recode_frame (&frame, &second_writer));
  g_assert_cmpmem (first, first_writer.n_written, second, second_writer.n_written);
  /* An address has two ways in (IPv4-mapped), everything else one */
  if (type != UDPNAT_FRAME_OBSERVED && type != UDPNAT_FRAME_PATH_RESPONSE)
    g_assert_cmpmem (first + UDPNAT_FRAME_HEADER_BYTES, n_body, body, n_body);
  return TRUE;
}

static void
random_frame_bodies (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_body;
      g_autofree guint8 *body = make_random (random, &n_body);

      for (guint j = 0; j < G_N_ELEMENTS (frame_types); j++)
        check_frame (frame_types[j], body, n_body);
    }
}

static void
damaged_frame_bodies (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  guint n_accepted[G_N_ELEMENTS (frame_bodies)] = { 0 };

  for (guint i = 0; i < N_INPUTS; i++)
    {
      guint which = i % G_N_ELEMENTS (frame_bodies);
      gsize n_body;
      g_autofree guint8 *body = damage (random, frame_bodies[which].hex, &n_body);

      n_accepted[which] += check_frame (frame_bodies[which].type, body, n_body);
    }
  /* Both ways must have been gone for the test to say anything */
  for (guint i = 0; i < G_N_ELEMENTS (frame_bodies); i++)
    {
      g_assert_cmpuint (n_accepted[i], >, 1000);
      g_assert_cmpuint (n_accepted[i], <, N_INPUTS / G_N_ELEMENTS (frame_bodies));
    }
}

static void
check_ack (const UdpnatFrameView *frame)
{
  UdpnatAck ack;

  if (!udpnat_frame_parse_ack (frame, &ack))
    return;
  g_assert_cmpuint (ack.n_ranges, >=, 1);
  g_assert_cmpuint (ack.n_ranges, <=, UDPNAT_ACK_MAX_RANGES);
  for (guint i = 0; i < ack.n_ranges; i++)
    {
      g_assert_cmpuint (ack.ranges[i].first, <=, ack.ranges[i].last);
      if (i > 0)
        g_assert_cmpuint (ack.ranges[i].last, <, ack.ranges[i - 1].first - 1);
    }
}

/* Large fields mostly fail; these are made so that about half of them do not. */
static void
random_acks_are_in_order (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (3);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      guint n_more = (guint) g_rand_int_range (random, 0, 34);
      gsize n_body = 16 + 8 * (gsize) n_more;
      g_autofree guint8 *body = g_malloc0 (n_body);
      UdpnatFrameView frame = { UDPNAT_FRAME_ACK, body, n_body };

      body[7] = (guint8) g_rand_int_range (random, 0, 256);
      for (gsize at = 12; at < n_body; at += 4)
        body[at + 3] = (guint8) g_rand_int_range (random, 0, 8);
      check_ack (&frame);
    }
}

/* A packet of frames as it comes out of decryption. */
static void
random_frame_sequences (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_data;
      g_autofree guint8 *data = make_random (random, &n_data);
      UdpnatFrameView frame;
      UdpnatReader reader;
      gsize n_seen = 0;

      /* Small lengths, so that there is more than one frame */
      for (gsize at = 1; at < n_data; at += 3)
        data[at] &= 1;
      udpnat_reader_init (&reader, data, n_data);
      while (udpnat_frame_next (&reader, &frame))
        {
          g_assert_true (frame.body >= data && frame.body + frame.n_body <= data + n_data);
          n_seen += UDPNAT_FRAME_HEADER_BYTES + frame.n_body;
        }
      g_assert_cmpuint (n_seen, <=, n_data);
      g_assert_cmpint (n_seen == n_data, ==, !reader.failed);
    }
}

/* ---- Messages ---- */

typedef gboolean (*Recode) (const UdpnatMessageView *message,
                            GByteArray              *out);

static gboolean
check_message (Recode        recode,
               guint8        type,
               const guint8 *body,
               gsize         n_body)
{
  UdpnatMessageView message = { type, body, n_body };
  g_autoptr (GByteArray) first = g_byte_array_new ();
  g_autoptr (GByteArray) second = g_byte_array_new ();
  gsize n_consumed;

  if (!recode (&message, first))
    {
      g_assert_cmpuint (first->len, ==, 0);
      return FALSE;
    }
  g_assert_cmpuint (first->len, ==, UDPNAT_MESSAGE_HEADER_BYTES + n_body);
  g_assert_cmpint (udpnat_message_parse (first->data, first->len, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, first->len);
  g_assert_true (recode (&message, second));
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
  return TRUE;
}

static void
random_message_bodies (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_body;
      g_autofree guint8 *body = make_random (random, &n_body);

      for (guint j = 0; j < G_N_ELEMENTS (control_types); j++)
        check_message (recode_control_message, control_types[j], body, n_body);
      for (guint j = 0; j < G_N_ELEMENTS (chat_types); j++)
        check_message (recode_chat_message, chat_types[j], body, n_body);
    }
}

static void
damaged_control_bodies (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (6);
  guint n_accepted[G_N_ELEMENTS (control_bodies)] = { 0 };

  for (guint i = 0; i < N_INPUTS; i++)
    {
      guint which = i % G_N_ELEMENTS (control_bodies);
      gsize n_body;
      g_autofree guint8 *body = damage (random, control_bodies[which].hex, &n_body);

      n_accepted[which]
        += check_message (recode_control_message, control_bodies[which].type, body, n_body);
    }
  for (guint i = 0; i < G_N_ELEMENTS (control_bodies); i++)
    {
      g_assert_cmpuint (n_accepted[i], >, 1000);
      g_assert_cmpuint (n_accepted[i], <, N_INPUTS / G_N_ELEMENTS (control_bodies));
    }
}

/* One of each kind: refused for its time, for a length that is no multiple, for its length. */
static void
damaged_chat_bodies (void)
{
  static const struct
  {
    guint8      type;
    const char *hex;
  } bodies[] = {
    { UDPNAT_CHAT_ITEM_FIRST,
      "000102030405060708090a0b0c0d0e0f 0005a5a5a5a5a5a5 67726fc39f20f09f9880" },
    { UDPNAT_CHAT_RECEIPT,
      "01 000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f" },
    { UDPNAT_CHAT_TYPING, "01" },
  };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  guint n_accepted[G_N_ELEMENTS (bodies)] = { 0 };

  for (guint i = 0; i < N_INPUTS; i++)
    {
      guint which = i % G_N_ELEMENTS (bodies);
      gsize n_body;
      g_autofree guint8 *body = damage (random, bodies[which].hex, &n_body);

      n_accepted[which] += check_message (recode_chat_message, bodies[which].type, body, n_body);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_assert_cmpuint (n_accepted[i], >, 1000);
      g_assert_cmpuint (n_accepted[i], <, N_INPUTS / G_N_ELEMENTS (bodies));
    }
}

static void
random_streams (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (8);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_data;
      g_autofree guint8 *data = make_random (random, &n_data);
      UdpnatMessageView message;
      gsize n_consumed = 0;

      for (gsize at = 1; at < MIN (n_data, 4); at++)
        data[at] &= (guint8) g_rand_int_range (random, 0, 2);
      if (udpnat_message_parse (data, n_data, &message, &n_consumed) != UDPNAT_MESSAGE_COMPLETE)
        continue;
      g_assert_cmpuint (n_consumed, <=, n_data);
      g_assert_true (message.body == data + UDPNAT_MESSAGE_HEADER_BYTES);
      g_assert_cmpuint (message.n_body, ==, n_consumed - UDPNAT_MESSAGE_HEADER_BYTES);
    }
}

/* ---- Packets ---- */

/* Reads all that a view points at. */
static guint
sum_bytes (const guint8 *data,
           gsize         n_data)
{
  guint sum = 0;

  for (gsize i = 0; i < n_data; i++)
    sum += data[i];
  return sum;
}

/* Returns: what was found in it, only so that the reading is not optimised away */
static guint
read_packet (const guint8 *data,
             gsize         n_data)
{
  UdpnatHs1View hs1;
  UdpnatHs2View hs2;
  UdpnatCookieView cookie;
  UdpnatDataView sealed;
  UdpnatInfoReply reply;
  UdpnatPacketType type;
  guint64 token;
  guint32 index;
  guint sum = 0;

  if (udpnat_hs1_parse (&hs1, data, n_data))
    sum += sum_bytes (hs1.noise, hs1.n_noise) + sum_bytes (hs1.mac1, 16) + sum_bytes (hs1.mac2, 16);
  if (udpnat_hs2_parse (&hs2, data, n_data))
    sum += sum_bytes (hs2.noise, hs2.n_noise) + sum_bytes (hs2.mac1, 16) + sum_bytes (hs2.mac2, 16);
  if (udpnat_cookie_packet_parse (&cookie, data, n_data))
    sum += sum_bytes (cookie.nonce, 24) + sum_bytes (cookie.sealed, 32);
  if (udpnat_data_parse (&sealed, data, n_data))
    sum += sum_bytes (sealed.header, 16) + sum_bytes (sealed.sealed, sealed.n_sealed);
  if (udpnat_info_reply_parse (&reply, data, n_data))
    sum += reply.alt_port;
  if (udpnat_info_parse (data, n_data, &token))
    sum++;
  if (udpnat_unknown_parse (data, n_data, &index))
    sum++;
  if (udpnat_packet_classify (data, n_data, &type))
    sum++;
  return sum;
}

static void
random_packets (void)
{
  static const gsize lengths[] = { 8, 32, 64, 79, 93, 96, 512, 1200 };
  g_autoptr (GRand) random = g_rand_new_with_seed (9);
  guint n_read = 0;

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_data = lengths[g_rand_int_range (random, 0, G_N_ELEMENTS (lengths))];
      g_autofree guint8 *data = NULL;

      /* At a length that some packet has, or one beside it */
      n_data = n_data - 1 + (gsize) g_rand_int_range (random, 0, 3);
      data = g_malloc (n_data);
      fill (random, data, MIN (n_data, 100));
      memset (data + MIN (n_data, 100), 0xa5, n_data - MIN (n_data, 100));
      data[0] = (guint8) g_rand_int_range (random, 3, 13);
      data[1] = (guint8) g_rand_int_range (random, 0, 3);
      data[2] = (guint8) g_rand_int_range (random, 0, 4);
      n_read += read_packet (data, n_data) > 0;
    }
  g_assert_cmpuint (n_read, >, N_INPUTS / 20);
  g_assert_cmpuint (n_read, <, N_INPUTS);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire-random/frame/random-bodies", random_frame_bodies);
  g_test_add_func ("/wire-random/frame/damaged-bodies", damaged_frame_bodies);
  g_test_add_func ("/wire-random/frame/acks-are-in-order", random_acks_are_in_order);
  g_test_add_func ("/wire-random/frame/sequences", random_frame_sequences);
  g_test_add_func ("/wire-random/message/random-bodies", random_message_bodies);
  g_test_add_func ("/wire-random/message/damaged-control-bodies", damaged_control_bodies);
  g_test_add_func ("/wire-random/message/damaged-chat-bodies", damaged_chat_bodies);
  g_test_add_func ("/wire-random/message/streams", random_streams);
  g_test_add_func ("/wire-random/packet/random", random_packets);
  return g_test_run ();
}
