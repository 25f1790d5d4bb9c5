#pragma once

/* What a database's log tells of how often it was waited for: each transaction ends with a page
 * that says how long the file is from then on (SQLite's file format, section 4). */

#include <glib.h>
#include <string.h>

#define LOG_HEADER_BYTES 32
#define LOG_FRAME_HEADER_BYTES 24

static inline guint32
read_u32 (const char *data)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return GUINT32_FROM_BE (value);
}

/* Returns: how many transactions are in the log of the database at @path */
static inline guint
count_commits (const char *path)
{
  g_autofree char *log_path = g_strconcat (path, "-wal", NULL);
  g_autofree char *log = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_log, n_frame;
  guint n_commits = 0;

  g_file_get_contents (log_path, &log, &n_log, &error);
  g_assert_no_error (error);
  if (n_log < LOG_HEADER_BYTES)
    return 0;
  n_frame = LOG_FRAME_HEADER_BYTES + read_u32 (log + 8);
  for (gsize at = LOG_HEADER_BYTES; at + n_frame <= n_log; at += n_frame)
    {
      /* What is left of an earlier round has other salts. */
      if (memcmp (log + at + 8, log + 16, 8) == 0 && read_u32 (log + at + 4) != 0)
        n_commits++;
    }
  return n_commits;
}
