/* The database of a profile, after somebody else has had it: rows with values that nobody wrote,
 * pages that are damaged or cut, in clear or sealed. Everything in it is read and exported, and
 * something is written. Checked besides assertions: a store that opens works, text is UTF-8, JSON
 * is JSON, and what was mended once is in order at the next opening.
 *
 * The first byte says what is done; a sealed page that was changed fails its tag, so most of what
 * is found is found in clear ones. */

#include "config.h"

#include "fuzz-folder.h"
#include "fuzz-profile.h"
#include "fuzz-rows.h"
#include "fuzz.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "udpnat-export.h"
#include "udpnat-history-item-private.h"
#include "udpnat-item.h"
#include "udpnat-store-history.h"
#include "udpnat-store-outbox.h"
#include "udpnat-store-transfers.h"
#include "udpnat-store.h"

#define PAGE_LINES 16
#define NOW_US (G_GINT64_CONSTANT (1800000000) * G_USEC_PER_SEC)

static void
check_text (const char *text)
{
  g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
}

/* ---- People ---- */

static void
contact_cb (const UdpnatContact *contact,
            gpointer             user_data)
{
  guint *n = user_data;

  (*n)++;
  check_text (contact->name);
  check_text (contact->server);
  check_text (contact->nickname);
  check_text (contact->draft);
  check_text (contact->status);
}

static void
timestamp_cb (const UdpnatPublicKey *key,
              const guint8          *timestamp,
              gpointer               user_data)
{
  guint *n = user_data;

  *n += key->bytes[0] + timestamp[UDPNAT_TIMESTAMP_BYTES - 1];
}

static void
outbox_cb (const UdpnatPublicKey *key,
           const UdpnatItem      *item,
           UdpnatItemState        state,
           gpointer               user_data)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) avatar = NULL;

  /* The conversation that is given it looks first, too. */
  if (!udpnat_item_body_is_valid (item->type, g_bytes_get_data (item->body, NULL),
                                  g_bytes_get_size (item->body)))
    return;
  text = udpnat_item_dup_text (item);
  avatar = udpnat_item_dup_avatar (item);
  check_text (text);
  if (avatar != NULL)
    g_assert_cmpuint (g_bytes_get_size (avatar), <=, g_bytes_get_size (item->body));
}

static void
prekey_cb (const UdpnatPublicKey *key,
           const UdpnatPrekey    *prekey,
           gpointer               user_data)
{
  guint *n = user_data;

  *n += prekey->key[UDPNAT_PREKEY_BYTES - 1];
}

static void
check_transfer (const UdpnatStoredTransfer *transfer)
{
  check_text (transfer->reason);
  check_text (transfer->answer);
  check_text (transfer->offer->name);
  g_assert_cmpint (transfer->kept, >=, 0);
  g_assert_nonnull (udpnat_stored_transfer_get_state_code (transfer));
}

/* Whatever was read can be saved again. */
static void
transfer_cb (const UdpnatStoredTransfer *transfer,
             gpointer                    user_data)
{
  UdpnatStore *store = user_data;

  check_transfer (transfer);
  udpnat_store_save_transfer (store, transfer, NULL, NULL);
}

static void
read_people (UdpnatStore *store)
{
  g_autofree char *name = udpnat_store_dup_setting (store, "name");
  g_autofree char *report = udpnat_store_dup_recovery_report (store);
  guint n = 0;

  check_text (name);
  check_text (report);
  udpnat_store_foreach_contact (store, contact_cb, &n);
  udpnat_store_foreach_timestamp (store, timestamp_cb, &n);
  udpnat_store_foreach_outbox (store, outbox_cb, &n);
  udpnat_store_foreach_own_prekey (store, prekey_cb, &n);
  udpnat_store_foreach_peer_prekey (store, prekey_cb, &n);
  udpnat_store_foreach_open_transfer (store, transfer_cb, store);
}

/* ---- Lines ---- */

static void
check_line (UdpnatHistoryItem *line)
{
  check_text (udpnat_history_item_get_text (line));
  check_text (udpnat_history_item_get_reason (line));
  check_text (udpnat_history_item_get_quoted_text (line));
  check_text (udpnat_history_item_get_my_reaction (line));
  check_text (udpnat_history_item_get_their_reaction (line));
  if (udpnat_history_item_get_stored_transfer (line) != NULL)
    check_transfer (udpnat_history_item_get_stored_transfer (line));
  g_assert_nonnull (udpnat_item_state_to_code (udpnat_history_item_get_state (line)));
}

static void
check_lines (GPtrArray *lines)
{
  for (guint i = 0; i < lines->len; i++)
    check_line (lines->pdata[i]);
}

typedef struct
{
  UdpnatStore     *store;
  UdpnatPublicKey  key;
  gint64           last;
} Pages;

static GPtrArray *
get_page (gint64   after,
          gpointer user_data)
{
  Pages *pages = user_data;

  g_assert_cmpint (after, >=, pages->last); /* else there would be no end */
  pages->last = after;
  return udpnat_store_dup_page_after (pages->store, &pages->key, after, PAGE_LINES);
}

static void
export_to_memory (UdpnatStore           *store,
                  const UdpnatPublicKey *key,
                  UdpnatExportFormat     format)
{
  Pages pages = { .store = store, .key = *key };
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  UdpnatExport export = {
    .format = format,
    .peer_name = "bob",
    .peer_key = *key,
    .time_zone = utc,
    .get_page = get_page,
    .user_data = &pages,
  };
  GMemoryOutputStream *memory = G_MEMORY_OUTPUT_STREAM (stream);

  g_assert_true (udpnat_export_write (&export, stream, &error));
  g_assert_no_error (error);
  if (format != UDPNAT_EXPORT_JSON)
    return;
  json_parser_load_from_data (parser, g_memory_output_stream_get_data (memory),
                              (gssize) g_memory_output_stream_get_data_size (memory), &error);
  g_assert_no_error (error);
}

static void
read_lines (UdpnatStore *store,
            guint        person)
{
  UdpnatPublicKey key = fuzz_profile_get_key (person);
  g_autoptr (GPtrArray) page = udpnat_store_dup_page (store, &key, 0, PAGE_LINES);
  g_autoptr (GPtrArray) found = udpnat_store_search (store, "five k\"ettle", &key, 0, PAGE_LINES);
  g_autoptr (GPtrArray) found_anywhere = udpnat_store_search (store, "an h", NULL, 0, PAGE_LINES);
  g_autoptr (UdpnatHistoryItem) last = udpnat_store_dup_last_line (store, &key);
  g_autoptr (UdpnatContact) contact = udpnat_store_dup_contact (store, &key);

  if (contact != NULL)
    check_text (contact->name);
  check_lines (page);
  check_lines (found);
  check_lines (found_anywhere);
  if (last != NULL)
    check_line (last);
  udpnat_store_count_unread (store, &key);
  udpnat_store_count_lines (store, &key);
  export_to_memory (store, &key, UDPNAT_EXPORT_TEXT);
  export_to_memory (store, &key, UDPNAT_EXPORT_JSON);
}

/* ---- Writing ---- */

static void
received_cb (UdpnatReceived     received,
             UdpnatHistoryItem *changed,
             gboolean           is_first_of_request,
             gpointer           user_data)
{
  guint *n_told = user_data;

  (*n_told)++;
  if (changed != NULL)
    check_line (changed);
}

static void
line_cb (UdpnatHistoryItem *changed,
         gboolean           is_saved,
         gpointer           user_data)
{
  guint *n_told = user_data;

  (*n_told)++;
  if (changed != NULL)
    check_line (changed);
}

/* About what is there, too: the id of the first that was said, and of the first that came. */
static void
write_lines (UdpnatStore *store)
{
  UdpnatPublicKey key = fuzz_profile_get_key (0);
  const UdpnatMessageId id = { { 0xee } };
  const UdpnatMessageId edit_id = { { 0xef } };
  const UdpnatMessageId target = { { 2 } };
  g_autoptr (UdpnatItem) text = udpnat_item_new_text (&id, NOW_US, "new");
  g_autoptr (UdpnatItem) edit = udpnat_item_new_on (UDPNAT_ITEM_EDIT, &edit_id, NOW_US, &target,
                                                    "again");
  guint n_told = 0;

  udpnat_store_add_incoming (store, &key, text, NOW_US, received_cb, &n_told);
  udpnat_store_add_incoming (store, &key, edit, NOW_US, received_cb, &n_told);
  udpnat_store_add_outgoing (store, &key, text, NULL, 0, line_cb, &n_told);
  udpnat_store_mark_read (store, &key, 2, NULL, NULL);
  udpnat_store_flush (store);
  udpnat_store_clear_history (store, &key, NULL, NULL);
  udpnat_store_flush (store);
  g_assert_cmpuint (n_told, ==, 3);
}

static gboolean
use (const char   *path,
     const guint8 *database_key,
     gboolean     *out_was_mended)
{
  UdpnatPublicKey own_key = fuzz_profile_get_own_key ();
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatStore) store = udpnat_store_open (path, database_key, &own_key, &error);
  g_autofree char *report = NULL;

  g_assert_true ((store != NULL) == (error == NULL));
  if (store == NULL)
    {
      check_text (error->message);
      return FALSE;
    }
  report = udpnat_store_dup_recovery_report (store);
  *out_was_mended = report != NULL;
  read_people (store);
  for (guint i = 0; i < FUZZ_PROFILE_PEOPLE; i++)
    read_lines (store, i);
  write_lines (store);
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  UdpnatReader     input;
  guint8           how;
  const guint8    *database_key;
  gboolean         was_mended = FALSE;
  g_autofree char *path = NULL;

  udpnat_reader_init (&input, data, n_data);
  how = udpnat_reader_u8 (&input);
  database_key = (how & 3) == 3 ? fuzz_profile_get_database_key () : NULL;
  path = fuzz_profile_put (database_key);
  if ((how & 4) != 0) /* as a crash leaves it: the next opening looks at every page */
    g_free (fuzz_folder_put ("udpnat.db-check", "", 0));
  if ((how & 3) < 2)
    fuzz_rows_change (path, &input);
  else
    fuzz_folder_spoil (path, &input);
  if (!use (path, database_key, &was_mended) || !was_mended)
    return 0;
  g_assert_true (use (path, database_key, &was_mended));
  g_assert_false (was_mended);
  return 0;
}
