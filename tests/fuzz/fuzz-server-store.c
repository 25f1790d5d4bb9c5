/* The server's databases of names and of letters, with rows that nobody wrote and pages that are
 * damaged: a server that starts with them must not be led astray. The first byte of the input says
 * which file, and how it is spoilt. What can be read goes into a server, as in src/server. */

#include "config.h"

#include "fuzz-folder.h"
#include "fuzz-rows.h"
#include "fuzz.h"

#include <string.h>

#include "udpnat-limits.h"
#include "udpnat-mail-store.h"
#include "udpnat-name-store.h"
#include "udpnat-name.h"
#include "udpnat-rendezvous-server.h"

#define N_LETTERS 4
#define NOW_US UDPNAT_SEC (1000)
#define WALL_US (G_GINT64_CONSTANT (1800000000) * G_USEC_PER_SEC)

static const UdpnatPublicKey alice = { { 1 } };
static const UdpnatPublicKey bob = { { 2 } };
static const guint8          pass[UDPNAT_MAIL_PASS_BYTES] = { 3 };

/* A server that starts with what is on the disk. */
typedef struct
{
  guint64                 random_state;
  UdpnatIdentity         *identity;
  UdpnatRendezvousServer *server;
  GArray                 *numbers; /* of guint64: letters */
} Start;

static void
start_init (Start *self)
{
  UdpnatRendezvousServerConfig config = {
    .random = fuzz_random (&self->random_state),
    .is_mailbox_on = TRUE,
    .mailbox = { UDPNAT_MAIL_RECIPIENT_BYTES, UDPNAT_MAIL_TOTAL_BYTES, UDPNAT_MAIL_DAYS },
    .wall_us = WALL_US,
  };

  g_assert_true (udpnat_crypto_init ());
  self->identity = udpnat_identity_generate (&config.random);
  config.identity = self->identity;
  self->server = udpnat_rendezvous_server_new (&config, NOW_US);
  self->numbers = g_array_new (FALSE, FALSE, sizeof (guint64));
}

/* Runs it for as long as letters are kept. */
static void
start_clear (Start *self)
{
  UdpnatMachine *machine = udpnat_rendezvous_server_get_machine (self->server);

  for (guint i = 0; i < 3; i++)
    {
      gint64       now_us = NOW_US + i * UDPNAT_SEC (G_GINT64_CONSTANT (86400) * UDPNAT_MAIL_DAYS);
      UdpnatEvent *event;

      udpnat_machine_handle_deadline (machine, now_us);
      while ((event = udpnat_machine_pop_event (machine)) != NULL)
        udpnat_event_free (event);
      g_assert_cmpint (udpnat_machine_next_deadline (machine), >, now_us);
    }
  udpnat_rendezvous_server_free (self->server);
  udpnat_identity_free (self->identity);
  g_array_unref (self->numbers);
}

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* ---- Names ---- */

static void
name_cb (const char            *name,
         const UdpnatPublicKey *key,
         gpointer               user_data)
{
  Start           *start = user_data;
  g_autofree char *normal = udpnat_name_normalize (name);

  g_assert_nonnull (normal);
  udpnat_rendezvous_server_restore_name (start->server, name, key);
}

static void
make_names (const char *path)
{
  g_autoptr (UdpnatNameStore) store = udpnat_name_store_open (path, NULL);

  g_assert_nonnull (store);
  g_assert_true (udpnat_name_store_begin (store, NULL));
  g_assert_true (udpnat_name_store_claim (store, "alice", &alice, WALL_US, NULL));
  g_assert_true (udpnat_name_store_claim (store, "Bob", &bob, WALL_US, NULL));
  g_assert_true (udpnat_name_store_commit (store, NULL));
}

static void
use_names (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) read_error = NULL;
  g_autoptr (UdpnatNameStore) store = udpnat_name_store_open (path, &error);
  Start start = { 0 };

  if (store == NULL)
    {
      check_error (error);
      return;
    }
  start_init (&start);
  if (!udpnat_name_store_foreach (store, name_cb, &start, &read_error))
    check_error (read_error);
  start_clear (&start);
  if (!udpnat_name_store_begin (store, NULL))
    return;
  (void) !udpnat_name_store_claim (store, "alice", &bob, WALL_US, NULL);
  (void) !udpnat_name_store_claim (store, "carol", &bob, WALL_US, NULL);
  (void) !udpnat_name_store_commit (store, NULL);
}

/* ---- Letters ---- */

static void
make_letters (const char *path)
{
  g_autoptr (UdpnatMailStore) store = udpnat_mail_store_open (path, NULL);
  g_autoptr (GBytes) passes = g_bytes_new_static (pass, sizeof pass);

  g_assert_nonnull (store);
  g_assert_true (udpnat_mail_store_begin (store, NULL));
  for (guint i = 0; i < N_LETTERS; i++)
    {
      g_autoptr (GBytes) sealed = g_bytes_new_static ("sealed letter", 10 + i);

      g_assert_true (udpnat_mail_store_add (store, i + 1, i & 1 ? &alice : &bob,
                                            i & 2 ? pass : NULL, WALL_US / G_USEC_PER_SEC, sealed,
                                            NULL));
    }
  g_assert_true (udpnat_mail_store_set_passes (store, &alice, passes, NULL));
  g_assert_true (udpnat_mail_store_commit (store, NULL));
}

static void
letter_cb (guint64                number,
           const UdpnatPublicKey *recipient,
           const guint8          *letter_pass,
           gsize                  n_bytes,
           gint64                 stored_s,
           gpointer               user_data)
{
  Start *start = user_data;

  g_assert_cmpuint (number, <=, G_MAXINT64); /* else it could be neither asked for nor deleted */
  udpnat_rendezvous_server_restore_mail (start->server, number, recipient, letter_pass, n_bytes,
                                         stored_s);
  g_array_append_val (start->numbers, number);
}

static void
passes_cb (const UdpnatPublicKey *recipient,
           const guint8          *passes,
           guint                  n_passes,
           gpointer               user_data)
{
  Start *start = user_data;

  udpnat_rendezvous_server_restore_passes (start->server, recipient, passes, n_passes);
}

static void
read_letters (UdpnatMailStore *store)
{
  Start start = { 0 };
  g_autoptr (GError) error = NULL;

  start_init (&start);
  udpnat_rendezvous_server_restore_mail_number (start.server,
                                                udpnat_mail_store_get_last_number (store));
  if (!udpnat_mail_store_foreach (store, letter_cb, passes_cb, &start, &error))
    check_error (error);
  for (guint i = 0; i < start.numbers->len; i++)
    {
      guint64 number = g_array_index (start.numbers, guint64, i);
      g_autoptr (GError) load_error = NULL;
      g_autoptr (GBytes) sealed = udpnat_mail_store_load (store, number, &load_error);

      if (sealed == NULL)
        check_error (load_error);
    }
  start_clear (&start);
}

static void
use_letters (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) aside_error = NULL;
  g_autofree char *aside = NULL;
  g_autoptr (UdpnatMailStore) store = udpnat_mail_store_open (path, &error);

  if (store == NULL)
    {
      check_error (error);
      aside = udpnat_mail_store_set_aside (path, WALL_US, &aside_error);
      g_assert_no_error (aside_error);
      store = udpnat_mail_store_open (path, &aside_error);
      g_assert_no_error (aside_error);
      udpnat_mail_store_recover (store, aside);
    }
  read_letters (store);
  if (!udpnat_mail_store_begin (store, NULL))
    return;
  (void) !udpnat_mail_store_delete (store, 1, NULL);
  (void) !udpnat_mail_store_commit (store, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  static GBytes *made[2];
  g_autofree char *path = NULL;
  UdpnatReader input;
  guint8 how;
  gboolean is_mail;
  gsize n_file;
  const void *file;

  udpnat_reader_init (&input, data, n_data);
  how = udpnat_reader_u8 (&input);
  is_mail = (how & 1) != 0;
  fuzz_folder_clear ();
  path = fuzz_folder_path ("server.db");
  if (made[is_mail] == NULL)
    {
      char *contents = NULL;

      (is_mail ? make_letters : make_names) (path);
      g_assert_true (g_file_get_contents (path, &contents, &n_file, NULL));
      made[is_mail] = g_bytes_new_take (contents, n_file);
      fuzz_folder_clear ();
    }
  file = g_bytes_get_data (made[is_mail], &n_file);
  g_free (fuzz_folder_put ("server.db", file, n_file));
  if ((how & 2) != 0)
    fuzz_folder_spoil (path, &input);
  else
    fuzz_rows_change (path, &input);
  (is_mail ? use_letters : use_names) (path);
  return 0;
}
