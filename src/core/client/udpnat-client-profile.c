/* What we tell of ourselves, and what the user has set. A status line and a picture go to contacts
 * who have accepted us, together with one-time keys for mail to us. */

#include "config.h"

#include "udpnat-client-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-backup.h"
#include "udpnat-clock.h"
#include "udpnat-host.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"
#include "udpnat-presence.h"
#include "udpnat-system-random.h"

/* How many one-time keys each contact should have of us. One is used for each letter, which holds
 * everything that waits; so these are many evenings away. */
#define PREKEYS_WANTED 16
#define PREKEYS_LOW 8

/* ---- Settings ---- */

typedef struct
{
  const char *name;
  const char *values[5]; /* the first is what holds when nothing is set */
  const char *words;
} Setting;

static const Setting settings[] = {
  { "strangers", { "ask", "accept", "refuse" },
    N_("people you do not know: ask you first, accept all, or hear none") },
  { "read-receipts", { "on", "off" }, N_("tell people that you have read their messages") },
  { "typing", { "on", "off" }, N_("show people that you are writing to them") },
  { "accept-files", { "ask", "verified", "accept" },
    N_("files of contacts: ask you first, take those of verified people, or take all") },
  { "accept-files-up-to", { "10MB", "100MB", "1GB", "any" },
    N_("the largest file that is taken without asking you") },
  { "mail-files-up-to", { "1MB", "100kB", "off" },
    N_("the largest file that goes into the mailbox of somebody who is away") },
  { "presence", { "on", "off" }, N_("be shown in the server's list while you are here") },
  { "lan", { "on", "off" },
    N_("be seen by people on this network, by your name, and see them, without any server") },
  { "port-mapping", { "on", "off" },
    N_("have your router open a port while you are here, so that more people are reached "
       "directly") },
  { "last-seen", { "on", "off" }, N_("remember when your contacts were last here") },
  { "relay-only", { "off", "on" },
    N_("never connect directly: nobody learns your address, and everything takes longer") },
  { "port-search", { "on", "off" },
    N_("where routers are strict, try up to 1,200 doors of theirs, or 256 of yours, to connect "
       "directly") },
};

static const Setting *
find_setting (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (settings); i++)
    if (g_str_equal (settings[i].name, name))
      return &settings[i];
  return NULL;
}

/**
 * udpnat_client_explain_setting:
 * @index: from 0
 * @out_setting: (out): its name
 * @out_values: (out) (transfer none) (array zero-terminated=1): what it may be, the default first
 *
 * Returns: (nullable): what it is about; %NULL after the last one
 */
const char *
udpnat_client_explain_setting (guint                index,
                               const char         **out_setting,
                               const char *const  **out_values)
{
  if (index >= G_N_ELEMENTS (settings))
    return NULL;
  *out_setting = settings[index].name;
  *out_values = settings[index].values;
  return _(settings[index].words);
}

/** udpnat_client_dup_setting: Returns: (transfer full) (nullable): %NULL: there is none of @name */
char *
udpnat_client_dup_setting (UdpnatClient *self,
                           const char   *name)
{
  const Setting *setting = find_setting (name);
  g_autofree char *value = NULL;

  if (setting == NULL)
    return NULL;
  value = udpnat_store_dup_setting (self->store, name);
  if (value != NULL && g_strv_contains ((const char *const *) setting->values, value))
    return g_steal_pointer (&value);
  return g_strdup (setting->values[0]);
}

gboolean
udpnat_client_is_set (UdpnatClient *self,
                      const char   *setting,
                      const char   *value)
{
  g_autofree char *current = udpnat_client_dup_setting (self, setting);

  return g_strcmp0 (current, value) == 0;
}

/** udpnat_client_apply_settings: those that the node has to know */
void
udpnat_client_apply_settings (UdpnatClient *self)
{
  gint64 now_us = udpnat_clock_get_now_us ();

  udpnat_node_set_listed (self->node, now_us, udpnat_client_is_set (self, "presence", "on"));
  udpnat_node_set_relay_only (self->node, now_us, udpnat_client_is_set (self, "relay-only", "on"));
  udpnat_node_set_port_search (self->node, udpnat_client_is_set (self, "port-search", "on"));
  udpnat_client_update_lan (self);
  udpnat_client_update_mapping (self);
  udpnat_client_wake (self);
}

/**
 * udpnat_client_set_setting:
 * @error: %UDPNAT_ERROR_INVALID: what it may be
 */
gboolean
udpnat_client_set_setting (UdpnatClient *self,
                           const char   *name,
                           const char   *value,
                           GError      **error)
{
  const Setting *setting = find_setting (name);
  g_autofree char *allowed = NULL;

  if (setting == NULL)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID, _("There is no setting “%s”."), name);
      return FALSE;
    }
  if (!g_strv_contains ((const char *const *) setting->values, value))
    {
      allowed = g_strjoinv (", ", (char **) setting->values);
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   /* Translators: a setting, what it may be, as in “on, off”, what it may not */
                   _("“%s” can be: %s; not “%s”."), name, allowed, value);
      return FALSE;
    }
  udpnat_store_set_setting (self->store, name, value);
  udpnat_client_apply_settings (self);
  return TRUE;
}

/** udpnat_client_set_away: whether somebody sits at this computer */
void
udpnat_client_set_away (UdpnatClient *self,
                        gboolean      is_away)
{
  self->is_away = is_away;
  udpnat_node_set_presence (self->node, udpnat_clock_get_now_us (),
                            is_away ? UDPNAT_PRESENCE_AWAY : UDPNAT_PRESENCE_ONLINE);
  udpnat_client_wake (self);
  g_object_notify (G_OBJECT (self), "server-state"); /* how we are there is other words now */
}

gboolean
udpnat_client_is_away (UdpnatClient *self)
{
  return self->is_away;
}

/* ---- The link to oneself ---- */

/**
 * udpnat_client_dup_link: Returns: (transfer full) (nullable): the link to oneself; %NULL before a
 * name and a server are known */
char *
udpnat_client_dup_link (UdpnatClient *self)
{
  g_autofree char *for_others = udpnat_host_dup_shared (self->server);

  return udpnat_client_dup_link_at (self, for_others != NULL ? for_others : self->server);
}

/**
 * udpnat_client_dup_link_at:
 * @text: (nullable): "host:port" of the own server as others reach it, which may be another than
 *   oneself has for it
 *
 * Returns: (transfer full) (nullable): the link to oneself; %NULL before a name is known
 */
char *
udpnat_client_dup_link_at (UdpnatClient *self,
                           const char   *text)
{
  g_autoptr (GSocketConnectable) server = NULL;
  g_autoptr (UdpnatLink) link = NULL;

  if (self->name == NULL)
    return NULL;
  if (text != NULL)
    server = g_network_address_parse (text, UDPNAT_SERVER_PORT, NULL);
  link = udpnat_link_new (self->name,
                          server != NULL
                            ? g_network_address_get_hostname (G_NETWORK_ADDRESS (server)) : NULL,
                          server != NULL
                            ? g_network_address_get_port (G_NETWORK_ADDRESS (server))
                            : UDPNAT_SERVER_PORT,
                          udpnat_person_get_key (self->me));
  return udpnat_link_to_string (link);
}

/* ---- Status line and picture ---- */

char *
udpnat_client_dup_status (UdpnatClient *self)
{
  g_autofree char *status = udpnat_store_dup_setting (self->store, "status");

  return status != NULL ? g_steal_pointer (&status) : g_strdup ("");
}

/** udpnat_client_dup_avatar: Returns: (transfer full) (nullable): our picture */
GBytes *
udpnat_client_dup_avatar (UdpnatClient *self)
{
  g_autofree char *text = udpnat_store_dup_setting (self->store, "avatar");
  guchar *data;
  gsize n_data;

  if (text == NULL)
    return NULL;
  data = g_base64_decode (text, &n_data);
  return g_bytes_new_take (data, n_data);
}

static void
put_profile (UdpnatClient *self,
             UdpnatPerson *person)
{
  UdpnatMessageId id = udpnat_client_make_id ();
  g_autofree char *status = udpnat_client_dup_status (self);
  g_autoptr (GBytes) avatar = udpnat_client_dup_avatar (self);

  udpnat_client_put (self, person,
                     udpnat_item_new_profile (&id, udpnat_clock_get_wall_us (), status, avatar),
                     NULL, 0);
}

static void
tell_profile (UdpnatClient *self)
{
  GListModel *people = G_LIST_MODEL (self->people);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_is_contact (person) && udpnat_person_is_mutual (person))
        put_profile (self, person);
    }
}

/**
 * udpnat_client_set_status:
 * @status: "" for none
 * @error: %UDPNAT_ERROR_INVALID
 */
gboolean
udpnat_client_set_status (UdpnatClient *self,
                          const char   *status,
                          GError      **error)
{
  if (strlen (status) > UDPNAT_STATUS_MAX_BYTES || !g_utf8_validate (status, -1, NULL))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   g_dngettext (GETTEXT_PACKAGE, "A status line has at most %d bytes of UTF-8.",
                                "A status line has at most %d bytes of UTF-8.",
                                UDPNAT_STATUS_MAX_BYTES),
                   UDPNAT_STATUS_MAX_BYTES);
      return FALSE;
    }
  udpnat_store_set_setting (self->store, "status", *status != '\0' ? status : NULL);
  tell_profile (self);
  return TRUE;
}

static gboolean
is_picture (GBytes *avatar)
{
  static const guint8 png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  static const guint8 jpeg[] = { 0xff, 0xd8, 0xff };
  gsize n_data;
  const guint8 *data = g_bytes_get_data (avatar, &n_data);

  return (n_data > sizeof png && memcmp (data, png, sizeof png) == 0) ||
         (n_data > sizeof jpeg && memcmp (data, jpeg, sizeof jpeg) == 0);
}

/**
 * udpnat_client_set_avatar:
 * @avatar: (nullable): a PNG or JPEG of at most %UDPNAT_AVATAR_MAX_BYTES
 * @error: %UDPNAT_ERROR_INVALID
 */
gboolean
udpnat_client_set_avatar (UdpnatClient *self,
                          GBytes       *avatar,
                          GError      **error)
{
  g_autofree char *text = NULL;

  if (avatar != NULL &&
      (!is_picture (avatar) || g_bytes_get_size (avatar) > UDPNAT_AVATAR_MAX_BYTES))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID,
                   _("A picture of oneself is a PNG or JPEG file of at most %d KiB."),
                   UDPNAT_AVATAR_MAX_BYTES / 1024);
      return FALSE;
    }
  if (avatar != NULL)
    text = g_base64_encode (g_bytes_get_data (avatar, NULL), g_bytes_get_size (avatar));
  udpnat_store_set_setting (self->store, "avatar", text);
  tell_profile (self);
  return TRUE;
}

/* ---- One-time keys for mail ---- */

static guint
count_own_prekeys (UdpnatClient *self,
                   UdpnatPerson *person)
{
  return GPOINTER_TO_UINT (g_hash_table_lookup (self->own_prekeys,
                                                udpnat_person_get_key_text (person)));
}

static void
set_own_prekeys (UdpnatClient *self,
                 UdpnatPerson *person,
                 guint         n_prekeys)
{
  g_hash_table_replace (self->own_prekeys, g_strdup (udpnat_person_get_key_text (person)),
                        GUINT_TO_POINTER (n_prekeys));
}

static void
restore_own_prekey (const UdpnatPublicKey *key,
                    const UdpnatPrekey    *secret,
                    gpointer               user_data)
{
  UdpnatClient *self = user_data;
  UdpnatPerson *person = udpnat_client_ensure_person (self, key, NULL);

  udpnat_node_add_own_prekey (self->node, key, secret);
  set_own_prekeys (self, person, count_own_prekeys (self, person) + 1);
}

static void
restore_peer_prekey (const UdpnatPublicKey *key,
                     const UdpnatPrekey    *prekey,
                     gpointer               user_data)
{
  UdpnatClient *self = user_data;

  udpnat_node_add_peer_prekey (self->node, key, prekey);
}

/** udpnat_client_restore_prekeys: at the start, from disk */
void
udpnat_client_restore_prekeys (UdpnatClient *self)
{
  udpnat_store_foreach_own_prekey (self->store, restore_own_prekey, self);
  udpnat_store_foreach_peer_prekey (self->store, restore_peer_prekey, self);
}

static void
make_prekey (UdpnatPrekey *out_secret,
             UdpnatPrekey *out_public)
{
  UdpnatRandom random = udpnat_system_random ();
  g_autoptr (UdpnatIdentity) pair = udpnat_identity_generate (&random);

  do
    udpnat_random_fill (&random, (guint8 *) &out_secret->id, sizeof out_secret->id);
  while (out_secret->id == 0);
  out_public->id = out_secret->id;
  memcpy (out_secret->key, udpnat_identity_get_secret (pair), sizeof out_secret->key);
  memcpy (out_public->key, udpnat_identity_get_public_key (pair)->bytes, sizeof out_public->key);
}

static void
put_prekeys (UdpnatClient *self,
             UdpnatPerson *person)
{
  UdpnatMessageId id = udpnat_client_make_id ();
  UdpnatPrekey secrets[PREKEYS_WANTED];
  UdpnatPrekey publics[PREKEYS_WANTED];
  guint n_has = count_own_prekeys (self, person);
  guint n_new = n_has < PREKEYS_WANTED ? PREKEYS_WANTED - n_has : 0;

  if (n_new == 0)
    return;
  for (guint i = 0; i < n_new; i++)
    {
      make_prekey (&secrets[i], &publics[i]);
      udpnat_node_add_own_prekey (self->node, udpnat_person_get_key (person), &secrets[i]);
    }
  set_own_prekeys (self, person, n_has + n_new);
  udpnat_client_put (self, person,
                     udpnat_item_new_prekeys (&id, udpnat_clock_get_wall_us (), publics, n_new),
                     secrets, n_new);
  explicit_bzero (secrets, sizeof secrets);
}

/**
 * udpnat_client_top_up_prekeys: gives new ones to contacts who have few; should an earlier run have
 * ended before it did */
void
udpnat_client_top_up_prekeys (UdpnatClient *self)
{
  GListModel *people = G_LIST_MODEL (self->people);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_is_contact (person) && udpnat_person_is_mutual (person) &&
          count_own_prekeys (self, person) < PREKEYS_LOW)
        put_prekeys (self, person);
    }
}

/** udpnat_client_introduce: @person and we have accepted each other: what contacts are told */
void
udpnat_client_introduce (UdpnatClient *self,
                         UdpnatPerson *person)
{
  g_autofree char *status = udpnat_client_dup_status (self);
  g_autoptr (GBytes) avatar = udpnat_client_dup_avatar (self);

  put_prekeys (self, person);
  if (*status != '\0' || avatar != NULL)
    put_profile (self, person);
}

/** udpnat_client_take_prekeys: @item: anything that has come; PREKEYS are for the node as well */
void
udpnat_client_take_prekeys (UdpnatClient     *self,
                            UdpnatPerson     *person,
                            const UdpnatItem *item)
{
  UdpnatPrekey prekeys[UDPNAT_PREKEYS_MAX];
  guint n_prekeys = udpnat_item_get_prekeys (item, prekeys, G_N_ELEMENTS (prekeys));

  for (guint i = 0; i < n_prekeys; i++)
    udpnat_node_add_peer_prekey (self->node, udpnat_person_get_key (person), &prekeys[i]);
}

typedef struct
{
  UdpnatClient   *client; /* borrowed */
  UdpnatPublicKey key;
  guint64         prekey_id;
} TakenPrekey;

static void
prekey_taken_cb (gboolean is_saved,
                 gpointer user_data)
{
  g_autofree TakenPrekey *taken = user_data;
  UdpnatClient *self = taken->client;

  /* Not forgotten for good, or not there any more: then the letter goes without it. */
  udpnat_node_confirm_prekey (self->node, udpnat_clock_get_now_us (), &taken->key,
                              taken->prekey_id, is_saved);
  udpnat_client_wake (self);
}

/** udpnat_client_handle_prekey_taken: the node wants to use one of the peer's: forget it first */
void
udpnat_client_handle_prekey_taken (UdpnatClient          *self,
                                   const UdpnatNodeEvent *event)
{
  TakenPrekey *taken = g_new0 (TakenPrekey, 1);

  taken->client = self;
  taken->key = event->key;
  taken->prekey_id = event->prekey_id;
  udpnat_store_take_peer_prekey (self->store, &event->key, event->prekey_id, prekey_taken_cb,
                                 taken);
}

/** udpnat_client_handle_prekey_used: one of ours is spent; when few are left new ones are given */
void
udpnat_client_handle_prekey_used (UdpnatClient          *self,
                                  const UdpnatNodeEvent *event)
{
  UdpnatPerson *person = udpnat_client_ensure_person (self, &event->key, NULL);
  guint n_left = count_own_prekeys (self, person);

  udpnat_store_delete_own_prekey (self->store, &event->key, event->prekey_id);
  if (n_left > 0)
    set_own_prekeys (self, person, --n_left);
  if (n_left < PREKEYS_LOW && udpnat_person_is_contact (person))
    put_prekeys (self, person);
}

/* ---- Backup ---- */

static gboolean
is_backup_under_way (UdpnatClient *self,
                     GError      **error)
{
  if (!self->is_backing_up)
    return FALSE;
  g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_EXISTS,
                       _("A backup is being written already. Wait until it is done."));
  return TRUE;
}

/* Borrows from the profile; @database_path is freed by the caller. */
static UdpnatBackupSource
make_backup_source (UdpnatClient *self,
                    const char   *database_path)
{
  const UdpnatIdentity *identity = udpnat_profile_get_identity (self->profile);
  UdpnatBackupSource source = {
    .identity_secret = udpnat_identity_get_secret (identity),
    .database_path = database_path,
    .database_key = udpnat_profile_get_database_key (self->profile),
  };

  return source;
}

/**
 * udpnat_client_back_up:
 * @path: the file to write
 * @passphrase: (nullable): that the file is encrypted with
 * @may_replace: whether a file of that name may be replaced
 * @error: %UDPNAT_ERROR_EXISTS, or of what the disk says
 *
 * Writes identity and everything remembered to one file. Two programs that run from one backup at
 * the same time take turns at the server: it is for a disk that breaks, not for a second computer.
 */
gboolean
udpnat_client_back_up (UdpnatClient  *self,
                       const char    *path,
                       const char    *passphrase,
                       gboolean       may_replace,
                       GError       **error)
{
  g_autofree char *database_path = udpnat_profile_dup_database_path (self->profile);
  UdpnatBackupSource source = make_backup_source (self, database_path);

  udpnat_client_flush (self);
  return !is_backup_under_way (self, error) &&
         udpnat_backup_write (&source, path, passphrase, NULL, may_replace, error);
}

static void
backed_up_cb (GObject      *unused,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  UdpnatClient *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->is_backing_up = FALSE;
  if (udpnat_backup_write_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * udpnat_client_back_up_async:
 *
 * As udpnat_client_back_up(), and lets the main loop run. What has been told by a signal is in it.
 */
void
udpnat_client_back_up_async (UdpnatClient       *self,
                             const char         *path,
                             const char         *passphrase,
                             gboolean            may_replace,
                             GCancellable       *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer            user_data)
{
  g_autofree char *database_path = udpnat_profile_dup_database_path (self->profile);
  UdpnatBackupSource source = make_backup_source (self, database_path);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, udpnat_client_back_up_async);
  if (is_backup_under_way (self, &error))
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  self->is_backing_up = TRUE;
  udpnat_backup_write_async (&source, path, passphrase, may_replace, cancellable, backed_up_cb,
                             task);
}

gboolean
udpnat_client_back_up_finish (UdpnatClient *self,
                              GAsyncResult *result,
                              GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
