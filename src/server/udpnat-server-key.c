/* The server's key on disk: 64 hexadecimal digits and a newline, for its owner's eyes only.
 *
 * Clients pin this key. So a file that cannot be used is never replaced: a new key would look to
 * all of them like an attack, while the old one may only need its permissions set right or a backup
 * put back.
 */

#include "config.h"

#include "udpnat-server-key.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-hex.h"
#include "udpnat-secret-file.h"
#include "udpnat-server-error.h"

#define DIGITS (2 * UDPNAT_KEY_BYTES)

static void
set_read_error (GError    **error,
                const char *path,
                int         code)
{
  g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
               /* Translators: a file, and why. */
               _("Cannot read the server's key %s: %s. Mend the rights of the file and its "
                 "directory, or make room on the disk."), path, g_strerror (code));
}

/* ---- Reading ---- */

static gboolean
check_mode (const char *path,
            int         fd,
            GError    **error)
{
  struct stat about;

  if (fstat (fd, &about) != 0)
    {
      set_read_error (error, path, errno);
      return FALSE;
    }
  if (!S_ISREG (about.st_mode))
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                   _("The server's key %s is not a regular file. Move it away, or restore the "
                     "real one."), path);
      return FALSE;
    }
  if ((about.st_mode & 0077) != 0)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                   /* Translators: the file, its mode in octal digits, and the file again. */
                   _("The server's key %s can be read or changed by others (mode %04o). "
                     "If nobody has read it, run: chmod 600 '%s'"),
                   path, about.st_mode & 07777, path);
      return FALSE;
    }
  return TRUE;
}

static gboolean
decode (const char *text,
        gsize       n_text,
        guint8      out_secret[UDPNAT_KEY_BYTES])
{
  if (n_text != DIGITS && !(n_text == DIGITS + 1 && text[DIGITS] == '\n'))
    return FALSE;
  return udpnat_hex_read (text, UDPNAT_KEY_BYTES, out_secret);
}

static UdpnatIdentity *
read_key (const char *path,
          int         fd,
          GError    **error)
{
  UdpnatIdentity *identity = NULL;
  guint8 secret[UDPNAT_KEY_BYTES];
  char text[DIGITS + 2]; /* one more than there may be */
  ssize_t n_text;

  if (!check_mode (path, fd, error))
    return NULL;
  n_text = read (fd, text, sizeof text);
  if (n_text < 0)
    set_read_error (error, path, errno);
  else if (!decode (text, (gsize) n_text, secret))
    g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                 _("The server's key %s is damaged: it must hold 64 hexadecimal digits. Restore it "
                   "from a backup. Only if there is none, move it away: a new key is then made, "
                   "and clients will warn that the server has changed."), path);
  else
    identity = udpnat_identity_new_from_secret (secret);
  explicit_bzero (secret, sizeof secret);
  explicit_bzero (text, sizeof text);
  return identity;
}

/* ---- Making ---- */

static UdpnatIdentity *
make_key (const char         *path,
          const UdpnatRandom *random,
          GError            **error)
{
  g_autoptr (UdpnatIdentity) identity = udpnat_identity_generate (random);
  const guint8 *secret = udpnat_identity_get_secret (identity);
  char text[DIGITS + 1];
  gboolean is_written;
  int code;

  udpnat_hex_write (secret, UDPNAT_KEY_BYTES, text);
  text[DIGITS] = '\n';
  is_written = udpnat_secret_file_write (path, (const guint8 *) text, sizeof text);
  code = errno;
  explicit_bzero (text, sizeof text);
  if (!is_written)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                   /* Translators: a file, and why. */
                   _("Cannot write the server's key %s: %s. Mend the rights of the file and its "
                     "directory, or make room on the disk."), path, g_strerror (code));
      return NULL;
    }
  return g_steal_pointer (&identity);
}

/**
 * udpnat_server_key_load:
 * @path: the key's file, in a directory that is locked
 * @random: for a new key
 * @out_is_new: whether there was none and one was made
 *
 * Reads the key; makes one when there is no such file. Never changes a file that exists.
 *
 * Returns: (transfer full) (nullable): the key, or %NULL with %UDPNAT_SERVER_ERROR_KEY
 */
UdpnatIdentity *
udpnat_server_key_load (const char         *path,
                        const UdpnatRandom *random,
                        gboolean           *out_is_new,
                        GError            **error)
{
  UdpnatIdentity *identity;
  /* Not to be led elsewhere by a link, nor to wait for a pipe's other end. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  *out_is_new = FALSE;
  if (fd < 0 && errno == ENOENT)
    {
      identity = make_key (path, random, error);
      *out_is_new = identity != NULL;
      return identity;
    }
  if (fd < 0 && errno == ELOOP)
    {
      g_set_error (error, UDPNAT_SERVER_ERROR, UDPNAT_SERVER_ERROR_KEY,
                   _("The server's key %s is a symbolic link. Put the file itself there."), path);
      return NULL;
    }
  if (fd < 0)
    {
      set_read_error (error, path, errno);
      return NULL;
    }
  identity = read_key (path, fd, error);
  close (fd);
  return identity;
}
