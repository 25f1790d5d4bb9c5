/* A user's folder: made at first use, locked while in use, and holder of the keys.
 *
 * A key file that cannot be read is an error and left as it is, because the name at the server
 * belongs to that key for good.
 *
 * The key file says whether the database is encrypted: it is when the key file is protected. While
 * that changes, a mark in the (protected, authenticated) key file says that the database may be in
 * either state:
 *
 *   turning on    protected, marked   database encrypted   protected
 *   turning off   protected, marked   database in clear    plain
 *
 * Each step replaces one file as a whole. After a crash between them the passphrase opens the
 * profile, and a database that is in clear is encrypted (again). Without the mark, a database in
 * clear in a protected profile was put there by somebody else, and is refused. */

#include "config.h"

#include "udpnat-profile.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-key-file.h"
#include "udpnat-sealed-vfs.h"
#include "udpnat-system-random.h"

struct _UdpnatProfile
{
  char           *path;
  char           *key_path;
  char           *database_path;
  int             lock_fd; /* -1: not locked */
  UdpnatIdentity *identity;
  guint8         *database_key; /* in guarded memory; NULL: the database is not encrypted */
};

/**
 * udpnat_profile_get_default_path:
 *
 * Returns: (transfer full): $XDG_DATA_HOME/udpnat
 */
char *
udpnat_profile_get_default_path (void)
{
  return g_build_filename (g_get_user_data_dir (), "udpnat", NULL);
}

static gboolean
set_unwritable (GError    **error,
                const char *path,
                int         saved_errno)
{
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               _("Cannot write to the profile folder %s: %s. Choose another with --profile DIR, "
                 "or mend its rights."), path, g_strerror (saved_errno));
  return FALSE;
}

static gboolean
lock_profile (UdpnatProfile *self,
              GError       **error)
{
  g_autofree char *lock_path = g_build_filename (self->path, "lock", NULL);
  char text[32] = "";
  gssize n_read;

  self->lock_fd = open (lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->lock_fd < 0)
    return set_unwritable (error, self->path, errno);
  if (flock (self->lock_fd, LOCK_EX | LOCK_NB) != 0)
    {
      n_read = read (self->lock_fd, text, sizeof text - 1);
      if (n_read > 0)
        g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE,
                     _("The profile %s is open in another udpnat, process %s. Close that one, or "
                       "give this one a profile of its own with --profile DIR."), self->path,
                     g_strchomp (text));
      else
        g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE,
                     _("The profile %s is open in another udpnat. Close that one, or give this "
                       "one a profile of its own with --profile DIR."), self->path);
      return FALSE;
    }
  g_snprintf (text, sizeof text, "%d\n", (int) getpid ());
  if (ftruncate (self->lock_fd, 0) != 0 ||
      write (self->lock_fd, text, strlen (text)) != (gssize) strlen (text))
    return set_unwritable (error, self->path, errno);
  return TRUE;
}

/* ---- The keys ---- */

/* @key: (nullable) */
static void
set_database_key (UdpnatProfile *self,
                  const guint8  *key)
{
  g_clear_pointer (&self->database_key, sodium_free); /* wipes */
  if (key == NULL)
    return;
  self->database_key = sodium_malloc (UDPNAT_KEY_BYTES);
  if (self->database_key == NULL)
    g_error ("No memory for a key");
  memcpy (self->database_key, key, UDPNAT_KEY_BYTES);
}

static gboolean
has_database (UdpnatProfile *self)
{
  return g_file_test (self->database_path, G_FILE_TEST_EXISTS);
}

static gboolean
make_keys (UdpnatProfile         *self,
           const char            *passphrase,
           UdpnatKeyFileContents *out,
           GError               **error)
{
  UdpnatRandom random = udpnat_system_random ();
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&random);

  memset (out, 0, sizeof *out);
  memcpy (out->identity_secret, udpnat_identity_get_secret (identity), UDPNAT_KEY_BYTES);
  if (passphrase != NULL)
    {
      randombytes_buf (out->database_key, sizeof out->database_key);
      out->is_changing = has_database (self);
    }
  return udpnat_key_file_save (self->key_path, passphrase, out, error);
}

/* A mark means that a crash came between two steps. */
static gboolean
finish_change (UdpnatProfile         *self,
               const char            *passphrase,
               UdpnatKeyFileContents *contents,
               GError               **error)
{
  UdpnatSealedVfsContent found = udpnat_sealed_vfs_probe (self->database_path,
                                                          contents->database_key);

  if (!contents->is_changing && found == UDPNAT_SEALED_VFS_CONTENT_CLEAR)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                   _("The profile database %s is not encrypted, but it was when udpnat last wrote "
                     "it: it is not the same file. Restore the right one, or move it away."),
                   self->database_path);
      return FALSE;
    }
  if (!contents->is_changing)
    return TRUE;
  if (found == UDPNAT_SEALED_VFS_CONTENT_CLEAR &&
      !udpnat_sealed_vfs_convert (self->database_path, NULL, contents->database_key, error))
    return FALSE;
  contents->is_changing = FALSE;
  return udpnat_key_file_save (self->key_path, passphrase, contents, error);
}

static gboolean
load_keys (UdpnatProfile *self,
           const char    *passphrase,
           GError       **error)
{
  g_auto (UdpnatKeyFileContents) contents = { 0 };
  UdpnatKeyFileKind kind = udpnat_key_file_read_kind (self->key_path);
  gboolean is_new = kind == UDPNAT_KEY_FILE_KIND_MISSING;
  gboolean is_protected = is_new ? passphrase != NULL : kind == UDPNAT_KEY_FILE_KIND_PROTECTED;

  if (is_new ? !make_keys (self, passphrase, &contents, error)
             : !udpnat_key_file_load (self->key_path, passphrase, &contents, error))
    return FALSE;
  if (is_protected && !finish_change (self, passphrase, &contents, error))
    return FALSE;
  self->identity = udpnat_identity_new_from_secret (contents.identity_secret);
  set_database_key (self, is_protected ? contents.database_key : NULL);
  return TRUE;
}

/* What a crash in the middle of a change or of a backup left: it may be the database in clear. */
static void
remove_leftovers (UdpnatProfile *self)
{
  static const char *const endings[] = { ".new", ".snapshot" };

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *path = g_strconcat (self->database_path, endings[i], NULL);

      g_unlink (path);
    }
  udpnat_key_file_remove_leftover (self->key_path);
}

/**
 * udpnat_profile_open:
 * @path: the folder; made with mode 0700 when it is not there
 * @passphrase: (nullable): of the profile; not looked at when it has none. A profile that is made
 *   now gets it
 * @error: %UDPNAT_ERROR_PROFILE_IN_USE, _UNWRITABLE or _DAMAGED; _LOCKED when a passphrase is
 *   needed and there is none, or _WRONG_PASSPHRASE
 *
 * Opens and locks a profile, and makes an identity at its first use. With a passphrase this takes
 * about a second and 256 MiB.
 */
UdpnatProfile *
udpnat_profile_open (const char *path,
                     const char *passphrase,
                     GError    **error)
{
  g_autoptr (UdpnatProfile) self = g_new0 (UdpnatProfile, 1);

  self->path = g_strdup (path);
  self->key_path = g_build_filename (path, "identity.key", NULL);
  self->database_path = g_build_filename (path, "udpnat.db", NULL);
  self->lock_fd = -1;
  if (g_mkdir_with_parents (path, 0700) != 0)
    {
      set_unwritable (error, path, errno);
      return NULL;
    }
  if (!lock_profile (self, error))
    return NULL;
  remove_leftovers (self);
  if (!load_keys (self, passphrase, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
udpnat_profile_free (UdpnatProfile *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->identity, udpnat_identity_free);
  set_database_key (self, NULL);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->database_path);
  g_free (self->key_path);
  g_free (self->path);
  g_free (self);
}

/** udpnat_profile_is_locked: whether opening the profile at @path takes a passphrase */
gboolean
udpnat_profile_is_locked (const char *path)
{
  g_autofree char *key_path = g_build_filename (path, "identity.key", NULL);

  return udpnat_key_file_read_kind (key_path) == UDPNAT_KEY_FILE_KIND_PROTECTED;
}

/**
 * udpnat_profile_move_aside:
 * @path: of a profile that is not open
 * @error: %UDPNAT_ERROR_PROFILE_UNWRITABLE
 *
 * Makes room for another profile at the same place. Nothing is deleted.
 *
 * Returns: (transfer full) (nullable): where it is now
 */
char *
udpnat_profile_move_aside (const char *path,
                           GError    **error)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *date = g_date_time_format (now, "%Y%m%d-%H%M%S");
  g_autofree char *aside = g_strdup_printf ("%s.before-%s", path, date);

  for (guint i = 2; g_file_test (aside, G_FILE_TEST_EXISTS); i++)
    {
      g_free (aside);
      aside = g_strdup_printf ("%s.before-%s-%u", path, date, i);
    }
  if (g_rename (path, aside) == 0)
    return g_steal_pointer (&aside);
  set_unwritable (error, path, errno);
  return NULL;
}

/* ---- The passphrase ---- */

static gboolean
turn_on (UdpnatProfile         *self,
         const char            *passphrase,
         UdpnatKeyFileContents *contents,
         GError               **error)
{
  randombytes_buf (contents->database_key, sizeof contents->database_key);
  contents->is_changing = has_database (self);
  if (!udpnat_key_file_save (self->key_path, passphrase, contents, error))
    return FALSE;
  if (!udpnat_sealed_vfs_convert (self->database_path, NULL, contents->database_key, error))
    {
      /* If this fails as well, the profile opens with the new passphrase and tries again. */
      if (!udpnat_key_file_save (self->key_path, NULL, contents, NULL))
        g_debug ("The key file stays protected");
      return FALSE;
    }
  set_database_key (self, contents->database_key);
  /* The mark has done its work; if it stays, opening the profile takes it away. */
  contents->is_changing = FALSE;
  if (!udpnat_key_file_save (self->key_path, passphrase, contents, NULL))
    g_debug ("The mark in the key file stays");
  return TRUE;
}

static gboolean
turn_off (UdpnatProfile         *self,
          const char            *passphrase,
          UdpnatKeyFileContents *contents,
          GError               **error)
{
  contents->is_changing = TRUE;
  if (!udpnat_key_file_save (self->key_path, passphrase, contents, error))
    return FALSE;
  /* If either fails, the mark stays, and opening the profile encrypts what is in clear. */
  if (!udpnat_sealed_vfs_convert (self->database_path, contents->database_key, NULL, error))
    return FALSE;
  set_database_key (self, NULL);
  return udpnat_key_file_save (self->key_path, NULL, contents, error);
}

/**
 * udpnat_profile_set_passphrase:
 * @old_passphrase: (nullable): the one that it has; %NULL: none
 * @new_passphrase: (nullable): the one that it shall have; %NULL: none
 * @cost: (nullable): of a guess; %NULL: as before, or the default
 * @error: %UDPNAT_ERROR_WRONG_PASSPHRASE or _LOCKED (of the old one), _INVALID (of the new one),
 *   _PROFILE_UNWRITABLE or _DAMAGED
 *
 * Protects the profile, changes its passphrase, or takes the protection away. Setting the first and
 * removing the last writes the whole database anew: no store may be open, and
 * udpnat_profile_get_database_key() gives another answer afterwards, also after an error. A change
 * from one to another is quick, and the key of the database stays.
 */
gboolean
udpnat_profile_set_passphrase (UdpnatProfile              *self,
                               const char                 *old_passphrase,
                               const char                 *new_passphrase,
                               const UdpnatPassphraseCost *cost,
                               GError                    **error)
{
  g_auto (UdpnatKeyFileContents) contents = { 0 };

  g_return_val_if_fail (cost == NULL || udpnat_passphrase_is_cost_allowed (cost), FALSE);
  if ((new_passphrase != NULL && !udpnat_passphrase_check (new_passphrase, error)) ||
      !udpnat_key_file_load (self->key_path, old_passphrase, &contents, error))
    return FALSE;
  if (cost != NULL)
    contents.cost = *cost;
  if (self->database_key == NULL && new_passphrase == NULL)
    return TRUE;
  if (self->database_key == NULL)
    return turn_on (self, new_passphrase, &contents, error);
  if (new_passphrase == NULL)
    return turn_off (self, old_passphrase, &contents, error);
  return udpnat_key_file_save (self->key_path, new_passphrase, &contents, error);
}

/* ---- State ---- */

const char *
udpnat_profile_get_path (UdpnatProfile *self)
{
  return self->path;
}

const UdpnatIdentity *
udpnat_profile_get_identity (UdpnatProfile *self)
{
  return self->identity;
}

/** udpnat_profile_dup_database_path: Returns: (transfer full): for the store; may not exist yet */
char *
udpnat_profile_dup_database_path (UdpnatProfile *self)
{
  return g_strdup (self->database_path);
}

/**
 * udpnat_profile_get_database_key:
 *
 * Returns: (nullable) (array fixed-size=32): what the database is encrypted with; %NULL: it is not
 */
const guint8 *
udpnat_profile_get_database_key (UdpnatProfile *self)
{
  return self->database_key;
}
