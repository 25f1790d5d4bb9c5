/* The file identity.key, in its two forms.
 *
 * Plain: 64 hexadecimal digits of the identity's secret and a newline. Protected:
 *
 *   udpnat-identity 1
 *   argon2id PASSES MEMORY_BYTES
 *   salt HEX16
 *   nonce HEX24
 *   sealed HEX81
 *   check HEX16
 *
 * `sealed` is identity secret (32), database key (32) and one byte (1: the database is changing
 * between encrypted and not), by XChaCha20-Poly1305 with the key that Argon2id makes of the
 * passphrase; the lines above it are its additional data. `check` is BLAKE2b-128 of everything
 * above it and needs no key: a wrong passphrase can be told from a damaged file. There is one way
 * to write a given file, to the byte; anything else is damaged.
 *
 * A file is replaced in one step or not at all, and it is on the disk when saving returns. */

#include "config.h"

#include "udpnat-key-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-error.h"
#include "udpnat-file-io.h"
#include "udpnat-hex.h"
#include "udpnat-limits.h"

#define PLAIN_FILE_BYTES (2 * UDPNAT_KEY_BYTES + 1)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define CLEAR_BYTES (2 * UDPNAT_KEY_BYTES + 1)
#define SEALED_BYTES (CLEAR_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define CHECK_BYTES crypto_generichash_BYTES_MIN
#define N_LINES 6

typedef struct
{
  UdpnatPassphraseCost cost;
  guint8               salt[UDPNAT_PASSPHRASE_SALT_BYTES];
  guint8               nonce[NONCE_BYTES];
  guint8               sealed[SEALED_BYTES];
} Protected;

void
udpnat_key_file_contents_clear (UdpnatKeyFileContents *self)
{
  sodium_memzero (self, sizeof *self);
}

/* ---- Text ---- */

static void
append_hex (GString      *text,
            const char   *word,
            const guint8 *bytes,
            gsize         n_bytes)
{
  g_autofree char *hex = g_malloc0 (2 * n_bytes + 1);

  udpnat_hex_write (bytes, n_bytes, hex);
  g_string_append_printf (text, "%s %s\n", word, hex);
}

/* The lines above `sealed` */
static GString *
write_head (const Protected *self)
{
  GString *text = g_string_new ("udpnat-identity 1\n");

  g_string_append_printf (text, "argon2id %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
                          self->cost.passes, self->cost.memory_bytes);
  append_hex (text, "salt", self->salt, sizeof self->salt);
  append_hex (text, "nonce", self->nonce, sizeof self->nonce);
  return text;
}

static char *
write_text (const Protected *self)
{
  GString *text = write_head (self);
  guint8 check[CHECK_BYTES];

  append_hex (text, "sealed", self->sealed, sizeof self->sealed);
  crypto_generichash (check, sizeof check, (const guint8 *) text->str, text->len, NULL, 0);
  append_hex (text, "check", check, sizeof check);
  return g_string_free (text, FALSE);
}

static gboolean
read_hex (const char *line,
          const char *word,
          guint8     *out,
          gsize       n_out)
{
  gsize n_word = strlen (word);

  return strlen (line) == n_word + 1 + 2 * n_out && g_str_has_prefix (line, word) &&
         line[n_word] == ' ' && udpnat_hex_read (line + n_word + 1, n_out, out);
}

static gboolean
read_cost (const char           *line,
           UdpnatPassphraseCost *out_cost)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);

  if (g_strv_length (words) != 3 || strcmp (words[0], "argon2id") != 0)
    return FALSE;
  return g_ascii_string_to_unsigned (words[1], 10, 0, G_MAXUINT64, &out_cost->passes, NULL) &&
         g_ascii_string_to_unsigned (words[2], 10, 0, G_MAXUINT64, &out_cost->memory_bytes, NULL) &&
         udpnat_passphrase_is_cost_allowed (out_cost);
}

static gboolean
parse_protected (const char *text,
                 Protected  *out)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", N_LINES + 1);
  g_autofree char *again = NULL;

  if (g_strv_length (lines) != N_LINES + 1 || !read_cost (lines[1], &out->cost) ||
      !read_hex (lines[2], "salt", out->salt, sizeof out->salt) ||
      !read_hex (lines[3], "nonce", out->nonce, sizeof out->nonce) ||
      !read_hex (lines[4], "sealed", out->sealed, sizeof out->sealed))
    return FALSE;
  again = write_text (out);
  return strcmp (text, again) == 0; /* the first line and the check as well */
}

static gboolean
parse_plain (const char            *text,
             gsize                  n_text,
             UdpnatKeyFileContents *out)
{
  memset (out, 0, sizeof *out);
  return n_text == PLAIN_FILE_BYTES && text[n_text - 1] == '\n' &&
         udpnat_hex_read (text, UDPNAT_KEY_BYTES, out->identity_secret);
}

/* ---- The file ---- */

/* Reads at most as much as such a file can have: a link to an endless one does no harm.
 *
 * Returns: bytes read, or -1 with errno */
static gssize
read_file (const char *path,
           char        out[UDPNAT_KEY_FILE_MAX_BYTES + 1])
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  gssize n_read = -1;
  gsize n_text = 0;
  int saved_errno;

  if (fd < 0)
    return -1;
  while (n_text < UDPNAT_KEY_FILE_MAX_BYTES &&
         (n_read = read (fd, out + n_text, UDPNAT_KEY_FILE_MAX_BYTES - n_text)) > 0)
    n_text += (gsize) n_read;
  saved_errno = errno;
  close (fd);
  errno = saved_errno;
  out[n_text] = '\0';
  return n_read < 0 ? -1 : (gssize) n_text;
}

static UdpnatKeyFileKind
get_kind (const char *text,
          gsize       n_text)
{
  g_auto (UdpnatKeyFileContents) contents;
  Protected protected;

  if (parse_plain (text, n_text, &contents))
    return UDPNAT_KEY_FILE_KIND_PLAIN;
  if (strlen (text) == n_text && parse_protected (text, &protected))
    return UDPNAT_KEY_FILE_KIND_PROTECTED;
  return UDPNAT_KEY_FILE_KIND_DAMAGED;
}

/* Only what is surely not there counts as missing; a link to a disk that is not mounted, or a
 * folder that may not be looked into, is there. */
static gboolean
is_missing (const char *path)
{
  GStatBuf about;

  return g_lstat (path, &about) != 0 && errno == ENOENT;
}

/** udpnat_key_file_read_kind: looks at the file, without a passphrase */
UdpnatKeyFileKind
udpnat_key_file_read_kind (const char *path)
{
  char text[UDPNAT_KEY_FILE_MAX_BYTES + 1];
  UdpnatKeyFileKind kind;
  gssize n_text;

  if (is_missing (path))
    return UDPNAT_KEY_FILE_KIND_MISSING;
  n_text = read_file (path, text);
  kind = n_text < 0 ? UDPNAT_KEY_FILE_KIND_DAMAGED : get_kind (text, (gsize) n_text);
  sodium_memzero (text, sizeof text);
  return kind;
}

static gboolean
set_damaged (GError    **error,
             const char *path,
             const char *why)
{
  if (why != NULL)
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                 _("The identity key %s cannot be read: %s. Restore it from a backup, or start "
                   "anew with --profile DIR; the file was left as it is."), path, why);
  else
    g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_DAMAGED,
                 _("The identity key %s cannot be read. Restore it from a backup, or start anew "
                   "with --profile DIR; the file was left as it is."), path);
  return FALSE;
}

static gboolean
unwrap (const Protected       *self,
        const char            *passphrase,
        UdpnatKeyFileContents *out,
        GError               **error)
{
  g_autoptr (GString) head = write_head (self);
  guint8 key[UDPNAT_KEY_BYTES], clear[CLEAR_BYTES];
  gboolean is_open;

  if (!udpnat_passphrase_derive (passphrase, &self->cost, self->salt, key, error))
    return FALSE;
  is_open = crypto_aead_xchacha20poly1305_ietf_decrypt (
    clear, NULL, NULL, self->sealed, sizeof self->sealed, (const guint8 *) head->str, head->len,
    self->nonce, key) == 0;
  sodium_memzero (key, sizeof key);
  if (!is_open)
    {
      g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_WRONG_PASSPHRASE,
                           _("This is not the passphrase of the profile."));
      return FALSE;
    }
  memcpy (out->identity_secret, clear, UDPNAT_KEY_BYTES);
  memcpy (out->database_key, clear + UDPNAT_KEY_BYTES, UDPNAT_KEY_BYTES);
  out->is_changing = clear[2 * UDPNAT_KEY_BYTES] != 0;
  out->cost = self->cost;
  sodium_memzero (clear, sizeof clear);
  return TRUE;
}

static gboolean
load_protected (const char            *text,
                const char            *path,
                const char            *passphrase,
                UdpnatKeyFileContents *out,
                GError               **error)
{
  Protected protected;

  if (!parse_protected (text, &protected))
    return set_damaged (error, path, NULL);
  if (passphrase == NULL)
    {
      g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_LOCKED,
                   _("The profile is protected by a passphrase: %s"), path);
      return FALSE;
    }
  return unwrap (&protected, passphrase, out, error);
}

/**
 * udpnat_key_file_load:
 * @passphrase: (nullable): not looked at when the file is plain
 * @error: %UDPNAT_ERROR_LOCKED when it needs a passphrase and there is none (or too little memory
 *   to check it), _WRONG_PASSPHRASE, or _PROFILE_DAMAGED
 */
gboolean
udpnat_key_file_load (const char            *path,
                      const char            *passphrase,
                      UdpnatKeyFileContents *out_contents,
                      GError               **error)
{
  char text[UDPNAT_KEY_FILE_MAX_BYTES + 1];
  gssize n_text = read_file (path, text);
  gboolean is_loaded = FALSE;

  if (n_text < 0)
    return set_damaged (error, path, g_strerror (errno));
  switch (get_kind (text, (gsize) n_text))
    {
    case UDPNAT_KEY_FILE_KIND_PLAIN:
      is_loaded = parse_plain (text, (gsize) n_text, out_contents);
      break;
    case UDPNAT_KEY_FILE_KIND_PROTECTED:
      is_loaded = load_protected (text, path, passphrase, out_contents, error);
      break;
    case UDPNAT_KEY_FILE_KIND_MISSING:
    case UDPNAT_KEY_FILE_KIND_DAMAGED:
      set_damaged (error, path, NULL);
      break;
    }
  sodium_memzero (text, sizeof text);
  return is_loaded;
}

static char *
wrap (const UdpnatKeyFileContents *contents,
      const char                  *passphrase,
      GError                     **error)
{
  Protected protected = { .cost = contents->cost };
  guint8 key[UDPNAT_KEY_BYTES], clear[CLEAR_BYTES];
  g_autoptr (GString) head = NULL;

  if (protected.cost.passes == 0)
    protected.cost = udpnat_passphrase_get_default_cost ();
  randombytes_buf (protected.salt, sizeof protected.salt);
  randombytes_buf (protected.nonce, sizeof protected.nonce);
  if (!udpnat_passphrase_check (passphrase, error) ||
      !udpnat_passphrase_derive (passphrase, &protected.cost, protected.salt, key, error))
    return NULL;
  head = write_head (&protected);
  memcpy (clear, contents->identity_secret, UDPNAT_KEY_BYTES);
  memcpy (clear + UDPNAT_KEY_BYTES, contents->database_key, UDPNAT_KEY_BYTES);
  clear[2 * UDPNAT_KEY_BYTES] = contents->is_changing ? 1 : 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt (protected.sealed, NULL, clear, sizeof clear,
                                              (const guint8 *) head->str, head->len, NULL,
                                              protected.nonce, key);
  sodium_memzero (key, sizeof key);
  sodium_memzero (clear, sizeof clear);
  return write_text (&protected);
}

/* A rest of a write that a crash cut short has a name by which it is found and removed. */
static char *
get_temporary_path (const char *path)
{
  return g_strconcat (path, ".new", NULL);
}

/** udpnat_key_file_remove_leftover: what a crash while saving left; it may hold the plain key */
void
udpnat_key_file_remove_leftover (const char *path)
{
  g_autofree char *temporary = get_temporary_path (path);

  g_unlink (temporary);
}

static gboolean
write_durably (const char *path,
               const char *text)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean is_written;
  int saved_errno;

  if (fd < 0)
    return FALSE;
  is_written = fchmod (fd, 0600) == 0 &&
               udpnat_file_io_write_at (fd, (const guint8 *) text, strlen (text), 0) &&
               fsync (fd) == 0;
  saved_errno = errno;
  close (fd);
  errno = saved_errno;
  return is_written;
}

/* A link stays one, and nothing is left where it points. */
static gboolean
replace_file (const char *path,
              const char *text,
              GError    **error)
{
  char *real = realpath (path, NULL);
  g_autofree char *target = g_strdup (real != NULL ? real : path);
  g_autofree char *temporary = get_temporary_path (target);

  free (real);
  if (write_durably (temporary, text) && g_rename (temporary, target) == 0 &&
      udpnat_file_io_sync_folder (target))
    return TRUE;
  g_set_error (error, UDPNAT_ERROR, UDPNAT_ERROR_PROFILE_UNWRITABLE,
               _("Cannot write the identity key %s: %s"), path, g_strerror (errno));
  g_unlink (temporary);
  return FALSE;
}

/**
 * udpnat_key_file_save:
 * @passphrase: (nullable): %NULL writes the plain form, without the database key
 * @error: %UDPNAT_ERROR_PROFILE_UNWRITABLE, _INVALID when the passphrase is empty or too long, or
 *   _LOCKED when there is too little memory
 *
 * Writes the file in one step, with mode 0600, and waits until it is on the disk.
 */
gboolean
udpnat_key_file_save (const char                  *path,
                      const char                  *passphrase,
                      const UdpnatKeyFileContents *contents,
                      GError                     **error)
{
  g_autofree char *text = NULL;
  gboolean is_written;

  if (passphrase != NULL)
    text = wrap (contents, passphrase, error);
  else
    {
      text = g_malloc0 (PLAIN_FILE_BYTES + 1);
      udpnat_hex_write (contents->identity_secret, UDPNAT_KEY_BYTES, text);
      text[PLAIN_FILE_BYTES - 1] = '\n';
    }
  if (text == NULL)
    return FALSE;
  is_written = replace_file (path, text, error);
  sodium_memzero (text, strlen (text));
  return is_written;
}
