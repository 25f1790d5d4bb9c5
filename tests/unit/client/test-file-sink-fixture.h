#pragma once

/* A source and a sink between which chunks are carried, and file systems that can less. */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "file-tree.h"
#include "udpnat-error.h"
#include "udpnat-file-sink.h"

G_BEGIN_DECLS

#define ID "0123456789abcdef0123456789abcdef"
#define CHUNK ((guint64) UDPNAT_CHUNK_BYTES)

typedef struct
{
  char             *folder;  /* of everything */
  char             *from;    /* what is sent, in it */
  char             *to;      /* where it comes to, in it */
  UdpnatFileSource *source;
  UdpnatFileSink   *sink;
  char             *partial;
  gint64            kept;
} Fixture;

/* ---- File systems that can less: these stand in front of the C library's ---- */

static int rename_error;
static int link_error;
static gboolean is_fat;
static int sync_error; /* that the disk tells of once */

int
renameat2 (int          old_fd,
           const char  *old_name,
           int          new_fd,
           const char  *new_name,
           unsigned int flags)
{
  if (rename_error == 0 || flags == 0)
    return (int) syscall (SYS_renameat2, old_fd, old_name, new_fd, new_name, flags);
  errno = rename_error;
  return -1;
}

int
linkat (int         old_fd,
        const char *old_name,
        int         new_fd,
        const char *new_name,
        int         flags)
{
  if (link_error == 0)
    return (int) syscall (SYS_linkat, old_fd, old_name, new_fd, new_name, flags);
  errno = link_error;
  return -1;
}

int
fstatfs (int            fd,
         struct statfs *out)
{
#ifdef SYS_fstatfs64
  int rc = (int) syscall (SYS_fstatfs64, fd, sizeof *out, out);
#else
  int rc = (int) syscall (SYS_fstatfs, fd, out);
#endif

  if (rc == 0 && is_fat)
    out->f_type = MSDOS_SUPER_MAGIC;
  return rc;
}

int
fdatasync (int fd)
{
  if (sync_error == 0)
    return (int) syscall (SYS_fdatasync, fd);
  errno = sync_error;
  sync_error = 0;
  return -1;
}

/* ---- Fixture ---- */

static inline void
set_up (Fixture      *self,
        gconstpointer unused)
{
  rename_error = 0;
  link_error = 0;
  is_fat = FALSE;
  sync_error = 0;
  self->folder = g_dir_make_tmp ("udpnat-file-sink-XXXXXX", NULL);
  self->from = g_build_filename (self->folder, "photo.jpg", NULL);
  self->to = g_build_filename (self->folder, "Downloads", NULL);
  g_assert_cmpint (g_chmod (self->folder, 0755), ==, 0);
  g_assert_cmpint (g_mkdir (self->to, 0755), ==, 0);
}

static inline void
tear_down (Fixture      *self,
           gconstpointer unused)
{
  g_clear_pointer (&self->source, udpnat_file_source_free);
  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  file_tree_remove (self->folder);
  g_free (self->partial);
  g_free (self->folder);
  g_free (self->from);
  g_free (self->to);
}

static inline const UdpnatFileOffer *
get_offer (Fixture *self)
{
  return udpnat_file_source_get_offer (self->source);
}

static inline void
offer (Fixture *self)
{
  g_clear_pointer (&self->source, udpnat_file_source_free);
  self->source = file_tree_prepare_well (self->from);
}

static inline void
offer_file (Fixture *self,
            gsize    size)
{
  file_tree_write (self->folder, "photo.jpg", 7, size);
  offer (self);
}

static inline void
open_new (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  self->sink = udpnat_file_sink_open (self->to, get_offer (self), ID, NULL, 0, &error);
  g_assert_no_error (error);
  g_free (self->partial);
  self->partial = g_strdup (udpnat_file_sink_get_partial (self->sink));
  self->kept = 0;
}

/* As after a crash: what is not kept may be anything. */
static inline void
open_again (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  self->sink = udpnat_file_sink_open ("/nowhere", get_offer (self), ID, self->partial, self->kept,
                                      &error);
  g_assert_no_error (error);
}

static inline void
check_open_fails (Fixture    *self,
                  const char *partial,
                  int         code)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->sink, udpnat_file_sink_free);
  self->sink = udpnat_file_sink_open (self->to, get_offer (self), ID, partial, self->kept, &error);
  g_assert_error (error, UDPNAT_ERROR, code);
  g_assert_null (self->sink);
}

static inline gboolean
write_chunk (Fixture *self,
             guint32  file,
             guint64  chunk,
             GError **error)
{
  g_autoptr (GError) reading = NULL;
  g_autoptr (GBytes) data = udpnat_file_source_read_chunk (self->source, file, chunk, &reading);

  g_assert_no_error (reading);
  return udpnat_file_sink_write (self->sink, file, chunk, data, error);
}

/* Returns: FALSE when there is nothing more to fetch */
static inline gboolean
fetch_one (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  guint32 file;
  guint64 chunk;

  if (udpnat_file_sink_get_next (self->sink, &file, &chunk))
    {
      g_assert_true (write_chunk (self, file, chunk, &error));
      g_assert_no_error (error);
      return TRUE;
    }
  if (get_offer (self)->kind == UDPNAT_FILE_KIND_FILE || udpnat_file_sink_has_list (self->sink))
    return FALSE;
  g_assert_true (udpnat_file_sink_set_list (self->sink, &error));
  g_assert_no_error (error);
  return TRUE;
}

static inline void
fetch_all (Fixture *self)
{
  while (fetch_one (self))
    continue;
}

static inline void
sync_sink (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  self->kept = udpnat_file_sink_sync (self->sink, &error);
  g_assert_no_error (error);
}

/* Returns: (transfer full): its path */
static inline char *
finish (Fixture *self)
{
  g_autoptr (GError) error = NULL;
  char *path = udpnat_file_sink_finish (self->sink, &error);

  g_assert_no_error (error);
  g_assert_false (g_file_test (self->partial, G_FILE_TEST_EXISTS));
  return path;
}

static inline char *
get_file (const char *path)
{
  char *text = NULL;
  gsize n;

  g_assert_true (g_file_get_contents (path, &text, &n, NULL));
  g_assert_cmpuint (strlen (text), ==, n);
  return text;
}

static inline void
check_text (const char *path,
            const char *text)
{
  g_autofree char *there = get_file (path);

  g_assert_cmpstr (there, ==, text);
}

static inline void
check_same (const char *a,
            const char *b)
{
  g_autofree char *in_a = NULL;
  g_autofree char *in_b = NULL;
  gsize n_a, n_b;

  g_assert_true (g_file_get_contents (a, &in_a, &n_a, NULL));
  g_assert_true (g_file_get_contents (b, &in_b, &n_b, NULL));
  g_assert_cmpuint (n_a, ==, n_b);
  g_assert_true (memcmp (in_a, in_b, n_a) == 0);
}

static inline void
check_finishes_as (Fixture    *self,
                   const char *name)
{
  g_autofree char *path = finish (self);
  g_autofree char *base = g_path_get_basename (path);

  g_assert_cmpstr (base, ==, name);
  if (get_offer (self)->kind == UDPNAT_FILE_KIND_FILE)
    check_same (path, self->from);
}

static inline mode_t
get_mode (const char *path)
{
  GStatBuf about;

  g_assert_cmpint (g_lstat (path, &about), ==, 0);
  return about.st_mode & 07777;
}

static inline gint64
get_size (const char *path)
{
  GStatBuf about;

  g_assert_cmpint (g_lstat (path, &about), ==, 0);
  return about.st_size;
}

G_END_DECLS
