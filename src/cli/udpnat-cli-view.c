/* What the terminal shows. In JSON mode each event is one object on one line, and nothing else is
 * written to stdout; the members are a contract with other programs (see the man page).
 *
 * Text from other people is cleaned before it reaches a terminal: control characters could move the
 * cursor, change the title or answer for the user. */

#include "config.h"

#include "udpnat-cli-view.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <unistd.h>

#include "udpnat-words.h"

struct _UdpnatCliView
{
  gboolean is_json;
  void (*hide_prompt) (void); /* nullable */
  void (*show_prompt) (void); /* nullable */
};

UdpnatCliView *
udpnat_cli_view_new (gboolean is_json)
{
  UdpnatCliView *self = g_new0 (UdpnatCliView, 1);

  self->is_json = is_json;
  return self;
}

void
udpnat_cli_view_free (UdpnatCliView *self)
{
  g_free (self);
}

void
udpnat_cli_view_set_prompt_funcs (UdpnatCliView *self,
                                  void         (*hide) (void),
                                  void         (*show) (void))
{
  self->hide_prompt = hide;
  self->show_prompt = show;
}

/* What changes the order of its neighbours or breaks lines. */
static gboolean
is_invisible (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
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
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n')
        g_string_append (clean, "\n    ");
      else if (c == '\t')
        g_string_append_c (clean, ' ');
      else if (g_unichar_iscntrl (c) || is_invisible (c))
        g_string_append (clean, "\357\277\275"); /* U+FFFD */
      else
        g_string_append_unichar (clean, c);
    }
  return g_string_free (clean, FALSE);
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
  /* Nobody reads us any more. End before a message that was not shown is confirmed: its sender
   * keeps it. */
  if (fflush (stdout) != 0 || ferror (stdout))
    _exit (1);
  if (self->show_prompt != NULL)
    self->show_prompt ();
}

static JsonBuilder *
begin (const char *event)
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "event");
  json_builder_add_string_value (builder, event);
  return builder;
}

static void
add_text (JsonBuilder *builder,
          const char  *member,
          const char  *value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_string_value (builder, value != NULL ? value : "");
}

static void
add_number (JsonBuilder *builder,
            const char  *member,
            gint64       value)
{
  json_builder_set_member_name (builder, member);
  json_builder_add_int_value (builder, value);
}

static void
end (UdpnatCliView *self,
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

/** udpnat_cli_view_show_text: a line for people; nothing in JSON mode */
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

/* ---- Events ---- */

void
udpnat_cli_view_show_ready (UdpnatCliView *self,
                            const char    *name,
                            const char    *key,
                            const char    *local,
                            const char    *server)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      udpnat_cli_view_show_text (self, "Listening on %s, server %s.", local, server);
      return;
    }
  builder = begin ("ready");
  add_text (builder, "name", name);
  add_text (builder, "key", key);
  add_text (builder, "local", local);
  add_text (builder, "server", server);
  end (self, builder);
}

void
udpnat_cli_view_show_registered (UdpnatCliView *self,
                                 const char    *name,
                                 const char    *observed)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      g_autofree char *clean = udpnat_cli_view_clean (name);

      udpnat_cli_view_show_text (self, "You are %s, seen from outside as %s.", clean, observed);
      return;
    }
  builder = begin ("registered");
  add_text (builder, "name", name);
  add_text (builder, "observed", observed);
  end (self, builder);
}

void
udpnat_cli_view_show_unregistered (UdpnatCliView *self)
{
  if (self->is_json)
    end (self, begin ("unregistered"));
  else
    udpnat_cli_view_show_text (self, "Logged out. Nobody can find you until you login NAME.");
}

void
udpnat_cli_view_show_person (UdpnatCliView *self,
                             UdpnatPerson  *person)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      g_autofree char *name = udpnat_cli_view_clean (udpnat_person_get_name (person));

      udpnat_cli_view_show_text (self, "%s %s", udpnat_person_is_online (person) ? "●" : "○", name);
      return;
    }
  builder = begin ("peer");
  add_text (builder, "name", udpnat_person_get_name (person));
  add_text (builder, "key", udpnat_person_get_key_text (person));
  json_builder_set_member_name (builder, "online");
  json_builder_add_boolean_value (builder, udpnat_person_is_online (person));
  end (self, builder);
}

void
udpnat_cli_view_show_message (UdpnatCliView *self,
                              UdpnatPerson  *person,
                              const char    *id,
                              const char    *text,
                              gint64         sent_us)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      g_autoptr (GDateTime) sent = g_date_time_new_from_unix_local (sent_us / G_USEC_PER_SEC);
      g_autofree char *clock = sent != NULL ? g_date_time_format (sent, "%H:%M")
                                            : g_strdup ("--:--");
      g_autofree char *name = udpnat_cli_view_clean (udpnat_person_get_name (person));
      g_autofree char *clean = udpnat_cli_view_clean (text);

      udpnat_cli_view_show_text (self, "%s %s: %s", clock, name, clean);
      return;
    }
  builder = begin ("message");
  add_text (builder, "from", udpnat_person_get_name (person));
  add_text (builder, "key", udpnat_person_get_key_text (person));
  add_text (builder, "id", id);
  add_text (builder, "text", text);
  add_number (builder, "sent_us", sent_us);
  end (self, builder);
}

void
udpnat_cli_view_show_sent (UdpnatCliView *self,
                           const char    *to,
                           const char    *id)
{
  JsonBuilder *builder;

  if (!self->is_json)
    return; /* people are told when it has arrived */
  builder = begin ("sent");
  add_text (builder, "to", to);
  add_text (builder, "id", id);
  end (self, builder);
}

void
udpnat_cli_view_show_delivered (UdpnatCliView *self,
                                const char    *to,
                                const char    *id,
                                gint64         elapsed_us)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      g_autofree char *name = udpnat_cli_view_clean (to);

      udpnat_cli_view_show_text (self, "  ✓ delivered to %s (%.0f ms)", name, elapsed_us / 1000.0);
      return;
    }
  builder = begin ("delivered");
  add_text (builder, "to", to);
  add_text (builder, "id", id);
  add_number (builder, "elapsed_us", elapsed_us);
  end (self, builder);
}

static char *
describe_path (UdpnatPerson *person)
{
  const char *kind = udpnat_person_get_path_kind (person);
  const char *remote = udpnat_person_get_path_remote (person);
  gint64 rtt_us = udpnat_person_get_path_rtt (person);
  g_autofree char *rtt = rtt_us > 0 ? g_strdup_printf (", %.0f ms", rtt_us / 1000.0)
                                    : g_strdup ("");

  if (g_str_equal (kind, "lan"))
    return g_strdup_printf ("direct on this network, %s%s", remote, rtt);
  if (g_str_equal (kind, "direct"))
    return g_strdup_printf ("direct, %s%s", remote, rtt);
  return g_strdup_printf ("through the server: %s%s",
                          udpnat_words_explain_reason (udpnat_person_get_path_reason (person)),
                          rtt);
}

void
udpnat_cli_view_show_path (UdpnatCliView *self,
                           UdpnatPerson  *person)
{
  JsonBuilder *builder;

  if (!self->is_json)
    {
      g_autofree char *path = describe_path (person);
      g_autofree char *name = udpnat_cli_view_clean (udpnat_person_get_name (person));

      udpnat_cli_view_show_text (self, "  ⇄ %s: %s", name, path);
      return;
    }
  builder = begin ("path");
  add_text (builder, "peer", udpnat_person_get_name (person));
  add_text (builder, "kind", udpnat_person_get_path_kind (person));
  add_text (builder, "remote", udpnat_person_get_path_remote (person));
  add_number (builder, "rtt_us", udpnat_person_get_path_rtt (person));
  add_text (builder, "reason", udpnat_person_get_path_reason (person));
  end (self, builder);
}

/** udpnat_cli_view_show_error: in JSON mode an event, else a line */
void
udpnat_cli_view_show_error (UdpnatCliView *self,
                            const char    *code,
                            const char    *format,
                            ...)
{
  g_autofree char *message = NULL;
  JsonBuilder *builder;
  va_list arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!self->is_json)
    {
      g_autofree char *clean = udpnat_cli_view_clean (message);

      write_line (self, clean);
      return;
    }
  builder = begin ("error");
  add_text (builder, "code", code);
  add_text (builder, "message", message);
  end (self, builder);
}
