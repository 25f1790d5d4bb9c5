/* What a FILE says, and what may not be said in one. */

#include "config.h"

#include <glib.h>
#include <string.h>

#include "udpnat-file-name.h"
#include "udpnat-file-offer.h"
#include "udpnat-limits.h"

static const UdpnatMessageId item_id = { { 1, 2, 3 } };

static UdpnatFileOffer *
make_offer (void)
{
  UdpnatFileOffer *offer = g_new0 (UdpnatFileOffer, 1);

  offer->size = offer->list_size = 123456789012;
  offer->n_files = 1;
  memset (offer->root, 0xab, sizeof offer->root);
  offer->name = g_strdup ("Übersicht 文件.jpg");
  offer->content_type = g_strdup ("image/jpeg");
  offer->width = 4000;
  offer->height = 3000;
  offer->thumbnail = g_bytes_new ("a picture", 9);
  return offer;
}

/* Written and read again; NULL when that is refused. */
static UdpnatFileOffer *
pass_on (const UdpnatFileOffer *offer)
{
  g_autoptr (UdpnatItem) item = udpnat_item_new_file (&item_id, 5, offer);
  UdpnatFileOffer *read = udpnat_item_dup_offer (item);

  g_assert_cmpint (udpnat_item_body_is_valid (item->type, g_bytes_get_data (item->body, NULL),
                                              g_bytes_get_size (item->body)), ==, read != NULL);
  return read;
}

static void
test_round_trip (void)
{
  g_autoptr (UdpnatFileOffer) offer = make_offer ();
  g_autoptr (UdpnatFileOffer) copy = udpnat_file_offer_copy (offer);
  g_autoptr (UdpnatFileOffer) read = pass_on (copy);
  g_autoptr (UdpnatItem) item = udpnat_item_new_file (&item_id, 5, offer);
  g_autofree char *text = udpnat_item_dup_text (item);

  g_assert_nonnull (read);
  g_assert_cmpint (read->kind, ==, UDPNAT_FILE_KIND_FILE);
  g_assert_cmpuint (read->size, ==, offer->size);
  g_assert_cmpuint (read->list_size, ==, offer->list_size);
  g_assert_cmpuint (read->n_files, ==, 1);
  g_assert_cmpmem (read->root, sizeof read->root, offer->root, sizeof offer->root);
  g_assert_cmpstr (read->name, ==, offer->name);
  g_assert_cmpstr (read->content_type, ==, offer->content_type);
  g_assert_cmpuint (read->width, ==, 4000);
  g_assert_cmpuint (read->height, ==, 3000);
  g_assert_true (g_bytes_equal (read->thumbnail, offer->thumbnail));

  g_assert_cmpstr (text, ==, offer->name);
  g_assert_true (udpnat_item_is_shown (item));
  g_assert_true (udpnat_item_is_known (item));
}

static void
test_folder (void)
{
  g_autoptr (UdpnatFileOffer) offer = make_offer ();
  g_autoptr (UdpnatFileOffer) read = NULL;
  g_autoptr (UdpnatFileOffer) large = NULL;

  offer->kind = UDPNAT_FILE_KIND_FOLDER;
  offer->n_files = UDPNAT_FOLDER_FILES_MAX;
  offer->list_size = UDPNAT_FOLDER_LIST_MAX_BYTES;
  g_clear_pointer (&offer->thumbnail, g_bytes_unref);
  read = pass_on (offer);
  g_assert_nonnull (read);
  g_assert_null (read->thumbnail);
  offer->n_files++;
  g_assert_null (pass_on (offer));
  offer->n_files = 0;
  large = pass_on (offer);
  g_assert_nonnull (large); /* it has folders only */
  offer->list_size++;
  g_assert_null (pass_on (offer));
}

static void
check_refused (void (*bend) (UdpnatFileOffer *offer))
{
  g_autoptr (UdpnatFileOffer) offer = make_offer ();

  bend (offer);
  g_assert_null (pass_on (offer));
}

static void
bend_size (UdpnatFileOffer *offer)
{
  offer->size++; /* a file is what its root is of */
}

static void
bend_total (UdpnatFileOffer *offer)
{
  offer->size = offer->list_size = UDPNAT_FILE_SIZE_MAX + 1;
}

static void
bend_count (UdpnatFileOffer *offer)
{
  offer->n_files = 2;
}

static void
bend_kind (UdpnatFileOffer *offer)
{
  offer->kind = 2;
}

static void
bend_type (UdpnatFileOffer *offer)
{
  offer->content_type[3] = '\n';
}

static void
bend_thumbnail (UdpnatFileOffer *offer)
{
  g_clear_pointer (&offer->thumbnail, g_bytes_unref);
  offer->thumbnail = g_bytes_new_take (g_malloc0 (UDPNAT_THUMBNAIL_MAX_BYTES + 1),
                                       UDPNAT_THUMBNAIL_MAX_BYTES + 1);
}

static void
test_refused (void)
{
  check_refused (bend_size);
  check_refused (bend_total);
  check_refused (bend_count);
  check_refused (bend_kind);
  check_refused (bend_type);
  check_refused (bend_thumbnail);
}

static void
test_names (void)
{
  static const char *const bad[] = { "", "a/b", "a\nb", "\x7f", "a\xff", "\xc2\x85", "/" };
  static const char *const good[] = { "a", ".", "..", "CON", ".bashrc", "a\\b", "文件" };
  g_autofree char *longest = g_strnfill (UDPNAT_FILE_NAME_MAX_BYTES, 'x');
  g_autofree char *longer = g_strnfill (UDPNAT_FILE_NAME_MAX_BYTES + 1, 'x');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (UdpnatFileOffer) offer = make_offer ();

      g_free (offer->name);
      offer->name = g_strdup (bad[i]);
      g_assert_null (pass_on (offer));
    }
  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (udpnat_file_name_is_valid (good[i], strlen (good[i])));
  g_assert_true (udpnat_file_name_is_valid (longest, strlen (longest)));
  g_assert_false (udpnat_file_name_is_valid (longer, strlen (longer)));
  g_assert_false (udpnat_file_name_is_valid ("a\0b", 3));
}

/* Of each length: only the whole one is an offer, or one whose picture is shorter. */
static void
test_short_ones (void)
{
  g_autoptr (UdpnatFileOffer) offer = make_offer ();
  g_autoptr (UdpnatItem) item = udpnat_item_new_file (&item_id, 5, offer);
  gsize n_body;
  const guint8 *body = g_bytes_get_data (item->body, &n_body);

  for (gsize n = 0; n <= n_body; n++)
    {
      g_autofree guint8 *exact = g_memdup2 (body, MAX (n, 1));
      g_autoptr (UdpnatFileOffer) read = udpnat_file_offer_parse (exact, n);

      g_assert_cmpint (read != NULL, ==, n >= n_body - 9);
    }
}

static void
test_answers (void)
{
  UdpnatMessageId target = { { 9 } }, read;
  g_autoptr (UdpnatItem) item = udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &item_id, 5, &target,
                                                    UDPNAT_FILE_ANSWER_DONE);
  g_autofree char *word = udpnat_item_dup_text (item);
  static const struct
  {
    const char *word;
    gboolean    is_valid;
  } words[] = {
    { "accepted", TRUE }, { "of-a-later-version", TRUE }, { "", FALSE }, { "Done", FALSE },
    { "no space", FALSE }, { "abcdefghijklmnopqrstuvwxyzabcdef", TRUE },
    { "abcdefghijklmnopqrstuvwxyzabcdefg", FALSE },
  };

  g_assert_true (udpnat_item_get_target (item, &read));
  g_assert_cmpint (udpnat_message_id_compare (&read, &target), ==, 0);
  g_assert_cmpstr (word, ==, "done");
  g_assert_false (udpnat_item_is_shown (item));
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (UdpnatItem) other = udpnat_item_new_on (UDPNAT_ITEM_FILE_ANSWER, &item_id, 5,
                                                         &target, words[i].word);

      g_assert_cmpint (udpnat_item_body_is_valid (other->type,
                                                  g_bytes_get_data (other->body, NULL),
                                                  g_bytes_get_size (other->body)), ==,
                       words[i].is_valid);
    }
  g_assert_false (udpnat_file_answer_is_final (UDPNAT_FILE_ANSWER_ACCEPTED));
  g_assert_true (udpnat_file_answer_is_final (UDPNAT_FILE_ANSWER_DECLINED));
  g_assert_true (udpnat_file_answer_is_final (UDPNAT_FILE_ANSWER_CANCELLED));
  g_assert_true (udpnat_file_answer_is_final (UDPNAT_FILE_ANSWER_DONE));
  g_assert_true (udpnat_file_answer_is_final (UDPNAT_FILE_ANSWER_CORRUPT));
  g_assert_false (udpnat_file_answer_is_final ("later"));
}

static void
test_parts (void)
{
  static const guint8 data[UDPNAT_FILE_PART_BYTES + 1] = { 1, 2, 3 };
  static const struct
  {
    guint64  place;
    gsize    n_data;
    gboolean is_valid;
  } parts[] = {
    { 0, 1, TRUE }, { 0, UDPNAT_FILE_PART_BYTES, TRUE }, { 0, 0, FALSE },
    { 0, UDPNAT_FILE_PART_BYTES + 1, FALSE },
    { UDPNAT_FILE_MAIL_MAX_BYTES - 3, 3, TRUE }, { UDPNAT_FILE_MAIL_MAX_BYTES - 3, 4, FALSE },
    { G_MAXUINT64 - 1, 3, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      UdpnatFilePart part = { { { 9 } }, parts[i].place, data, parts[i].n_data };
      g_autoptr (UdpnatItem) item = udpnat_item_new_file_part (&item_id, 5, &part);
      UdpnatFilePart read;

      g_assert_cmpint (udpnat_item_body_is_valid (item->type, g_bytes_get_data (item->body, NULL),
                                                  g_bytes_get_size (item->body)), ==,
                       parts[i].is_valid);
      g_assert_cmpint (udpnat_item_get_part (item, &read), ==, parts[i].is_valid);
      if (!parts[i].is_valid)
        continue;
      g_assert_cmpuint (read.place, ==, parts[i].place);
      g_assert_cmpmem (read.data, read.n_data, data, parts[i].n_data);
      g_assert_cmpint (udpnat_message_id_compare (&read.target, &part.target), ==, 0);
      g_assert_false (udpnat_item_is_shown (item));
    }
}

static void
test_others_have_none (void)
{
  g_autoptr (UdpnatItem) text = udpnat_item_new_text (&item_id, 5, "hello");

  g_assert_null (udpnat_item_dup_offer (text));
  udpnat_file_offer_free (NULL);
}

#define ADD(path, function) g_test_add_func ("/file-offer/" path, function)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("round-trip", test_round_trip);
  ADD ("folder", test_folder);
  ADD ("refused", test_refused);
  ADD ("names", test_names);
  ADD ("short-ones", test_short_ones);
  ADD ("answers", test_answers);
  ADD ("parts", test_parts);
  ADD ("others-have-none", test_others_have_none);
  return g_test_run ();
}
