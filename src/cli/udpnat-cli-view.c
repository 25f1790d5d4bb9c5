/* What the terminal shows. In JSON mode each event is one object on one line, and nothing else is
 * written to stdout; the members are a contract with other programs (see the man page).
 *
 * Text from other people is cleaned before it reaches a terminal: control characters could move the
 * cursor, change the title or answer for the user. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-columns.h"

/* As wide as “round trip”, the longest label in English. */
#define LABEL_CELLS 10

#define LEFT_TO_RIGHT_ISOLATE 0x2066
#define FIRST_STRONG_ISOLATE  0x2068
#define POP_ISOLATE           0x2069
/* What stands for a character that is not shown. */
#define REPLACEMENT           0xfffd

struct _UdpnatCliView
{
  gboolean is_json;
  gboolean is_one_shot;
  gboolean is_lan_only;         /* there is no server that anything could go through */
  int      exit_status;         /* as the errors told so far ask for */
  void   (*hide_prompt) (void); /* nullable */
  void   (*show_prompt) (void); /* nullable */
  GHashTable *transfers;        /* the state of files as it was shown last, by the line's number */
};

/**
 * udpnat_cli_view_new:
 * @is_one_shot: what is wrong goes to stderr
 */
UdpnatCliView *
udpnat_cli_view_new (gboolean is_json,
                     gboolean is_one_shot)
{
  UdpnatCliView *self = g_new0 (UdpnatCliView, 1);

  self->is_json = is_json;
  self->is_one_shot = is_one_shot;
  self->transfers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  return self;
}

/** udpnat_cli_view_set_lan_only: whether there is no server */
void
udpnat_cli_view_set_lan_only (UdpnatCliView *self,
                              gboolean       is_lan_only)
{
  self->is_lan_only = is_lan_only;
}

gboolean
udpnat_cli_view_is_lan_only (UdpnatCliView *self)
{
  return self->is_lan_only;
}

void
udpnat_cli_view_free (UdpnatCliView *self)
{
  if (self == NULL)
    return;
  g_hash_table_unref (self->transfers);
  g_free (self);
}

/** udpnat_cli_view_note_transfer: Returns: whether its state is another than was noted last */
gboolean
udpnat_cli_view_note_transfer (UdpnatCliView  *self,
                               UdpnatTransfer *transfer)
{
  gint64 number = udpnat_transfer_get_line (transfer);
  const char *reason = udpnat_transfer_get_reason (transfer);
  g_autofree char *now = g_strdup_printf ("%s%s%d%d", udpnat_transfer_get_state_code (transfer),
                                          reason != NULL ? reason : "",
                                          udpnat_transfer_is_paused_here (transfer),
                                          udpnat_transfer_is_paused_there (transfer));

  if (g_strcmp0 (g_hash_table_lookup (self->transfers, &number), now) == 0)
    return FALSE;
  g_hash_table_replace (self->transfers, g_memdup2 (&number, sizeof number),
                        g_steal_pointer (&now));
  return TRUE;
}

void
udpnat_cli_view_set_prompt_funcs (UdpnatCliView *self,
                                  void         (*hide) (void),
                                  void         (*show) (void))
{
  self->hide_prompt = hide;
  self->show_prompt = show;
}

gboolean
udpnat_cli_view_is_json (UdpnatCliView *self)
{
  return self->is_json;
}

/** udpnat_cli_view_get_exit_status: Returns: 0: no error was told, 1: some, 2: wrong usage */
int
udpnat_cli_view_get_exit_status (UdpnatCliView *self)
{
  return self->exit_status;
}

/* ---- Text ---- */

/* What changes the order of its neighbours or breaks lines. */
static gboolean
is_invisible (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

static void
append_clean (GString *clean,
              gunichar c)
{
  if (c == '\n')
    g_string_append (clean, "\n    ");
  else if (c == '\t')
    g_string_append_c (clean, ' ');
  else if (g_unichar_iscntrl (c) || is_invisible (c))
    g_string_append_unichar (clean, REPLACEMENT);
  else
    g_string_append_unichar (clean, c);
}

/**
 * udpnat_cli_view_clean:
 *
 * Returns: (transfer full): @text without control characters but line feeds, which are indented
 */
char *
udpnat_cli_view_clean (const char *text)
{
  GString *clean = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    append_clean (clean, g_utf8_get_char (p));
  return g_string_free (clean, FALSE);
}

/* The same for a whole sentence. Translations put what they quote between marks, so that it does
 * not change the order of their own words (UAX #9, isolates). The two that open them and turn
 * nothing round stay, and each is closed. */
static char *
clean_sentence (const char *text)
{
  GString *clean = g_string_new (NULL);
  guint n_open = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gboolean is_opening = c == FIRST_STRONG_ISOLATE || c == LEFT_TO_RIGHT_ISOLATE;
      gboolean is_closing = c == POP_ISOLATE && n_open > 0;

      if (is_opening || is_closing)
        g_string_append_unichar (clean, c);
      else
        append_clean (clean, c);
      n_open += is_opening;
      n_open -= is_closing;
    }
  for (; n_open > 0; n_open--)
    g_string_append_unichar (clean, POP_ISOLATE);
  return g_string_free (clean, FALSE);
}

/** udpnat_cli_view_dup_title: Returns: (transfer full): what to call somebody, clean */
char *
udpnat_cli_view_dup_title (UdpnatPerson *person)
{
  return udpnat_cli_view_clean (udpnat_person_get_title (person));
}

/** udpnat_cli_view_format_time: Returns: (transfer full): as g_date_time_format() has it */
char *
udpnat_cli_view_format_time (gint64      wall_us,
                             const char *format)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (wall_us / G_USEC_PER_SEC);

  return time != NULL ? g_date_time_format (time, format) : g_strdup ("--:--");
}

/* ---- Lines of several pieces ---- */

/** udpnat_cli_view_append_fact: puts one more fact at the end of a list of them in one line */
void
udpnat_cli_view_append_fact (GString    *line,
                             const char *fact)
{
  /* Translators: stands between facts of a list in one line: “verified, pinned, 3 unread” */
  g_string_append (line, C_("between facts", ", "));
  g_string_append (line, fact);
}

/** udpnat_cli_view_append_rtt: likewise how long it takes there and back, when that is known */
void
udpnat_cli_view_append_rtt (GString *line,
                            gint64   rtt_us)
{
  g_autofree char *rtt = NULL;

  if (rtt_us <= 0)
    return;
  /* Translators: milliseconds */
  rtt = g_strdup_printf (_("%.0f ms"), rtt_us / 1000.0);
  udpnat_cli_view_append_fact (line, rtt);
}

/* ---- Writing a line ---- */

static void
write_line (UdpnatCliView *self,
            const char    *line)
{
  if (self->hide_prompt != NULL)
    self->hide_prompt ();
  fputs (line, stdout);
  fputc ('\n', stdout);
  /* Nobody reads us any more. End before a message that was not shown counts as read. */
  if (fflush (stdout) != 0 || ferror (stdout))
    _exit (1);
  if (self->show_prompt != NULL)
    self->show_prompt ();
}

JsonBuilder *
udpnat_cli_view_begin (const char *event)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  return builder;
}

/** udpnat_cli_view_add_text: @value: (nullable): written as "" when %NULL */
void
udpnat_cli_view_add_text (JsonBuilder *builder,
                          const char  *member,
                          const char  *value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value != NULL ? value : "");
}

void
udpnat_cli_view_add_number (JsonBuilder *builder,
                            const char  *member,
                            gint64       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

void
udpnat_cli_view_add_boolean (JsonBuilder *builder,
                             const char  *member,
                             gboolean     value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_boolean_value (builder, value);
}

/** udpnat_cli_view_end: @builder: (transfer full): its object is written */
void
udpnat_cli_view_end (UdpnatCliView *self,
                     JsonBuilder   *builder)
{
  g_autoptr (JsonGenerator) generator = json_generator_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *line = NULL;

  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json_generator_set_root (generator, root);
  line = json_generator_to_data (generator, NULL);
  write_line (self, line);
  g_object_unref (builder);
}

/** udpnat_cli_view_tell: an event whose members are texts, in JSON mode only */
void
udpnat_cli_view_tell (UdpnatCliView *self,
                      const char    *event,
                      const char    *first_member,
                      ...)
{
  JsonBuilder *builder;
  va_list arguments;

  if (!self->is_json)
    return;
  builder = udpnat_cli_view_begin (event);
  va_start (arguments, first_member);
  for (const char *member = first_member; member != NULL; member = va_arg (arguments, char *))
    udpnat_cli_view_add_text (builder, member, va_arg (arguments, char *));
  va_end (arguments);
  udpnat_cli_view_end (self, builder);
}

/**
 * udpnat_cli_view_show_text: a line for people, written as it is; nothing in JSON mode. What others
 * have written must be clean. */
void
udpnat_cli_view_show_text (UdpnatCliView *self,
                           const char    *format,
                           ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  if (self->is_json)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  write_line (self, text);
}

/** udpnat_cli_view_show_clean: the same, and the whole line is cleaned */
void
udpnat_cli_view_show_clean (UdpnatCliView *self,
                            const char    *format,
                            ...)
{
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  va_list arguments;

  if (self->is_json)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  clean = clean_sentence (text);
  write_line (self, clean);
}

/**
 * udpnat_cli_view_show_field: a line of two columns, not cleaned; nothing in JSON mode
 * @label: what it is about; "": the same as the line before
 */
void
udpnat_cli_view_show_field (UdpnatCliView *self,
                            const char    *label,
                            const char    *format,
                            ...)
{
  g_autofree char *padded = udpnat_columns_pad (label, LABEL_CELLS);
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  udpnat_cli_view_show_text (self, "  %s %s", padded, text);
}

static void
show_wrong (UdpnatCliView *self,
            const char    *code,
            const char    *message)
{
  g_autofree char *clean = NULL;

  if (self->is_json)
    {
      udpnat_cli_view_tell (self, "error", "code", code, "message", message, NULL);
      return;
    }
  clean = clean_sentence (message);
  if (self->is_one_shot)
    g_printerr ("udpnat-cli: %s\n", clean);
  else
    write_line (self, clean);
}

/** udpnat_cli_view_show_error: in JSON mode an event, else a line */
void
udpnat_cli_view_show_error (UdpnatCliView *self,
                            const char    *code,
                            const char    *format,
                            ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  self->exit_status = MAX (self->exit_status, g_str_equal (code, "usage") ? 2 : 1);
  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  show_wrong (self, code, message);
}

/** udpnat_cli_view_show_warning: the same, and the command has not failed by it */
void
udpnat_cli_view_show_warning (UdpnatCliView *self,
                              const char    *code,
                              const char    *format,
                              ...)
{
  g_autofree char *message = NULL;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  show_wrong (self, code, message);
}
