/* Search in one conversation. All hits are asked for at once, as their number is shown; a line of
 * the database each, so there is an end to them. */

#include "config.h"

#include "udpnat-search-bar.h"

#include <glib/gi18n.h>

#include "udpnat-heard-focus.h"

#define HITS_MAX 500

struct _UdpnatSearchBar
{
  AdwBin        parent_instance;

  GtkSearchBar *bar;
  GtkEditable  *entry;
  GtkLabel     *count;
  GtkWidget    *older_button;
  GtkWidget    *newer_button;

  UdpnatClient *client; /* nullable: until it is set */
  UdpnatPerson *person; /* nullable: nobody */
  GArray       *hits;   /* of gint64: numbers of lines, newest first */
  guint         current;
};

enum
{
  HIT_SELECTED,
  CLOSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (UdpnatSearchBar, udpnat_search_bar, ADW_TYPE_BIN)

static gboolean
has_words (UdpnatSearchBar *self)
{
  return *gtk_editable_get_text (self->entry) != '\0';
}

static char *
describe_count (UdpnatSearchBar *self)
{
  if (!has_words (self))
    return g_strdup ("");
  if (self->hits->len == 0)
    return g_strdup (_("Nothing found"));
  if (self->hits->len == HITS_MAX)
    /* Translators: which of the hits of a search is shown, when there are many: 3 of 500+ */
    return g_strdup_printf (_("%u of %u+"), self->current + 1, self->hits->len);
  /* Translators: which of the hits of a search is shown: 3 of 17 */
  return g_strdup_printf (_("%u of %u"), self->current + 1, self->hits->len);
}

static void
show_hit (UdpnatSearchBar *self)
{
  g_autofree char *count = describe_count (self);

  gtk_label_set_text (self->count, count);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->count), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  count, -1);
  gtk_widget_set_sensitive (self->older_button, self->current + 1 < self->hits->len);
  gtk_widget_set_sensitive (self->newer_button, self->current > 0);
  if (self->hits->len > 0)
    g_signal_emit (self, signals[HIT_SELECTED], 0,
                   g_array_index (self->hits, gint64, self->current));
}

static void
search_changed_cb (UdpnatSearchBar *self)
{
  g_autoptr (GPtrArray) lines = NULL;

  self->current = 0;
  g_array_set_size (self->hits, 0);
  if (self->person != NULL && has_words (self))
    lines = udpnat_client_search (self->client, gtk_editable_get_text (self->entry), self->person,
                                  0, HITS_MAX);
  for (guint i = 0; lines != NULL && i < lines->len; i++)
    {
      gint64 number = udpnat_history_item_get_number (g_ptr_array_index (lines, i));

      g_array_append_val (self->hits, number);
    }
  show_hit (self);
}

static void
older_cb (UdpnatSearchBar *self)
{
  if (self->current + 1 < self->hits->len)
    self->current++;
  show_hit (self);
}

static void
newer_cb (UdpnatSearchBar *self)
{
  if (self->current > 0)
    self->current--;
  show_hit (self);
}

static void
mode_changed_cb (UdpnatSearchBar *self)
{
  if (gtk_search_bar_get_search_mode (self->bar))
    return;
  gtk_editable_set_text (self->entry, "");
  g_signal_emit (self, signals[CLOSED], 0);
}

/** udpnat_search_bar_start: lets the user type */
void
udpnat_search_bar_start (UdpnatSearchBar *self)
{
  gtk_search_bar_set_search_mode (self->bar, TRUE);
  udpnat_heard_focus_grab (GTK_WIDGET (self->entry));
}

/** udpnat_search_bar_set_person: @person: (nullable): in whose conversation; what was looked for in
 * another is forgotten */
void
udpnat_search_bar_set_person (UdpnatSearchBar *self,
                              UdpnatPerson    *person)
{
  if (g_set_object (&self->person, person))
    gtk_search_bar_set_search_mode (self->bar, FALSE);
}

/** udpnat_search_bar_set_client: to be called once, before anything else */
void
udpnat_search_bar_set_client (UdpnatSearchBar *self,
                              UdpnatClient    *client)
{
  g_set_object (&self->client, client);
}

static void
udpnat_search_bar_dispose (GObject *object)
{
  UdpnatSearchBar *self = UDPNAT_SEARCH_BAR (object);

  g_clear_object (&self->person);
  g_clear_object (&self->client);
  g_clear_pointer (&self->hits, g_array_unref);
  G_OBJECT_CLASS (udpnat_search_bar_parent_class)->dispose (object);
}

static void
udpnat_search_bar_class_init (UdpnatSearchBarClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_search_bar_dispose;

  signals[HIT_SELECTED] = g_signal_new ("hit-selected", UDPNAT_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST,
                                        0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
  signals[CLOSED] = g_signal_new ("closed", UDPNAT_TYPE_SEARCH_BAR, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 0);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-search-bar.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchBar, bar);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchBar, entry);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchBar, count);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchBar, older_button);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSearchBar, newer_button);
  gtk_widget_class_bind_template_callback (widget_class, mode_changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, newer_cb);
  gtk_widget_class_bind_template_callback (widget_class, older_cb);
  gtk_widget_class_bind_template_callback (widget_class, search_changed_cb);
}

static void
udpnat_search_bar_init (UdpnatSearchBar *self)
{
  self->hits = g_array_new (FALSE, FALSE, sizeof (gint64));
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_search_bar_connect_entry (self->bar, self->entry);
  gtk_widget_set_sensitive (self->older_button, FALSE);
  gtk_widget_set_sensitive (self->newer_button, FALSE);
}
