/* One message: lines that divide (day, new messages), the bubble with what is quoted and said, the
 * signs that were put on it, and below the last of a group when it was said and how far it came.
 * What most messages do not have is made when it is first needed, and kept for the next. What is in
 * the bubble: udpnat-message-row-said.c; of a file: -file.c. */

#include "config.h"

#include "udpnat-message-row-private.h"

#include <glib/gi18n.h>

#include "udpnat-message-reactions.h"
#include "udpnat-message-words.h"
#include "udpnat-state-icon.h"
#include "udpnat-status-words.h"
#include "udpnat-tooltip.h"

/* A message that is delivered at once should not flash "waiting" before. */
#define SETTLE_MS 700

G_DEFINE_FINAL_TYPE (UdpnatMessageRow, udpnat_message_row, GTK_TYPE_BOX)

static UdpnatHistoryItem *
get_item (UdpnatMessageRow *self)
{
  return udpnat_history_row_get_item (self->row);
}

/** udpnat_message_row_set_class: @is_set: whether @widget looks as @name says */
void
udpnat_message_row_set_class (GtkWidget  *widget,
                              const char *name,
                              gboolean    is_set)
{
  if (is_set)
    gtk_widget_add_css_class (widget, name);
  else
    gtk_widget_remove_css_class (widget, name);
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

/* ---- Signs put on it ---- */

static void
show_reactions (UdpnatMessageRow *self)
{
  const char *ours = udpnat_history_item_get_my_reaction (get_item (self));
  const char *theirs = udpnat_history_item_get_their_reaction (get_item (self));

  if (self->reactions == NULL && (ours != NULL || theirs != NULL))
    {
      self->reactions = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);
      gtk_box_insert_child_after (GTK_BOX (self->column), self->reactions, self->bubble);
    }
  if (self->reactions != NULL)
    udpnat_message_reactions_show (GTK_BOX (self->reactions),
                                   udpnat_history_row_get_number (self->row), ours, theirs);
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

static void
name_row (UdpnatMessageRow *self)
{
  GtkWidget *item_widget = gtk_widget_get_parent (GTK_WIDGET (self));
  UdpnatHistoryItem *item = get_item (self);
  gboolean has_state = udpnat_history_item_is_outgoing (item) && !self->is_note;
  g_autofree char *file = udpnat_message_row_dup_file_name (self);
  g_autofree char *name = NULL;

  name = udpnat_message_words_describe (item, self->person,
                                        file != NULL ? file : gtk_label_get_text (self->text),
                                        has_state);
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
  udpnat_message_row_set_class (self->caption, "error",
                                has_state && state == UDPNAT_ITEM_STATE_FAILED);
  udpnat_message_row_set_class (self->caption, "read",
                                has_state && state == UDPNAT_ITEM_STATE_READ);
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
  g_autofree char *time = udpnat_words_format_clock (udpnat_history_item_get_shown_us (item));

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

  udpnat_message_row_set_class (GTK_WIDGET (self), "own", is_outgoing);
  udpnat_message_row_set_class (GTK_WIDGET (self), "starts-group",
                                udpnat_history_row_starts_group (self->row));
  udpnat_message_row_set_class (GTK_WIDGET (self), "ends-group",
                                udpnat_history_row_ends_group (self->row));
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
  udpnat_message_row_show_text (self);
  udpnat_message_row_show_file (self);
  udpnat_message_row_show_quote (self);
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

/** udpnat_message_row_set_client: who knows how far files are; to be called once */
void
udpnat_message_row_set_client (UdpnatMessageRow *self,
                               UdpnatClient     *client)
{
  g_set_object (&self->client, client);
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
  udpnat_message_row_clear_file (self);
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
  udpnat_message_row_set_class (GTK_WIDGET (self), "hit", is_hit);
}

/* ---- Object ---- */

static gboolean
activate_link_cb (UdpnatMessageRow *self,
                  const char       *uri)
{
  udpnat_message_row_open_link (self, uri);
  return TRUE;
}

static void
udpnat_message_row_dispose (GObject *object)
{
  UdpnatMessageRow *self = UDPNAT_MESSAGE_ROW (object);

  udpnat_message_row_unbind (self);
  g_clear_object (&self->row_signals);
  g_clear_object (&self->transfer_signals);
  g_clear_object (&self->client);
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
