/* What the terminal shows of conversations. Every line has a number by which it can be pointed at,
 * and every state has a sign and a word: signs are quick to see, words can be read aloud. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include <glib/gi18n.h>

#include "udpnat-words.h"

#define QUOTE_MAX_CHARACTERS 40

static void
add_id (JsonBuilder           *builder,
        const char            *member,
        const UdpnatMessageId *id)
{
  char text[UDPNAT_MESSAGE_ID_TEXT_BYTES] = "";

  if (id != NULL)
    udpnat_message_id_to_string (id, text);
  udpnat_cli_view_add_text (builder, member, text);
}

static char *
format_clock (UdpnatHistoryItem *line)
{
  /* Translators: a time of day, as g_date_time_format() takes it; for 12 hours: %l:%M %p */
  return udpnat_cli_view_format_time (udpnat_history_item_get_shown_us (line), _("%H:%M"));
}

static const char *
get_file_word (UdpnatTransferState state)
{
  switch (state)
    {
    case UDPNAT_TRANSFER_STATE_OFFERED:
      return C_("state of a file", "offered");
    case UDPNAT_TRANSFER_STATE_ACCEPTED:
      return C_("state of a file", "accepted");
    case UDPNAT_TRANSFER_STATE_RUNNING:
      return C_("state of a file", "running");
    case UDPNAT_TRANSFER_STATE_DONE:
      return C_("state of a file", "done");
    case UDPNAT_TRANSFER_STATE_FAILED:
      return C_("state of a file", "failed");
    case UDPNAT_TRANSFER_STATE_CANCELLED:
      return C_("state of a file", "cancelled");
    }
  return C_("state of a file", "failed");
}

/* "[file] photo.jpg, 3.2 MB, done, /home/ann/photo.jpg" */
static char *
describe_file (const UdpnatStoredTransfer *transfer)
{
  const UdpnatFileOffer *offer = transfer->offer;
  gboolean is_here = transfer->path != NULL && (transfer->is_outgoing ||
                                                transfer->state == UDPNAT_TRANSFER_STATE_DONE);
  gboolean is_folder = offer->kind == UDPNAT_FILE_KIND_FOLDER;
  const char *state = get_file_word (transfer->state);
  g_autofree char *path = is_here ? g_filename_display_name (transfer->path) : NULL;
  g_autofree char *clean_path = is_here ? udpnat_cli_view_clean (path) : NULL;
  g_autofree char *size = g_format_size (offer->size);
  g_autofree char *name = udpnat_cli_view_clean (offer->name);

  if (is_here && is_folder)
    /* Translators: a folder in a conversation: name, size, state and where it is */
    return g_strdup_printf (_("[folder] %s, %s, %s, %s"), name, size, state, clean_path);
  if (is_here)
    /* Translators: a file in a conversation: name, size, state and where it is */
    return g_strdup_printf (_("[file] %s, %s, %s, %s"), name, size, state, clean_path);
  if (is_folder)
    /* Translators: a folder in a conversation: name, size and state */
    return g_strdup_printf (_("[folder] %s, %s, %s"), name, size, state);
  /* Translators: a file in a conversation: name, size and state */
  return g_strdup_printf (_("[file] %s, %s, %s"), name, size, state);
}

/* What is there to read: the text, or why there is none. */
static char *
describe_text (UdpnatHistoryItem *line)
{
  if (udpnat_history_item_is_deleted (line))
    return g_strdup (C_("instead of a message", "(deleted)"));
  if (udpnat_history_item_is_unsupported (line))
    return g_strdup (_("(a newer udpnat is needed to show this)"));
  if (udpnat_history_item_get_stored_transfer (line) != NULL)
    return describe_file (udpnat_history_item_get_stored_transfer (line));
  return udpnat_cli_view_clean (udpnat_history_item_get_text (line) != NULL
                                  ? udpnat_history_item_get_text (line) : "");
}

/* What a reply is about: "↳ “How are…” ". */
static char *
describe_quote (UdpnatHistoryItem *line)
{
  const char *text = udpnat_history_item_get_quoted_text (line);
  const char *end;
  g_autofree char *first = NULL;
  g_autofree char *clean = NULL;
  g_autofree char *quoted = NULL;
  gboolean is_long;

  if (udpnat_history_item_get_quoted_id (line) == NULL)
    return g_strdup ("");
  if (text == NULL)
    /* Translators: instead of the message that a reply is about */
    return g_strdup_printf ("↳ %s ", _("(not here any more)"));
  end = strchr (text, '\n');
  first = end != NULL ? g_strndup (text, end - text) : g_strdup (text);
  is_long = end != NULL || g_utf8_strlen (first, -1) > QUOTE_MAX_CHARACTERS;
  if (g_utf8_strlen (first, -1) > QUOTE_MAX_CHARACTERS)
    *g_utf8_offset_to_pointer (first, QUOTE_MAX_CHARACTERS) = '\0';
  clean = udpnat_cli_view_clean (first);
  if (is_long)
    /* Translators: the beginning of the message that a reply is about, in quotation marks */
    quoted = g_strdup_printf (_("“%s…”"), clean);
  else
    /* Translators: the message that a reply is about, in quotation marks */
    quoted = g_strdup_printf (_("“%s”"), clean);
  return g_strdup_printf ("↳ %s ", quoted);
}

static const char *
get_mark (UdpnatItemState state)
{
  switch (state)
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return "·";
    case UDPNAT_ITEM_STATE_SENT:
      return "→";
    case UDPNAT_ITEM_STATE_STORED:
      return "⌂";
    case UDPNAT_ITEM_STATE_DELIVERED:
      return "✓";
    case UDPNAT_ITEM_STATE_READ:
      return "✓✓";
    case UDPNAT_ITEM_STATE_FAILED:
      return "!";
    }
  return "!";
}

static const char *
get_word (UdpnatItemState state)
{
  switch (state)
    {
    case UDPNAT_ITEM_STATE_WAITING:
      return C_("state of a message", "waiting");
    case UDPNAT_ITEM_STATE_SENT:
      return C_("state of a message", "sent");
    case UDPNAT_ITEM_STATE_STORED:
      return C_("state of a message", "in their mailbox");
    case UDPNAT_ITEM_STATE_DELIVERED:
      return C_("state of a message", "delivered");
    case UDPNAT_ITEM_STATE_READ:
      return C_("state of a message", "read");
    case UDPNAT_ITEM_STATE_FAILED:
      return C_("state of a message", "failed");
    }
  return C_("state of a message", "failed");
}

/* How far a line of ours has come, and why no further. */
static char *
describe_state (UdpnatPerson      *person,
                UdpnatHistoryItem *line)
{
  UdpnatItemState state = udpnat_history_item_get_state (line);
  const char *reason = udpnat_history_item_get_reason (line);
  g_autofree char *words = NULL;

  if (!udpnat_history_item_is_outgoing (line))
    return g_strdup ("");
  if (reason == NULL && state <= UDPNAT_ITEM_STATE_SENT)
    reason = udpnat_person_get_wait_reason (person);
  if (reason != NULL)
    /* Translators: the state of a message, and why: “waiting: the server does not answer” */
    words = g_strdup_printf (C_("state of a message", "%s: %s"), get_word (state),
                             udpnat_words_explain_code (reason));
  else
    words = g_strdup (get_word (state));
  return g_strdup_printf ("  %s %s", get_mark (state), words);
}

static char *
describe_reactions (UdpnatPerson      *person,
                    UdpnatHistoryItem *line)
{
  const char *mine = udpnat_history_item_get_my_reaction (line);
  const char *theirs = udpnat_history_item_get_their_reaction (line);
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_autofree char *clean_mine = udpnat_cli_view_clean (mine != NULL ? mine : "");
  g_autofree char *clean_theirs = udpnat_cli_view_clean (theirs != NULL ? theirs : "");
  g_autofree char *words = NULL;

  if (mine == NULL && theirs == NULL)
    return g_strdup ("");
  if (mine != NULL && theirs != NULL)
    /* Translators: signs that were put on a message: yours, theirs, their name: [👍 you, ❤ Bob] */
    words = g_strdup_printf (_("[%s you, %s %s]"), clean_mine, clean_theirs, title);
  else if (mine != NULL)
    /* Translators: the sign that you have put on a message: [👍 you] */
    words = g_strdup_printf (_("[%s you]"), clean_mine);
  else
    /* Translators: the sign that somebody has put on a message, and their name: [👍 Bob] */
    words = g_strdup_printf (_("[%s %s]"), clean_theirs, title);
  return g_strconcat ("  ", words, NULL);
}

/* ---- What comes ---- */

/** udpnat_cli_view_show_message: something from somebody who is accepted */
void
udpnat_cli_view_show_message (UdpnatCliView     *self,
                              UdpnatPerson      *person,
                              UdpnatHistoryItem *line)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autofree char *clock = format_clock (line);
      g_autofree char *name = udpnat_cli_view_dup_title (person);
      g_autofree char *quote = describe_quote (line);
      g_autofree char *text = describe_text (line);

      udpnat_cli_view_show_text (self, "%s #%" G_GINT64_FORMAT " %s: %s%s", clock,
                                 udpnat_history_item_get_number (line), name, quote, text);
      return;
    }
  builder = udpnat_cli_view_begin ("message");
  udpnat_cli_view_add_text (builder, "from", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_text (builder, "text", udpnat_history_item_get_text (line));
  udpnat_cli_view_add_number (builder, "sent_us", udpnat_history_item_get_sent_us (line));
  udpnat_cli_view_add_number (builder, "number", udpnat_history_item_get_number (line));
  udpnat_cli_view_add_number (builder, "shown_us", udpnat_history_item_get_shown_us (line));
  add_id (builder, "reply_to", udpnat_history_item_get_quoted_id (line));
  udpnat_cli_view_end (self, builder);
}

/* @is_first: otherwise what can be done about it is said already */
static void
explain_request (UdpnatCliView     *self,
                 UdpnatPerson      *person,
                 UdpnatHistoryItem *line,
                 gboolean           is_first)
{
  g_autofree char *name = udpnat_cli_view_dup_title (person);
  g_autofree char *text = describe_text (line);

  if (!is_first)
    {
      /* Translators: the name of somebody who has written, and what */
      udpnat_cli_view_show_text (self, _("  %s (not accepted): %s"), name, text);
      return;
    }
  /* Translators: their name, the beginning of their key, and what they write */
  udpnat_cli_view_show_text (self, _("Somebody new writes to you: %s (key %.8s…): %s"), name,
                             udpnat_person_get_key_text (person), text);
  /* Translators: “accept”, “decline” and “block” are commands to type and stay as they are; %s is
   * one name */
  udpnat_cli_view_show_text (self, _("  accept %s, decline %s or block %s; until then they learn "
                                     "no address of yours."), name, name, name);
}

/** udpnat_cli_view_show_request: something from somebody whom the user has not accepted */
void
udpnat_cli_view_show_request (UdpnatCliView     *self,
                              UdpnatPerson      *person,
                              UdpnatHistoryItem *line,
                              gboolean           is_first)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      explain_request (self, person, line, is_first);
      return;
    }
  builder = udpnat_cli_view_begin ("request");
  udpnat_cli_view_add_text (builder, "from", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_text (builder, "text", udpnat_history_item_get_text (line));
  udpnat_cli_view_add_number (builder, "number", udpnat_history_item_get_number (line));
  udpnat_cli_view_end (self, builder);
}

/* ---- History ---- */

static void
add_file (JsonBuilder                *builder,
          const UdpnatStoredTransfer *transfer)
{
  g_autofree char *path = NULL;

  if (transfer->path != NULL)
    path = g_filename_display_name (transfer->path);
  udpnat_cli_view_add_number (builder, "size", (gint64) transfer->offer->size);
  udpnat_cli_view_add_text (builder, "type", transfer->offer->content_type);
  udpnat_cli_view_add_boolean (builder, "folder",
                               transfer->offer->kind == UDPNAT_FILE_KIND_FOLDER);
  udpnat_cli_view_add_text (builder, "file_state",
                            udpnat_stored_transfer_get_state_code (transfer));
  udpnat_cli_view_add_text (builder, "path", path);
}

static void
tell_line (UdpnatCliView     *self,
           UdpnatPerson      *person,
           UdpnatHistoryItem *line)
{
  JsonBuilder *builder = udpnat_cli_view_begin ("line");

  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "key", udpnat_person_get_key_text (person));
  udpnat_cli_view_add_number (builder, "number", udpnat_history_item_get_number (line));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_boolean (builder, "outgoing", udpnat_history_item_is_outgoing (line));
  udpnat_cli_view_add_text (builder, "text", udpnat_history_item_get_text (line));
  udpnat_cli_view_add_number (builder, "sent_us", udpnat_history_item_get_sent_us (line));
  udpnat_cli_view_add_number (builder, "shown_us", udpnat_history_item_get_shown_us (line));
  udpnat_cli_view_add_number (builder, "edited_us", udpnat_history_item_get_edited_us (line));
  udpnat_cli_view_add_boolean (builder, "deleted", udpnat_history_item_is_deleted (line));
  udpnat_cli_view_add_boolean (builder, "unsupported",
                               udpnat_history_item_is_unsupported (line));
  if (udpnat_history_item_get_stored_transfer (line) != NULL)
    add_file (builder, udpnat_history_item_get_stored_transfer (line));
  udpnat_cli_view_add_text (builder, "state",
                            udpnat_item_state_to_code (udpnat_history_item_get_state (line)));
  udpnat_cli_view_add_text (builder, "reason", udpnat_history_item_get_reason (line));
  add_id (builder, "reply_to", udpnat_history_item_get_quoted_id (line));
  udpnat_cli_view_add_text (builder, "quoted", udpnat_history_item_get_quoted_text (line));
  udpnat_cli_view_add_text (builder, "my_reaction", udpnat_history_item_get_my_reaction (line));
  udpnat_cli_view_add_text (builder, "their_reaction",
                            udpnat_history_item_get_their_reaction (line));
  udpnat_cli_view_end (self, builder);
}

/** udpnat_cli_view_show_line: a line of the history, as it is now */
void
udpnat_cli_view_show_line (UdpnatCliView     *self,
                           UdpnatPerson      *person,
                           UdpnatHistoryItem *line)
{
  g_autofree char *clock = NULL;
  g_autofree char *name = NULL;
  g_autofree char *quote = NULL;
  g_autofree char *text = NULL;
  g_autofree char *state = NULL;
  g_autofree char *reactions = NULL;
  gboolean is_edited = udpnat_history_item_get_edited_us (line) != 0;
  const char *edited;

  if (udpnat_cli_view_is_json (self))
    {
      tell_line (self, person, line);
      return;
    }
  clock = format_clock (line);
  name = udpnat_history_item_is_outgoing (line) ? g_strdup (C_("writer of a message", "you"))
                                                : udpnat_cli_view_dup_title (person);
  quote = describe_quote (line);
  text = describe_text (line);
  state = describe_state (person, line);
  reactions = describe_reactions (person, line);
  /* Translators: stands after a message that was changed */
  edited = is_edited ? _("(edited)") : "";
  udpnat_cli_view_show_text (self, "#%" G_GINT64_FORMAT " %s %s: %s%s%s%s%s%s",
                             udpnat_history_item_get_number (line), clock, name, quote, text,
                             is_edited ? " " : "", edited, reactions, state);
}

/* ---- What becomes of ours ---- */

/**
 * udpnat_cli_view_show_waiting:
 * @reason: (nullable): a sentence: why it cannot go now; %NULL when it can
 *
 * A line of ours is on disk.
 */
void
udpnat_cli_view_show_waiting (UdpnatCliView     *self,
                              UdpnatPerson      *person,
                              UdpnatHistoryItem *line,
                              const char        *reason)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      if (reason != NULL)
        /* Translators: the number of the message, and why it cannot go now */
        udpnat_cli_view_show_clean (self, _("  · Your message waits here (#%lld): %s"),
                                    (long long) udpnat_history_item_get_number (line), reason);
      return;
    }
  builder = udpnat_cli_view_begin ("waiting");
  udpnat_cli_view_add_text (builder, "to", udpnat_person_get_name (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_number (builder, "number", udpnat_history_item_get_number (line));
  udpnat_cli_view_end (self, builder);
}

static void
show_stored (UdpnatCliView     *self,
             UdpnatPerson      *person,
             UdpnatHistoryItem *line)
{
  g_autofree char *name = udpnat_cli_view_dup_title (person);
  long long number = udpnat_history_item_get_number (line);

  if (udpnat_person_is_online (person))
    /* Translators: a name, and the number of the message */
    udpnat_cli_view_show_text (self, _("  ⌂ %s does not answer. Your message is in their mailbox "
                                       "(#%lld) as well."), name, number);
  else
    /* Translators: a name, and the number of the message */
    udpnat_cli_view_show_text (self, _("  ⌂ %s is away. Your message is in their mailbox (#%lld) "
                                       "and will be there when they come."), name, number);
}

/**
 * udpnat_cli_view_show_state: a line of ours has got to @state. People hear of it where it matters
 * to them; "delivered" is another call's */
void
udpnat_cli_view_show_state (UdpnatCliView     *self,
                            UdpnatPerson      *person,
                            UdpnatHistoryItem *line,
                            UdpnatItemState    state)
{
  const char *reason = udpnat_history_item_get_reason (line);
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      if (state == UDPNAT_ITEM_STATE_STORED)
        show_stored (self, person, line);
      else if (state == UDPNAT_ITEM_STATE_FAILED)
        /* Translators: the number of a message, and why */
        udpnat_cli_view_show_text (self, _("  ! #%lld is not sent: %s."),
                                   (long long) udpnat_history_item_get_number (line),
                                   udpnat_words_explain_code (reason != NULL ? reason : "refused"));
      return;
    }
  builder = udpnat_cli_view_begin (udpnat_item_state_to_code (state));
  udpnat_cli_view_add_text (builder, "to", udpnat_person_get_name (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  if (state == UDPNAT_ITEM_STATE_FAILED)
    udpnat_cli_view_add_text (builder, "code", reason);
  udpnat_cli_view_end (self, builder);
}

void
udpnat_cli_view_show_delivered (UdpnatCliView *self,
                                UdpnatPerson  *person,
                                const char    *id,
                                gint64         elapsed_us)
{
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      g_autofree char *name = udpnat_cli_view_dup_title (person);

      if (elapsed_us > 0)
        /* Translators: a name, and how many milliseconds it has taken */
        udpnat_cli_view_show_text (self, _("  ✓ delivered to %s (%.0f ms)"), name,
                                   elapsed_us / 1000.0);
      else /* sent in an earlier run */
        udpnat_cli_view_show_text (self, _("  ✓ delivered to %s"), name);
      return;
    }
  builder = udpnat_cli_view_begin ("delivered");
  udpnat_cli_view_add_text (builder, "to", udpnat_person_get_name (person));
  udpnat_cli_view_add_text (builder, "id", id);
  udpnat_cli_view_add_number (builder, "elapsed_us", elapsed_us);
  udpnat_cli_view_end (self, builder);
}

/* ---- What is done to lines ---- */

static void
tell_change (UdpnatCliView     *self,
             const char        *event,
             UdpnatPerson      *person,
             UdpnatHistoryItem *line,
             const char        *text)
{
  JsonBuilder *builder = udpnat_cli_view_begin (event);

  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_number (builder, "number", udpnat_history_item_get_number (line));
  udpnat_cli_view_add_boolean (builder, "outgoing", udpnat_history_item_is_outgoing (line));
  if (text != NULL)
    udpnat_cli_view_add_text (builder, "text", text);
  udpnat_cli_view_end (self, builder);
}

void
udpnat_cli_view_show_edited (UdpnatCliView     *self,
                             UdpnatPerson      *person,
                             UdpnatHistoryItem *line)
{
  long long number = udpnat_history_item_get_number (line);
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_autofree char *text = describe_text (line);

  if (udpnat_cli_view_is_json (self))
    tell_change (self, "edited", person, line, udpnat_history_item_get_text (line));
  else if (udpnat_history_item_is_outgoing (line))
    /* Translators: the number of a message, and what it says now */
    udpnat_cli_view_show_text (self, _("  You have changed #%lld: %s"), number, text);
  else
    /* Translators: a name, the number of a message, and what it says now */
    udpnat_cli_view_show_text (self, _("  %s has changed #%lld: %s"), title, number, text);
}

void
udpnat_cli_view_show_deleted (UdpnatCliView     *self,
                              UdpnatPerson      *person,
                              UdpnatHistoryItem *line)
{
  long long number = udpnat_history_item_get_number (line);
  g_autofree char *title = udpnat_cli_view_dup_title (person);

  if (udpnat_cli_view_is_json (self))
    tell_change (self, "deleted", person, line, NULL);
  else if (udpnat_history_item_is_outgoing (line))
    udpnat_cli_view_show_text (self, _("  You have deleted #%lld."), number);
  else
    /* Translators: a name, and the number of a message */
    udpnat_cli_view_show_text (self, _("  %s has deleted #%lld."), title, number);
}

/* @sign: (nullable) */
static void
show_reaction (UdpnatCliView *self,
               UdpnatPerson  *person,
               long long      number,
               const char    *sign,
               gboolean       is_own)
{
  const char *title = udpnat_person_get_title (person);

  if (is_own && sign != NULL)
    /* Translators: a sign, as 👍, and the number of a message */
    udpnat_cli_view_show_clean (self, _("  You have put %s on #%lld."), sign, number);
  else if (is_own)
    udpnat_cli_view_show_clean (self, _("  You have taken back the sign on #%lld."), number);
  else if (sign != NULL)
    /* Translators: a name, a sign, as 👍, and the number of a message */
    udpnat_cli_view_show_clean (self, _("  %s has put %s on #%lld."), title, sign, number);
  else
    /* Translators: a name, and the number of a message */
    udpnat_cli_view_show_clean (self, _("  %s has taken back the sign on #%lld."), title, number);
}

/** udpnat_cli_view_show_reaction: @sign: (nullable): %NULL: taken back */
void
udpnat_cli_view_show_reaction (UdpnatCliView     *self,
                               UdpnatPerson      *person,
                               UdpnatHistoryItem *line,
                               const char        *sign,
                               gboolean           is_own)
{
  gint64 number = udpnat_history_item_get_number (line);
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      show_reaction (self, person, number, sign, is_own);
      return;
    }
  builder = udpnat_cli_view_begin ("reaction");
  udpnat_cli_view_add_text (builder, "peer", udpnat_person_get_name (person));
  add_id (builder, "id", udpnat_history_item_get_id (line));
  udpnat_cli_view_add_number (builder, "number", number);
  udpnat_cli_view_add_text (builder, "text", sign);
  udpnat_cli_view_add_boolean (builder, "own", is_own);
  udpnat_cli_view_end (self, builder);
}
