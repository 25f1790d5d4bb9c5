/* What the terminal shows of conversations. Every line has a number by which it can be pointed at,
 * and every state has a sign and a word: signs are quick to see, words can be read aloud. */

#include "config.h"

#include "udpnat-cli-view-private.h"

#include "udpnat-words.h"

#define CLOCK_FORMAT "%H:%M"
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

/* "[file] photo.jpg, 3.2 MB, done, /home/ann/photo.jpg" */
static char *
describe_file (const UdpnatStoredTransfer *transfer)
{
  const UdpnatFileOffer *offer = transfer->offer;
  gboolean is_here = transfer->path != NULL && (transfer->is_outgoing ||
                                                transfer->state == UDPNAT_TRANSFER_STATE_DONE);
  g_autofree char *path = is_here ? g_filename_display_name (transfer->path) : NULL;
  g_autofree char *size = g_format_size (offer->size);
  g_autofree char *whole = g_strconcat (offer->name, ", ", size, ", ",
                                        udpnat_stored_transfer_get_state_code (transfer),
                                        is_here ? ", " : "", is_here ? path : "", NULL);
  g_autofree char *clean = udpnat_cli_view_clean (whole);

  return g_strconcat (offer->kind == UDPNAT_FILE_KIND_FOLDER ? "[folder] " : "[file] ", clean,
                      NULL);
}

/* What is there to read: the text, or why there is none. */
static char *
describe_text (UdpnatHistoryItem *line)
{
  if (udpnat_history_item_is_deleted (line))
    return g_strdup ("(deleted)");
  if (udpnat_history_item_is_unsupported (line))
    return g_strdup ("(a newer udpnat is needed to show this)");
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
  gboolean is_long;

  if (udpnat_history_item_get_quoted_id (line) == NULL)
    return g_strdup ("");
  if (text == NULL)
    return g_strdup ("↳ (not here any more) ");
  end = strchr (text, '\n');
  first = end != NULL ? g_strndup (text, end - text) : g_strdup (text);
  is_long = end != NULL || g_utf8_strlen (first, -1) > QUOTE_MAX_CHARACTERS;
  if (g_utf8_strlen (first, -1) > QUOTE_MAX_CHARACTERS)
    *g_utf8_offset_to_pointer (first, QUOTE_MAX_CHARACTERS) = '\0';
  clean = udpnat_cli_view_clean (first);
  return g_strdup_printf ("↳ “%s%s” ", clean, is_long ? "…" : "");
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
      return "waiting";
    case UDPNAT_ITEM_STATE_SENT:
      return "sent";
    case UDPNAT_ITEM_STATE_STORED:
      return "in their mailbox";
    case UDPNAT_ITEM_STATE_DELIVERED:
      return "delivered";
    case UDPNAT_ITEM_STATE_READ:
      return "read";
    case UDPNAT_ITEM_STATE_FAILED:
      return "failed";
    }
  return "failed";
}

/* How far a line of ours has come, and why no further. */
static char *
describe_state (UdpnatPerson      *person,
                UdpnatHistoryItem *line)
{
  UdpnatItemState state = udpnat_history_item_get_state (line);
  const char *reason = udpnat_history_item_get_reason (line);

  if (!udpnat_history_item_is_outgoing (line))
    return g_strdup ("");
  if (reason == NULL && state <= UDPNAT_ITEM_STATE_SENT)
    reason = udpnat_person_get_wait_reason (person);
  return g_strdup_printf ("  %s %s%s%s", get_mark (state), get_word (state),
                          reason != NULL ? ": " : "",
                          reason != NULL ? udpnat_words_explain_code (reason) : "");
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

  if (mine == NULL && theirs == NULL)
    return g_strdup ("");
  if (mine != NULL && theirs != NULL)
    return g_strdup_printf ("  [%s you, %s %s]", clean_mine, clean_theirs, title);
  if (mine != NULL)
    return g_strdup_printf ("  [%s you]", clean_mine);
  return g_strdup_printf ("  [%s %s]", clean_theirs, title);
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
      g_autofree char *clock =
        udpnat_cli_view_format_time (udpnat_history_item_get_shown_us (line), CLOCK_FORMAT);
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
      udpnat_cli_view_show_text (self, "  %s (not accepted): %s", name, text);
      return;
    }
  udpnat_cli_view_show_text (self, "Somebody new writes to you: %s (key %.8s…): %s", name,
                             udpnat_person_get_key_text (person), text);
  udpnat_cli_view_show_text (self, "  accept %s, decline %s or block %s; until then they learn no "
                             "address of yours.", name, name, name);
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

  if (udpnat_cli_view_is_json (self))
    {
      tell_line (self, person, line);
      return;
    }
  clock = udpnat_cli_view_format_time (udpnat_history_item_get_shown_us (line), CLOCK_FORMAT);
  name = udpnat_history_item_is_outgoing (line) ? g_strdup ("you")
                                                : udpnat_cli_view_dup_title (person);
  quote = describe_quote (line);
  text = describe_text (line);
  state = describe_state (person, line);
  reactions = describe_reactions (person, line);
  udpnat_cli_view_show_text (self, "#%" G_GINT64_FORMAT " %s %s: %s%s%s%s%s",
                             udpnat_history_item_get_number (line), clock, name, quote, text,
                             is_edited ? " (edited)" : "", reactions, state);
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
        udpnat_cli_view_show_clean (self, "  · Your message waits here (#%" G_GINT64_FORMAT
                                    "): %s", udpnat_history_item_get_number (line), reason);
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
  gint64 number = udpnat_history_item_get_number (line);

  if (udpnat_person_is_online (person))
    udpnat_cli_view_show_text (self, "  ⌂ %s does not answer. Your message is in their mailbox (#%"
                               G_GINT64_FORMAT ") as well.", name, number);
  else
    udpnat_cli_view_show_text (self, "  ⌂ %s is away. Your message is in their mailbox (#%"
                               G_GINT64_FORMAT ") and will be there when they come.", name, number);
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
        udpnat_cli_view_show_text (self, "  ! #%" G_GINT64_FORMAT " is not sent: %s.",
                                   udpnat_history_item_get_number (line),
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
        udpnat_cli_view_show_text (self, "  ✓ delivered to %s (%.0f ms)", name,
                                   elapsed_us / 1000.0);
      else /* sent in an earlier run */
        udpnat_cli_view_show_text (self, "  ✓ delivered to %s", name);
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

/* Who has changed a line: only its sender can. */
static char *
describe_actor (UdpnatPerson *person,
                gboolean      is_own)
{
  g_autofree char *title = NULL;

  if (is_own)
    return g_strdup ("You have");
  title = udpnat_cli_view_dup_title (person);
  return g_strdup_printf ("%s has", title);
}

void
udpnat_cli_view_show_edited (UdpnatCliView     *self,
                             UdpnatPerson      *person,
                             UdpnatHistoryItem *line)
{
  g_autofree char *actor = describe_actor (person, udpnat_history_item_is_outgoing (line));
  g_autofree char *text = describe_text (line);

  if (udpnat_cli_view_is_json (self))
    tell_change (self, "edited", person, line, udpnat_history_item_get_text (line));
  else
    udpnat_cli_view_show_text (self, "  %s changed #%" G_GINT64_FORMAT ": %s", actor,
                               udpnat_history_item_get_number (line), text);
}

void
udpnat_cli_view_show_deleted (UdpnatCliView     *self,
                              UdpnatPerson      *person,
                              UdpnatHistoryItem *line)
{
  g_autofree char *actor = describe_actor (person, udpnat_history_item_is_outgoing (line));

  if (udpnat_cli_view_is_json (self))
    tell_change (self, "deleted", person, line, NULL);
  else
    udpnat_cli_view_show_text (self, "  %s deleted #%" G_GINT64_FORMAT ".", actor,
                               udpnat_history_item_get_number (line));
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
  g_autofree char *actor = NULL;
  JsonBuilder *builder;

  if (!udpnat_cli_view_is_json (self))
    {
      actor = describe_actor (person, is_own);
      if (sign != NULL)
        udpnat_cli_view_show_clean (self, "  %s put %s on #%" G_GINT64_FORMAT ".", actor, sign,
                                    number);
      else
        udpnat_cli_view_show_clean (self, "  %s taken back the sign on #%" G_GINT64_FORMAT ".",
                                    actor, number);
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
