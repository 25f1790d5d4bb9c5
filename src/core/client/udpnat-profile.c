/* A user's folder: made at first use, locked while in use, and holder of the identity key.
 *
 * The key file is 64 hexadecimal digits and a newline. It is never overwritten: a file that cannot
 * be read is an error, because the name at the server belongs to that key for good. */

#include "config.h"

#include "udpnat-profile.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-hex.h"
#include "udpnat-system-random.h"

#define KEY_FILE_BYTES (2 * UDPNAT_KEY_BYTES + 1)

struct _UdpnatProfile
{
  char           *path;
  int             lock_fd; /* -1: not locked */
  UdpnatIdentity *identity;
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
               "Cannot write to the profile folder %s: %s. Choose another with --profile DIR, or "
               "mend its rights.", path, g_strerror (saved_errno));
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
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_IN_USE,
                   "The profile %s is open in another udpnat%s%s. Close that one, or give this one "
                   "a profile of its own with --profile DIR.", self->path,
                   n_read > 0 ? ", process " : "", n_read > 0 ? g_strchomp (text) : "");
      return FALSE;
    }
  g_snprintf (text, sizeof text, "%d\n", (int) getpid ());
  if (ftruncate (self->lock_fd, 0) != 0 ||
      write (self->lock_fd, text, strlen (text)) != (gssize) strlen (text))
    return set_unwritable (error, self->path, errno);
  return TRUE;
}

static gboolean
parse_key (const char *text,
           gsize       n_text,
           guint8      out_secret[UDPNAT_KEY_BYTES])
{
  return n_text == KEY_FILE_BYTES && text[n_text - 1] == '\n' &&
         udpnat_hex_read (text, UDPNAT_KEY_BYTES, out_secret);
}

static gboolean
read_identity (UdpnatProfile *self,
               const char    *key_path,
               GError       **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) read_error = NULL;
  guint8 secret[UDPNAT_KEY_BYTES];
  gsize n_text = 0;

  if (!g_file_get_contents (key_path, &text, &n_text, &read_error) ||
      !parse_key (text, n_text, secret))
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                   "The identity key %s cannot be read%s%s. Restore it from a backup, or start "
                   "anew with --profile DIR; the file was left as it is.", key_path,
                   read_error != NULL ? ": " : "", read_error != NULL ? read_error->message : "");
      return FALSE;
    }
  self->identity = udpnat_identity_new_from_secret (secret);
  explicit_bzero (secret, sizeof secret);
  explicit_bzero (text, n_text);
  return TRUE;
}

static gboolean
write_identity (UdpnatProfile *self,
                const char    *key_path,
                GError       **error)
{
  UdpnatRandom random = udpnat_system_random ();
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (&random);
  const guint8 *secret = udpnat_identity_get_secret (identity);
  g_autoptr (GError) write_error = NULL;
  char text[KEY_FILE_BYTES];
  gboolean is_written;

  udpnat_hex_write (secret, UDPNAT_KEY_BYTES, text);
  text[KEY_FILE_BYTES - 1] = '\n';
  is_written = g_file_set_contents_full (key_path, text, KEY_FILE_BYTES,
                                         G_FILE_SET_CONTENTS_CONSISTENT |
                                         G_FILE_SET_CONTENTS_DURABLE, 0600, &write_error);
  explicit_bzero (text, sizeof text);
  if (!is_written)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
                   "Cannot write the identity key: %s", write_error->message);
      return FALSE;
    }
  self->identity = g_steal_pointer (&identity);
  return TRUE;
}

/* Only what is surely not there may be written anew; a link to a disk that is not mounted, or a
 * folder that may not be looked into, is there. */
static gboolean
is_missing (const char *path)
{
  GStatBuf about;

  return g_lstat (path, &about) != 0 && errno == ENOENT;
}

/**
 * udpnat_profile_open:
 * @path: the folder; made with mode 0700 when it is not there
 * @error: %UDPNAT_ERROR_PROFILE_IN_USE, _UNWRITABLE or _DAMAGED
 *
 * Opens and locks a profile, and makes an identity at its first use.
 */
UdpnatProfile *
udpnat_profile_open (const char *path,
                     GError    **error)
{
  g_autoptr (UdpnatProfile) self = g_new0 (UdpnatProfile, 1);
  g_autofree char *key_path = NULL;

  self->path = g_strdup (path);
  self->lock_fd = -1;
  if (g_mkdir_with_parents (path, 0700) != 0)
    {
      set_unwritable (error, path, errno);
      return NULL;
    }
  if (!lock_profile (self, error))
    return NULL;

  key_path = g_build_filename (path, "identity.key", NULL);
  if (is_missing (key_path) ? !write_identity (self, key_path, error)
                            : !read_identity (self, key_path, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
udpnat_profile_free (UdpnatProfile *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->identity, udpnat_identity_free);
  if (self->lock_fd >= 0)
    close (self->lock_fd);
  g_free (self->path);
  g_free (self);
}

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
