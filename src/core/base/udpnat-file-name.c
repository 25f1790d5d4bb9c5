/* Names of files that come from somebody else. What may be offered is little restricted
 * (PROTOCOL.md section 21): a name is shown as the sender has it. On a disk it gets a name that
 * every file system takes, that hides nothing, and that reads as what it is: "photo\u202egpj.exe"
 * looks like a picture.
 *
 * Rules: Microsoft's "Naming Files, Paths, and Namespaces" for the characters and names that
 * Windows and FAT do not take; Unicode 15, table 23-3 for what turns the writing direction. */

#include "config.h"

#include "udpnat-file-name.h"

#include <string.h>

#include "udpnat-limits.h"

/* Longer endings are no extensions: what they are is not known, and the name before them matters
 * more. */
#define EXTENSION_MAX_BYTES 32
/* Until nothing changes any more, if nobody means harm it is two. */
#define STEPS_MAX 8

/* ---- What may be offered ---- */

/* Most names are ASCII, and a list may have a million. */
static gsize
count_plain (const char *name,
             gsize       n_name)
{
  gsize n = 0;

  while (n < n_name && name[n] >= ' ' && name[n] <= '~' && name[n] != '/')
    n++;
  return n;
}

/**
 * udpnat_file_name_is_valid:
 * @name: (array length=n_name): not trusted
 *
 * Returns: whether a file may be offered by that name, or stand in a list
 */
gboolean
udpnat_file_name_is_valid (const char *name,
                           gsize       n_name)
{
  if (n_name == 0 || n_name > UDPNAT_FILE_NAME_MAX_BYTES)
    return FALSE;
  if (count_plain (name, n_name) == n_name)
    return TRUE;
  if (memchr (name, '/', n_name) != NULL || !g_utf8_validate_len (name, n_name, NULL))
    return FALSE;
  for (const char *p = name; p < name + n_name; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      return FALSE;
  return TRUE;
}

/* ---- Parts of a name ---- */

/* Where the extension begins, with its dot, and with ".tar" before it; the end when there is
 * none. */
static const char *
find_extension (const char *name)
{
  const char *end = name + strlen (name);
  const char *dot = strrchr (name, '.');

  if (dot == NULL || dot == name || end - dot > EXTENSION_MAX_BYTES || end - dot == 1
      || strchr (dot, ' ') != NULL)
    return end;
  if (dot - name > 4 && g_ascii_strncasecmp (dot - 4, ".tar", 4) == 0)
    return dot - 4;
  return dot;
}

/* So many bytes of @name that fit, whole characters of them. */
static gsize
count_fitting (const char *name,
               gsize       n_name,
               gsize       n_max)
{
  if (n_name <= n_max)
    return n_name;
  while (n_max > 0 && ((guint8) name[n_max] & 0xc0) == 0x80)
    n_max--;
  return n_max;
}

/* The name with @middle before its extension, cut in front of that when it is too long. */
static char *
assemble (const char *name,
          const char *middle)
{
  const char *extension = find_extension (name);
  gsize n_rest = strlen (middle) + strlen (extension);
  gsize n_stem = count_fitting (name, (gsize) (extension - name),
                                UDPNAT_FILE_NAME_SAFE_MAX_BYTES - n_rest);

  return g_strdup_printf ("%.*s%s%s", (int) n_stem, name, middle, extension);
}

/* ---- Safe names ---- */

/* Nothing is seen of them, or they turn around what stands beside them. */
static gboolean
is_dropped (gunichar c)
{
  return g_unichar_iscntrl (c)
         || c == 0x061c || c == 0x200e || c == 0x200f /* marks of direction */
         || (c >= 0x202a && c <= 0x202e)              /* embeddings and overrides */
         || (c >= 0x2066 && c <= 0x2069)              /* isolates */
         || c == 0x2028 || c == 0x2029                /* separators of lines and paragraphs */
         || c == 0xfeff;                              /* byte order mark */
}

static char *
replace_characters (const char *name)
{
  GString *kept = g_string_sized_new (strlen (name));

  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c < 0x80 && strchr ("/\\:*?\"<>|", (int) c) != NULL && c != '\0')
        g_string_append_c (kept, '_');
      else if (!is_dropped (c))
        g_string_append_unichar (kept, c);
    }
  return g_string_free (kept, FALSE);
}

static gboolean
is_edge (gunichar c)
{
  return c == '.' || g_unichar_isspace (c);
}

/* A dot in front hides a file; Windows drops dots and spaces at the end. */
static void
trim (char *name)
{
  char *start = name;
  char *end;

  while (*start != '\0' && is_edge (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);
  memmove (name, start, strlen (start) + 1);
  end = name + strlen (name);
  while (end > name)
    {
      char *last = g_utf8_prev_char (end);

      if (!is_edge (g_utf8_get_char (last)))
        break;
      end = last;
    }
  *end = '\0';
}

/* Windows' devices, which have these names in every folder, with any extension; its ports may be
 * numbered in superscript. */
static gboolean
is_reserved (const char *name)
{
  static const char *const devices[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
  static const char *const numbers[] = { "1", "2", "3", "4", "5", "6", "7", "8", "9",
                                         "\u00b9", "\u00b2", "\u00b3" };
  g_autofree char *stem = g_strndup (name, strcspn (name, "."));

  g_strchomp (stem);
  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    if (g_ascii_strcasecmp (stem, devices[i]) == 0)
      return TRUE;
  if (g_ascii_strncasecmp (stem, "com", 3) != 0 && g_ascii_strncasecmp (stem, "lpt", 3) != 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (numbers); i++)
    if (strcmp (stem + 3, numbers[i]) == 0)
      return TRUE;
  return FALSE;
}

/* One step nearer to a safe name; one that is safe stays as it is. */
static char *
clean (const char *name)
{
  g_autofree char *replaced = replace_characters (name);
  g_autofree char *composed = g_utf8_normalize (replaced, -1, G_NORMALIZE_NFC);

  trim (composed);
  if (*composed == '\0')
    return g_strdup ("file");
  if (is_reserved (composed))
    return g_strconcat ("_", composed, NULL);
  if (strlen (composed) > UDPNAT_FILE_NAME_SAFE_MAX_BYTES)
    return assemble (composed, "");
  return g_steal_pointer (&composed);
}

/**
 * udpnat_file_name_make_safe:
 * @name: whatever somebody sent; need not be valid UTF-8
 *
 * Makes a name that may be used on any disk, in any folder: 1 to %UDPNAT_FILE_NAME_SAFE_MAX_BYTES
 * bytes of UTF-8 in NFC, which is not hidden, leads nowhere else, is no device, and has nothing in
 * it that turns the writing direction. A name that is safe stays as it is.
 *
 * Returns: (transfer full): "file" when nothing is left
 */
char *
udpnat_file_name_make_safe (const char *name)
{
  g_autofree char *safe = g_utf8_make_valid (name, -1);

  /* A step may make another one needed: what is cut can end with a space, and what is left then be
   * the name of a device. */
  for (guint i = 0; i < STEPS_MAX; i++)
    {
      g_autofree char *cleaned = clean (safe);

      if (strcmp (cleaned, safe) == 0)
        return g_steal_pointer (&safe);
      g_free (safe);
      safe = g_steal_pointer (&cleaned);
    }
  return g_strdup ("file");
}

/**
 * udpnat_file_name_number:
 * @name: as udpnat_file_name_make_safe() gives it
 * @n: from 2 up
 *
 * Returns: (transfer full): another name, for when that is taken: "photo (2).jpg"; safe as well
 */
char *
udpnat_file_name_number (const char *name,
                         guint       n)
{
  char number[16];

  g_snprintf (number, sizeof number, " (%u)", n);
  return assemble (name, number);
}
