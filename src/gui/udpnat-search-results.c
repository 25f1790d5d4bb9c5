/* What was found: people first, then messages, the newest first and a page at a time. Somebody who
 * is not known here can be asked for at the server. */

#include "config.h"

#include "udpnat-search-results.h"

#include <glib/gi18n.h>

#include "udpnat-name.h"
#include "udpnat-people-model.h"
#include "udpnat-result-row.h"

#define PAGE_LINES 50

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
  char              *words;    /* nullable: nothing is looked for */
  char              *folded;   /* as @words: as names are compared */
  UdpnatPeopleModel *everyone; /* nullable: nothing is looked for */
  GtkCustomFilter   *filter;
  GListModel        *people;   /* nullable, as @everyone; those of them that match */
  GListStore        *parts;    /* list models: heading, people, heading, lines */
  GListStore        *lines;    /* UdpnatHistoryItem */
  GListModel        *results;  /* all of the parts */
  gboolean           has_more;
  GCancellable      *cancellable; /* nullable: of the question to the server */
};

static guint person_activated_signal;
static guint line_activated_signal;

G_DEFINE_FINAL_TYPE (UdpnatSearchResults, udpnat_search_results, ADW_TYPE_BIN)

/* ---- Opening ---- */

static gboolean
open_item (UdpnatSearchResults *self,
           guint                position)
{
  g_autoptr (GObject) item = g_list_model_get_item (self->results, position);

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

/** udpnat_search_results_open_first: what Enter does while still typing */
void
udpnat_search_results_open_first (UdpnatSearchResults *self)
{
  for (guint i = 0; !open_item (self, i); i++)
    ;
}

/* ---- Rows ---- */

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatSearchResults      *self)
{
  gtk_list_item_set_child (item, udpnat_result_row_new (self->client));
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatSearchResults      *self)
{
  GObject *result = gtk_list_item_get_item (item);

  gtk_list_item_set_activatable (item, !GTK_IS_STRING_OBJECT (result));
  udpnat_result_row_set_item (UDPNAT_RESULT_ROW (gtk_list_item_get_child (item)), result,
                              self->words);
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatSearchResults      *self)
{
  udpnat_result_row_set_item (UDPNAT_RESULT_ROW (gtk_list_item_get_child (item)), NULL, NULL);
}

/* ---- Searching ---- */

static gboolean
matches (gpointer item,
         gpointer user_data)
{
  UdpnatSearchResults *self = user_data;

  return udpnat_people_model_matches (self->everyone, item, self->folded);
}

static void
append_page (UdpnatSearchResults *self)
{
  guint n_lines = g_list_model_get_n_items (G_LIST_MODEL (self->lines));
  g_autoptr (UdpnatHistoryItem) last = NULL;
  g_autoptr (GPtrArray) page = NULL;

  if (n_lines > 0)
    last = g_list_model_get_item (G_LIST_MODEL (self->lines), n_lines - 1);
  page = udpnat_client_search (self->client, self->words, NULL,
                               last != NULL ? udpnat_history_item_get_number (last) : 0,
                               PAGE_LINES);
  self->has_more = page->len == PAGE_LINES;
  g_list_store_splice (self->lines, n_lines, 0, page->pdata, page->len);
}

static void
edge_reached_cb (UdpnatSearchResults *self,
                 GtkPositionType      edge)
{
  if (edge == GTK_POS_BOTTOM && self->has_more && self->words != NULL)
    append_page (self);
}

static GListModel *
dup_heading (const char *text)
{
  const char *const strings[] = { text, NULL };

  return G_LIST_MODEL (gtk_string_list_new (strings));
}

/* A heading is there when something is below it. */
static void
arrange (UdpnatSearchResults *self)
{
  g_autoptr (GListModel) people_heading = dup_heading (_("People"));
  g_autoptr (GListModel) lines_heading = dup_heading (_("Messages"));
  gpointer parts[4];
  guint n_parts = 0;

  if (g_list_model_get_n_items (self->people) > 0)
    {
      parts[n_parts++] = people_heading;
      parts[n_parts++] = self->people;
    }
  if (g_list_model_get_n_items (G_LIST_MODEL (self->lines)) > 0)
    {
      parts[n_parts++] = lines_heading;
      parts[n_parts++] = self->lines;
    }
  g_list_store_splice (self->parts, 0, g_list_model_get_n_items (G_LIST_MODEL (self->parts)), parts,
                       n_parts);
  gtk_stack_set_visible_child_name (self->pages, n_parts > 0 ? "list" : "empty");
}

static void
begin (UdpnatSearchResults *self)
{
  self->everyone = udpnat_people_model_new (self->client, UDPNAT_PEOPLE_ALL);
  self->people = G_LIST_MODEL (
    gtk_filter_list_model_new (G_LIST_MODEL (g_object_ref (self->everyone)),
                               GTK_FILTER (g_object_ref (self->filter))));
}

static void
end (UdpnatSearchResults *self)
{
  g_list_store_remove_all (self->parts);
  g_list_store_remove_all (self->lines);
  g_clear_object (&self->people);
  g_clear_object (&self->everyone);
  g_clear_pointer (&self->words, g_free);
  g_clear_pointer (&self->folded, g_free);
}

/* What is typed on makes the filter stricter, so only what matched is looked at again. */
static GtkFilterChange
compare (const char *before,
         const char *now)
{
  if (before != NULL && strstr (now, before) != NULL)
    return GTK_FILTER_CHANGE_MORE_STRICT;
  if (before != NULL && strstr (before, now) != NULL)
    return GTK_FILTER_CHANGE_LESS_STRICT;
  return GTK_FILTER_CHANGE_DIFFERENT;
}

/* ---- At the server ---- */

static void
update_find (UdpnatSearchResults *self)
{
  gboolean is_known = self->people == NULL || g_list_model_get_n_items (self->people) > 0;
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
  g_autofree char *before = g_steal_pointer (&self->folded);

  if (words == NULL || *words == '\0')
    {
      end (self);
      update_find (self);
      return;
    }
  g_free (self->words);
  self->words = g_strdup (words);
  self->folded = udpnat_name_fold (self->words);
  if (self->everyone == NULL)
    begin (self);
  else
    gtk_filter_changed (GTK_FILTER (self->filter), compare (before, self->folded));
  g_list_store_remove_all (self->lines);
  append_page (self);
  arrange (self);
  update_find (self);
}

/* ---- Object ---- */

static void
udpnat_search_results_dispose (GObject *object)
{
  UdpnatSearchResults *self = UDPNAT_SEARCH_RESULTS (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->parts != NULL)
    end (self);
  g_clear_object (&self->results);
  g_clear_object (&self->parts);
  g_clear_object (&self->lines);
  g_clear_object (&self->filter);
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
  self->lines = g_list_store_new (UDPNAT_TYPE_HISTORY_ITEM);
  self->parts = g_list_store_new (G_TYPE_LIST_MODEL);
  self->filter = gtk_custom_filter_new (matches, self, NULL);
  self->results = G_LIST_MODEL (gtk_flatten_list_model_new (
    G_LIST_MODEL (g_object_ref (self->parts))));
}

GtkWidget *
udpnat_search_results_new (UdpnatClient *client)
{
  UdpnatSearchResults *self = g_object_new (UDPNAT_TYPE_SEARCH_RESULTS, NULL);
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkNoSelection) selection = gtk_no_selection_new (g_object_ref (self->results));

  self->client = g_object_ref (client);
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, 0);
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  return GTK_WIDGET (self);
}
