/* The messages of one conversation: a virtual list over the history, which itself is a window over
 * what is on disk. Where it stands and what it loads: udpnat-message-list-scroll.c; what can be
 * done with a message: -actions.c; with a file: -files.c; how that is offered: -menu.c. */

#include "config.h"

#include "udpnat-message-list-private.h"

#include <glib/gi18n.h>

#include "udpnat-status-words.h"

enum
{
  REPLY_REQUESTED,
  EDIT_REQUESTED,
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatMessageList, udpnat_message_list, ADW_TYPE_BIN)

/* ---- Rows ---- */

/** udpnat_message_list_get_row_of: Returns: (nullable): the row that @widget is, is in, or is the
 * list's widget around */
UdpnatMessageRow *
udpnat_message_list_get_row_of (UdpnatMessageList *self,
                                GtkWidget         *widget)
{
  GtkWidget *row;

  if (widget == NULL || !gtk_widget_is_ancestor (widget, GTK_WIDGET (self->view)))
    return NULL;
  row = gtk_widget_get_ancestor (widget, UDPNAT_TYPE_MESSAGE_ROW);
  if (row == NULL)
    row = gtk_widget_get_first_child (widget);
  if (row == NULL || !UDPNAT_IS_MESSAGE_ROW (row) ||
      udpnat_message_row_get_row (UDPNAT_MESSAGE_ROW (row)) == NULL)
    return NULL;
  return UDPNAT_MESSAGE_ROW (row);
}

/** udpnat_message_list_get_row_at: @x: @y: in the coordinates of the overlay */
UdpnatMessageRow *
udpnat_message_list_get_row_at (UdpnatMessageList *self,
                                double             x,
                                double             y)
{
  GtkWidget *scroller = GTK_WIDGET (self->scroller);

  return udpnat_message_list_get_row_of (self, gtk_widget_pick (scroller, x, y,
                                                                GTK_PICK_DEFAULT));
}

/** udpnat_message_list_get_focused_row: Returns: (nullable): the row that has the keyboard */
UdpnatMessageRow *
udpnat_message_list_get_focused_row (UdpnatMessageList *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  return root != NULL ? udpnat_message_list_get_row_of (self, gtk_root_get_focus (root)) : NULL;
}

/** udpnat_message_list_foreach_row: every row that shows something, seen or not */
void
udpnat_message_list_foreach_row (UdpnatMessageList *self,
                                 void (*func) (UdpnatMessageRow *row,
                                               gpointer          user_data),
                                 gpointer           user_data)
{
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->view)); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    {
      UdpnatMessageRow *row = udpnat_message_list_get_row_of (self, item);

      if (row != NULL)
        func (row, user_data);
    }
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatMessageList        *self)
{
  GtkWidget *row = udpnat_message_row_new ();

  udpnat_message_row_set_client (UDPNAT_MESSAGE_ROW (row), self->client);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatMessageList        *self)
{
  UdpnatMessageRow *widget = UDPNAT_MESSAGE_ROW (gtk_list_item_get_child (item));
  UdpnatHistoryRow *row = gtk_list_item_get_item (item);

  udpnat_message_row_bind (widget, row, self->person,
                           self->person == udpnat_client_get_self (self->client));
  udpnat_message_row_set_hit (widget, self->hit_number != 0 && self->hit_number ==
                                        udpnat_history_row_get_number (row));
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatMessageList        *self)
{
  UdpnatMessageRow *widget = UDPNAT_MESSAGE_ROW (gtk_list_item_get_child (item));

  if (widget == self->pointed_row)
    udpnat_message_list_hide_tools (self);
  udpnat_message_row_unbind (widget);
}

static void
create_factory (UdpnatMessageList *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cb), self);
  gtk_list_view_set_factory (self->view, factory);
}

/** udpnat_message_list_dup_line: Returns: (transfer full) (nullable): a line, if it is loaded */
UdpnatHistoryItem *
udpnat_message_list_dup_line (UdpnatMessageList *self,
                              gint64             number)
{
  g_autoptr (UdpnatHistoryRow) row = NULL;
  guint position;

  if (self->history == NULL || !udpnat_history_find (self->history, number, &position))
    return NULL;
  row = g_list_model_get_item (G_LIST_MODEL (self->history), position);
  return g_object_ref (udpnat_history_row_get_item (row));
}

static gboolean
is_editable (UdpnatHistoryItem *line)
{
  return udpnat_history_item_is_outgoing (line) && !udpnat_history_item_is_deleted (line) &&
         udpnat_history_item_get_state (line) != UDPNAT_ITEM_STATE_FAILED &&
         udpnat_history_item_get_text (line) != NULL &&
         udpnat_history_item_get_offer (line) == NULL;
}

/** udpnat_message_list_get_last_own: Returns: (transfer full) (nullable): our newest line that can
 * be changed, of those that are loaded */
UdpnatHistoryItem *
udpnat_message_list_get_last_own (UdpnatMessageList *self)
{
  GListModel *rows = G_LIST_MODEL (self->history);

  for (guint i = rows != NULL ? g_list_model_get_n_items (rows) : 0; i > 0; i--)
    {
      g_autoptr (UdpnatHistoryRow) row = g_list_model_get_item (rows, i - 1);

      if (is_editable (udpnat_history_row_get_item (row)))
        return g_object_ref (udpnat_history_row_get_item (row));
    }
  return NULL;
}

/* ---- What is told ---- */

/** udpnat_message_list_fail: says why something could not be done */
void
udpnat_message_list_fail (UdpnatMessageList *self,
                          const char        *sentence)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, sentence);
}

void
udpnat_message_list_ask_reply (UdpnatMessageList *self,
                               UdpnatHistoryItem *line)
{
  g_signal_emit (self, signals[REPLY_REQUESTED], 0, line);
}

void
udpnat_message_list_ask_edit (UdpnatMessageList *self,
                              UdpnatHistoryItem *line)
{
  g_signal_emit (self, signals[EDIT_REQUESTED], 0, line);
}

static void
activate_cb (UdpnatMessageList *self,
             guint              position)
{
  g_autoptr (UdpnatHistoryRow) row = g_list_model_get_item (G_LIST_MODEL (self->history), position);

  if (row != NULL && !udpnat_history_item_is_deleted (udpnat_history_row_get_item (row)))
    udpnat_message_list_ask_reply (self, udpnat_history_row_get_item (row));
}

/* ---- The conversation ---- */

static void
refresh_state (UdpnatMessageRow *row,
               gpointer          user_data)
{
  udpnat_message_row_refresh_state (row);
}

/* Of what a row says, only the words of our messages depend on the person. */
static void
person_changed_cb (UdpnatMessageList *self)
{
  udpnat_message_list_foreach_row (self, refresh_state, NULL);
}

static void
show_emptiness (UdpnatMessageList *self)
{
  gboolean is_empty = self->history != NULL &&
                      g_list_model_get_n_items (G_LIST_MODEL (self->history)) == 0;
  g_autofree char *title = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->empty_page), is_empty);
  if (!is_empty)
    return;
  if (self->person == udpnat_client_get_self (self->client))
    {
      adw_status_page_set_title (self->empty_page, _("Notes to Yourself"));
      adw_status_page_set_description (self->empty_page,
                                       _("What you write here stays on this computer."));
      return;
    }
  title = g_markup_printf_escaped (_("Write to %s"), udpnat_person_get_title (self->person));
  adw_status_page_set_title (self->empty_page, title);
  adw_status_page_set_description (self->empty_page,
                                   _("Only the two of you can read what you say here. "
                                     "If they are away, it waits."));
}

/* The keyboard must not leave the list because the line that had it is deleted: the next one gets
 * it, or the one before. */
static void
keep_focus (UdpnatMessageList *self,
            guint              position)
{
  GListModel *rows = G_LIST_MODEL (self->history);
  UdpnatMessageRow *focused = udpnat_message_list_get_focused_row (self);
  guint n_rows = g_list_model_get_n_items (rows);
  g_autoptr (UdpnatHistoryRow) next = NULL;
  GtkWidget *widget;
  gint64 number;
  guint unused;

  if (focused == NULL || n_rows == 0)
    return;
  number = udpnat_history_row_get_number (udpnat_message_row_get_row (focused));
  if (udpnat_history_find (self->history, number, &unused))
    return;
  next = g_list_model_get_item (rows, MIN (position, n_rows - 1));
  widget = udpnat_message_list_find_row (self, udpnat_history_row_get_number (next));
  if (widget != NULL)
    gtk_widget_grab_focus (gtk_widget_get_parent (widget));
}

static void
items_changed_cb (UdpnatHistory     *history,
                  guint              position,
                  guint              n_removed,
                  guint              n_added,
                  UdpnatMessageList *self)
{
  if (n_removed == 1 && n_added == 0) /* more of them: what is far away is unloaded */
    keep_focus (self, position);
  show_emptiness (self);
}

static void
line_added_cb (UdpnatHistory     *history,
               UdpnatHistoryRow  *row,
               UdpnatMessageList *self)
{
  udpnat_message_list_note_line (self, row);
}

static void
item_added_cb (UdpnatClient      *client,
               UdpnatPerson      *person,
               UdpnatHistoryItem *line,
               UdpnatMessageList *self)
{
  udpnat_message_list_note_saved (self, line);
}

static void
not_sent_cb (UdpnatClient      *client,
             UdpnatPerson      *person,
             const char        *path,
             const char        *words,
             UdpnatMessageList *self)
{
  udpnat_message_list_note_not_sent (self, person, path, words);
}

static void
open_history (UdpnatMessageList *self)
{
  g_autoptr (GtkSelectionModel) model = NULL;

  self->history = udpnat_history_new (self->client, self->person);
  /* We are told first, for the view takes rows away when it is told. */
  g_signal_group_set_target (self->history_signals, self->history);
  model = GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (G_LIST_MODEL (self->history))));
  gtk_list_view_set_model (self->view, model);
  show_emptiness (self);
  udpnat_message_list_go_to_end (self);
}

static void
close_history (UdpnatMessageList *self)
{
  udpnat_message_list_stop_scrolling (self);
  udpnat_message_list_hide_tools (self);
  g_clear_pointer (&self->popover, gtk_widget_unparent);
  g_clear_weak_pointer (&self->focus_before);
  g_signal_group_set_target (self->history_signals, NULL);
  gtk_list_view_set_model (self->view, NULL);
  g_clear_object (&self->history);
  self->n_new = 0;
  self->hit_number = 0;
  self->read_number = 0;
}

/** udpnat_message_list_set_person: @person: (nullable): whose messages are shown */
void
udpnat_message_list_set_person (UdpnatMessageList *self,
                                UdpnatPerson      *person)
{
  g_return_if_fail (self->client != NULL);

  if (person == self->person)
    return;
  close_history (self);
  g_set_object (&self->person, person);
  g_signal_group_set_target (self->person_signals, person);
  if (person != NULL)
    open_history (self);
}

/** udpnat_message_list_set_client: to be called once, before anything else */
void
udpnat_message_list_set_client (UdpnatMessageList *self,
                                UdpnatClient      *client)
{
  g_set_object (&self->client, client);
  g_signal_group_set_target (self->client_signals, client);
}

/** udpnat_message_list_set_settings: @settings: (nullable): the window's */
void
udpnat_message_list_set_settings (UdpnatMessageList *self,
                                  GSettings         *settings)
{
  g_set_object (&self->settings, settings);
}

/** udpnat_message_list_clear_unread: the user has answered: nothing is new any more */
void
udpnat_message_list_clear_unread (UdpnatMessageList *self)
{
  if (self->history != NULL)
    udpnat_history_set_unread (self->history, 0);
}

/* ---- Object ---- */

static gboolean
get_child_position_cb (UdpnatMessageList *self,
                       GtkWidget         *widget,
                       GdkRectangle      *allocation)
{
  return widget == self->tools && udpnat_message_list_place_tools (self, allocation);
}

static void
react_tool_cb (UdpnatMessageList *self)
{
  if (self->pointed_row != NULL)
    udpnat_message_list_show_reactions (self, self->pointed_row, self->react_tool);
}

static void
reply_tool_cb (UdpnatMessageList *self)
{
  if (self->pointed_row != NULL)
    udpnat_message_list_ask_reply (
      self, udpnat_history_row_get_item (udpnat_message_row_get_row (self->pointed_row)));
}

static void
more_tool_cb (UdpnatMessageList *self)
{
  if (self->pointed_row != NULL)
    udpnat_message_list_show_menu (self, self->pointed_row, self->more_tool);
}

/* No signal group: GLib 2.74 leaves a dangling one behind when its target, the window, is what
 * takes the list down. */
static void
udpnat_message_list_root (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (udpnat_message_list_parent_class)->root (widget);
  if (GTK_IS_WINDOW (gtk_widget_get_root (widget)))
    g_signal_connect_object (gtk_widget_get_root (widget), "notify::is-active",
                             G_CALLBACK (udpnat_message_list_queue_read), widget,
                             G_CONNECT_SWAPPED);
}

static void
udpnat_message_list_unroot (GtkWidget *widget)
{
  g_signal_handlers_disconnect_by_func (gtk_widget_get_root (widget),
                                        udpnat_message_list_queue_read, widget);
  GTK_WIDGET_CLASS (udpnat_message_list_parent_class)->unroot (widget);
}

/* Whoever comes in by the keyboard begins at what can be seen, and not, as GtkListView has it, at
 * the oldest line that is loaded. */
static gboolean
udpnat_message_list_focus (GtkWidget        *widget,
                           GtkDirectionType  direction)
{
  UdpnatMessageList *self = UDPNAT_MESSAGE_LIST (widget);
  UdpnatMessageRow *lowest;

  if (gtk_widget_get_focus_child (widget) == NULL &&
      (direction == GTK_DIR_TAB_FORWARD || direction == GTK_DIR_TAB_BACKWARD))
    {
      lowest = udpnat_message_list_get_lowest_seen (self);
      if (lowest != NULL &&
          gtk_widget_grab_focus (gtk_widget_get_parent (GTK_WIDGET (lowest))))
        return TRUE;
    }
  return GTK_WIDGET_CLASS (udpnat_message_list_parent_class)->focus (widget, direction);
}

static void
udpnat_message_list_dispose (GObject *object)
{
  UdpnatMessageList *self = UDPNAT_MESSAGE_LIST (object);

  if (self->history_signals != NULL)
    close_history (self);
  g_clear_object (&self->client_signals);
  g_clear_object (&self->person_signals);
  g_clear_object (&self->history_signals);
  g_clear_pointer (&self->retries, g_ptr_array_unref);
  g_clear_object (&self->chooser);
  g_clear_object (&self->settings);
  g_clear_object (&self->person);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_message_list_parent_class)->dispose (object);
}

static void
bind_template (GtkWidgetClass *widget_class)
{
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-message-list.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, overlay);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, scroller);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, view);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, empty_page);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, jump_revealer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, jump_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, jump_label);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, tools);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, react_tool);
  gtk_widget_class_bind_template_child (widget_class, UdpnatMessageList, more_tool);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, get_child_position_cb);
  gtk_widget_class_bind_template_callback (widget_class, react_tool_cb);
  gtk_widget_class_bind_template_callback (widget_class, reply_tool_cb);
  gtk_widget_class_bind_template_callback (widget_class, more_tool_cb);
}

static GtkSizeRequestMode
get_view_request_mode (GtkWidget *view)
{
  return GTK_SIZE_REQUEST_HEIGHT_FOR_WIDTH;
}

/* GtkListView of GTK 4.8 says that its height does not hang on its width. So a few messages that
 * stand at the bottom of a narrow window got the height that they have in a wide one, and the first
 * of them was cut off. It cannot be derived from, hence its own class. */
static void
let_lines_wrap (void)
{
  GtkWidgetClass *view_class = g_type_class_ref (GTK_TYPE_LIST_VIEW);

  view_class->get_request_mode = get_view_request_mode;
  g_type_class_unref (view_class);
}

static void
udpnat_message_list_class_init (UdpnatMessageListClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GType type = UDPNAT_TYPE_MESSAGE_LIST;

  let_lines_wrap ();
  object_class->dispose = udpnat_message_list_dispose;
  widget_class->focus = udpnat_message_list_focus;
  widget_class->root = udpnat_message_list_root;
  widget_class->unroot = udpnat_message_list_unroot;

  signals[REPLY_REQUESTED] = g_signal_new ("reply-requested", type, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_HISTORY_ITEM);
  signals[EDIT_REQUESTED] = g_signal_new ("edit-requested", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_HISTORY_ITEM);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 1, G_TYPE_STRING);
  bind_template (widget_class);
  udpnat_message_list_install_actions (widget_class);
}

static void
create_signal_groups (UdpnatMessageList *self)
{
  static const char *const told[] = { "notify::title", "notify::presence", "notify::last-seen-us",
                                      "notify::wait-reason", "notify::mutual" };

  self->client_signals = g_signal_group_new (UDPNAT_TYPE_CLIENT);
  g_signal_group_connect (self->client_signals, "item-added", G_CALLBACK (item_added_cb), self);
  g_signal_group_connect (self->client_signals, "file-not-sent", G_CALLBACK (not_sent_cb), self);
  self->person_signals = g_signal_group_new (UDPNAT_TYPE_PERSON);
  for (gsize i = 0; i < G_N_ELEMENTS (told); i++)
    g_signal_group_connect_swapped (self->person_signals, told[i], G_CALLBACK (person_changed_cb),
                                    self);
  self->history_signals = g_signal_group_new (UDPNAT_TYPE_HISTORY);
  g_signal_group_connect (self->history_signals, "line-added", G_CALLBACK (line_added_cb), self);
  g_signal_group_connect (self->history_signals, "items-changed", G_CALLBACK (items_changed_cb),
                          self);
}

static void
udpnat_message_list_init (UdpnatMessageList *self)
{
  self->retries = g_ptr_array_new_with_free_func ((GDestroyNotify) udpnat_message_retry_free);
  gtk_widget_init_template (GTK_WIDGET (self));
  create_signal_groups (self);
  create_factory (self);
  udpnat_message_list_watch_scrolling (self);
  udpnat_message_list_watch_pointer (self);
}
