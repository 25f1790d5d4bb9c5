/* Whether a log that a crash left is whole. SQLite reads it up to the first frame whose checksum is
 * wrong, takes that for the end, and writes over the rest. So it must, since a crash leaves torn
 * frames; but when commits follow there, they had been told to be on the disk.
 *
 * SQLite waits for the disk with each commit (synchronous = FULL), so no more than one that it was
 * still waiting for can be torn: a commit behind the end that is followed by another frame of the
 * same life of the log is damage. A log that was cut off cannot be told from a shorter one.
 *
 * The rules are those of SQLite's file format, section 4. An encrypted log looks the same, but for
 * pages and the checksums of frames, and neither is needed. */

#include "config.h"

#include "udpnat-database-log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-file-io.h"
#include "udpnat-limits.h"
#include "udpnat-page-seal.h"

#define MAGIC 0x377f0682 /* or one more, when checksums are of big-endian words */
#define CHECKED_BYTES 24 /* of the log's header: two words of checksum follow */
#define SALTS_OFFSET 16
#define SALTS_BYTES 8
#define FRAME_COMMIT_OFFSET 4 /* a word that is not 0 in the last frame of a commit */
#define FRAME_SALTS_OFFSET 8
/* Of the index: how many frames of the log SQLite has found in order ("WAL-mode File Format",
 * section 2.1), in the machine's own byte order */
#define INDEX_LAST_FRAME_OFFSET 16
#define INDEX_REGION_BYTES 32768 /* as SQLite maps it */

static guint32
read_word (const guint8 *data)
{
  guint32 word;

  memcpy (&word, data, sizeof word);
  return GUINT32_FROM_BE (word);
}

static gboolean
is_header_whole (const guint8 header[UDPNAT_WAL_HEADER_BYTES])
{
  guint32 magic = read_word (header);
  guint32 sums[2] = { 0, 0 };

  if ((magic & ~1U) != MAGIC)
    return FALSE;
  for (guint i = 0; i < CHECKED_BYTES; i += 8)
    for (guint j = 0; j < 2; j++)
      {
        guint32 word = read_word (header + i + 4 * j);

        sums[j] += ((magic & 1) != 0 ? word : GUINT32_SWAP_LE_BE (word)) + sums[1 - j];
      }
  return sums[0] == read_word (header + CHECKED_BYTES) &&
         sums[1] == read_word (header + CHECKED_BYTES + 4);
}

/* Through SQLite's own eyes: whoever opens and closes the file of the index gives away the locks on
 * it (POSIX), and the next program that looks would empty it under us.
 *
 * Returns: %FALSE when there is no index that can be looked at */
static gboolean
read_last_frame (sqlite3 *db,
                 guint32 *out_last)
{
  sqlite3_file *file = NULL;
  void volatile *index = NULL;

  if (sqlite3_file_control (db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
      file == NULL || file->pMethods == NULL || file->pMethods->iVersion < 2 ||
      file->pMethods->xShmMap (file, 0, INDEX_REGION_BYTES, 0, &index) != SQLITE_OK ||
      index == NULL)
    return FALSE;
  *out_last = *(guint32 volatile *) ((guint8 volatile *) index + INDEX_LAST_FRAME_OFFSET);
  return TRUE;
}

/* Whether nothing behind the last frame that counts was ever told to be on the disk. */
static gboolean
is_end_true (int          fd,
             const guint8 header[UDPNAT_WAL_HEADER_BYTES],
             guint32      last)
{
  const gint64 frame_bytes = UDPNAT_WAL_FRAME_HEADER_BYTES + UDPNAT_PAGE_BYTES;
  guint8 frame[UDPNAT_WAL_FRAME_HEADER_BYTES];
  gboolean is_committed = FALSE;

  for (gint64 at = UDPNAT_WAL_HEADER_BYTES + frame_bytes * last;
       udpnat_file_io_read_at (fd, frame, sizeof frame, at); at += frame_bytes)
    {
      if (memcmp (frame + FRAME_SALTS_OFFSET, header + SALTS_OFFSET, SALTS_BYTES) != 0)
        continue;
      if (is_committed)
        return FALSE;
      is_committed = read_word (frame + FRAME_COMMIT_OFFSET) != 0;
    }
  return TRUE;
}

/**
 * udpnat_database_log_is_whole:
 * @db: has been read from
 * @path: where it is
 *
 * Returns: %FALSE when there is something in its log that had been told to be on the disk, and that
 *   SQLite does not read
 */
gboolean
udpnat_database_log_is_whole (sqlite3    *db,
                              const char *path)
{
  g_autofree char *log_path = g_strconcat (path, "-wal", NULL);
  guint8 header[UDPNAT_WAL_HEADER_BYTES], frame[UDPNAT_WAL_FRAME_HEADER_BYTES];
  int fd = open (log_path, O_RDONLY | O_CLOEXEC);
  gboolean is_whole = TRUE;
  guint32 last;

  if (fd < 0)
    return TRUE;
  /* The header is on the disk before any frame is written. */
  if (udpnat_file_io_read_at (fd, header, sizeof header, 0) &&
      udpnat_file_io_read_at (fd, frame, sizeof frame, sizeof header))
    is_whole = is_header_whole (header) &&
               (!read_last_frame (db, &last) || is_end_true (fd, header, last));
  close (fd);
  return is_whole;
}
