/* A conversation for people to read:
 *
 *     2026-01-05, Monday
 *
 *     [14:03] Bob: hello
 *             in two lines
 *     [14:05] You:
 *             > Bob: hello
 *             hello yourself (edited)
 *             (Bob 👍)
 *     [14:06] Bob: heron.jpg
 *             (file: 1.2 MB, complete; image/jpeg)
 *             (on this computer: /home/alice/heron.jpg)
 *
 * A message cannot pass for another one: all but its first line is indented, and it has no
 * characters that break lines in other ways, change the order of their neighbours or are obeyed by
 * a terminal. */

#include "config.h"

#include "udpnat-export-private.h"

#include <glib/gi18n-lib.h>

#include "udpnat-words.h"

#define INDENT "        " /* as wide as "[14:03] " */
#define QUOTE "> "
#define UNPRINTABLE "\357\277\275" /* U+FFFD */

static const char *
get_name (const UdpnatExport *self,
          gboolean            is_own)
{
  if (!is_own)
    return self->peer_name;
  return self->own_name != NULL ? self->own_name : _("You");
}

/* ---- Text of others ---- */

static gboolean
breaks_line (gunichar c)
{
  return c == '\n' || c == 0x2028 || c == 0x2029;
}

static gboolean
changes_order (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* @indent: begins every line but the first */
static void
append_clean (GString    *out,
              const char *text,
              const char *indent)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (breaks_line (c))
        g_string_append_printf (out, "\n%s", indent);
      else if (c == '\t')
        g_string_append_c (out, ' ');
      else if (c == '\r' && p[1] == '\n')
        continue;
      else if (g_unichar_iscntrl (c) || changes_order (c))
        g_string_append (out, UNPRINTABLE);
      else
        g_string_append_unichar (out, c);
    }
}

/* ---- Dates ---- */

static GDateTime *
get_time (const UdpnatExport *self,
          UdpnatHistoryItem  *line)
{
  g_autoptr (GDateTime) utc =
    g_date_time_new_from_unix_utc (udpnat_history_item_get_shown_us (line) / G_USEC_PER_SEC);

  return utc != NULL ? g_date_time_to_timezone (utc, self->time_zone) : NULL;
}

/* Returns: (nullable): NULL for a time that no calendar has */
static char *
format_time (const UdpnatExport *self,
             UdpnatHistoryItem  *line,
             const char         *format)
{
  g_autoptr (GDateTime) time = get_time (self, line);

  return time != NULL ? g_date_time_format (time, format) : NULL;
}

static void
append_date (const UdpnatExport *self,
             UdpnatHistoryItem  *line,
             UdpnatHistoryItem  *before,
             GString            *out)
{
  g_autofree char *date = format_time (self, line, "%Y-%m-%d, %A");
  g_autofree char *date_before =
    before != NULL ? format_time (self, before, "%Y-%m-%d, %A") : NULL;

  if (date != NULL && g_strcmp0 (date, date_before) != 0)
    g_string_append_printf (out, "\n%s\n\n", date);
}

/* ---- A line ---- */

static void
append_quote (const UdpnatExport *self,
              UdpnatHistoryItem  *line,
              GString            *out)
{
  const char *text = udpnat_history_item_get_quoted_text (line);

  g_string_append (out, "\n" INDENT QUOTE);
  append_clean (out, get_name (self, udpnat_history_item_is_quoted_outgoing (line)),
                INDENT QUOTE);
  g_string_append (out, ": ");
  append_clean (out, text != NULL ? text : "…", INDENT QUOTE);
  g_string_append (out, "\n" INDENT);
}

static void
append_words (UdpnatHistoryItem *line,
              GString           *out)
{
  const char *text = udpnat_history_item_get_text (line);

  if (udpnat_history_item_is_deleted (line))
    g_string_append (out, _("(deleted)"));
  else if (udpnat_history_item_is_unsupported (line))
    g_string_append (out, _("(from a later version of udpnat, which this one does not "
                            "understand)"));
  else if (text != NULL)
    append_clean (out, text, INDENT);
  if (udpnat_history_item_get_edited_us (line) != 0 && !udpnat_history_item_is_deleted (line))
    g_string_append_printf (out, " %s", _("(edited)"));
}

/* @reason: (nullable): its code */
static void
append_failure (const char *reason,
                GString    *out)
{
  g_string_append_c (out, ' ');
  if (reason == NULL)
    g_string_append (out, _("(not delivered)"));
  else
    /* Translators: %s is why a message was not delivered */
    g_string_append_printf (out, _("(not delivered: %s)"), udpnat_words_explain_code (reason));
}

static void
append_state (UdpnatHistoryItem *line,
              GString           *out)
{
  if (!udpnat_history_item_is_outgoing (line))
    return;
  switch (udpnat_history_item_get_state (line))
    {
    case UDPNAT_ITEM_STATE_WAITING:
    case UDPNAT_ITEM_STATE_SENT:
    case UDPNAT_ITEM_STATE_STORED:
      g_string_append_printf (out, " %s", _("(not delivered yet)"));
      break;
    case UDPNAT_ITEM_STATE_FAILED:
      append_failure (udpnat_history_item_get_reason (line), out);
      break;
    case UDPNAT_ITEM_STATE_DELIVERED:
    case UDPNAT_ITEM_STATE_READ:
      break;
    }
}

/* Returns: (transfer full): of what size it is, and how it stands */
static char *
describe_transfer (const UdpnatExport         *self,
                   const UdpnatStoredTransfer *stored)
{
  const UdpnatFileOffer *offer = stored->offer;
  g_autofree char *size = g_format_size (offer->size);
  g_autoptr (GString) peer = g_string_new (NULL);
  g_autoptr (UdpnatTransfer) transfer = NULL;

  if (stored->state == UDPNAT_TRANSFER_STATE_DONE)
    /* Translators: %s is the size of a file of which nothing is missing */
    return g_strdup_printf (_("%s, complete"), size);
  transfer = udpnat_transfer_new (offer->name, (gint64) offer->size, offer->content_type,
                                  stored->is_outgoing);
  udpnat_transfer_set_state (transfer, stored->state, stored->reason);
  udpnat_transfer_set_paused (transfer, stored->is_paused, FALSE);
  udpnat_transfer_set_progress (transfer, stored->kept, 0);
  append_clean (peer, self->peer_name, INDENT);
  return udpnat_transfer_describe (transfer, peer->str);
}

static void
append_file (const UdpnatExport *self,
             UdpnatHistoryItem  *line,
             GString            *out)
{
  const UdpnatStoredTransfer *stored = udpnat_history_item_get_stored_transfer (line);
  g_autofree char *standing = NULL;
  g_autoptr (GString) about = NULL;

  if (stored == NULL)
    return;
  standing = describe_transfer (self, stored);
  about = g_string_new (standing);
  if (stored->offer->content_type[0] != '\0')
    g_string_append_printf (about, "; %s", stored->offer->content_type);
  g_string_append (out, "\n" INDENT);
  /* Translators: %s are size, state and type */
  g_string_append_printf (out, stored->offer->kind == UDPNAT_FILE_KIND_FOLDER ? _("(folder: %s)")
                                                                              : _("(file: %s)"),
                          about->str);
  if (stored->path != NULL)
    {
      g_autofree char *name = g_filename_display_name (stored->path);
      g_autoptr (GString) path = g_string_new (NULL);

      append_clean (path, name, INDENT);
      g_string_append (out, "\n" INDENT);
      /* Translators: %s is where a file is */
      g_string_append_printf (out, _("(on this computer: %s)"), path->str);
    }
}

static void
append_reaction (const char *name,
                 const char *sign,
                 GString    *out)
{
  if (sign == NULL)
    return;
  g_string_append (out, "\n" INDENT "(");
  append_clean (out, name, INDENT);
  g_string_append_c (out, ' ');
  append_clean (out, sign, INDENT);
  g_string_append_c (out, ')');
}

/** udpnat_export_begin_text: what stands before the first line */
void
udpnat_export_begin_text (const UdpnatExport *self,
                          GString            *out)
{
  g_autoptr (GString) name = g_string_new (NULL);
  char key[UDPNAT_KEY_TEXT_BYTES];

  append_clean (name, self->peer_name, INDENT);
  /* Translators: %s is a person */
  g_string_append_printf (out, _("Conversation with %s"), name->str);
  g_string_append_c (out, '\n');
  g_string_append_printf (out, _("Their key: %s"),
                          udpnat_public_key_to_string (&self->peer_key, key));
  g_string_append_c (out, '\n');
}

/**
 * udpnat_export_add_text:
 * @before: (nullable): the line before this one
 */
void
udpnat_export_add_text (const UdpnatExport *self,
                        UdpnatHistoryItem  *line,
                        UdpnatHistoryItem  *before,
                        GString            *out)
{
  g_autofree char *time = format_time (self, line, "%H:%M");
  gboolean is_reply = udpnat_history_item_get_quoted_id (line) != NULL &&
                      !udpnat_history_item_is_deleted (line);

  append_date (self, line, before, out);
  g_string_append_printf (out, "[%s] ", time != NULL ? time : "--:--");
  append_clean (out, get_name (self, udpnat_history_item_is_outgoing (line)), INDENT);
  g_string_append (out, is_reply ? ":" : ": ");
  if (is_reply)
    append_quote (self, line, out);
  append_words (line, out);
  append_state (line, out);
  append_file (self, line, out);
  append_reaction (get_name (self, TRUE), udpnat_history_item_get_my_reaction (line), out);
  append_reaction (get_name (self, FALSE), udpnat_history_item_get_their_reaction (line), out);
  g_string_append_c (out, '\n');
}
