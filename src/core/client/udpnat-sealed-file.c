/* One file of an encrypted database as SQLite sees it: ranges of bytes in clear, from and to sealed
 * pages. udpnat-sealed-vfs.c says how the files look.
 *
 * A page that does not open is SQLITE_CORRUPT, with one exception: the log may end in a frame that
 * a crash cut short, and SQLite finds that end itself, by its checksum. It reads whole frames only
 * then, so a bad page in such a read is given as zeros, and in any other is an error. */

#include "config.h"

#include "udpnat-sealed-file-private.h"

#include <string.h>

#include "udpnat-limits.h"

#define PAGE UDPNAT_PAGE_BYTES
#define LOG_HEADER UDPNAT_WAL_HEADER_BYTES
#define FRAME_HEADER UDPNAT_WAL_FRAME_HEADER_BYTES
#define FRAME (FRAME_HEADER + PAGE)
#define LOG_SALTS_OFFSET 16 /* SQLite's file format, section 4.1 */
/* How often a page that does not open is read again, as long as its bytes differ each time:
 * another connection may be writing it. */
#define READ_ATTEMPTS_MAX 100

typedef struct
{
  sqlite3_file          base; /* must be first */
  const UdpnatPageSeal *seal; /* borrowed */
  gboolean              is_log;
  sqlite3_file         *real; /* stands behind this struct */
} SealedFile;

/* ---- The real file ---- */

static int
real_read (SealedFile   *self,
           void         *out,
           int           n_out,
           sqlite3_int64 offset)
{
  return self->real->pMethods->xRead (self->real, out, n_out, offset);
}

static int
real_write (SealedFile   *self,
            const void   *data,
            int           n_data,
            sqlite3_int64 offset)
{
  return self->real->pMethods->xWrite (self->real, data, n_data, offset);
}

static int
real_size (SealedFile    *self,
           sqlite3_int64 *out_size)
{
  return self->real->pMethods->xFileSize (self->real, out_size);
}

/* ---- The database ---- */

/* Returns: SQLITE_IOERR_SHORT_READ and zeros for a page behind the end */
static int
read_page (SealedFile   *self,
           sqlite3_int64 number,
           guint8       *out)
{
  guint8 sealed[PAGE], before[PAGE];
  sqlite3_int64 size = 0;

  for (guint i = 0; i < READ_ATTEMPTS_MAX; i++)
    {
      int rc = real_read (self, sealed, PAGE, number * PAGE);

      if (rc == SQLITE_IOERR_SHORT_READ)
        {
          memset (out, 0, PAGE);
          rc = real_size (self, &size);
          if (rc == SQLITE_OK)
            rc = size <= number * PAGE ? SQLITE_IOERR_SHORT_READ : SQLITE_CORRUPT;
        }
      if (rc != SQLITE_OK)
        return rc;
      if (udpnat_page_seal_open (self->seal, (guint64) number, NULL, sealed, out))
        return SQLITE_OK;
      if (i > 0 && memcmp (sealed, before, PAGE) == 0)
        break;
      memcpy (before, sealed, PAGE);
    }
  sqlite3_log (SQLITE_CORRUPT, "page %lld does not open", (long long) number + 1);
  return SQLITE_CORRUPT;
}

static int
write_page (SealedFile   *self,
            sqlite3_int64 number,
            const guint8 *clear)
{
  guint8 sealed[PAGE];

  /* A database whose pages leave no room, or are of another size, would lose what it stores. */
  if (number == 0 && udpnat_page_is_clear_first (clear, PAGE) &&
      (((guint) clear[16] << 8 | clear[17]) != PAGE || clear[20] != UDPNAT_PAGE_RESERVED_BYTES))
    return SQLITE_IOERR_WRITE;
  if (!udpnat_page_seal_close (self->seal, (guint64) number, NULL, clear, sealed))
    return SQLITE_IOERR_WRITE;
  return real_write (self, sealed, PAGE, number * PAGE);
}

static int
read_database (SealedFile   *self,
               guint8       *out,
               int           n_out,
               sqlite3_int64 offset)
{
  while (n_out > 0)
    {
      int from = (int) (offset % PAGE);
      int n = MIN (n_out, PAGE - from);
      guint8 page[PAGE];
      int rc = read_page (self, offset / PAGE, page);

      if (rc != SQLITE_OK)
        {
          memset (out, 0, (gsize) n_out);
          return rc;
        }
      memcpy (out, page + from, (gsize) n);
      out += n;
      n_out -= n;
      offset += n;
    }
  return SQLITE_OK;
}

/* Pages that SQLite jumps over are sealed zeros, so that a page which an attacker zeroed is none of
 * them. */
static int
fill_gap (SealedFile   *self,
          sqlite3_int64 until)
{
  static const guint8 zeros[PAGE];
  sqlite3_int64 size = 0;
  int rc = real_size (self, &size);

  for (sqlite3_int64 i = size / PAGE; rc == SQLITE_OK && i < until; i++)
    rc = write_page (self, i, zeros);
  return rc;
}

static int
write_database (SealedFile   *self,
                const guint8 *data,
                int           n_data,
                sqlite3_int64 offset)
{
  int rc = fill_gap (self, offset / PAGE);

  while (n_data > 0 && rc == SQLITE_OK)
    {
      int from = (int) (offset % PAGE);
      int n = MIN (n_data, PAGE - from);
      guint8 page[PAGE];

      if (n < PAGE)
        {
          rc = read_page (self, offset / PAGE, page);
          if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
            return rc;
        }
      memcpy (page + from, data, (gsize) n);
      rc = write_page (self, offset / PAGE, page);
      data += n;
      n_data -= n;
      offset += n;
    }
  return rc;
}

/* ---- The write-ahead log ---- */

/* What a frame's page is bound to besides its place: page number and size of the database from the
 * frame's header, and the salts from the log's. Those in the frame's own header are zeros as long
 * as SQLite may still write the frame again. */
static int
read_binding (SealedFile   *self,
              const guint8 *frame_header,
              guint8        out[UDPNAT_PAGE_BINDING_BYTES])
{
  memcpy (out, frame_header, 8);
  return real_read (self, out + 8, 8, LOG_SALTS_OFFSET);
}

/* Reads a part of one frame; @from and @n are inside it. */
static int
read_frame (SealedFile   *self,
            sqlite3_int64 start,
            int           from,
            int           n,
            guint8       *out)
{
  gboolean is_header_only = from + n <= FRAME_HEADER;
  guint8 raw[FRAME], clear[FRAME], binding[UDPNAT_PAGE_BINDING_BYTES];
  int rc = real_read (self, raw, is_header_only ? FRAME_HEADER : FRAME, start);

  if (rc == SQLITE_OK)
    rc = read_binding (self, raw, binding);
  if (rc != SQLITE_OK)
    {
      memset (out, 0, (gsize) n);
      return rc;
    }
  memcpy (clear, raw, FRAME_HEADER);
  udpnat_page_seal_unmask (self->seal, (guint64) start, clear);
  if (!is_header_only &&
      !udpnat_page_seal_open (self->seal, (guint64) start, binding, raw + FRAME_HEADER,
                              clear + FRAME_HEADER) &&
      from >= FRAME_HEADER)
    {
      sqlite3_log (SQLITE_CORRUPT, "log frame at %lld does not open", (long long) start);
      rc = SQLITE_CORRUPT;
    }
  memcpy (out, clear + from, (gsize) n);
  return rc;
}

static int
write_frame_header (SealedFile   *self,
                    sqlite3_int64 start,
                    int           from,
                    int           n,
                    const guint8 *data)
{
  guint8 header[FRAME_HEADER];
  int rc;

  if (n < FRAME_HEADER)
    {
      rc = read_frame (self, start, 0, FRAME_HEADER, header);
      if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return rc;
    }
  memcpy (header + from, data, (gsize) n);
  udpnat_page_seal_mask (self->seal, (guint64) start, header);
  return real_write (self, header, FRAME_HEADER, start);
}

/* The frame's header is on disk by then: SQLite writes it first. */
static int
write_frame_page (SealedFile   *self,
                  sqlite3_int64 start,
                  int           from,
                  int           n,
                  const guint8 *data)
{
  guint8 header[FRAME_HEADER], binding[UDPNAT_PAGE_BINDING_BYTES];
  guint8 frame[FRAME], sealed[PAGE];
  int rc;

  memset (frame, 0, sizeof frame);
  if (n < PAGE)
    {
      rc = read_frame (self, start, 0, FRAME, frame);
      if (rc != SQLITE_OK && rc != SQLITE_IOERR_SHORT_READ)
        return rc;
    }
  memcpy (frame + FRAME_HEADER + from, data, (gsize) n);
  rc = real_read (self, header, FRAME_HEADER, start);
  if (rc == SQLITE_OK)
    rc = read_binding (self, header, binding);
  if (rc != SQLITE_OK)
    return rc;
  if (!udpnat_page_seal_close (self->seal, (guint64) start, binding, frame + FRAME_HEADER, sealed))
    return SQLITE_IOERR_WRITE;
  return real_write (self, sealed, PAGE, start + FRAME_HEADER);
}

static int
read_log (SealedFile   *self,
          guint8       *out,
          int           n_out,
          sqlite3_int64 offset)
{
  while (n_out > 0)
    {
      gboolean is_header = offset < LOG_HEADER;
      int from = is_header ? (int) offset : (int) ((offset - LOG_HEADER) % FRAME);
      int n = MIN (n_out, (is_header ? LOG_HEADER : FRAME) - from);
      int rc = is_header ? real_read (self, out, n, offset)
                         : read_frame (self, offset - from, from, n, out);

      if (rc != SQLITE_OK)
        {
          memset (out + n, 0, (gsize) (n_out - n));
          return rc;
        }
      out += n;
      n_out -= n;
      offset += n;
    }
  return SQLITE_OK;
}

static int
write_log (SealedFile   *self,
           const guint8 *data,
           int           n_data,
           sqlite3_int64 offset)
{
  int rc = SQLITE_OK;

  while (n_data > 0 && rc == SQLITE_OK)
    {
      int from = offset < LOG_HEADER ? (int) offset : (int) ((offset - LOG_HEADER) % FRAME);
      int n;

      if (offset < LOG_HEADER)
        {
          n = MIN (n_data, LOG_HEADER - from);
          rc = real_write (self, data, n, offset);
        }
      else if (from < FRAME_HEADER)
        {
          n = MIN (n_data, FRAME_HEADER - from);
          rc = write_frame_header (self, offset - from, from, n, data);
        }
      else
        {
          n = MIN (n_data, FRAME - from);
          rc = write_frame_page (self, offset - from, from - FRAME_HEADER, n, data);
        }
      data += n;
      n_data -= n;
      offset += n;
    }
  return rc;
}

/* ---- Methods of a file ---- */

static int
file_close (sqlite3_file *file)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xClose (self->real);
}

static int
file_read (sqlite3_file *file,
           void         *out,
           int           n_out,
           sqlite3_int64 offset)
{
  SealedFile *self = (SealedFile *) file;

  return self->is_log ? read_log (self, out, n_out, offset)
                      : read_database (self, out, n_out, offset);
}

static int
file_write (sqlite3_file *file,
            const void   *data,
            int           n_data,
            sqlite3_int64 offset)
{
  SealedFile *self = (SealedFile *) file;

  return self->is_log ? write_log (self, data, n_data, offset)
                      : write_database (self, data, n_data, offset);
}

/* Half a page could not be opened again. */
static int
file_truncate (sqlite3_file *file,
               sqlite3_int64 size)
{
  SealedFile *self = (SealedFile *) file;

  if (!self->is_log && size % PAGE != 0)
    return SQLITE_IOERR_TRUNCATE;
  return self->real->pMethods->xTruncate (self->real, size);
}

static int
file_sync (sqlite3_file *file,
           int           flags)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xSync (self->real, flags);
}

static int
file_size (sqlite3_file  *file,
           sqlite3_int64 *out_size)
{
  return real_size ((SealedFile *) file, out_size);
}

static int
file_lock (sqlite3_file *file,
           int           level)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xLock (self->real, level);
}

static int
file_unlock (sqlite3_file *file,
             int           level)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xUnlock (self->real, level);
}

static int
file_check_reserved_lock (sqlite3_file *file,
                          int          *out_is_locked)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xCheckReservedLock (self->real, out_is_locked);
}

/* What cannot work with sealed pages is refused in words, before it fails at a write. */
static int
refuse_pragma (char **arguments)
{
  const char *name = arguments[1], *value = arguments[2];

  if (value == NULL)
    return SQLITE_NOTFOUND;
  if (sqlite3_stricmp (name, "page_size") == 0 && g_ascii_strtoll (value, NULL, 10) != PAGE)
    {
      arguments[0] = sqlite3_mprintf ("pages of an encrypted database have %d bytes", PAGE);
      return SQLITE_ERROR;
    }
  if (sqlite3_stricmp (name, "journal_mode") == 0 && sqlite3_stricmp (value, "wal") != 0 &&
      sqlite3_stricmp (value, "memory") != 0 && sqlite3_stricmp (value, "off") != 0)
    {
      arguments[0] = sqlite3_mprintf ("an encrypted database has no journal in a file");
      return SQLITE_ERROR;
    }
  return SQLITE_NOTFOUND;
}

static int
file_control (sqlite3_file *file,
              int           operation,
              void         *argument)
{
  SealedFile *self = (SealedFile *) file;

  switch (operation)
    {
    case SQLITE_FCNTL_PRAGMA:
      if (refuse_pragma (argument) == SQLITE_ERROR)
        return SQLITE_ERROR;
      break;
    /* These make the file longer with zeros, which are no sealed pages. */
    case SQLITE_FCNTL_SIZE_HINT:
    case SQLITE_FCNTL_CHUNK_SIZE:
      return SQLITE_OK;
    case SQLITE_FCNTL_MMAP_SIZE: /* what is mapped cannot be opened on the way */
      return SQLITE_NOTFOUND;
    default: /* not an enum */
      break;
    }
  return self->real->pMethods->xFileControl (self->real, operation, argument);
}

static int
file_sector_size (sqlite3_file *file)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xSectorSize (self->real);
}

/* What is promised of a write holds for writes of whole pages, which are all that SQLite does.
 * Batches of writes that happen all or not at all are another matter: a page may be read first. */
static int
file_device_characteristics (sqlite3_file *file)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xDeviceCharacteristics (self->real) & ~SQLITE_IOCAP_BATCH_ATOMIC;
}

static int
file_shm_map (sqlite3_file   *file,
              int             number,
              int             n_bytes,
              int             may_extend,
              void volatile **out_region)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xShmMap (self->real, number, n_bytes, may_extend, out_region);
}

static int
file_shm_lock (sqlite3_file *file,
               int           offset,
               int           n,
               int           flags)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xShmLock (self->real, offset, n, flags);
}

static void
file_shm_barrier (sqlite3_file *file)
{
  SealedFile *self = (SealedFile *) file;

  self->real->pMethods->xShmBarrier (self->real);
}

static int
file_shm_unmap (sqlite3_file *file,
                int           is_delete)
{
  SealedFile *self = (SealedFile *) file;

  return self->real->pMethods->xShmUnmap (self->real, is_delete);
}

static const sqlite3_io_methods sealed_methods = {
  .iVersion = 2, /* without memory maps */
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_reserved_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_device_characteristics,
  .xShmMap = file_shm_map,
  .xShmLock = file_shm_lock,
  .xShmBarrier = file_shm_barrier,
  .xShmUnmap = file_shm_unmap,
};

/* ---- Opening ---- */

static gsize
get_struct_bytes (void)
{
  return (sizeof (SealedFile) + 15) / 16 * 16; /* so that the real file behind it is aligned */
}

/** udpnat_sealed_file_get_bytes: Returns: szOsFile of a VFS that stands before @real */
int
udpnat_sealed_file_get_bytes (const sqlite3_vfs *real)
{
  return (int) get_struct_bytes () + real->szOsFile;
}

/**
 * udpnat_sealed_file_open:
 * @real: opens the file
 * @seal: must outlive the file
 *
 * xOpen of a VFS that encrypts. What would not be encrypted is refused: journals in files and
 * temporary files.
 */
int
udpnat_sealed_file_open (sqlite3_vfs          *real,
                         const UdpnatPageSeal *seal,
                         const char           *path,
                         sqlite3_file         *file,
                         int                   flags,
                         int                  *out_flags)
{
  SealedFile *self = (SealedFile *) file;
  int rc;

  self->base.pMethods = NULL;
  /* Nothing in clear may reach the disk. */
  if ((flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) == 0)
    return SQLITE_CANTOPEN;
  self->seal = seal;
  self->is_log = (flags & SQLITE_OPEN_WAL) != 0;
  self->real = (sqlite3_file *) ((guint8 *) file + get_struct_bytes ());
  self->real->pMethods = NULL;
  rc = real->xOpen (real, path, self->real, flags, out_flags);
  if (rc == SQLITE_OK)
    self->base.pMethods = &sealed_methods;
  else if (self->real->pMethods != NULL)
    self->real->pMethods->xClose (self->real);
  return rc;
}
