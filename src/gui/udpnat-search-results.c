/* What was found: people first, then messages, the newest first and a page at a time. Somebody who
 * is not known here can be asked for at the server. */

#include "config.h"

#include "udpnat-search-results.h"

#include <string.h>

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-name.h"
#include "udpnat-result-row.h"
#include "udpnat-place.h"

#define PAGE_LINES 25
/* More people than these are no help: whoever is looked for is found by typing on. */
#define PEOPLE_ROWS_MAX 30
/* A row takes a third of a millisecond until it shows something else, and more to be made, and
 * there are up to 57 of them. As many as can be seen change before the next frame, in turns of the
 * main loop that are short; the others with the frames that follow. */
#define FIRST_ROWS 14
#define STEP_ROWS 6
/* After the last key the server is asked whose names begin like that: once, not for each letter. */
#define BROWSE_DELAY_MS 350
/* How many go in a turn: it takes half of the time that it takes to make one. */
#define DROP_ROWS 12

struct _UdpnatSearchResults
{
  AdwBin             parent_instance;

  GtkStack          *pages;
  GtkListView       *list;
  GtkWidget         *find_box;
  GtkLabel          *find_answer;
  GtkWidget         *find_button;
  GtkLabel          *find_label;
  UdpnatClient      *client;
  char              *words;     /* nullable: nothing is looked for */
  char              *folded;    /* as @words: as names are compared */
  UdpnatPeopleModel *strangers;
  UdpnatPeopleModel *people;
  GPtrArray         *lines;     /* UdpnatHistoryItem: as far as they were read */
  gboolean           has_more;  /* lines */
  guint              turn_source; /* 0: lines are read, and what can be seen is shown */
  gboolean           has_read;  /* the first of them */
  gboolean           has_people;
  GPtrArray         *found;     /* what is to be shown: headings, people and lines */
  guint              n_shown;   /* of those; the results behind are from before */
  GListStore        *results;   /* UdpnatPlace */
  guint              tick_id;   /* 0: all of them are shown */
  guint              people_source; /* 0: nobody has come or gone */
  GCancellable      *cancellable; /* nullable: of the question to the server */
  guint              browse_source; /* 0: the server is not to be asked who is called like that */
};

static guint person_activated_signal;
static guint line_activated_signal;

G_DEFINE_FINAL_TYPE (UdpnatSearchResults, udpnat_search_results, ADW_TYPE_BIN)

/* ---- Opening ---- */

static gboolean
open_item (UdpnatSearchResults *self,
           guint                position)
{
  g_autoptr (UdpnatPlace) result = g_list_model_get_item (G_LIST_MODEL (self->results), position);
  GObject *item = result != NULL ? udpnat_place_get_item (result) : NULL;

  if (UDPNAT_IS_PERSON (item))
    g_signal_emit (self, person_activated_signal, 0, item);
  else if (UDPNAT_IS_HISTORY_ITEM (item))
    g_signal_emit (self, line_activated_signal, 0,
                   udpnat_client_get_person_of (self->client, UDPNAT_HISTORY_ITEM (item)),
                   udpnat_history_item_get_number (UDPNAT_HISTORY_ITEM (item)));
  return item == NULL || !GTK_IS_STRING_OBJECT (item);
}

static void
activate_cb (UdpnatSearchResults *self,
             guint                position)
{
  open_item (self, position);
}

static void hurry (UdpnatSearchResults *self);

/** udpnat_search_results_open_first: what Enter does while still typing */
void
udpnat_search_results_open_first (UdpnatSearchResults *self)
{
  hurry (self);
  for (guint i = 0; !open_item (self, i); i++)
    ;
}

/** udpnat_search_results_focus_first: from where it is typed into what was found */
gboolean
udpnat_search_results_focus_first (UdpnatSearchResults *self)
{
  for (GtkWidget *item = gtk_widget_get_first_child (GTK_WIDGET (self->list)); item != NULL;
       item = gtk_widget_get_next_sibling (item))
    {
      GtkWidget *row = gtk_widget_get_first_child (item);
      gboolean is_result = FALSE;

      if (UDPNAT_IS_RESULT_ROW (row))
        g_object_get (row, "activatable", &is_result, NULL);
      if (is_result)
        return gtk_widget_grab_focus (item);
    }
  return FALSE;
}

/* ---- Rows ---- */

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatSearchResults      *self)
{
  GtkWidget *row = udpnat_result_row_new (self->client);

  g_object_bind_property (row, "activatable", item, "activatable", G_BINDING_SYNC_CREATE);
  gtk_list_item_set_child (item, row);
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatSearchResults      *self)
{
  g_object_set (gtk_list_item_get_child (item), "place", gtk_list_item_get_item (item), NULL);
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatSearchResults      *self)
{
  g_object_set (gtk_list_item_get_child (item), "place", NULL, NULL);
}

/* ---- Searching ---- */

static void
append_all (GPtrArray *array,
            GPtrArray *more)
{
  for (guint i = 0; i < more->len; i++)
    g_ptr_array_add (array, g_object_ref (g_ptr_array_index (more, i)));
}

static void
read_page (UdpnatSearchResults *self)
{
  UdpnatHistoryItem *last = NULL;
  g_autoptr (GPtrArray) page = NULL;

  if (self->lines->len > 0)
    last = g_ptr_array_index (self->lines, self->lines->len - 1);
  page = udpnat_client_search (self->client, self->words, NULL,
                               last != NULL ? udpnat_history_item_get_number (last) : 0,
                               PAGE_LINES);
  self->has_more = page->len == PAGE_LINES;
  append_all (self->lines, page);
}

/* @n_matches: of which the last @n_shown of @found are shown */
static void
insert_people_heading (GPtrArray *found,
                       guint      n_matches,
                       guint      n_shown)
{
  g_autofree char *heading = g_strdup (_("People"));

  if (n_matches > n_shown)
    {
      g_free (heading);
      heading = g_strdup_printf (_("People: the first %u of %u"), n_shown, n_matches);
    }
  g_ptr_array_insert (found, found->len - n_shown, gtk_string_object_new (heading));
}

/* The notes are somebody to find, too. */
static guint
search_notes (UdpnatSearchResults *self,
              GPtrArray           *found)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);
  g_autofree char *title = udpnat_name_fold (udpnat_chat_words_get_title (self->client, me));

  if (strstr (title, self->folded) == NULL)
    return 0;
  g_ptr_array_add (found, g_object_ref (me));
  return 1;
}

/* A heading is there when something is below it. */
static void
append_lines (UdpnatSearchResults *self,
              GPtrArray           *found)
{
  if (self->lines->len > 0)
    g_ptr_array_add (found, gtk_string_object_new (_("Messages")));
  append_all (found, self->lines);
}

static GPtrArray *
dup_found (UdpnatSearchResults *self)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_matches = search_notes (self, found);

  n_matches += udpnat_people_model_search (self->strangers, self->folded, found,
                                           PEOPLE_ROWS_MAX - found->len);
  n_matches += udpnat_people_model_search (self->people, self->folded, found,
                                           PEOPLE_ROWS_MAX - found->len);
  self->has_people = n_matches > 0;
  if (self->has_people)
    insert_people_heading (found, n_matches, found->len);
  append_lines (self, found);
  return found;
}

/* Returns: whether that changes anything */
static gboolean
show_next (UdpnatSearchResults *self,
           UdpnatPlace        *result)
{
  gpointer item = g_ptr_array_index (self->found, self->n_shown++);

  return udpnat_place_set (result, item, UDPNAT_IS_HISTORY_ITEM (item) ? self->words : NULL);
}

/* What is there already shows what was found now, and the rest is added. */
static void
show_rows (UdpnatSearchResults *self,
           guint                n_rows)
{
  guint n_results = g_list_model_get_n_items (G_LIST_MODEL (self->results));
  g_autoptr (GPtrArray) fresh = g_ptr_array_new_with_free_func (g_object_unref);

  while (self->n_shown < MIN (self->found->len, n_results) && n_rows > 0)
    {
      g_autoptr (UdpnatPlace) result = g_list_model_get_item (G_LIST_MODEL (self->results),
                                                               self->n_shown);

      n_rows -= show_next (self, result);
    }
  for (; self->n_shown < self->found->len && n_rows > 0; n_rows--)
    {
      g_ptr_array_add (fresh, udpnat_place_new ());
      show_next (self, g_ptr_array_index (fresh, fresh->len - 1));
    }
  if (fresh->len > 0)
    g_list_store_splice (self->results, n_results, 0, fresh->pdata, fresh->len);
}

static gboolean
tick_cb (GtkWidget     *list,
         GdkFrameClock *clock,
         gpointer       user_data)
{
  UdpnatSearchResults *self = user_data;

  show_rows (self, STEP_ROWS);
  if (self->n_shown < self->found->len)
    return G_SOURCE_CONTINUE;
  self->tick_id = 0;
  return G_SOURCE_REMOVE;
}

/* Up to @n_rows of those that are too many. Returns: whether there were any */
static gboolean
drop_rows (UdpnatSearchResults *self,
           guint                n_rows)
{
  guint n_results = g_list_model_get_n_items (G_LIST_MODEL (self->results));
  guint n_dropped = n_results > self->found->len ? MIN (n_results - self->found->len, n_rows) : 0;

  if (n_dropped > 0)
    g_list_store_splice (self->results, n_results - n_dropped, n_dropped, NULL, 0);
  return n_dropped > 0;
}

static void
show_rest (UdpnatSearchResults *self)
{
  if (self->n_shown < self->found->len && self->tick_id == 0)
    self->tick_id = gtk_widget_add_tick_callback (GTK_WIDGET (self->list), tick_cb, self, NULL);
}

static void
show (UdpnatSearchResults *self)
{
  g_ptr_array_unref (self->found);
  self->found = dup_found (self);
  self->n_shown = 0;
  drop_rows (self, G_MAXUINT);
  show_rows (self, FIRST_ROWS);
  show_rest (self);
  gtk_stack_set_visible_child_name (self->pages, self->found->len > 0 ? "list" : "empty");
}

/* ---- Turns ---- */

/* What was found before stays behind the people until it is known which lines there are. */
static void
show_lines (UdpnatSearchResults *self)
{
  read_page (self);
  append_lines (self, self->found);
  gtk_stack_set_visible_child_name (self->pages, self->found->len > 0 ? "list" : "empty");
}

static gboolean
turn_cb (gpointer user_data)
{
  UdpnatSearchResults *self = user_data;

  if (!self->has_read)
    {
      self->has_read = TRUE;
      show_lines (self);
      return G_SOURCE_CONTINUE;
    }
  if (drop_rows (self, DROP_ROWS))
    return G_SOURCE_CONTINUE;
  show_rows (self, STEP_ROWS);
  if (self->n_shown < MIN (self->found->len, FIRST_ROWS))
    return G_SOURCE_CONTINUE;
  self->turn_source = 0;
  show_rest (self);
  return G_SOURCE_REMOVE;
}

static void
begin_turns (UdpnatSearchResults *self)
{
  if (self->turn_source == 0)
    self->turn_source = g_idle_add_full (G_PRIORITY_HIGH_IDLE, turn_cb, self, NULL);
}

/* People at once, then the rest in turns that all come before the next frame, but behind the next
 * key. */
static void
show_in_turns (UdpnatSearchResults *self)
{
  g_ptr_array_unref (self->found);
  self->found = dup_found (self);
  self->n_shown = 0;
  self->has_read = FALSE;
  show_rows (self, STEP_ROWS);
  if (self->has_people)
    gtk_stack_set_visible_child_name (self->pages, "list");
  begin_turns (self);
}

/* All turns now. */
static void
hurry (UdpnatSearchResults *self)
{
  if (self->turn_source == 0)
    return;
  g_clear_handle_id (&self->turn_source, g_source_remove);
  while (turn_cb (self))
    ;
}

static void
show_nothing (UdpnatSearchResults *self)
{
  g_ptr_array_set_size (self->found, 0);
  self->n_shown = 0;
  self->has_read = TRUE;
  begin_turns (self); /* in which the rows go */
}

/* What was found with other words begins at its top, where it is shown first. */
static void
scroll_to_top (UdpnatSearchResults *self)
{
  GtkAdjustment *adjustment = gtk_scrollable_get_vadjustment (GTK_SCROLLABLE (self->list));

  if (gtk_adjustment_get_value (adjustment) > gtk_adjustment_get_lower (adjustment))
    gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", 0);
}

static void
edge_reached_cb (UdpnatSearchResults *self,
                 GtkPositionType      edge)
{
  if (edge != GTK_POS_BOTTOM || !self->has_more || self->words == NULL || self->turn_source != 0)
    return;
  read_page (self);
  show (self);
}

/* ---- At the server ---- */

static gboolean
browse_cb (gpointer user_data)
{
  UdpnatSearchResults *self = user_data;

  self->browse_source = 0;
  udpnat_client_browse (self->client, self->words, PEOPLE_ROWS_MAX);
  return G_SOURCE_REMOVE;
}

/* Where the server does not tell of everybody, those who are found there come to be among the
 * people. */
static void
browse_later (UdpnatSearchResults *self)
{
  g_clear_handle_id (&self->browse_source, g_source_remove);
  if (self->words == NULL)
    udpnat_client_stop_browsing (self->client);
  else if (udpnat_client_get_directory (self->client) == UDPNAT_DIRECTORY_PAGED)
    self->browse_source = g_timeout_add (BROWSE_DELAY_MS, browse_cb, self);
}

static void
update_find (UdpnatSearchResults *self)
{
  gboolean is_known = self->words == NULL || self->has_people;
  g_autofree char *label = NULL;

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  gtk_widget_set_visible (GTK_WIDGET (self->find_answer), FALSE);
  gtk_widget_set_visible (self->find_box, !is_known && udpnat_client_get_server (self->client));
  gtk_widget_set_sensitive (self->find_button, TRUE);
  if (is_known)
    return;
  label = g_strdup_printf (_("Look for “%s” at the Server"), self->words);
  gtk_label_set_text (self->find_label, label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->find_button),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (UdpnatSearchResults) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPerson) person = udpnat_client_find_finish (UDPNAT_CLIENT (source), result,
                                                               &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  gtk_widget_set_sensitive (self->find_button, TRUE);
  if (person != NULL)
    {
      g_signal_emit (self, person_activated_signal, 0, person);
      return;
    }
  gtk_label_set_text (self->find_answer, error->message);
  gtk_widget_set_visible (GTK_WIDGET (self->find_answer), TRUE);
}

static void
find_cb (UdpnatSearchResults *self)
{
  g_autofree char *name = g_strstrip (g_strdup (self->words));

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  gtk_widget_set_sensitive (self->find_button, FALSE);
  udpnat_client_find_async (self->client, name, self->cancellable, found_cb, g_object_ref (self));
}

/**
 * udpnat_search_results_set_words:
 * @words: (nullable): %NULL or "" to look for nothing
 */
void
udpnat_search_results_set_words (UdpnatSearchResults *self,
                                 const char          *words)
{
  g_clear_pointer (&self->words, g_free);
  g_clear_pointer (&self->folded, g_free);
  g_ptr_array_set_size (self->lines, 0);
  if (words != NULL && *words != '\0')
    {
      self->words = g_strdup (words);
      self->folded = udpnat_name_fold (words);
      show_in_turns (self);
      scroll_to_top (self);
    }
  else
    show_nothing (self);
  browse_later (self);
  update_find (self);
}

static gboolean
people_cb (gpointer user_data)
{
  UdpnatSearchResults *self = user_data;

  self->people_source = 0;
  if (self->words == NULL)
    return G_SOURCE_REMOVE;
  hurry (self);
  show (self);
  if (self->has_people)
    update_find (self);
  return G_SOURCE_REMOVE;
}

/* They come in crowds. */
static void
people_changed_cb (UdpnatSearchResults *self)
{
  if (self->words != NULL && self->people_source == 0)
    self->people_source = g_idle_add (people_cb, self);
}

/* ---- Object ---- */

static void
udpnat_search_results_dispose (GObject *object)
{
  UdpnatSearchResults *self = UDPNAT_SEARCH_RESULTS (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->tick_id != 0)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self->list), self->tick_id);
  self->tick_id = 0;
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_handle_id (&self->turn_source, g_source_remove);
  g_clear_handle_id (&self->people_source, g_source_remove);
  g_clear_handle_id (&self->browse_source, g_source_remove);
  g_clear_pointer (&self->words, g_free);
  g_clear_pointer (&self->folded, g_free);
  g_clear_pointer (&self->lines, g_ptr_array_unref);
  g_clear_pointer (&self->found, g_ptr_array_unref);
  g_clear_object (&self->results);
  g_clear_object (&self->people);
  g_clear_object (&self->strangers);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_search_results_parent_class)->dispose (object);
}

static void
udpnat_search_results_class_init (UdpnatSearchResultsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_search_results_dispose;

  person_activated_signal = g_signal_new ("person-activated", UDPNAT_TYPE_SEARCH_RESULTS,
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                          UDPNAT_TYPE_PERSON);
  line_activated_signal = g_signal_new ("line-activated", UDPNAT_TYPE_SEARCH_RESULTS,
                                        G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                                        UDPNAT_TYPE_PERSON, G_TYPE_INT64);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-search-results.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, list);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, find_box);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, find_answer);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, find_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchResults, find_label);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, edge_reached_cb);
  gtk_widget_class_bind_template_callback (widget_class, find_cb);
}

static void
udpnat_search_results_init (UdpnatSearchResults *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->lines = g_ptr_array_new_with_free_func (g_object_unref);
  self->found = g_ptr_array_new_with_free_func (g_object_unref);
  self->results = g_list_store_new (UDPNAT_TYPE_PLACE);
}

/**
 * udpnat_search_results_new:
 * @people: who is looked through
 * @strangers: and who besides
 */
GtkWidget *
udpnat_search_results_new (UdpnatClient      *client,
                           UdpnatPeopleModel *people,
                           UdpnatPeopleModel *strangers)
{
  UdpnatSearchResults *self = g_object_new (UDPNAT_TYPE_SEARCH_RESULTS, NULL);
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkNoSelection) selection = NULL;

  self->client = g_object_ref (client);
  self->people = g_object_ref (people);
  self->strangers = g_object_ref (strangers);
  g_signal_connect_object (people, "items-changed", G_CALLBACK (people_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (strangers, "items-changed", G_CALLBACK (people_changed_cb), self,
                           G_CONNECT_SWAPPED);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->results)));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  return GTK_WIDGET (self);
}
