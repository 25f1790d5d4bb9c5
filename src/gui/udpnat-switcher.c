/* Goes to a conversation by a few letters. The keyboard stays in the entry: up and down move
 * through the list from there. */

#include "config.h"

#include "udpnat-switcher.h"

#include "udpnat-gradual-model.h"
#include "udpnat-heard-focus.h"
#include "udpnat-name.h"
#include "udpnat-people-model.h"
#include "udpnat-person-row.h"
#include "udpnat-place.h"

struct _UdpnatSwitcher
{
  AdwWindow           parent_instance;

  GtkWidget          *entry;
  GtkStack           *pages;
  GtkListView        *list;

  UdpnatClient       *client;
  UdpnatPeopleModel  *chats;
  UdpnatPeopleModel  *everyone;  /* nullable: until something is typed */
  GtkFilterListModel *found;
  GtkSingleSelection *selection;
  char               *folded;    /* what was typed, as names are compared; "" for nothing */
};

static guint person_chosen_signal;

G_DEFINE_FINAL_TYPE (UdpnatSwitcher, udpnat_switcher, ADW_TYPE_WINDOW)

/* ---- Choosing ---- */

/* @person: (nullable) */
static void
choose (UdpnatSwitcher *self,
        UdpnatPerson   *person)
{
  g_autoptr (UdpnatSwitcher) keep = g_object_ref (self);

  if (person == NULL)
    return;
  g_signal_emit (self, person_chosen_signal, 0, person);
  gtk_window_close (GTK_WINDOW (self));
}

static void
row_activate_cb (UdpnatSwitcher *self,
                 guint           position)
{
  GListModel *rows = G_LIST_MODEL (gtk_list_view_get_model (self->list));
  g_autoptr (UdpnatPerson) person = udpnat_place_dup_item_at (rows, position);

  choose (self, person);
}

static void
activate_cb (UdpnatSwitcher *self)
{
  g_autoptr (UdpnatPerson) person = NULL;

  person = g_list_model_get_item (G_LIST_MODEL (self->selection),
                                  gtk_single_selection_get_selected (self->selection));
  choose (self, person);
}

static void
select_position (UdpnatSwitcher *self,
                 guint           position)
{
  gtk_single_selection_set_selected (self->selection, position);
  gtk_widget_activate_action (GTK_WIDGET (self->list), "list.scroll-to-item", "u", position);
}

static gboolean
key_pressed_cb (GtkEventControllerKey *controller,
                guint                  keyval,
                guint                  keycode,
                GdkModifierType        state,
                UdpnatSwitcher        *self)
{
  guint n_rows = g_list_model_get_n_items (G_LIST_MODEL (self->selection));
  guint position = gtk_single_selection_get_selected (self->selection);

  if (n_rows == 0)
    return GDK_EVENT_PROPAGATE;
  switch (keyval)
    {
    case GDK_KEY_Down:
    case GDK_KEY_KP_Down:
      select_position (self, (position + 1) % n_rows);
      return GDK_EVENT_STOP;
    case GDK_KEY_Up:
    case GDK_KEY_KP_Up:
      select_position (self, (position + n_rows - 1) % n_rows);
      return GDK_EVENT_STOP;
    default:
      return GDK_EVENT_PROPAGATE;
    }
}

/* ---- Finding ---- */

static gboolean
match_cb (gpointer item,
          gpointer user_data)
{
  UdpnatSwitcher *self = UDPNAT_SWITCHER (user_data);

  return *self->folded == '\0' ||
         udpnat_people_model_matches (self->everyone, UDPNAT_PERSON (item), self->folded);
}

static void
take_text (UdpnatSwitcher *self,
           const char     *text)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));

  g_free (self->folded);
  self->folded = udpnat_name_fold (stripped);
  if (self->folded == NULL)
    self->folded = g_strdup ("");
  if (*self->folded != '\0' && self->everyone == NULL)
    self->everyone = udpnat_people_model_new (self->client, UDPNAT_PEOPLE_ALL);
}

static void
changed_cb (UdpnatSwitcher *self)
{
  GtkFilter *filter = gtk_filter_list_model_get_filter (self->found);
  UdpnatPeopleModel *model;

  take_text (self, gtk_editable_get_text (GTK_EDITABLE (self->entry)));
  model = *self->folded == '\0' ? self->chats : self->everyone;
  if (gtk_filter_list_model_get_model (self->found) != G_LIST_MODEL (model))
    gtk_filter_list_model_set_model (self->found, G_LIST_MODEL (model));
  gtk_filter_changed (filter, GTK_FILTER_CHANGE_DIFFERENT);
  if (g_list_model_get_n_items (G_LIST_MODEL (self->selection)) > 0)
    select_position (self, 0);
}

static void
n_found_cb (UdpnatSwitcher *self)
{
  gboolean is_empty = g_list_model_get_n_items (G_LIST_MODEL (self->found)) == 0;

  gtk_stack_set_visible_child_name (self->pages, is_empty ? "nobody" : "list");
}

/* ---- Rows ---- */

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item,
          UdpnatSwitcher           *self)
{
  gtk_list_item_set_child (item, udpnat_person_row_new (self->client));
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item,
         UdpnatSwitcher           *self)
{
  udpnat_place_bind_row (gtk_list_item_get_item (item), gtk_list_item_get_child (item));
}

static void
unbind_cb (GtkSignalListItemFactory *factory,
           GtkListItem              *item,
           UdpnatSwitcher           *self)
{
  udpnat_place_unbind_row (gtk_list_item_get_child (item));
}

static void
fill (UdpnatSwitcher *self)
{
  g_autoptr (GtkListItemFactory) factory = gtk_signal_list_item_factory_new ();
  GtkCustomFilter *filter = gtk_custom_filter_new (match_cb, self, NULL);
  g_autoptr (UdpnatGradualModel) rows = NULL;

  self->found = gtk_filter_list_model_new (g_object_ref (G_LIST_MODEL (self->chats)),
                                           GTK_FILTER (filter));
  self->selection = gtk_single_selection_new (g_object_ref (G_LIST_MODEL (self->found)));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, 0);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, 0);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, 0);
  g_signal_connect_object (self->found, "items-changed", G_CALLBACK (n_found_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_list_view_set_factory (self->list, factory);
  rows = udpnat_gradual_model_new (GTK_SELECTION_MODEL (self->selection), self->list);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (rows));
  n_found_cb (self);
}

/* ---- Object ---- */

static void
udpnat_switcher_dispose (GObject *object)
{
  UdpnatSwitcher *self = UDPNAT_SWITCHER (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  if (self->found != NULL)
    gtk_filter_list_model_set_filter (self->found, NULL); /* it looks into us */
  g_clear_object (&self->selection);
  g_clear_object (&self->found);
  g_clear_object (&self->chats);
  g_clear_object (&self->everyone);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_switcher_parent_class)->dispose (object);
}

static void
udpnat_switcher_finalize (GObject *object)
{
  g_free (UDPNAT_SWITCHER (object)->folded);
  G_OBJECT_CLASS (udpnat_switcher_parent_class)->finalize (object);
}

static void
udpnat_switcher_class_init (UdpnatSwitcherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = udpnat_switcher_dispose;
  object_class->finalize = udpnat_switcher_finalize;
  person_chosen_signal = g_signal_new ("person-chosen", UDPNAT_TYPE_SWITCHER, G_SIGNAL_RUN_LAST, 0,
                                       NULL, NULL, NULL, G_TYPE_NONE, 1, UDPNAT_TYPE_PERSON);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/udpnat/Udpnat/udpnat-switcher.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatSwitcher, entry);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSwitcher, pages);
  gtk_widget_class_bind_template_child (widget_class, UdpnatSwitcher, list);
  gtk_widget_class_bind_template_callback (widget_class, activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, changed_cb);
  gtk_widget_class_bind_template_callback (widget_class, key_pressed_cb);
  gtk_widget_class_bind_template_callback (widget_class, row_activate_cb);
  gtk_widget_class_bind_template_callback (widget_class, gtk_window_close);
}

static void
udpnat_switcher_init (UdpnatSwitcher *self)
{
  self->folded = g_strdup ("");
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_switcher_new (UdpnatClient *client)
{
  UdpnatSwitcher *self = g_object_new (UDPNAT_TYPE_SWITCHER, NULL);

  self->client = g_object_ref (client);
  self->chats = udpnat_people_model_new (client, UDPNAT_PEOPLE_CHATS);
  fill (self);
  udpnat_heard_focus_grab (self->entry);
  return GTK_WIDGET (self);
}
