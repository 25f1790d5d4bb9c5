/* A conversation as a file: page by page, so that its length needs no memory. What a line looks
 * like is in udpnat-export-text.c and udpnat-export-json.c.
 *
 * A file is written under another name beside its place, readable by its owner only, and gets its
 * own name when all of it is on the disk: nobody finds half an export, and nothing is lost when
 * there is no room. */

#include "config.h"

#include "udpnat-export.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixoutputstream.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-export-private.h"

/* Text that may wait to be written: a few writes for each page of short lines, and no page of long
 * ones twice in memory. */
#define BUFFER_BYTES 65536

/* ---- Stream ---- */

static gboolean
flush (GString       *buffer,
       GOutputStream *stream,
       GError       **error)
{
  gboolean is_written =
    g_output_stream_write_all (stream, buffer->str, buffer->len, NULL, NULL, error);

  g_string_truncate (buffer, 0);
  return is_written;
}

static void
begin (const UdpnatExport *self,
       GString            *buffer)
{
  switch (self->format)
    {
    case UDPNAT_EXPORT_TEXT:
      udpnat_export_begin_text (self, buffer);
      break;
    case UDPNAT_EXPORT_JSON:
      udpnat_export_begin_json (self, buffer);
      break;
    }
}

static void
add_line (const UdpnatExport *self,
          UdpnatHistoryItem  *line,
          UdpnatHistoryItem  *before,
          GString            *buffer)
{
  switch (self->format)
    {
    case UDPNAT_EXPORT_TEXT:
      udpnat_export_add_text (self, line, before, buffer);
      break;
    case UDPNAT_EXPORT_JSON:
      udpnat_export_add_json (self, line, before, buffer);
      break;
    }
}

/* @last: the last line that was written, replaced by the last one of the page */
static gboolean
write_page (const UdpnatExport *self,
            GPtrArray          *page,
            UdpnatHistoryItem **last,
            GString            *buffer,
            GOutputStream      *stream,
            GError            **error)
{
  for (guint i = 0; i < page->len; i++)
    {
      UdpnatHistoryItem *line = g_ptr_array_index (page, i);

      add_line (self, line, *last, buffer);
      g_set_object (last, line);
      if (buffer->len >= BUFFER_BYTES && !flush (buffer, stream, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_pages (const UdpnatExport *self,
             GString            *buffer,
             GOutputStream      *stream,
             GError            **error)
{
  g_autoptr (UdpnatHistoryItem) last = NULL;

  while (TRUE)
    {
      gint64 after = last != NULL ? udpnat_history_item_get_number (last) : 0;
      g_autoptr (GPtrArray) page = self->get_page (after, self->user_data);

      if (page == NULL || page->len == 0)
        return TRUE;
      if (!write_page (self, page, &last, buffer, stream, error))
        return FALSE;
      /* Or this would never end. */
      g_return_val_if_fail (udpnat_history_item_get_number (last) > after, FALSE);
    }
}

/**
 * udpnat_export_write:
 * @stream: left open
 *
 * Blocks until all of it is written: half a second for 100,000 lines.
 *
 * Returns: %FALSE with the error of @stream when it could not be written
 */
gboolean
udpnat_export_write (const UdpnatExport *self,
                     GOutputStream      *stream,
                     GError            **error)
{
  GString *buffer = g_string_new (NULL);
  gboolean is_written;

  begin (self, buffer);
  is_written = write_pages (self, buffer, stream, error);
  if (is_written)
    {
      if (self->format == UDPNAT_EXPORT_JSON)
        udpnat_export_end_json (buffer);
      is_written = flush (buffer, stream, error);
    }
  g_string_free (buffer, TRUE);
  return is_written;
}

/* ---- File ---- */

static gboolean
set_exists (const char *path,
            GError    **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
               /* Translators: %s is a file */
               _("%s is there already. Choose another name, or say that it may be overwritten."),
               path);
  return FALSE;
}

static gboolean
set_unwritable (const char *path,
                int         saved_errno,
                GError    **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (saved_errno),
               /* Translators: a file, and what went wrong, in words of the system */
               _("Cannot write %s: %s. Choose another place."), path, g_strerror (saved_errno));
  return FALSE;
}

/* As rename(), but for what is there already. */
static int
rename_if_free (const char *from,
                const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  /* A file system that cannot do it in one step. */
  if (g_file_test (to, G_FILE_TEST_EXISTS))
    {
      errno = EEXIST;
      return -1;
    }
  return g_rename (from, to);
}

static gboolean
take_place (const char *temporary,
            const char *path,
            gboolean    may_overwrite,
            GError    **error)
{
  int failed =
    may_overwrite ? g_rename (temporary, path) : rename_if_free (temporary, path);

  if (failed == 0)
    return TRUE;
  return errno == EEXIST && !may_overwrite ? set_exists (path, error)
                                           : set_unwritable (path, errno, error);
}

static gboolean
write_descriptor (const UdpnatExport *self,
                  int                 fd,
                  const char         *path,
                  GError            **error)
{
  g_autoptr (GOutputStream) stream = g_unix_output_stream_new (fd, FALSE);
  g_autoptr (GError) local_error = NULL;

  if (!udpnat_export_write (self, stream, &local_error))
    {
      /* Translators: a file, and what went wrong, in words of the system */
      g_set_error (error, local_error->domain, local_error->code,
                   _("Cannot write %s: %s. Choose another place."), path, local_error->message);
      return FALSE;
    }
  return fsync (fd) == 0 || set_unwritable (path, errno, error);
}

/**
 * udpnat_export_write_file:
 * @path: where to; its folder must be there
 * @may_overwrite: whether a file that is there already is replaced, or is an error
 *
 * Writes all or nothing; the file is for its owner only (mode 0600).
 *
 * Returns: %FALSE, with %G_IO_ERROR_EXISTS or the error of the disk, and whatever was at @path as
 *   it was
 */
gboolean
udpnat_export_write_file (const UdpnatExport *self,
                          const char         *path,
                          gboolean            may_overwrite,
                          GError            **error)
{
  g_autofree char *temporary = g_strconcat (path, ".XXXXXX", NULL);
  gboolean is_written;
  int fd;

  /* Asked again at the end; here only to spare the work. */
  if (!may_overwrite && g_file_test (path, G_FILE_TEST_EXISTS))
    return set_exists (path, error);

  fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0)
    return set_unwritable (path, errno, error);
  is_written = write_descriptor (self, fd, path, error);
  if (close (fd) != 0 && is_written)
    is_written = set_unwritable (path, errno, error);
  is_written = is_written && take_place (temporary, path, may_overwrite, error);
  if (!is_written)
    g_unlink (temporary);
  return is_written;
}
