/* One message: lines that divide (day, new messages), the bubble with what is quoted and said, the
 * signs that were put on it, and below the last of a group when it was said and how far it came.
 * What most messages do not have is made when it is first needed, and kept for the next. */

#include "config.h"

#include "udpnat-message-row.h"

#include <glib/gi18n.h>
#include <string.h>

#include "udpnat-link-text.h"
#include "udpnat-message-text.h"
#include "udpnat-quote-block.h"
#include "udpnat-state-icon.h"
#include "udpnat-status-words.h"
#include "udpnat-tooltip.h"

/* A message that is delivered at once should not flash "waiting" before. */
#define SETTLE_MS 700

/* A label without a least width lays its text out a character a line to find out how narrow it can
 * be: half of the time that a page takes. */
#define WIDTH_MIN_CHARACTERS 8

struct _UdpnatMessageRow
{
  GtkBox            parent_instance;

  GtkWidget        *column;
  GtkWidget        *bubble;
  GtkLabel         *text;
  GtkWidget        *caption;
  GtkWidget        *edited;
  GtkLabel         *state_words;
  GtkLabel         *time;
  GtkImage         *state_icon;

  /* made when first needed, borrowed */
  GtkWidget        *day_line;
  GtkWidget        *unread_line;
  GtkWidget        *quote;
  GtkWidget        *show_all;
  GtkWidget        *reactions;
  GtkWidget        *remedies;

  UdpnatHistoryRow *row;    /* nullable: shows nothing */
  UdpnatPerson     *person; /* as row */
  gboolean          is_note; /* to oneself: there is nowhere for it to come to */
  GSignalGroup     *row_signals;
  guint             settle_id;
};

G_DEFINE_FINAL_TYPE (UdpnatMessageRow, udpnat_message_row, GTK_TYPE_BOX)

static UdpnatHistoryItem *
get_item (UdpnatMessageRow *self)
{
  return udpnat_history_row_get_item (self->row);
}

static void
set_class (GtkWidget  *widget,
           const char *name,
           gboolean    is_set)
{
  if (is_set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
}

static const char *
get_sender (UdpnatMessageRow *self,
            gboolean          is_outgoing)
{
  return is_outgoing ? _("You") : udpnat_person_get_title (self->person);
}

static GVariant *
get_number (UdpnatMessageRow *self)
{
  return g_variant_new_int64 (udpnat_history_row_get_number (self->row));
}

/* ---- What divides ---- */

static GtkWidget *
create_line (UdpnatMessageRow *self,
             const char       *name,
             GtkWidget        *after)
{
  GtkWidget *line = gtk_label_new (NULL);

  gtk_label_set_ellipsize (GTK_LABEL (line), PANGO_ELLIPSIZE_END);
  gtk_widget_add_css_class (line, "caption-heading");
  gtk_widget_add_css_class (line, name);
  gtk_box_insert_child_after (GTK_BOX (self), line, after);
  return line;
}

static void
show_day (UdpnatMessageRow *self)
{
  gboolean is_shown = udpnat_history_row_starts_day (self->row);
  g_autofree char *day = NULL;

  if (is_shown && self->day_line == NULL)
    self->day_line = create_line (self, "day-line", NULL);
  if (self->day_line == NULL)
    return;
  gtk_widget_set_visible (self->day_line, is_shown);
  day = udpnat_words_format_day (udpnat_history_item_get_shown_us (get_item (self)));
  gtk_label_set_text (GTK_LABEL (self->day_line), day);
}

static void
show_unread (UdpnatMessageRow *self)
{
  gboolean is_shown = udpnat_history_row_starts_unread (self->row);

  if (is_shown && self->unread_line == NULL)
    {
      self->unread_line = create_line (self, "unread-line", self->day_line);
      gtk_label_set_text (GTK_LABEL (self->unread_line), _("New messages"));
    }
  if (self->unread_line != NULL)
    gtk_widget_set_visible (self->unread_line, is_shown);
}

/* ---- What is said ---- */

static void
show_plain (UdpnatMessageRow *self,
            const char       *words)
{
  gtk_widget_add_css_class (GTK_WIDGET (self->text), "dim-label");
  gtk_label_set_text (self->text, words);
}

static void
show_all_offer (UdpnatMessageRow *self,
                gboolean          is_shown)
{
  if (is_shown && self->show_all == NULL)
    {
      self->show_all = gtk_button_new_with_label (_("Show All"));
      gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->show_all), get_number (self));
      gtk_widget_add_css_class (self->show_all, "flat");
      gtk_widget_set_halign (self->show_all, GTK_ALIGN_START);
      gtk_actionable_set_action_name (GTK_ACTIONABLE (self->show_all), "message.show-all");
      gtk_box_append (GTK_BOX (self->bubble), self->show_all);
    }
  if (self->show_all == NULL)
    return;
  if (is_shown)
    gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->show_all), get_number (self));
  gtk_widget_set_visible (self->show_all, is_shown);
}

static void
show_said (UdpnatMessageRow *self,
           const char       *text)
{
  g_autofree char *shortened = udpnat_message_text_shorten (text);
  const char *shown = shortened != NULL ? shortened : text;
  g_autofree char *markup = udpnat_link_text_to_markup (shown);
  guint n_emoji = udpnat_message_text_count_emoji (shown);

  set_class (self->bubble, "few-emoji", n_emoji > 0 && n_emoji <= 3);
  set_class (self->bubble, "emoji", n_emoji > 0);
  gtk_label_set_wrap_mode (self->text, udpnat_message_text_has_long_word (shown)
                                         ? PANGO_WRAP_CHAR
                                         : PANGO_WRAP_WORD_CHAR);
  gtk_label_set_width_chars (self->text, (int) MIN (strlen (shown) / 2, WIDTH_MIN_CHARACTERS));
  if (markup != NULL)
    gtk_label_set_markup (self->text, markup);
  else
    gtk_label_set_text (self->text, shown);
  show_all_offer (self, shortened != NULL);
}

static void
show_text (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  const char *text = udpnat_history_item_get_text (item);

  gtk_widget_remove_css_class (GTK_WIDGET (self->text), "dim-label");
  if (!udpnat_history_item_is_deleted (item) && text != NULL)
    {
      show_said (self, text);
      return;
    }
  gtk_widget_remove_css_class (self->bubble, "few-emoji");
  gtk_widget_remove_css_class (self->bubble, "emoji");
  show_all_offer (self, FALSE);
  show_plain (self, udpnat_history_item_is_deleted (item)
                      ? _("Message deleted")
                      : _("Needs a newer version of udpnat"));
}

static GtkWidget *
create_quote (UdpnatMessageRow *self)
{
  GtkWidget *button = gtk_button_new ();

  gtk_button_set_child (GTK_BUTTON (button), udpnat_quote_block_new ());
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_add_css_class (button, "quote-button");
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), get_number (self));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "message.go-to-quoted");
  gtk_box_prepend (GTK_BOX (self->bubble), button);
  return button;
}

static void
show_quote (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  gboolean is_shown = udpnat_history_item_get_quoted_id (item) != NULL;
  const char *text = udpnat_history_item_get_quoted_text (item);
  const char *sender = get_sender (self, udpnat_history_item_is_quoted_outgoing (item));
  g_autofree char *name = NULL;

  if (is_shown && self->quote == NULL)
    self->quote = create_quote (self);
  if (self->quote == NULL)
    return;
  gtk_widget_set_visible (self->quote, is_shown);
  if (!is_shown)
    return;
  udpnat_quote_block_set (UDPNAT_QUOTE_BLOCK (gtk_button_get_child (GTK_BUTTON (self->quote))),
                          sender, text);
  gtk_widget_set_sensitive (self->quote, text != NULL);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (self->quote), get_number (self));
  name = g_strdup_printf (_("Go to the message of %s that this answers"), sender);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->quote), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  name, -1);
}

/* ---- Signs put on it ---- */

static GtkWidget *
create_reaction (UdpnatMessageRow *self,
                 const char       *sign,
                 guint             n_people,
                 gboolean          is_ours)
{
  g_autofree char *label = n_people > 1 ? g_strdup_printf ("%s %u", sign, n_people)
                                        : g_strdup (sign);
  GtkWidget *button = gtk_button_new_with_label (label);
  const char *words = is_ours ? _("Take your reaction back") : _("React with the same");
  g_autofree char *name = g_strdup_printf (is_ours ? _("Your reaction %s") : _("Reaction %s"),
                                           sign);

  gtk_widget_add_css_class (button, "reaction");
  set_class (button, "own", is_ours);
  gtk_widget_set_tooltip_text (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "(xs)",
                                    udpnat_history_row_get_number (self->row),
                                    is_ours ? "" : sign);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "message.react");
  return button;
}

static void
clear_box (GtkWidget *box)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (box)) != NULL)
    gtk_box_remove (GTK_BOX (box), child);
}

static void
show_reactions (UdpnatMessageRow *self)
{
  const char *ours = udpnat_history_item_get_my_reaction (get_item (self));
  const char *theirs = udpnat_history_item_get_their_reaction (get_item (self));
  gboolean is_same = g_strcmp0 (ours, theirs) == 0;

  if (self->reactions == NULL && (ours != NULL || theirs != NULL))
    {
      self->reactions = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
      gtk_box_insert_child_after (GTK_BOX (self->column), self->reactions, self->bubble);
    }
  if (self->reactions == NULL)
    return;
  clear_box (self->reactions);
  gtk_widget_set_visible (self->reactions, ours != NULL || theirs != NULL);
  if (theirs != NULL && !is_same)
    gtk_box_append (GTK_BOX (self->reactions), create_reaction (self, theirs, 1, FALSE));
  if (ours != NULL)
    gtk_box_append (GTK_BOX (self->reactions),
                    create_reaction (self, ours, is_same ? 2 : 1, TRUE));
}

/* ---- How far it came ---- */

static void
settled_cb (gpointer user_data)
{
  UdpnatMessageRow *self = user_data;

  self->settle_id = 0;
  if (self->row != NULL)
    udpnat_message_row_refresh_state (self);
}

/* Whether the state stands in words beside its sign: while the message is not there yet. */
static gboolean
is_worth_words (UdpnatMessageRow  *self,
                UdpnatHistoryItem *item)
{
  UdpnatItemState state = udpnat_history_item_get_state (item);
  gint64 age_us = g_get_real_time () - udpnat_history_item_get_shown_us (item);

  if (!udpnat_history_item_is_outgoing (item) || state == UDPNAT_ITEM_STATE_DELIVERED ||
      state == UDPNAT_ITEM_STATE_READ)
    return FALSE;
  if (state == UDPNAT_ITEM_STATE_FAILED || age_us < 0 || age_us > SETTLE_MS * 1000)
    return TRUE;
  if (self->settle_id == 0)
    self->settle_id = g_timeout_add_once (SETTLE_MS, settled_cb, self);
  return FALSE;
}

static GtkWidget *
create_remedy (UdpnatMessageRow *self,
               const char       *label,
               const char       *action)
{
  GtkWidget *button = gtk_button_new_with_label (label);

  gtk_widget_add_css_class (button, "remedy");
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), get_number (self));
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action);
  return button;
}

static void
show_remedies (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  gboolean is_shown = udpnat_history_item_is_outgoing (item) &&
                      udpnat_history_item_get_state (item) == UDPNAT_ITEM_STATE_FAILED &&
                      !udpnat_history_item_is_deleted (item);

  if (is_shown && self->remedies == NULL)
    {
      self->remedies = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
      gtk_widget_set_halign (self->remedies, GTK_ALIGN_END);
      gtk_box_append (GTK_BOX (self->remedies),
                      create_remedy (self, _("Try Again"), "message.try-again"));
      gtk_box_append (GTK_BOX (self->remedies),
                      create_remedy (self, _("Delete"), "message.delete-here"));
      gtk_box_append (GTK_BOX (self->column), self->remedies);
    }
  if (self->remedies == NULL)
    return;
  gtk_widget_set_visible (self->remedies, is_shown);
  for (GtkWidget *button = gtk_widget_get_first_child (self->remedies); is_shown && button != NULL;
       button = gtk_widget_get_next_sibling (button))
    gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), get_number (self));
}

static char *
describe_time (UdpnatMessageRow *self)
{
  return udpnat_words_format_clock (udpnat_history_item_get_shown_us (get_item (self)));
}

/* What a screen reader says of the row: all that can be seen of it. */
static char *
describe (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  gboolean is_outgoing = udpnat_history_item_is_outgoing (item);
  const char *sender = get_sender (self, is_outgoing);
  gboolean has_state = is_outgoing && !self->is_note;
  g_autofree char *time = describe_time (self);
  g_autofree char *state = udpnat_words_describe_line (item, self->person);
  const char *text = gtk_label_get_text (self->text);

  if (has_state && udpnat_history_item_get_edited_us (item) != 0)
    /* Translators: what is read out of a message: writer, text, how far it has come, time */
    return g_strdup_printf (_("%s: %s, edited, %s, %s"), sender, text, state, time);
  if (has_state)
    /* Translators: what is read out of a message: writer, text, how far it has come, time */
    return g_strdup_printf (_("%s: %s, %s, %s"), sender, text, state, time);
  if (udpnat_history_item_get_edited_us (item) != 0)
    /* Translators: what is read out of a message: writer, text, time */
    return g_strdup_printf (_("%s: %s, edited, %s"), sender, text, time);
  /* Translators: what is read out of a message: writer, text, time */
  return g_strdup_printf (_("%s: %s, %s"), sender, text, time);
}

static void
name_row (UdpnatMessageRow *self)
{
  GtkWidget *item_widget = gtk_widget_get_parent (GTK_WIDGET (self));
  g_autofree char *name = describe (self);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  /* The list's own widget around the row is what a screen reader stops at. */
  if (item_widget != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (item_widget), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    name, -1);
}

static void
show_state (UdpnatMessageRow *self,
            const char       *words)
{
  UdpnatHistoryItem *item = get_item (self);
  gboolean has_state = udpnat_history_item_is_outgoing (item) && !self->is_note &&
                       !udpnat_history_item_is_deleted (item);
  UdpnatItemState state = udpnat_history_item_get_state (item);
  gboolean has_words = has_state && is_worth_words (self, item);

  gtk_widget_set_visible (GTK_WIDGET (self->state_icon), has_state);
  gtk_widget_set_visible (GTK_WIDGET (self->state_words), has_words);
  set_class (self->caption, "error", has_state && state == UDPNAT_ITEM_STATE_FAILED);
  set_class (self->caption, "read", has_state && state == UDPNAT_ITEM_STATE_READ);
  if (has_words)
    gtk_label_set_text (self->state_words, words);
  if (has_state)
    gtk_image_set_from_icon_name (self->state_icon, udpnat_state_icon_get_name (state));
  gtk_widget_set_has_tooltip (self->caption, has_state);
}

static gboolean
query_tooltip_cb (UdpnatMessageRow *self,
                  int               x,
                  int               y,
                  gboolean          is_keyboard,
                  GtkTooltip       *tooltip)
{
  g_autofree char *words = NULL;
  g_autofree char *markup = NULL;

  if (self->row == NULL)
    return FALSE;
  words = udpnat_words_describe_line (get_item (self), self->person);
  markup = g_markup_escape_text (words, -1);
  udpnat_tooltip_answer (self->caption, tooltip, markup);
  return TRUE;
}

/** udpnat_message_row_refresh_state: the person has come or gone, or is called otherwise */
void
udpnat_message_row_refresh_state (UdpnatMessageRow *self)
{
  UdpnatHistoryItem *item = get_item (self);
  g_autofree char *words = udpnat_words_describe_line (item, self->person);
  g_autofree char *time = describe_time (self);

  gtk_label_set_text (self->time, time);
  gtk_widget_set_visible (self->edited, udpnat_history_item_get_edited_us (item) != 0 &&
                                          !udpnat_history_item_is_deleted (item));
  show_state (self, words);
  show_remedies (self);
  gtk_widget_set_visible (self->caption,
                          udpnat_history_row_ends_group (self->row) ||
                            gtk_widget_get_visible (self->edited));
  name_row (self);
}

/* ---- The line that is shown ---- */

static void
show_place (UdpnatMessageRow *self)
{
  gboolean is_outgoing = udpnat_history_item_is_outgoing (get_item (self));
  GtkAlign side = is_outgoing ? GTK_ALIGN_END : GTK_ALIGN_START;

  set_class (GTK_WIDGET (self), "own", is_outgoing);
  set_class (GTK_WIDGET (self), "starts-group", udpnat_history_row_starts_group (self->row));
  set_class (GTK_WIDGET (self), "ends-group", udpnat_history_row_ends_group (self->row));
  gtk_widget_set_halign (self->column, side);
  gtk_widget_set_halign (self->bubble, side);
  gtk_widget_set_halign (self->caption, side);
  if (self->reactions != NULL)
    gtk_widget_set_halign (self->reactions, side);
  show_day (self);
  show_unread (self);
}

static void
refresh (UdpnatMessageRow *self)
{
  show_text (self);
  show_quote (self);
  show_reactions (self);
  show_place (self);
  udpnat_message_row_refresh_state (self);
}

static void
row_changed_cb (UdpnatHistoryRow *row,
                GParamSpec       *pspec,
                UdpnatMessageRow *self)
{
  if (g_str_equal (pspec->name, "item"))
    {
      refresh (self);
      return;
    }
  show_place (self);
  udpnat_message_row_refresh_state (self);
}

/** udpnat_message_row_bind: shows @row from now on; @is_note: it is of notes to oneself */
void
udpnat_message_row_bind (UdpnatMessageRow *self,
                         UdpnatHistoryRow *row,
                         UdpnatPerson     *person,
                         gboolean          is_note)
{
  self->is_note = is_note;
  g_set_object (&self->person, person);
  g_set_object (&self->row, row);
  g_signal_group_set_target (self->row_signals, row);
  refresh (self);
}

/** udpnat_message_row_unbind: shows nothing */
void
udpnat_message_row_unbind (UdpnatMessageRow *self)
{
  g_clear_handle_id (&self->settle_id, g_source_remove);
  if (self->row_signals != NULL)
    g_signal_group_set_target (self->row_signals, NULL);
  g_clear_object (&self->row);
  g_clear_object (&self->person);
}

/** udpnat_message_row_get_row: Returns: (nullable): %NULL when it shows nothing */
UdpnatHistoryRow *
udpnat_message_row_get_row (UdpnatMessageRow *self)
{
  return self->row;
}

/** udpnat_message_row_get_bubble: what a menu points at */
GtkWidget *
udpnat_message_row_get_bubble (UdpnatMessageRow *self)
{
  return self->bubble;
}

/** udpnat_message_row_set_hit: marks what a search has found, or whereto the user was led */
void
udpnat_message_row_set_hit (UdpnatMessageRow *self,
                            gboolean          is_hit)
{
  set_class (GTK_WIDGET (self), "hit", is_hit);
}

/* ---- Object ---- */

/* Whether the program itself takes what the link names: a person. */
static gboolean
is_for_us (const char   *uri,
           GApplication *application)
{
  return g_ascii_strncasecmp (uri, "udpnat:", 7) == 0 && application != NULL &&
         (g_application_get_flags (application) & G_APPLICATION_HANDLES_OPEN) != 0;
}

static gboolean
activate_link_cb (UdpnatMessageRow *self,
                  const char       *uri)
{
  GtkWindow *window = GTK_WINDOW (gtk_widget_get_root (GTK_WIDGET (self)));
  GApplication *application = G_APPLICATION (gtk_window_get_application (window));
  g_autoptr (GFile) file = g_file_new_for_uri (uri);

  if (is_for_us (uri, application))
    g_application_open (application, &file, 1, "");
  else
    gtk_show_uri (window, uri, GDK_CURRENT_TIME);
  return TRUE;
}

static void
udpnat_message_row_dispose (GObject *object)
{
  UdpnatMessageRow *self = UDPNAT_MESSAGE_ROW (object);

  udpnat_message_row_unbind (self);
  g_clear_object (&self->row_signals);
  G_OBJECT_CLASS (udpnat_message_row_parent_class)->dispose (object);
}

static void
udpnat_message_row_class_init (UdpnatMessageRowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_message_row_dispose;

  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-message-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, column);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, bubble);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, text);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, caption);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, edited);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, state_words);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, time);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageRow, state_icon);
  gtk_widget_class_bind_template_callback (widget_class, activate_link_cb);
  gtk_widget_class_bind_template_callback (widget_class, query_tooltip_cb);
}

static void
udpnat_message_row_init (UdpnatMessageRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->row_signals = g_signal_group_new (UDPNAT_TYPE_HISTORY_ROW);
  g_signal_group_connect (self->row_signals, "notify", G_CALLBACK (row_changed_cb), self);
}

GtkWidget *
udpnat_message_row_new (void)
{
  return g_object_new (UDPNAT_TYPE_MESSAGE_ROW, NULL);
}
