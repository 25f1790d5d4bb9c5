/* Where the list stands. It opens at its end and stays there while more is said; once the user has
 * gone up, nothing moves it but the user. Near an end of what is loaded a page more is loaded. The
 * end is the last word of the newest message, but for one of theirs that comes while the list is at
 * its end and is higher than it: that is read from its beginning, and as nobody has read the rest,
 * the list is not at its end then. What stands at the bottom because there is little: the list's
 * alignment, in the template.
 *
 * GtkListView of GTK 4.8 leaps when its adjustment is set twice between two frames. So all that is
 * to be done is noted, and done once in the next frame, by the list's own action where that is
 * enough. Its anchor keeps the visible rows in place when pages come and go. */

#include "config.h"

#include "udpnat-message-list-private.h"

#include <glib/gi18n.h>

/* How near the end of what is loaded more is loaded, in pixels: about a screen. */
#define NEAR_END 800
/* What counts as the very end, in pixels. */
#define AT_END 2
/* How many lines are shown beside one that was searched for. */
#define CONTEXT_ROWS 3
/* How many frames a new row may take until it has a height. */
#define END_FRAMES 3
/* How long something is looked at before it counts as read. */
#define READ_MS 250

static GtkAdjustment *
get_adjustment (UdpnatMessageList *self)
{
  return gtk_scrolled_window_get_vadjustment (self->scroller);
}

static double
get_rest_below (UdpnatMessageList *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);

  return gtk_adjustment_get_upper (adjustment) - gtk_adjustment_get_page_size (adjustment) -
         gtk_adjustment_get_value (adjustment);
}

/* ---- The button that leads down ---- */

static void
show_jump (UdpnatMessageList *self)
{
  g_autofree char *count = NULL;

  gtk_revealer_set_reveal_child (self->jump_revealer, self->history != NULL && !self->is_at_end);
  gtk_widget_set_can_target (GTK_WIDGET (self->jump_revealer), !self->is_at_end);
  gtk_widget_set_visible (GTK_WIDGET (self->jump_label), self->n_new > 0);
  if (self->n_new > 0)
    count = g_strdup_printf (ngettext ("%u new", "%u new", self->n_new),
                             self->n_new);
  gtk_label_set_text (self->jump_label, count != NULL ? count : "");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->jump_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, _("Jump to Newest"),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, count != NULL ? count : "",
                                  -1);
}

static void
set_at_end (UdpnatMessageList *self,
            gboolean           is_at_end)
{
  if (is_at_end)
    self->n_new = 0;
  self->is_at_end = is_at_end;
  show_jump (self);
}

/* ---- What has been seen ---- */

/** udpnat_message_list_get_lowest_seen: Returns: (nullable): the lowest row of which something can
 * be seen */
UdpnatMessageRow *
udpnat_message_list_get_lowest_seen (UdpnatMessageList *self)
{
  int width = gtk_widget_get_width (GTK_WIDGET (self->scroller));
  int height = gtk_widget_get_height (GTK_WIDGET (self->scroller));

  for (int y = height - 4; y > 0; y -= 12)
    {
      UdpnatMessageRow *row = udpnat_message_list_get_row_at (self, width / 2, y);

      if (row != NULL)
        return row;
    }
  return NULL;
}

static gboolean
is_looked_at (UdpnatMessageList *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  return self->history != NULL && gtk_widget_get_mapped (GTK_WIDGET (self)) &&
         GTK_IS_WINDOW (root) && gtk_window_is_active (GTK_WINDOW (root));
}

static void
read_cb (gpointer user_data)
{
  UdpnatMessageList *self = user_data;
  UdpnatMessageRow *lowest;
  gint64 number;

  self->read_id = 0;
  if (!is_looked_at (self))
    return;
  lowest = udpnat_message_list_get_lowest_seen (self);
  if (lowest == NULL)
    return;
  number = udpnat_history_row_get_number (udpnat_message_row_get_row (lowest));
  if (number <= self->read_number)
    return;
  self->read_number = number;
  udpnat_client_mark_read_to (self->client, self->person, number);
}

/** udpnat_message_list_queue_read: something else can be seen, or the window is looked at again */
void
udpnat_message_list_queue_read (UdpnatMessageList *self)
{
  if (self->read_id == 0 && is_looked_at (self))
    self->read_id = g_timeout_add_once (READ_MS, read_cb, self);
}

/* ---- Frames ---- */

static void
scroll_to (UdpnatMessageList *self,
           guint              position)
{
  gtk_widget_activate_action (GTK_WIDGET (self->view), "list.scroll-to-item", "u", position);
}

typedef struct
{
  gint64     number;
  GtkWidget *row;
} Search;

static void
compare_number (UdpnatMessageRow *row,
                gpointer          user_data)
{
  Search *search = user_data;

  if (udpnat_history_row_get_number (udpnat_message_row_get_row (row)) == search->number)
    search->row = GTK_WIDGET (row);
}

/** udpnat_message_list_find_row: Returns: (nullable): what shows a line */
GtkWidget *
udpnat_message_list_find_row (UdpnatMessageList *self,
                              gint64             number)
{
  Search search = { number, NULL };

  udpnat_message_list_foreach_row (self, compare_number, &search);
  return search.row;
}

static gint64
get_newest_number (UdpnatMessageList *self)
{
  GListModel *rows = G_LIST_MODEL (self->history);
  guint n_rows = g_list_model_get_n_items (rows);
  g_autoptr (UdpnatHistoryRow) newest = n_rows > 0 ? g_list_model_get_item (rows, n_rows - 1)
                                                   : NULL;

  return newest != NULL ? udpnat_history_row_get_number (newest) : 0;
}

static void
focus_newest (UdpnatMessageList *self,
              GtkWidget         *row)
{
  if (self->wants_focus)
    gtk_widget_grab_focus (gtk_widget_get_parent (row));
  self->wants_focus = FALSE;
}

/* What the list's own action cannot do with a row that is higher than the list, or does in one
 * version of GTK only. The list's widget around the row is what it anchors at: an edge of that. */
static void
scroll_to_edge (UdpnatMessageList *self,
                GtkWidget         *row,
                gboolean           is_beginning)
{
  GtkAdjustment *adjustment = get_adjustment (self);
  double y = gtk_adjustment_get_upper (adjustment);
  graphene_rect_t bounds;

  if (is_beginning && gtk_widget_compute_bounds (gtk_widget_get_parent (row),
                                                 GTK_WIDGET (self->scroller), &bounds))
    y = gtk_adjustment_get_value (adjustment) + bounds.origin.y;
  gtk_adjustment_set_value (adjustment, y);
}

/* How high a row is that has just been made is known a frame later. */
static void
scroll_to_end (UdpnatMessageList *self)
{
  guint n_rows = g_list_model_get_n_items (G_LIST_MODEL (self->history));
  gint64 number = get_newest_number (self);
  GtkWidget *row = udpnat_message_list_find_row (self, number);
  int height = row != NULL ? gtk_widget_get_height (row) : 0;
  gboolean is_high = height > gtk_adjustment_get_page_size (get_adjustment (self));
  gboolean is_fresh = number == self->fresh_number;

  self->wants_end = height == 0 && n_rows > 0 && self->wanted_step++ < END_FRAMES;
  set_at_end (self, !is_high || !is_fresh);
  if (height > 0)
    focus_newest (self, row);
  if (is_high)
    scroll_to_edge (self, row, is_fresh);
  else if (n_rows > 0)
    scroll_to (self, n_rows - 1);
}

static gboolean
is_in_upper_half (UdpnatMessageList *self,
                  gint64             number)
{
  GtkWidget *row = udpnat_message_list_find_row (self, number);
  graphene_rect_t bounds;

  return row != NULL &&
         gtk_widget_compute_bounds (row, GTK_WIDGET (self->scroller), &bounds) &&
         bounds.origin.y < gtk_widget_get_height (GTK_WIDGET (self->scroller)) / 2.0;
}

/* The list brings a line to the nearest edge. So, a frame each: the line, then some around it, and
 * in case these are large, the line again. */
static void
scroll_to_wanted (UdpnatMessageList *self)
{
  guint n_rows = g_list_model_get_n_items (G_LIST_MODEL (self->history));
  guint position;

  if (!udpnat_history_find (self->history, self->wanted_number, &position))
    self->wanted_number = 0;
  else if (self->wanted_step != 1)
    scroll_to (self, position);
  else if (is_in_upper_half (self, self->wanted_number))
    scroll_to (self, position - MIN (position, CONTEXT_ROWS));
  else
    scroll_to (self, MIN (position + CONTEXT_ROWS, n_rows - 1));
  if (++self->wanted_step > 2)
    self->wanted_number = 0;
}

/* Too few short lines for a high window are not looked at for longer than it takes. */
static void
fill_view (UdpnatMessageList *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);

  if (gtk_adjustment_get_upper (adjustment) <= gtk_adjustment_get_page_size (adjustment))
    udpnat_history_load_older (self->history);
}

static void
load_more (UdpnatMessageList *self)
{
  if (self->is_at_end)
    udpnat_history_trim (self->history);
  if (gtk_adjustment_get_value (get_adjustment (self)) < NEAR_END)
    udpnat_history_load_older (self->history);
  else if (get_rest_below (self) < NEAR_END)
    udpnat_history_load_newer (self->history);
}

static gboolean
tick_cb (GtkWidget     *widget,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  UdpnatMessageList *self = user_data;

  self->tick_id = 0;
  if (self->wants_end)
    {
      scroll_to_end (self);
      if (!self->wants_end)
        fill_view (self);
    }
  else if (self->wanted_number != 0)
    scroll_to_wanted (self);
  else
    load_more (self);
  udpnat_message_list_queue_read (self);
  if (self->wants_end || self->wanted_number != 0)
    udpnat_message_list_queue_tick (self);
  return G_SOURCE_REMOVE;
}

/** udpnat_message_list_queue_tick: something is to be done in the next frame */
void
udpnat_message_list_queue_tick (UdpnatMessageList *self)
{
  if (self->tick_id == 0 && self->history != NULL)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self), tick_cb, self, NULL);
}

/** udpnat_message_list_stop_scrolling: what is shown is going away */
void
udpnat_message_list_stop_scrolling (UdpnatMessageList *self)
{
  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick_id);
  self->tick_id = 0;
  g_clear_handle_id (&self->read_id, g_source_remove);
  self->wants_end = FALSE;
  self->wants_focus = FALSE;
  self->wanted_number = 0;
  self->fresh_number = 0;
}

/* ---- What moves it ---- */

static void
value_changed_cb (UdpnatMessageList *self)
{
  if (self->history == NULL)
    return;
  udpnat_message_list_hide_tools (self);
  if (!self->wants_end)
    set_at_end (self, get_rest_below (self) <= AT_END &&
                        !udpnat_history_has_newer (self->history));
  udpnat_message_list_queue_tick (self);
}

/* The list has grown or shrunk, or the window has. It is told before the value that comes with it,
 * which is then not taken for the user's. */
static void
changed_cb (UdpnatMessageList *self)
{
  if (self->is_at_end)
    self->wants_end = TRUE;
  udpnat_message_list_queue_tick (self);
}

/* @row: (nullable): of theirs */
static void
follow (UdpnatMessageList *self,
        UdpnatHistoryRow  *row)
{
  self->fresh_number = row != NULL ? udpnat_history_row_get_number (row) : 0;
  self->wanted_step = 0;
  self->wants_end = TRUE;
}

/** udpnat_message_list_note_line: @row: (nullable): somebody has said something; %NULL when it is
 * below what is loaded */
void
udpnat_message_list_note_line (UdpnatMessageList *self,
                               UdpnatHistoryRow  *row)
{
  gboolean is_ours = row != NULL &&
                     udpnat_history_item_is_outgoing (udpnat_history_row_get_item (row));

  if (row != NULL && !is_ours && !is_looked_at (self) &&
      udpnat_history_get_unread (self->history) <= self->read_number)
    udpnat_history_set_unread (self->history, udpnat_history_row_get_number (row));
  if (is_ours)
    udpnat_message_list_go_to_end (self);
  else if (self->is_at_end)
    follow (self, row);
  else
    self->n_new++;
  show_jump (self);
  udpnat_message_list_queue_tick (self);
}

/* GtkListView goes to the last row that is loaded, with any modifier. Its way up is right: to the
 * first one, and that more is loaded there lets the next press go on. */
static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  keyval,
                guint                  keycode,
                GdkModifierType        state,
                UdpnatMessageList     *self)
{
  if ((keyval != GDK_KEY_End && keyval != GDK_KEY_KP_End) || (state & GDK_ALT_MASK) != 0)
    return GDK_EVENT_PROPAGATE;
  udpnat_message_list_go_to_end (self);
  self->wants_focus = TRUE;
  return GDK_EVENT_STOP;
}

/** udpnat_message_list_watch_scrolling: to be called once */
void
udpnat_message_list_watch_scrolling (UdpnatMessageList *self)
{
  GtkAdjustment *adjustment = get_adjustment (self);
  GtkEventController *keys = gtk_event_controller_key_new ();

  gtk_event_controller_set_propagation_phase (keys, GTK_PHASE_CAPTURE);
  g_signal_connect (keys, "key-pressed", G_CALLBACK (key_pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self->view), keys);
  self->is_at_end = TRUE;
  g_signal_connect_object (adjustment, "value-changed", G_CALLBACK (value_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (adjustment, "changed", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect (self, "map", G_CALLBACK (udpnat_message_list_queue_tick), NULL);
}

/** udpnat_message_list_go_to_end: shows the newest messages */
void
udpnat_message_list_go_to_end (UdpnatMessageList *self)
{
  if (self->history == NULL)
    return;
  if (udpnat_history_has_newer (self->history))
    udpnat_history_go_to_end (self->history);
  self->wanted_number = 0;
  self->wanted_step = 0;
  self->fresh_number = 0;
  self->wants_end = TRUE;
  set_at_end (self, TRUE);
  udpnat_message_list_queue_tick (self);
}

static void
mark_hit (UdpnatMessageRow *row,
          gpointer          user_data)
{
  UdpnatMessageList *self = user_data;

  udpnat_message_row_set_hit (row, self->hit_number != 0 &&
                                     self->hit_number == udpnat_history_row_get_number (
                                                           udpnat_message_row_get_row (row)));
}

/**
 * udpnat_message_list_go_to:
 * @number: of a line
 *
 * Shows the line, and marks it.
 *
 * Returns: whether there is such a line in this conversation
 */
gboolean
udpnat_message_list_go_to (UdpnatMessageList *self,
                           gint64             number)
{
  guint position;

  if (self->history == NULL || !udpnat_history_go_to (self->history, number, &position))
    return FALSE;
  self->hit_number = number;
  udpnat_message_list_foreach_row (self, mark_hit, self);
  self->wants_end = FALSE;
  self->wanted_number = number;
  self->wanted_step = 0;
  self->is_at_end = FALSE;
  udpnat_message_list_queue_tick (self);
  return TRUE;
}

/** udpnat_message_list_clear_hit: marks nothing any more */
void
udpnat_message_list_clear_hit (UdpnatMessageList *self)
{
  self->hit_number = 0;
  udpnat_message_list_foreach_row (self, mark_hit, self);
}
