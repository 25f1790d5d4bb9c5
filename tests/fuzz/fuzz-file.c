/* The small files that a user may have from elsewhere, or that something has damaged: the key file,
 * backups, a server's key, and what a running server has written down. The first byte of the input
 * says which; some have a check in them, which is then made right, so that what is behind it is
 * reached as well.
 *
 * Checked besides assertions: a key file that can be read is written again as a file that reads the
 * same; what a backup gives is a whole profile or nothing at all. */

#include "config.h"

#include "fuzz-folder.h"
#include "fuzz.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "udpnat-backup-private.h"
#include "udpnat-backup.h"
#include "udpnat-error.h"
#include "udpnat-host-private.h"
#include "udpnat-key-file.h"
#include "udpnat-limits.h"
#include "udpnat-server-key.h"

#define PASSPHRASE "open sesame"
#define KEY_CHECK_BYTES crypto_generichash_BYTES_MIN
#define BACKUP_SALT_OFFSET (UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 16)
#define BACKUP_STREAM_OFFSET (BACKUP_SALT_OFFSET + UDPNAT_PASSPHRASE_SALT_BYTES)

/* In place of libsodium's: a file may ask for a gigabyte of memory and many seconds. */
int
crypto_pwhash (unsigned char *const       out,
               unsigned long long         n_out,
               const char *const          passphrase,
               unsigned long long         n_passphrase,
               const unsigned char *const salt,
               unsigned long long         passes,
               size_t                     memory_bytes,
               int                        algorithm)
{
  g_assert_cmpuint (passes, <=, UDPNAT_PASSPHRASE_PASSES_MAX);
  g_assert_cmpuint (memory_bytes, <=, UDPNAT_PASSPHRASE_MEMORY_MAX_BYTES);
  return crypto_generichash (out, n_out, (const guint8 *) passphrase, n_passphrase, salt,
                             crypto_pwhash_SALTBYTES);
}

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

/* ---- identity.key ---- */

static void
check_key_file (const char *path)
{
  g_auto (UdpnatKeyFileContents) contents = { 0 };
  g_auto (UdpnatKeyFileContents) again = { 0 };
  g_autoptr (GError) error = NULL;
  UdpnatKeyFileKind kind = udpnat_key_file_read_kind (path);
  const char *passphrase = kind == UDPNAT_KEY_FILE_KIND_PROTECTED ? PASSPHRASE : NULL;

  g_assert_cmpint (kind, !=, UDPNAT_KEY_FILE_KIND_MISSING);
  if (!udpnat_key_file_load (path, passphrase, &contents, &error))
    {
      check_error (error);
      g_assert_cmpint (kind, !=, UDPNAT_KEY_FILE_KIND_PLAIN);
      return;
    }
  g_assert_cmpint (kind, !=, UDPNAT_KEY_FILE_KIND_DAMAGED);
  g_assert_true (udpnat_key_file_save (path, passphrase, &contents, &error));
  g_assert_no_error (error);
  g_assert_true (udpnat_key_file_load (path, passphrase, &again, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (again.identity_secret, sizeof again.identity_secret, contents.identity_secret,
                   sizeof contents.identity_secret);
  g_assert_cmpmem (again.database_key, sizeof again.database_key, contents.database_key,
                   sizeof contents.database_key);
}

/* @has_check: the last line is still to be written */
static void
try_key_file (const guint8 *data,
              gsize         n_data,
              gboolean      has_check)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  g_autofree char *path = NULL;
  guint8 check[KEY_CHECK_BYTES];
  char hex[2 * KEY_CHECK_BYTES + 1];

  g_byte_array_append (text, data, (guint) n_data);
  if (!has_check)
    {
      crypto_generichash (check, sizeof check, data, n_data, NULL, 0);
      sodium_bin2hex (hex, sizeof hex, check, sizeof check);
      g_byte_array_append (text, (const guint8 *) "check ", 6);
      g_byte_array_append (text, (const guint8 *) hex, sizeof hex - 1);
      g_byte_array_append (text, (const guint8 *) "\n", 1);
    }
  path = fuzz_folder_put ("identity.key", text->data != NULL ? text->data : (guint8 *) "",
                          text->len);
  check_key_file (path);
}

/* One that we have written, and that something has happened to since. */
static void
try_own_key_file (const guint8 *data,
                  gsize         n_data)
{
  g_auto (UdpnatKeyFileContents) contents = { .cost = { 1, 8192 } };
  g_autofree char *path = fuzz_folder_path ("identity.key");
  g_autoptr (GError) error = NULL;
  UdpnatReader input;

  udpnat_reader_init (&input, data, n_data);
  udpnat_reader_copy (&input, contents.identity_secret, sizeof contents.identity_secret);
  udpnat_reader_copy (&input, contents.database_key, sizeof contents.database_key);
  contents.is_changing = udpnat_reader_u8 (&input) & 1;
  g_assert_true (udpnat_key_file_save (path, PASSPHRASE, &contents, &error));
  g_assert_no_error (error);
  fuzz_folder_spoil (path, &input);
  check_key_file (path);
}

/* ---- Backups ---- */

/* Half a profile, under its name or another. */
static void
check_nothing_is_left (void)
{
  g_autoptr (GDir) dir = g_dir_open (fuzz_folder_get (), 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    g_assert_cmpstr (name, ==, "backup");
}

static void
restore (const char *path)
{
  g_autofree char *profile = fuzz_folder_path ("profile");
  g_autofree char *key_path = g_build_filename (profile, "identity.key", NULL);
  g_autoptr (GError) error = NULL;
  gboolean is_needed = FALSE;

  if (!udpnat_backup_read_needs_passphrase (path, &is_needed, &error))
    {
      check_error (error);
      return;
    }
  if (udpnat_backup_restore (path, profile, is_needed ? PASSPHRASE : NULL, &error))
    {
      g_assert_no_error (error);
      g_assert_cmpint (udpnat_key_file_read_kind (key_path), ==,
                       is_needed ? UDPNAT_KEY_FILE_KIND_PROTECTED : UDPNAT_KEY_FILE_KIND_PLAIN);
      return;
    }
  check_error (error);
  check_nothing_is_left ();
}

static void
append_check (GByteArray *file)
{
  guint8 check[UDPNAT_BACKUP_CHECK_BYTES];

  crypto_generichash (check, sizeof check, file->data, file->len, NULL, 0);
  g_byte_array_append (file, check, sizeof check);
}

/* Whatever the head says, the body is sealed with what it leads to. */
static void
seal_backup (GByteArray   *file,
             const guint8 *body,
             gsize         n_body)
{
  crypto_secretstream_xchacha20poly1305_state stream;
  guint8 head[UDPNAT_BACKUP_SEALED_HEAD_BYTES] = UDPNAT_BACKUP_MAGIC;
  guint8 key[UDPNAT_KEY_BYTES];
  gsize n_head = sizeof head;

  head[UDPNAT_BACKUP_MAGIC_BYTES] = UDPNAT_BACKUP_FLAG_PASSPHRASE;
  head[UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 7] = 1;      /* passes */
  head[UDPNAT_BACKUP_PLAIN_HEAD_BYTES + 8 + 6] = 32; /* 8 KiB */
  if (crypto_pwhash (key, sizeof key, PASSPHRASE, strlen (PASSPHRASE), head + BACKUP_SALT_OFFSET, 1,
                     8192, crypto_pwhash_ALG_ARGON2ID13) != 0)
    g_assert_not_reached ();
  crypto_secretstream_xchacha20poly1305_init_push (&stream, head + BACKUP_STREAM_OFFSET, key);
  g_byte_array_append (file, head, sizeof head);
  do
    {
      guint8 sealed[UDPNAT_BACKUP_SEALED_CHUNK_BYTES];
      gsize n = MIN (n_body, UDPNAT_BACKUP_CHUNK_BYTES);
      unsigned long long n_sealed = 0;

      crypto_secretstream_xchacha20poly1305_push (
        &stream, sealed, &n_sealed, body, n, head, n_head,
        n == n_body ? crypto_secretstream_xchacha20poly1305_TAG_FINAL
                    : crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
      g_byte_array_append (file, sealed, (guint) n_sealed);
      n_head = 0;
      body += n;
      n_body -= n;
    }
  while (n_body > 0);
}

typedef enum
{
  BACKUP_RAW,
  BACKUP_CHECKED, /* the check is made right */
  BACKUP_SEALED,  /* the input is what is inside */
} BackupKind;

static void
try_backup (const guint8 *data,
            gsize         n_data,
            BackupKind    kind)
{
  g_autoptr (GByteArray) file = g_byte_array_new ();
  g_autofree char *path = NULL;

  if (kind == BACKUP_SEALED)
    seal_backup (file, data, n_data);
  else
    g_byte_array_append (file, data, (guint) n_data);
  if (kind != BACKUP_RAW)
    append_check (file);
  path = fuzz_folder_put ("backup", file->data != NULL ? file->data : (guint8 *) "", file->len);
  restore (path);
}

/* ---- Servers ---- */

/* As if one ran: its lock is held. */
static void
try_running (const guint8 *data,
             gsize         n_data)
{
  g_autofree char *path = fuzz_folder_put ("running", data, n_data);
  g_autofree char *lock_path = fuzz_folder_put ("lock", "1\n", 2);
  g_autofree char *folder = g_path_get_dirname (path);
  int lock = g_open (lock_path, O_RDWR | O_CLOEXEC, 0);
  g_auto (UdpnatHostRecord) record = { 0 };

  g_assert_cmpint (flock (lock, LOCK_EX | LOCK_NB), ==, 0);
  if (udpnat_host_record_read (&record, folder))
    {
      g_assert_cmpint (record.pid, >, 1);
      g_assert_cmpuint (record.port, >, 0);
      g_assert_true (record.key_text == NULL || g_utf8_validate (record.key_text, -1, NULL));
      g_assert_true (record.outside == NULL || g_utf8_validate (record.outside, -1, NULL));
      g_assert_true (record.reason == NULL || g_utf8_validate (record.reason, -1, NULL));
    }
  close (lock);
}

static void
try_server_key (const guint8 *data,
                gsize         n_data)
{
  g_autofree char *path = fuzz_folder_put ("server.key", data, n_data);
  guint64 random_state = 0;
  UdpnatRandom random = fuzz_random (&random_state);
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatIdentity) identity = NULL;
  g_autofree char *after = NULL;
  gboolean is_new = TRUE;
  gsize n_after;

  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  identity = udpnat_server_key_load (path, &random, &is_new, &error);
  if (identity == NULL)
    check_error (error);
  else
    g_assert_false (is_new);
  /* Whatever it is, it is never replaced. */
  g_assert_true (g_file_get_contents (path, &after, &n_after, NULL));
  g_assert_cmpmem (after, n_after, data, n_data);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  if (n_data < 1)
    return 0;
  fuzz_folder_clear ();
  switch (data[0] % 8)
    {
    case 0:
    case 1:
      try_key_file (data + 1, n_data - 1, data[0] % 8 == 0);
      break;
    case 2:
    case 3:
    case 4:
      try_backup (data + 1, n_data - 1, (BackupKind) (data[0] % 8 - 2));
      break;
    case 5:
      try_running (data + 1, n_data - 1);
      break;
    case 6:
      try_server_key (data + 1, n_data - 1);
      break;
    case 7:
      try_own_key_file (data + 1, n_data - 1);
      break;
    }
  return 0;
}
