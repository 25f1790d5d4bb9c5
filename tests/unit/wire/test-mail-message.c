#include "config.h"

#include "udpnat-mail-message.h"

#include "wire-codec.h"
#include "wire-hex.h"

/* Messages of the mail stream against the bytes of PROTOCOL.md section 14. */

#define KEY_HEX "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f"
#define PASS_HEX "606162636465666768696a6b6c6d6e6f"
#define ZEROS_HEX "00000000000000000000000000000000"
#define N_INPUTS 20000

/* Where the body ends in a list or in what is sealed, it may be shorter. */
static const Golden goldens[] = {
  { "put", "21 00000038 11223344" KEY_HEX PASS_HEX "aabbccdd", 53, 1 },
  { "put-stranger", "21 00000035 11223344" KEY_HEX ZEROS_HEX "aa", 53, 1 },
  { "put-result", "22 00000005 11223344 03", 0, 0 },
  { "item", "23 00000013 0000000000000107 000000006553f100 aabbcc", 17, 1 },
  { "ack", "24 00000010 0000000000000107 0000000000000108", 0, 8 },
  { "ack-none", "24 00000000", 0, 8 },
  { "passes", "25 00000031 01" PASS_HEX KEY_HEX, 1, 16 },
  { "passes-more", "25 00000011 00" PASS_HEX, 1, 16 },
  { "passes-none", "25 00000001 01", 1, 16 },
};

static gboolean
recode_list (const UdpnatMessageView *message,
             GByteArray              *out)
{
  guint64 numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS];
  const guint8 *passes;
  gboolean is_replacing;
  guint n;

  if (udpnat_parse_mail_ack (message, numbers, &n))
    udpnat_write_mail_ack (out, numbers, n);
  else if (udpnat_parse_mail_passes (message, &is_replacing, &passes, &n))
    udpnat_write_mail_passes (out, is_replacing, passes, n);
  else
    return FALSE;
  return TRUE;
}

static gboolean
recode (const UdpnatMessageView *message,
        GByteArray              *out)
{
  UdpnatMailItem item;
  UdpnatMailPut put;
  guint32 request;
  guint8 code;

  if (udpnat_parse_mail_put (message, &put))
    udpnat_write_mail_put (out, &put);
  else if (udpnat_parse_mail_put_result (message, &request, &code))
    udpnat_write_mail_put_result (out, request, code);
  else if (udpnat_parse_mail_item (message, &item))
    udpnat_write_mail_item (out, &item);
  else
    return recode_list (message, out);
  return TRUE;
}

static UdpnatMessageView
read_only_message (const GByteArray *data)
{
  UdpnatMessageView message;
  gsize n_consumed;

  g_assert_cmpint (udpnat_message_parse (data->data, data->len, &message, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, data->len);
  return message;
}

/* ---- All examples ---- */

static void
golden_survives_a_round_trip (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageView message = read_only_message (data);

  g_assert_true (recode (&message, out));
  g_assert_cmpmem (out->data, out->len, data->data, data->len);
}

static void
golden_at_its_own_length_only (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  gsize n_body = data->len - UDPNAT_MESSAGE_HEADER_BYTES;

  for (gsize n = 0; n <= n_body; n++)
    {
      g_autofree guint8 *exact = copy_exactly (data->data + UDPNAT_MESSAGE_HEADER_BYTES, n);
      UdpnatMessageView message = { data->data[0], exact != NULL ? exact : (guint8 *) "", n };
      g_autoptr (GByteArray) out = g_byte_array_new ();

      g_assert_cmpint (recode (&message, out), ==, golden_allows (golden, n_body, n));
    }
}

static void
golden_of_another_type_refused (gconstpointer user_data)
{
  const Golden *golden = user_data;
  g_autoptr (GByteArray) data = bytes_from_hex (golden->hex);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageView message = read_only_message (data);

  message.type = 0x26;
  g_assert_false (recode (&message, out));
  message.type = 0x01;
  g_assert_false (recode (&message, out));
}

/* ---- Fields ---- */

static void
put_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[0].hex);
  UdpnatMessageView message = read_only_message (data);
  UdpnatMailPut put;

  g_assert_true (udpnat_parse_mail_put (&message, &put));
  g_assert_cmphex (put.request, ==, 0x11223344);
  assert_hex (put.recipient, sizeof put.recipient, KEY_HEX);
  assert_hex (put.pass, sizeof put.pass, PASS_HEX);
  assert_hex (put.sealed, put.n_sealed, "aabbccdd");
}

static void
item_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[3].hex);
  UdpnatMessageView message = read_only_message (data);
  UdpnatMailItem item;

  g_assert_true (udpnat_parse_mail_item (&message, &item));
  g_assert_cmpuint (item.number, ==, 0x107);
  g_assert_cmpuint (item.stored_s, ==, 1700000000);
  assert_hex (item.sealed, item.n_sealed, "aabbcc");
}

static void
ack_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[4].hex);
  UdpnatMessageView message = read_only_message (data);
  guint64 numbers[UDPNAT_MAIL_ACK_MAX_NUMBERS];
  guint n;

  g_assert_true (udpnat_parse_mail_ack (&message, numbers, &n));
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpuint (numbers[0], ==, 0x107);
  g_assert_cmpuint (numbers[1], ==, 0x108);
}

static void
passes_fields (void)
{
  g_autoptr (GByteArray) data = bytes_from_hex (goldens[6].hex);
  UdpnatMessageView message = read_only_message (data);
  const guint8 *passes;
  gboolean is_replacing;
  guint n;

  g_assert_true (udpnat_parse_mail_passes (&message, &is_replacing, &passes, &n));
  g_assert_true (is_replacing);
  g_assert_cmpuint (n, ==, 3);
  assert_hex (passes, 48, PASS_HEX KEY_HEX);
  ((guint8 *) message.body)[0] = 0xfe; /* flags that we do not know */
  g_assert_true (udpnat_parse_mail_passes (&message, &is_replacing, &passes, &n));
  g_assert_false (is_replacing);
}

/* ---- Limits ---- */

static gboolean
is_allowed (UdpnatMailMessageType type,
            gsize                 n_body)
{
  g_autofree guint8 *body = g_malloc0 (n_body);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  UdpnatMessageView message = { (guint8) type, body, n_body };

  return recode (&message, out);
}

static void
sealed_up_to_its_limit (void)
{
  g_assert_true (is_allowed (UDPNAT_MAIL_PUT, 52 + UDPNAT_MAIL_SEALED_MAX_BYTES));
  g_assert_false (is_allowed (UDPNAT_MAIL_PUT, 53 + UDPNAT_MAIL_SEALED_MAX_BYTES));
  g_assert_true (is_allowed (UDPNAT_MAIL_ITEM, 16 + UDPNAT_MAIL_SEALED_MAX_BYTES));
  g_assert_false (is_allowed (UDPNAT_MAIL_ITEM, 17 + UDPNAT_MAIL_SEALED_MAX_BYTES));
}

static void
lists_up_to_their_limits (void)
{
  g_assert_true (is_allowed (UDPNAT_MAIL_ACK, 8 * UDPNAT_MAIL_ACK_MAX_NUMBERS));
  g_assert_false (is_allowed (UDPNAT_MAIL_ACK, 8 * (UDPNAT_MAIL_ACK_MAX_NUMBERS + 1)));
  g_assert_true (is_allowed (UDPNAT_MAIL_PASSES, 1 + 16 * UDPNAT_MAIL_PASSES_MAX));
  g_assert_false (is_allowed (UDPNAT_MAIL_PASSES, 1 + 16 * (UDPNAT_MAIL_PASSES_MAX + 1)));
}

static void
random_bodies (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (guint i = 0; i < N_INPUTS; i++)
    {
      gsize n_body = (gsize) g_rand_int_range (random, 0, 80);
      g_autofree guint8 *body = g_malloc (MAX (n_body, 1));
      g_autoptr (GByteArray) first = g_byte_array_new ();
      g_autoptr (GByteArray) second = g_byte_array_new ();
      UdpnatMessageView message = { (guint8) g_rand_int_range (random, 0x20, 0x27), body, n_body };

      for (gsize k = 0; k < n_body; k++)
        body[k] = (guint8) g_rand_int_range (random, 0, 256);
      if (!recode (&message, first))
        continue;
      message = read_only_message (first);
      g_assert_true (recode (&message, second));
      g_assert_cmpmem (first->data, first->len, second->data, second->len);
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct
  {
    const char   *name;
    GTestDataFunc run;
  } tests[] = {
    { "round-trip", golden_survives_a_round_trip },
    { "at-its-own-length-only", golden_at_its_own_length_only },
    { "other-type-refused", golden_of_another_type_refused },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (goldens); i++)
    for (guint k = 0; k < G_N_ELEMENTS (tests); k++)
      {
        g_autofree char *path = g_strdup_printf ("/wire-mail/%s/%s", goldens[i].name,
                                                 tests[k].name);

        g_test_add_data_func (path, &goldens[i], tests[k].run);
      }
  g_test_add_func ("/wire-mail/put/fields", put_fields);
  g_test_add_func ("/wire-mail/item/fields", item_fields);
  g_test_add_func ("/wire-mail/ack/fields", ack_fields);
  g_test_add_func ("/wire-mail/passes/fields", passes_fields);
  g_test_add_func ("/wire-mail/sealed/up-to-its-limit", sealed_up_to_its_limit);
  g_test_add_func ("/wire-mail/lists/up-to-their-limits", lists_up_to_their_limits);
  g_test_add_func ("/wire-mail/random/read-as-written", random_bodies);
  return g_test_run ();
}
