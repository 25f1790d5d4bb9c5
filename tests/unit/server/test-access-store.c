/* Invitations, and who is let in or kept out, in their file; and what an operator orders. */

#include "config.h"

#include "rendezvous-net.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "udpnat-access-store.h"
#include "udpnat-allow-list.h"
#include "udpnat-rendezvous-server-access.h"
#include "udpnat-server-disk.h"
#include "udpnat-server-error.h"
#include "udpnat-server-operator.h"

#define NOW_US NET_WALL_US
#define DAY_US (G_GINT64_CONSTANT (86400) * G_USEC_PER_SEC)

typedef struct
{
  char              *folder;
  char              *path;
  UdpnatAccessStore *store;
} Fixture;

static void
set_up (Fixture      *self,
        gconstpointer unused)
{
  g_assert_true (udpnat_crypto_init ());
  self->folder = g_dir_make_tmp ("udpnat-access-XXXXXX", NULL);
  self->path = g_build_filename (self->folder, "access.db", NULL);
  self->store = udpnat_access_store_open (self->path, NULL);
  g_assert_nonnull (self->store);
}

static void
reopen (Fixture *self)
{
  udpnat_access_store_free (self->store);
  self->store = udpnat_access_store_open (self->path, NULL);
  g_assert_nonnull (self->store);
}

static void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_autoptr (GDir) dir = NULL;
  const char *name;

  udpnat_access_store_free (self->store);
  dir = g_dir_open (self->folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (self->folder, name, NULL);

      g_unlink (file);
    }
  g_rmdir (self->folder);
  g_free (self->path);
  g_free (self->folder);
}

static UdpnatPublicKey
make_key (guint8 first)
{
  UdpnatPublicKey key = { { first } };

  return key;
}

static UdpnatAccessRedeem
redeem (Fixture                    *self,
        const UdpnatInvitationCode *code,
        guint8                      who,
        gint64                      wall_us)
{
  UdpnatPublicKey key = make_key (who);
  g_autoptr (GError) error = NULL;
  UdpnatAccessRedeem result = udpnat_access_store_redeem (self->store, code, &key, wall_us,
                                                          &error);

  g_assert_no_error (error);
  return result;
}

static gint64
add (Fixture                    *self,
     const UdpnatInvitationCode *code,
     guint                       n_uses,
     gint64                      until_us)
{
  gint64 id = 0;

  g_assert_true (udpnat_access_store_add_invitation (self->store, code, n_uses, until_us, &id,
                                                     NULL));
  return id;
}

static void
count_invitation (const UdpnatInvitation *invitation,
                  gpointer                user_data)
{
  *(guint *) user_data += invitation->n_uses;
}

static guint
count_uses (Fixture *self,
            gint64   wall_us)
{
  guint n_uses = 0;

  g_assert_true (udpnat_access_store_foreach_invitation (self->store, wall_us, count_invitation,
                                                         &n_uses, NULL));
  return n_uses;
}

/* One line for each record, sorted. */
static void
list_record (const UdpnatAccessRecord *record,
             gpointer                  user_data)
{
  g_string_append_printf (user_data, "%s%u%s%s%s;", record->name != NULL ? record->name : "",
                          record->key.bytes[0], record->is_allowed ? "a" : "",
                          record->is_blocked ? "b" : "", record->is_denied ? "d" : "");
}

static void
assert_records (Fixture    *self,
                const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_true (udpnat_access_store_foreach (self->store, list_record, text, NULL));
  g_assert_cmpstr (text->str, ==, expected);
}

/* ---- Invitations ---- */

static void
test_uses (Fixture      *self,
           gconstpointer unused)
{
  UdpnatInvitationCode code = { "fifteen bytes.." }, other = { "other bytes...." };

  add (self, &code, 2, NOW_US + DAY_US);
  g_assert_cmpint (redeem (self, &other, 1, NOW_US), ==, UDPNAT_ACCESS_REDEEM_BAD);
  assert_records (self, "");
  g_assert_cmpint (redeem (self, &code, 1, NOW_US), ==, UDPNAT_ACCESS_REDEEM_GOOD);
  reopen (self);
  g_assert_cmpuint (count_uses (self, NOW_US), ==, 1);
  g_assert_cmpint (redeem (self, &code, 2, NOW_US), ==, UDPNAT_ACCESS_REDEEM_GOOD);
  g_assert_cmpint (redeem (self, &code, 3, NOW_US), ==, UDPNAT_ACCESS_REDEEM_BAD);
  g_assert_cmpuint (count_uses (self, NOW_US), ==, 0);
  assert_records (self, "1a;2a;");
}

static void
test_time (Fixture      *self,
           gconstpointer unused)
{
  UdpnatInvitationCode code = { "fifteen bytes.." };

  add (self, &code, 5, NOW_US + DAY_US);
  g_assert_cmpint (redeem (self, &code, 1, NOW_US + DAY_US - 1), ==, UDPNAT_ACCESS_REDEEM_GOOD);
  g_assert_cmpint (redeem (self, &code, 2, NOW_US + DAY_US), ==, UDPNAT_ACCESS_REDEEM_BAD);
  g_assert_cmpuint (count_uses (self, NOW_US + DAY_US - 1), ==, 4);
  g_assert_cmpuint (count_uses (self, NOW_US + DAY_US), ==, 0);
}

static void
test_withdraw (Fixture      *self,
               gconstpointer unused)
{
  UdpnatInvitationCode code = { "fifteen bytes.." };
  gint64   id = add (self, &code, 5, NOW_US + DAY_US);
  gboolean was_there = FALSE;

  g_assert_true (udpnat_access_store_withdraw_invitation (self->store, id, &was_there, NULL));
  g_assert_true (was_there);
  g_assert_true (udpnat_access_store_withdraw_invitation (self->store, id, &was_there, NULL));
  g_assert_false (was_there);
  g_assert_cmpint (redeem (self, &code, 1, NOW_US), ==, UDPNAT_ACCESS_REDEEM_BAD);
  g_assert_cmpint (add (self, &code, 1, NOW_US + DAY_US), >, id); /* no number comes twice */
}

/* Whoever reads the file cannot get in with it. */
static void
test_no_code_on_disk (Fixture      *self,
                      gconstpointer unused)
{
  UdpnatInvitationCode code = { "fifteen bytes.." };
  g_autofree char     *text = NULL;
  gsize                n_text;

  add (self, &code, 1, NOW_US + DAY_US);
  reopen (self);
  g_assert_true (g_file_get_contents (self->path, &text, &n_text, NULL));
  g_assert_null (memmem (text, n_text, code.bytes, sizeof code.bytes));
}

/* ---- Keys and names ---- */

static void
test_records (Fixture      *self,
              gconstpointer unused)
{
  UdpnatPublicKey alice = make_key (1), bob = make_key (2);

  g_assert_true (udpnat_access_store_set_key_allowed (self->store, &alice, TRUE, NULL));
  g_assert_true (udpnat_access_store_set_key_blocked (self->store, &alice, TRUE, NULL));
  g_assert_true (udpnat_access_store_set_key_blocked (self->store, &bob, TRUE, NULL));
  g_assert_true (udpnat_access_store_set_name_blocked (self->store, "Admin", TRUE, NULL));
  g_assert_true (udpnat_access_store_set_name_denied (self->store, "Admin", &bob, NULL));
  reopen (self);
  assert_records (self, "1ab;2b;Admin2bd;");

  /* Each is taken back apart from the other, and nothing is left over. */
  g_assert_true (udpnat_access_store_set_key_blocked (self->store, &alice, FALSE, NULL));
  g_assert_true (udpnat_access_store_set_key_blocked (self->store, &bob, FALSE, NULL));
  g_assert_true (udpnat_access_store_set_name_blocked (self->store, "ADMIN", FALSE, NULL));
  assert_records (self, "1a;Admin2d;");
  g_assert_true (udpnat_access_store_set_key_allowed (self->store, &alice, FALSE, NULL));
  g_assert_true (udpnat_access_store_set_name_denied (self->store, "admin", NULL, NULL));
  assert_records (self, "");
}

/* A damaged file would let everybody back in: the server does not start on it. */
static void
test_damaged (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->store, udpnat_access_store_free);
  g_assert_true (g_file_set_contents (self->path, "no database", -1, NULL));
  g_assert_null (udpnat_access_store_open (self->path, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ACCESS_DAMAGED);
}

/* ---- The list ---- */

static void
note_listed (const char            *name,
             const UdpnatPublicKey *key,
             gpointer               user_data)
{
  g_string_append_printf (user_data, "%s;", name != NULL ? name : "KEY");
}

static void
check_list (Fixture    *self,
            const char *text,
            const char *expected)
{
  g_autofree char *path = g_build_filename (self->folder, "allowed", NULL);
  g_autoptr (GString) found = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  if (udpnat_allow_list_read (path, note_listed, found, &error))
    {
      g_assert_cmpstr (found->str, ==, expected);
      return;
    }
  g_assert_null (expected);
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
}

static void
test_list (Fixture      *self,
           gconstpointer unused)
{
  check_list (self, "", "");
  check_list (self, "# nobody\n\n \t\n", "");
  check_list (self, " alice \r\nfi7j5hz66eroevczfolif35vbc77v6ke5fe6dlxbeubjurquyama\nBob Jones",
              "alice;KEY;Bob Jones;");
  check_list (self, "alice\nbob@example.org\n", NULL);
  check_list (self, "alice\n\xff\n", NULL);
}

static void
test_no_list (Fixture      *self,
              gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (udpnat_allow_list_read (self->folder, note_listed, NULL, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_false (udpnat_allow_list_read ("/no/such/file", note_listed, NULL, &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_CONFIG);
}

/* ---- Orders ---- */

typedef struct
{
  Fixture               base;
  Net                  *net;
  UdpnatNameStore      *names;
  UdpnatServerDisk     *disk;
  UdpnatServerOperator *operator;
  GString              *notes;
} Scene;

static gboolean
take_event (gpointer                 user_data,
            const UdpnatServerEvent *event)
{
  Scene *self = user_data;

  if (event->base.type != UDPNAT_SERVER_EVENT_CLAIM)
    return FALSE;
  udpnat_server_disk_handle_event (self->disk, self->net->now_us, NOW_US, event);
  (void) udpnat_server_disk_finish (self->disk, self->net->now_us);
  return TRUE;
}

static void
take_note (const char *event,
           const char *message,
           const char *name,
           gpointer    user_data)
{
  Scene *self = user_data;

  g_string_append_printf (self->notes, "%s %s;", event, name != NULL ? name : "-");
}

static void
scene_set_up (Scene        *self,
              gconstpointer unused)
{
  g_autofree char *names_path = NULL;
  UdpnatServerOperatorConfig config = { .address = "chat.example.org", .is_invited_only = TRUE };

  set_up (&self->base, NULL);
  names_path = g_build_filename (self->base.folder, "names.db", NULL);
  self->names = udpnat_name_store_open (names_path, NULL);
  self->net = net_new (1);
  self->net->is_invited_only = TRUE;
  udpnat_rendezvous_server_free (g_steal_pointer (&self->net->server));
  net_start_server (self->net);
  self->net->take_server_event = take_event;
  self->net->server_event_data = self;
  self->net->is_mailbox_off = TRUE;
  self->disk = udpnat_server_disk_new (self->net->server, self->names, NULL);
  udpnat_server_disk_set_access (self->disk, self->base.store);
  self->notes = g_string_new (NULL);
  config.server = self->net->server;
  config.names = self->names;
  config.access = self->base.store;
  config.random = self->net->random;
  config.key = udpnat_identity_get_public_key (self->net->server_identity);
  config.note = take_note;
  config.user_data = self;
  self->operator = udpnat_server_operator_new (&config);
}

static void
scene_tear_down (Scene        *self,
                 gconstpointer unused)
{
  udpnat_server_operator_free (self->operator);
  udpnat_server_disk_free (self->disk);
  udpnat_name_store_free (self->names);
  net_free (self->net);
  g_string_free (self->notes, TRUE);
  tear_down (&self->base, NULL);
}

static char *
obey (Scene      *self,
      const char *order)
{
  g_autoptr (GError) error = NULL;
  char *text = udpnat_server_operator_obey (self->operator, self->net->now_us, NOW_US, order,
                                            &error);

  g_assert_no_error (error);
  net_run (self->net, UDPNAT_SEC (1));
  return text;
}

static void
assert_refused (Scene      *self,
                const char *order)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *shown = g_strescape (order, NULL);

  g_test_message ("%s", shown);
  g_assert_null (udpnat_server_operator_obey (self->operator, self->net->now_us, NOW_US, order,
                                              &error));
  g_assert_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_ORDER);
}

static UdpnatInvitationCode
make_invitation (Scene *self)
{
  g_autofree char     *text = obey (self, "invite\t1\t7");
  g_auto (GStrv)       lines = g_strsplit (text, "\n", -1);
  UdpnatInvitationCode code;

  g_assert_true (g_str_has_prefix (lines[0], "Code: "));
  g_assert_true (udpnat_invitation_code_parse (&code, lines[0] + strlen ("Code: ")));
  g_assert_true (g_str_has_prefix (lines[1], "Link: udpnat:@chat.example.org?invite="));
  return code;
}

static NetClient *
join_invited (Scene      *self,
              const char *name)
{
  UdpnatInvitationCode code = make_invitation (self);
  NetClient           *client = net_add_client (self->net);

  udpnat_rendezvous_client_set_invitation (client->client, code.bytes);
  net_join_client (self->net, client, name);
  net_run (self->net, UDPNAT_SEC (2));
  return client;
}

/* From the order to the disk and into the machine; and what is on the disk is what holds. */
static void
test_order_invite (Scene        *self,
                   gconstpointer unused)
{
  NetClient *alice = join_invited (self, "Alice");
  NetClient *bob = net_join (self->net, "Bob");

  g_assert_true (net_is_registered (alice));
  net_run (self->net, UDPNAT_SEC (2));
  g_assert_cmpuint (bob->code, ==, UDPNAT_REFUSED_NOT_INVITED);
  g_assert_cmpuint (count_uses (&self->base, NOW_US), ==, 0);
  g_assert_cmpstr (self->notes->str, ==, "invited -;");
}

/* It is said what is wrong, and the name is neither on the disk nor taken. */
static void
test_order_bad_code (Scene        *self,
                     gconstpointer unused)
{
  NetClient       *mallory = net_add_client (self->net);
  g_autofree char *invitation = obey (self, "invite\t5\t7");
  g_autofree char *names = NULL;

  udpnat_rendezvous_client_set_invitation (mallory->client, (const guint8 *) "fifteen bytes..");
  net_join_client (self->net, mallory, "Mallory");
  net_run (self->net, UDPNAT_SEC (2));
  g_assert_cmpuint (mallory->code, ==, UDPNAT_REFUSED_INVITATION_INVALID);
  g_assert_cmpuint (count_uses (&self->base, NOW_US), ==, 5);
  names = obey (self, "names\t");
  g_assert_cmpstr (names, ==, "");
}

static void
test_order_block (Scene        *self,
                  gconstpointer unused)
{
  NetClient       *alice = join_invited (self, "Alice");
  g_autofree char *blocked = obey (self, "block\tALICE");
  g_autofree char *list = obey (self, "blocked");
  g_autofree char *unblocked = NULL;

  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_KEY_BLOCKED);
  g_assert_nonnull (strstr (list, "blocked   ALICE\n"));
  unblocked = obey (self, "unblock\talice");
  net_run (self->net, UDPNAT_SERVER_BLOCKED_WAIT_US + UDPNAT_SEC (2));
  g_assert_true (net_is_registered (alice));
  g_free (list);
  list = obey (self, "blocked");
  g_assert_cmpstr (list, ==, "Nobody is blocked.\n");
}

static void
test_order_release (Scene        *self,
                    gconstpointer unused)
{
  NetClient       *alice = join_invited (self, "Alice");
  g_autofree char *before = obey (self, "names\t");
  g_autofree char *released = obey (self, "release\tAlice");
  g_autofree char *after = obey (self, "names\t");

  g_assert_true (g_str_has_suffix (before, "  online   Alice\n"));
  g_assert_cmpstr (after, ==, "");
  net_run (self->net, UDPNAT_SEC (5));
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NAME_BLOCKED);
  udpnat_rendezvous_client_register (alice->client, self->net->now_us, "Alicia");
  net_run (self->net, UDPNAT_SEC (2));
  g_assert_cmpuint (alice->code, ==, UDPNAT_REFUSED_NOT_INVITED);
  assert_refused (self, "release\tAlice");
}

static void
test_order_nonsense (Scene        *self,
                     gconstpointer unused)
{
  const char *orders[] = {
    "", "\t", "quit", "invite", "invite\t0\t7", "invite\t10001\t7", "invite\t1\t0",
    "invite\t1\t3651", "invite\t1\t7\t7", "withdraw\tx", "withdraw\t1", "block\t", "block\t\xff",
    "block\ta@b", "unblock\t\n", "release\tnobody",
    "release\tfi7j5hz66eroevczfolif35vbc77v6ke5fe6dlxbeubjurquyama", "names", "names\t\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (orders); i++)
    assert_refused (self, orders[i]);
  g_assert_cmpstr (self->notes->str, ==, "");
  assert_records (&self->base, "");
}

/* Many names come in parts, each once. */
static void
test_order_names (Scene        *self,
                  gconstpointer unused)
{
  UdpnatPublicKey  key = make_key (9);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  g_assert_true (udpnat_name_store_begin (self->names, NULL));
  for (guint i = 0; i < 501; i++)
    {
      g_autofree char *name = g_strdup_printf ("Name %04u", i);

      g_assert_true (udpnat_name_store_claim (self->names, name, &key, NOW_US, NULL));
    }
  g_assert_true (udpnat_name_store_commit (self->names, NULL));
  first = obey (self, "names\t");
  g_assert_true (g_str_has_suffix (first, "  2023-11-14  offline  Name 0499\n"));
  second = obey (self, "names\tName 0499");
  g_assert_true (g_str_has_suffix (second, "  Name 0500\n"));
  g_assert_null (strstr (second, "Name 0499"));
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
#define ADD_SCENE(path, func) g_test_add (path, Scene, NULL, scene_set_up, func, scene_tear_down)

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/access-store/invitation/as-often-as-it-says", test_uses);
  ADD ("/access-store/invitation/as-long-as-it-says", test_time);
  ADD ("/access-store/invitation/withdrawn", test_withdraw);
  ADD ("/access-store/invitation/its-code-is-not-kept", test_no_code_on_disk);
  ADD ("/access-store/records/kept-apart", test_records);
  ADD ("/access-store/damaged/is-not-used", test_damaged);
  ADD ("/access-store/list/keys-and-names", test_list);
  ADD ("/access-store/list/none", test_no_list);
  ADD_SCENE ("/access-store/order/invite", test_order_invite);
  ADD_SCENE ("/access-store/order/bad-code", test_order_bad_code);
  ADD_SCENE ("/access-store/order/block", test_order_block);
  ADD_SCENE ("/access-store/order/release", test_order_release);
  ADD_SCENE ("/access-store/order/nonsense", test_order_nonsense);
  ADD_SCENE ("/access-store/order/names-in-parts", test_order_names);
  return g_test_run ();
}
