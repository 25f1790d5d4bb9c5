/* What is said: that each kind is laid out as PROTOCOL.md section 9 has it, gives back what it was
 * made of, and that a body just beyond a limit is refused. */

#include "config.h"

#include <string.h>

#include "udpnat-chat-message.h"
#include "udpnat-item.h"
#include "udpnat-limits.h"

#define SENT_US G_GINT64_CONSTANT (1790000000000000)
#define TYPE_UNKNOWN 0x3f

static const UdpnatMessageId item_id = { { 1, 2, 3 } };
static const UdpnatMessageId target_id = { { 0xaa, 0xbb } };

/* Through the wire and back: type, id and time are the same. Takes @item. */
static UdpnatItem *
pass_on (UdpnatItem *item)
{
  g_autoptr (UdpnatItem) from = item;
  g_autoptr (GByteArray) wire = g_byte_array_new ();
  UdpnatMessageView view;
  UdpnatMessageId id;
  const guint8 *body;
  gint64 sent_us;
  gsize n_body;
  gsize n_consumed;

  body = g_bytes_get_data (from->body, &n_body);
  udpnat_write_item (wire, from->type, &from->id, from->sent_us, body, n_body);
  g_assert_cmpint (udpnat_message_parse (wire->data, wire->len, &view, &n_consumed), ==,
                   UDPNAT_MESSAGE_COMPLETE);
  g_assert_cmpuint (n_consumed, ==, wire->len);
  g_assert_true (udpnat_parse_item (&view, &id, &sent_us, &body, &n_body));
  g_assert_cmpuint (view.type, ==, from->type);
  g_assert_cmpmem (id.bytes, sizeof id.bytes, item_id.bytes, sizeof item_id.bytes);
  g_assert_cmpint (sent_us, ==, SENT_US);
  g_assert_true (udpnat_item_body_is_valid (view.type, body, n_body));
  return udpnat_item_new (view.type, &id, sent_us, body, n_body);
}

static void
check_text (const UdpnatItem *item,
            const char       *expected)
{
  g_autofree char *text = udpnat_item_dup_text (item);

  g_assert_cmpstr (text, ==, expected);
}

static void
check_target (const UdpnatItem *item)
{
  UdpnatMessageId target;

  g_assert_true (udpnat_item_get_target (item, &target));
  g_assert_cmpmem (target.bytes, sizeof target.bytes, target_id.bytes, sizeof target_id.bytes);
}

/* What the kind of @item has not is not found in it. */
static void
check_has_only (const UdpnatItem *item,
                gboolean          has_text,
                gboolean          has_target,
                gboolean          has_avatar,
                guint             n_prekeys)
{
  g_autofree char *text = udpnat_item_dup_text (item);
  g_autoptr (GBytes) avatar = udpnat_item_dup_avatar (item);
  UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX];
  UdpnatMessageId target;

  g_assert_cmpint (text != NULL, ==, has_text);
  g_assert_cmpint (udpnat_item_get_target (item, &target), ==, has_target);
  g_assert_cmpint (avatar != NULL, ==, has_avatar);
  g_assert_cmpuint (udpnat_item_get_prekeys (item, prekeys, G_N_ELEMENTS (prekeys)), ==,
                    n_prekeys);
}

/* ---- There and back ---- */

static void
test_text_round_trip (void)
{
  g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_text (&item_id, SENT_US, "grüße 🙂"));

  check_text (item, "grüße 🙂");
  check_has_only (item, TRUE, FALSE, FALSE, 0);
}

static void
test_on_round_trip (void)
{
  static const struct
  {
    guint8      type;
    const char *text;
  } cases[] = {
    { UDPNAT_ITEM_REPLY, "yes" },
    { UDPNAT_ITEM_EDIT, "no" },
    { UDPNAT_ITEM_DELETE, "" },
    { UDPNAT_ITEM_REACTION, "👍" },
    { UDPNAT_ITEM_REACTION, "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_on (cases[i].type, &item_id, SENT_US,
                                                                 &target_id, cases[i].text));

      g_assert_cmpuint (item->type, ==, cases[i].type);
      check_target (item);
      check_text (item, cases[i].text);
      check_has_only (item, TRUE, TRUE, FALSE, 0);
    }
}

static void
test_profile_round_trip (void)
{
  g_autoptr (GBytes) picture = g_bytes_new_static ("\x89PNG\0\xff", 6);
  g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_profile (&item_id, SENT_US, "at sea",
                                                                  picture));
  g_autoptr (GBytes) avatar = udpnat_item_dup_avatar (item);

  check_text (item, "at sea");
  g_assert_true (g_bytes_equal (avatar, picture));
  check_has_only (item, TRUE, FALSE, TRUE, 0);
}

static void
test_empty_profile_round_trip (void)
{
  g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_profile (&item_id, SENT_US, "", NULL));

  check_text (item, "");
  check_has_only (item, TRUE, FALSE, FALSE, 0);
}

static void
fill_prekeys (UdpnatPrekey *out_prekeys,
              guint         n_prekeys)
{
  for (guint i = 0; i < n_prekeys; i++)
    {
      out_prekeys[i].id = G_MAXUINT64 - i;
      memset (out_prekeys[i].key, (int) i, sizeof out_prekeys[i].key);
    }
}

static void
test_prekeys_round_trip (void)
{
  static const guint counts[] = { 1, 2, UDPNAT_PREKEYS_MAX };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX] = { 0 };
      UdpnatPrekey read[UDPNAT_PREKEYS_MAX] = { 0 };
      g_autoptr (UdpnatItem) item = NULL;

      fill_prekeys (prekeys, counts[i]);
      item = pass_on (udpnat_item_new_prekeys (&item_id, SENT_US, prekeys, counts[i]));
      g_assert_cmpuint (udpnat_item_get_prekeys (item, read, G_N_ELEMENTS (read)), ==, counts[i]);
      for (guint j = 0; j < counts[i]; j++)
        {
          g_assert_cmpuint (read[j].id, ==, prekeys[j].id);
          g_assert_cmpmem (read[j].key, sizeof read[j].key, prekeys[j].key,
                           sizeof prekeys[j].key);
        }
      check_has_only (item, FALSE, FALSE, FALSE, counts[i]);
    }
}

static void
test_prekeys_no_more_than_asked_for (void)
{
  UdpnatPrekey prekeys[3] = { 0 };
  UdpnatPrekey read[3] = { 0 };
  g_autoptr (UdpnatItem) item = NULL;

  fill_prekeys (prekeys, 3);
  item = udpnat_item_new_prekeys (&item_id, SENT_US, prekeys, 3);
  g_assert_cmpuint (udpnat_item_get_prekeys (item, read, 2), ==, 2);
  g_assert_cmpuint (read[1].id, ==, prekeys[1].id);
  g_assert_cmpuint (read[2].id, ==, 0);
}

static void
test_accept_round_trip (void)
{
  g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_accept (&item_id, SENT_US));

  g_assert_cmpuint (item->type, ==, UDPNAT_ITEM_ACCEPT);
  g_assert_cmpuint (g_bytes_get_size (item->body), ==, 0);
  check_has_only (item, FALSE, FALSE, FALSE, 0);
}

static void
test_unknown_round_trip (void)
{
  static const guint8 body[] = { 0xff, 0, 7 };

  for (guint8 type = UDPNAT_ITEM_FILE_PART + 1; type <= UDPNAT_ITEM_TYPE_MAX; type++)
    {
      g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new (type, &item_id, SENT_US, body,
                                                              sizeof body));

      g_assert_cmpuint (item->type, ==, type);
      g_assert_cmpmem (g_bytes_get_data (item->body, NULL), (int) g_bytes_get_size (item->body),
                       body, sizeof body);
      check_has_only (item, FALSE, FALSE, FALSE, 0);
    }
}

/* ---- Layout ---- */

static void
check_body (UdpnatItem   *item,
            const guint8 *expected,
            int           n_expected)
{
  g_assert_cmpmem (g_bytes_get_data (item->body, NULL), (int) g_bytes_get_size (item->body),
                   expected, n_expected);
  udpnat_item_free (item);
}

static void
test_layout (void)
{
  static const guint8 reply[] = { 0xaa, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'h', 'i' };
  static const guint8 profile[] = { 0, 2, 'h', 'i', 0x89, 'P' };
  guint8 prekeys[40] = { 0, 0, 0, 0, 0, 0, 1, 2 };
  g_autoptr (GBytes) picture = g_bytes_new_static ("\x89P", 2);
  UdpnatPrekey prekey = { .id = 0x0102 };

  memset (prekey.key, 0x11, sizeof prekey.key);
  memset (prekeys + 8, 0x11, 32);
  check_body (udpnat_item_new_text (&item_id, 0, "hi"), (const guint8 *) "hi", 2);
  check_body (udpnat_item_new_on (UDPNAT_ITEM_REPLY, &item_id, 0, &target_id, "hi"), reply, 18);
  check_body (udpnat_item_new_on (UDPNAT_ITEM_DELETE, &item_id, 0, &target_id, ""), reply, 16);
  check_body (udpnat_item_new_profile (&item_id, 0, "hi", picture), profile, 6);
  check_body (udpnat_item_new_profile (&item_id, 0, "hi", NULL), profile, 4);
  check_body (udpnat_item_new_prekeys (&item_id, 0, &prekey, 1), prekeys, 40);
}

static void
test_copy (void)
{
  UdpnatItem *item = udpnat_item_new_on (UDPNAT_ITEM_EDIT, &item_id, SENT_US, &target_id, "x");
  g_autoptr (UdpnatItem) copy = udpnat_item_copy (item);

  udpnat_item_free (item); /* the copy does without it */
  g_assert_cmpuint (copy->type, ==, UDPNAT_ITEM_EDIT);
  g_assert_cmpint (copy->sent_us, ==, SENT_US);
  g_assert_cmpint (udpnat_message_id_compare (&copy->id, &item_id), ==, 0);
  check_target (copy);
  check_text (copy, "x");
}

static void
test_clock_before_1970 (void)
{
  g_autoptr (UdpnatItem) item = udpnat_item_new_text (&item_id, -5, "x");

  g_assert_cmpint (item->sent_us, ==, 0);
}

static void
test_free_of_null (void)
{
  udpnat_item_free (NULL);
}

static void
test_kinds (void)
{
  for (guint8 type = 1; type <= UDPNAT_ITEM_TYPE_MAX; type++)
    {
      g_autoptr (UdpnatItem) item = udpnat_item_new (type, &item_id, SENT_US, NULL, 0);
      gboolean is_known = type >= UDPNAT_ITEM_TEXT && type <= UDPNAT_ITEM_FILE_PART;

      g_assert_cmpint (udpnat_item_is_known (item), ==, is_known);
      g_assert_cmpint (udpnat_item_is_shown (item), ==,
                       type == UDPNAT_ITEM_TEXT || type == UDPNAT_ITEM_REPLY ||
                       type == UDPNAT_ITEM_FILE || !is_known);
    }
}

/* ---- Bodies ---- */

/* From memory of just that size, so that a look beyond it is seen. */
static gboolean
is_valid (guint8        type,
          const guint8 *body,
          gsize         n_body)
{
  g_autofree guint8 *exact = n_body > 0 ? g_memdup2 (body, n_body) : NULL;

  return udpnat_item_body_is_valid (type, exact, n_body);
}

/* A target where @type has one, then @text. */
static gboolean
is_valid_text (guint8      type,
               const char *text,
               gsize       n_text)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  if (type != UDPNAT_ITEM_TEXT)
    udpnat_append_bytes (body, target_id.bytes, sizeof target_id.bytes);
  udpnat_append_bytes (body, (const guint8 *) text, n_text);
  return is_valid (type, body->data, body->len);
}

static const guint8 types_with_text[] = { UDPNAT_ITEM_TEXT, UDPNAT_ITEM_REPLY, UDPNAT_ITEM_EDIT };

static void
test_text_sizes (void)
{
  g_autofree char *text = g_strnfill (65537, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (types_with_text); i++)
    {
      g_assert_false (is_valid_text (types_with_text[i], text, 0));
      g_assert_true (is_valid_text (types_with_text[i], text, 1));
      g_assert_true (is_valid_text (types_with_text[i], text, 65535));
      g_assert_true (is_valid_text (types_with_text[i], text, 65536));
      g_assert_false (is_valid_text (types_with_text[i], text, 65537));
    }
}

static void
test_text_must_be_utf8 (void)
{
  static const struct
  {
    const char *text;
    gsize       n_text;
    gboolean    is_allowed;
  } cases[] = {
    { "gr\xc3\xbc\xc3\x9f", 6, TRUE },
    { "gr\xc3\xbc\xc3", 5, FALSE },
    { "\xf0\x9f\x98\x80", 4, TRUE },
    { "\xf0\x9f\x98", 3, FALSE },
    { "\xff", 1, FALSE },
    { "\x80", 1, FALSE },
    { "\xc0\x80", 2, FALSE },
    { "\xed\xa0\x80", 3, FALSE },
    { "\xf4\x90\x80\x80", 4, FALSE },
    { "\0", 1, FALSE },
    { "a\0b", 3, FALSE },
    { "ab\0", 3, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (types_with_text); j++)
        g_assert_cmpint (is_valid_text (types_with_text[j], cases[i].text, cases[i].n_text), ==,
                         cases[i].is_allowed);
      g_assert_cmpint (is_valid_text (UDPNAT_ITEM_REACTION, cases[i].text, cases[i].n_text), ==,
                       cases[i].is_allowed);
    }
}

static void
test_target_is_whole (void)
{
  guint8 body[18];

  memset (body, 'x', sizeof body);
  for (gsize n = 0; n <= 18; n++)
    {
      g_assert_cmpint (is_valid (UDPNAT_ITEM_REPLY, body, n), ==, n >= 17);
      g_assert_cmpint (is_valid (UDPNAT_ITEM_EDIT, body, n), ==, n >= 17);
      g_assert_cmpint (is_valid (UDPNAT_ITEM_REACTION, body, n), ==, n >= 16);
      g_assert_cmpint (is_valid (UDPNAT_ITEM_DELETE, body, n), ==, n == 16);
    }
}

static void
test_target_is_any_bytes (void)
{
  guint8 body[17];

  g_test_summary ("An id is no text");
  memset (body, 0xff, 16);
  body[16] = 'x';
  g_assert_true (is_valid (UDPNAT_ITEM_REPLY, body, 17));
  g_assert_true (is_valid (UDPNAT_ITEM_EDIT, body, 17));
  g_assert_true (is_valid (UDPNAT_ITEM_REACTION, body, 17));
  g_assert_true (is_valid (UDPNAT_ITEM_DELETE, body, 16));
}

static void
test_reaction_sizes (void)
{
  g_autofree char *sign = g_strnfill (65, 'x');

  g_assert_true (is_valid_text (UDPNAT_ITEM_REACTION, sign, 0));
  g_assert_true (is_valid_text (UDPNAT_ITEM_REACTION, sign, 1));
  g_assert_true (is_valid_text (UDPNAT_ITEM_REACTION, sign, 64));
  g_assert_false (is_valid_text (UDPNAT_ITEM_REACTION, sign, 65));
}

static gboolean
is_valid_profile (gsize n_status,
                  gsize n_avatar)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();
  g_autofree char *status = g_strnfill (n_status, 'x');
  g_autofree guint8 *avatar = g_malloc0 (n_avatar);

  udpnat_append_string (body, status);
  udpnat_append_bytes (body, avatar, n_avatar);
  return is_valid (UDPNAT_ITEM_PROFILE, body->data, body->len);
}

static void
test_profile_sizes (void)
{
  g_assert_true (is_valid_profile (0, 0));
  g_assert_true (is_valid_profile (512, 0));
  g_assert_false (is_valid_profile (513, 0));
  g_assert_true (is_valid_profile (0, 49152));
  g_assert_false (is_valid_profile (0, 49153));
  g_assert_true (is_valid_profile (512, 49152));
}

static void
test_profile_is_whole (void)
{
  static const guint8 body[] = { 0, 3, 'a', 'b', 'c' };

  g_test_summary ("A status line that ends before its length says");
  for (gsize n = 0; n <= sizeof body; n++)
    g_assert_cmpint (is_valid (UDPNAT_ITEM_PROFILE, body, n), ==, n == sizeof body);
}

static void
test_profile_status_is_utf8 (void)
{
  static const guint8 cut_off[] = { 0, 2, 0xe2, 0x82, 0xac };
  static const guint8 whole[] = { 0, 3, 0xe2, 0x82, 0xac };
  static const guint8 with_zero[] = { 0, 3, 'a', 0, 'b' };

  g_assert_false (is_valid (UDPNAT_ITEM_PROFILE, cut_off, sizeof cut_off));
  g_assert_true (is_valid (UDPNAT_ITEM_PROFILE, whole, sizeof whole));
  g_assert_false (is_valid (UDPNAT_ITEM_PROFILE, with_zero, sizeof with_zero));
}

static void
test_prekeys_sizes (void)
{
  guint8 body[33 * 40] = { 0 };

  for (gsize n = 0; n <= sizeof body; n++)
    g_assert_cmpint (is_valid (UDPNAT_ITEM_PREKEYS, body, n), ==,
                     n > 0 && n % 40 == 0 && n <= 32 * 40);
}

static void
test_accept_is_empty (void)
{
  g_assert_true (is_valid (UDPNAT_ITEM_ACCEPT, NULL, 0));
  g_assert_false (is_valid (UDPNAT_ITEM_ACCEPT, (const guint8 *) "x", 1));
}

static void
test_unknown_is_any (void)
{
  guint8 body[200];

  memset (body, 0xff, sizeof body);
  for (guint8 type = UDPNAT_ITEM_FILE_PART + 1; type <= TYPE_UNKNOWN; type++)
    {
      g_assert_true (is_valid (type, NULL, 0));
      g_assert_true (is_valid (type, body, sizeof body));
    }
}

static void
test_largest_fit_a_message (void)
{
  gsize n_room = UDPNAT_MESSAGE_BODY_MAX_BYTES + UDPNAT_MESSAGE_HEADER_BYTES;

  g_test_summary ("The largest of each kind can be written: a longer message is refused unread");
  g_assert_cmpuint (UDPNAT_ITEM_OVERHEAD_BYTES + UDPNAT_MESSAGE_ID_BYTES + UDPNAT_TEXT_MAX_BYTES,
                    <=, n_room);
  g_assert_cmpuint (UDPNAT_ITEM_OVERHEAD_BYTES + 2 + UDPNAT_STATUS_MAX_BYTES
                      + UDPNAT_AVATAR_MAX_BYTES, <=, n_room);
  g_assert_cmpuint (UDPNAT_ITEM_OVERHEAD_BYTES + UDPNAT_PREKEYS_MAX * 40, <=, n_room);
}

#define ADD(path, function) g_test_add_func ("/chat-item/" path, function)

static void
test_address (void)
{
  g_autoptr (UdpnatItem) item = pass_on (udpnat_item_new_address (&item_id, SENT_US,
                                                                  "bob@example.org"));
  g_autofree char *long_name = g_strnfill (UDPNAT_NAME_MAX_BYTES + UDPNAT_PLACE_MAX_BYTES, 'b');
  static const char *bad[] = { "", "@example.org", " bob", "bob@", "bob\n@example.org" };

  check_text (item, "bob@example.org");
  g_assert_false (udpnat_item_is_shown (item));
  g_assert_true (udpnat_item_is_known (item));
  g_assert_true (udpnat_item_body_is_valid (UDPNAT_ITEM_ADDRESS, (const guint8 *) "bob", 3));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (udpnat_item_body_is_valid (UDPNAT_ITEM_ADDRESS, (const guint8 *) bad[i],
                                               strlen (bad[i])));
  g_assert_false (udpnat_item_body_is_valid (UDPNAT_ITEM_ADDRESS, (const guint8 *) long_name,
                                             strlen (long_name)));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("round-trip/text", test_text_round_trip);
  ADD ("round-trip/reply-edit-delete-reaction", test_on_round_trip);
  ADD ("round-trip/profile", test_profile_round_trip);
  ADD ("round-trip/profile-of-nothing", test_empty_profile_round_trip);
  ADD ("round-trip/prekeys", test_prekeys_round_trip);
  ADD ("round-trip/prekeys-no-more-than-asked-for", test_prekeys_no_more_than_asked_for);
  ADD ("round-trip/accept", test_accept_round_trip);
  ADD ("round-trip/unknown-types-kept", test_unknown_round_trip);
  ADD ("layout/as-in-the-protocol", test_layout);
  ADD ("copy/stands-alone", test_copy);
  ADD ("clock/before-1970-is-0", test_clock_before_1970);
  ADD ("free/null-is-nothing", test_free_of_null);
  ADD ("kind/known-and-shown", test_kinds);
  ADD ("body/text-of-1-to-65536-bytes", test_text_sizes);
  ADD ("body/text-must-be-utf8", test_text_must_be_utf8);
  ADD ("body/target-must-be-whole", test_target_is_whole);
  ADD ("body/target-may-be-any-bytes", test_target_is_any_bytes);
  ADD ("body/reaction-of-0-to-64-bytes", test_reaction_sizes);
  ADD ("body/profile-sizes", test_profile_sizes);
  ADD ("body/profile-must-be-whole", test_profile_is_whole);
  ADD ("body/profile-status-must-be-utf8", test_profile_status_is_utf8);
  ADD ("body/prekeys-of-1-to-32", test_prekeys_sizes);
  ADD ("body/accept-must-be-empty", test_accept_is_empty);
  ADD ("body/unknown-may-be-any", test_unknown_is_any);
  ADD ("body/largest-fit-a-message", test_largest_fit_a_message);

  g_test_add_func ("/item/address", test_address);
  return g_test_run ();
}
