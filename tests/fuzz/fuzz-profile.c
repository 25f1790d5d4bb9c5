/* Makes the profile of fuzz-profile.h with the store itself. */

#include "config.h"

#include "fuzz-profile.h"

#include "fuzz-folder.h"
#include "test-store-fixture.h"

#include "udpnat-hex.h"
#include "udpnat-identity.h"

enum
{
  BOB,     /* a contact */
  CAROL,   /* has written, and waits for an answer */
  DAVE,    /* blocked, of another server */
  NOBODY,
};

static const guint8 secret[UDPNAT_KEY_BYTES] = { 42 };
static const guint8 database_key[UDPNAT_KEY_BYTES] = { 43 };

UdpnatPublicKey
fuzz_profile_get_own_key (void)
{
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_new_from_secret (secret);

  return *udpnat_identity_get_public_key (identity);
}

UdpnatPublicKey
fuzz_profile_get_key (guint person)
{
  return make_key (person + 1);
}

const guint8 *
fuzz_profile_get_database_key (void)
{
  return database_key;
}

static void
add_person (Fixture       *fixture,
            guint          person,
            const char    *name,
            const char    *server,
            UdpnatRelation relation)
{
  UdpnatPublicKey key = fuzz_profile_get_key (person);
  g_autoptr (UdpnatContact) contact = udpnat_contact_new (&key);

  contact->name = g_strdup (name);
  contact->server = g_strdup (server);
  contact->relation = relation;
  contact->is_mutual = person == BOB;
  udpnat_store_save_contact (fixture->store, contact, NULL, NULL);
}

static void
talk (Fixture *fixture)
{
  const UdpnatPrekey prekeys[2] = { { 1, { 7 } }, { 2, { 8 } } };
  const guint32 bob = BOB + 1;
  UdpnatPublicKey key = fuzz_profile_get_key (BOB);
  UdpnatMessageId asked = say_text (fixture, bob, "Is the kettle on?");
  UdpnatMessageId answered = hear_text (fixture, bob, "It has been for an hour, see https://a.b/c");
  UdpnatMessageId id = make_id (1000);

  say (fixture, bob, make_on (fixture, UDPNAT_ITEM_REPLY, answered, "An hour!"));
  hear (fixture, bob, make_on (fixture, UDPNAT_ITEM_REACTION, asked, "☕"));
  hear (fixture, bob, make_on (fixture, UDPNAT_ITEM_EDIT, answered, "Since five, grüße"));
  hear (fixture, bob, udpnat_item_new_profile (&id, NOW_US, "at sea ⛵", NULL));
  hear (fixture, bob, udpnat_item_new_prekeys (&id, NOW_US, prekeys, 2));
  udpnat_store_set_item_state (fixture->store, &key, &asked, UDPNAT_ITEM_STATE_SENT, NULL, NULL,
                               NULL);
  udpnat_store_set_draft (fixture->store, &key, "I shall");
  udpnat_store_set_timestamp (fixture->store, &key, (const guint8 *) "twelve bytes");
  say_file (fixture, bob, "kettle.jpg", "/home/alice/kettle.jpg");
  id = hear_file (fixture, bob, "teapot.jpg");
  say (fixture, bob, make_on (fixture, UDPNAT_ITEM_FILE_ANSWER, id, UDPNAT_FILE_ANSWER_ACCEPTED));
  hear_text (fixture, CAROL + 1, "Do you remember me?");
}

/* Returns: what the file holds */
static GBytes *
make_database (const guint8 *key)
{
  g_autoptr (GError) error = NULL;
  Fixture fixture = { .path = fuzz_folder_path ("udpnat.db") };
  UdpnatPublicKey own_key = fuzz_profile_get_own_key ();
  char *contents = NULL;
  gsize n_contents;

  fixture.store = udpnat_store_open (fixture.path, key, &own_key, &error);
  g_assert_no_error (error);
  udpnat_store_set_setting (fixture.store, "name", "alice");
  udpnat_store_set_server_key (fixture.store, "192.0.2.1:8848", &own_key);
  add_person (&fixture, BOB, "bob", NULL, UDPNAT_RELATION_ACCEPTED);
  add_person (&fixture, CAROL, "carol o'hara", NULL, UDPNAT_RELATION_REQUEST);
  add_person (&fixture, DAVE, "dave", "192.0.2.9:8848", UDPNAT_RELATION_BLOCKED);
  talk (&fixture);
  close_store (&fixture);
  g_assert_true (g_file_get_contents (fixture.path, &contents, &n_contents, &error));
  g_assert_cmpint (g_remove (fixture.path), ==, 0);
  g_free (fixture.path);
  return g_bytes_new_take (contents, n_contents);
}

/**
 * fuzz_profile_put:
 * @key: (nullable): fuzz_profile_get_database_key(), or %NULL for a database in clear
 *
 * Empties the folder, and puts udpnat.db and identity.key there.
 *
 * Returns: (transfer full): the path of the database
 */
char *
fuzz_profile_put (const guint8 *key)
{
  static GBytes *made[2];
  GBytes **database = &made[key != NULL];
  char text[2 * UDPNAT_KEY_BYTES + 2] = { 0 };
  g_autofree char *key_path = NULL;
  gsize n_data;
  const void *data;

  fuzz_folder_clear ();
  if (*database == NULL)
    *database = make_database (key);
  fuzz_folder_clear ();
  udpnat_hex_write (secret, sizeof secret, text);
  strcat (text, "\n");
  key_path = fuzz_folder_put ("identity.key", text, strlen (text));
  data = g_bytes_get_data (*database, &n_data);
  return fuzz_folder_put ("udpnat.db", data, n_data);
}
