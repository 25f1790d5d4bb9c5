/* The page about privacy. Which settings there are is the core's to say, and so each gets a row;
 * here they have only words. */

#include "config.h"

#include "udpnat-preferences-privacy.h"

#include <glib/gi18n.h>

struct _UdpnatPreferencesPrivacy
{
  AdwPreferencesPage   parent_instance;

  AdwPreferencesGroup *group;
  AdwPreferencesGroup *blocked_group;

  UdpnatClient        *client;
  GPtrArray           *blocked_rows; /* borrowed: in blocked_group */
};

G_DEFINE_FINAL_TYPE (UdpnatPreferencesPrivacy, udpnat_preferences_privacy,
                     ADW_TYPE_PREFERENCES_PAGE)

/* ---- Words ---- */

typedef struct
{
  const char *setting;
  const char *title;
  const char *subtitle;
} Words;

static const Words words[] = {
  { "strangers", N_("People You Do Not Know"),
    N_("What happens when somebody writes to you for the first time") },
  { "read-receipts", N_("Read Receipts"), N_("Tell people that you have read their messages") },
  { "accept-files", N_("Files of Contacts"),
    N_("Which are taken without asking you; then they are in the folder for files") },
  { "accept-files-up-to", N_("Taken Up to This Size"),
    N_("You are asked about larger ones in any case") },
  { "mail-files-up-to", N_("Files in Mailboxes"),
    N_("The largest that wait, sealed, in the mailbox of somebody who is away") },
  { "typing", N_("Typing"), N_("Show people that you are writing to them") },
  { "presence", N_("Be Listed"), N_("Be shown in the server’s list while you are here") },
  { "last-seen", N_("Last Seen"), N_("Remember when your contacts were last here") },
  { "lan", N_("Be Seen on This Network"),
    N_("Tell your name to the computers of the network that you are in, and see who else is "
       "there") },
  { "port-mapping", N_("Have Your Router Open a Port"),
    N_("While you are here, so that more people are reached directly") },
  { "relay-only", N_("Always Go Through the Server"),
    N_("The people you talk with do not learn your address, and everything takes longer") },
  { "port-search", N_("Search for Open Doors"),
    N_("Where a router is strict, hundreds of small packets may find a direct way to your contacts "
       "within seconds") },
};

/* Values that are more than on and off. */
static const Words values[] = {
  { "ask", N_("Ask You First"), NULL },
  { "verified", N_("Accept from Verified People"), NULL },
  { "accept", N_("Accept All"), NULL },
  { "10MB", N_("10 MB"), NULL },
  { "100MB", N_("100 MB"), NULL },
  { "1GB", N_("1 GB"), NULL },
  { "any", N_("Any Size"), NULL },
  { "1MB", N_("1 MB"), NULL },
  { "100kB", N_("100 kB"), NULL },
  { "off", N_("No Files"), NULL },
  { "refuse", N_("Hear None"), NULL },
};

static const Words *
find (const Words *table,
      gsize        n_table,
      const char  *name)
{
  for (gsize i = 0; i < n_table; i++)
    if (g_str_equal (table[i].setting, name))
      return &table[i];
  return NULL;
}

/* ---- Rows of settings ---- */

static void
set_setting (UdpnatPreferencesPrivacy *self,
             const char               *setting,
             const char               *value)
{
  g_autoptr (GError) error = NULL;

  if (!udpnat_client_set_setting (self->client, setting, value, &error))
    g_debug ("%s", error->message);
}

static const char *
get_setting_name (gpointer row)
{
  return g_object_get_data (G_OBJECT (row), "setting");
}

static void
switched_cb (GtkSwitch                *widget,
             GParamSpec               *pspec,
             UdpnatPreferencesPrivacy *self)
{
  set_setting (self, get_setting_name (widget), gtk_switch_get_active (widget) ? "on" : "off");
}

static void
selected_cb (AdwComboRow              *row,
             GParamSpec               *pspec,
             UdpnatPreferencesPrivacy *self)
{
  const char *const *names = g_object_get_data (G_OBJECT (row), "values");

  set_setting (self, get_setting_name (row), names[adw_combo_row_get_selected (row)]);
}

static GtkWidget *
create_switch_row (UdpnatPreferencesPrivacy *self,
                   const char               *setting)
{
  g_autofree char *value = udpnat_client_dup_setting (self->client, setting);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *widget = gtk_switch_new ();

  gtk_switch_set_active (GTK_SWITCH (widget), g_str_equal (value, "on"));
  gtk_widget_set_valign (widget, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (widget), "setting", g_strdup (setting), g_free);
  g_signal_connect_object (widget, "notify::active", G_CALLBACK (switched_cb), self, 0);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), widget);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), widget); /* names it, too */
  return row;
}

static GtkWidget *
create_combo_row (UdpnatPreferencesPrivacy *self,
                  const char               *setting,
                  const char *const        *names)
{
  g_autofree char *value = udpnat_client_dup_setting (self->client, setting);
  g_autoptr (GtkStringList) list = gtk_string_list_new (NULL);
  GtkWidget *row = adw_combo_row_new ();
  guint selected = 0;

  for (guint i = 0; names[i] != NULL; i++)
    {
      const Words *found = find (values, G_N_ELEMENTS (values), names[i]);

      gtk_string_list_append (list, found != NULL ? _(found->title) : names[i]);
      if (g_str_equal (names[i], value))
        selected = i;
    }
  adw_combo_row_set_model (ADW_COMBO_ROW (row), G_LIST_MODEL (list));
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), selected);
  g_object_set_data_full (G_OBJECT (row), "setting", g_strdup (setting), g_free);
  g_object_set_data (G_OBJECT (row), "values", (gpointer) names);
  g_signal_connect_object (row, "notify::selected", G_CALLBACK (selected_cb), self, 0);
  return row;
}

static gboolean
is_on_and_off (const char *const *names)
{
  return g_strv_length ((char **) names) == 2 && g_strv_contains (names, "on") &&
         g_strv_contains (names, "off");
}

static void
add_row (UdpnatPreferencesPrivacy *self,
         const char               *setting,
         const char *const        *names,
         const char               *explanation)
{
  const Words *found = find (words, G_N_ELEMENTS (words), setting);
  const char *title = found != NULL ? _(found->title) : setting;
  GtkWidget *row = is_on_and_off (names) ? create_switch_row (self, setting)
                                         : create_combo_row (self, setting, names);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row),
                               found != NULL ? _(found->subtitle) : explanation);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_preferences_group_add (self->group, row);
}

static void
add_settings (UdpnatPreferencesPrivacy *self)
{
  const char *setting;
  const char *const *names;
  const char *explanation;

  for (guint i = 0;
       (explanation = udpnat_client_explain_setting (i, &setting, &names)) != NULL; i++)
    add_row (self, setting, names, explanation);
}

/* ---- Who is blocked ---- */

static void
unblock_cb (GtkWidget                *button,
            UdpnatPreferencesPrivacy *self)
{
  UdpnatPerson *person = g_object_get_data (G_OBJECT (button), "person");

  udpnat_client_unblock (self->client, person);
}

static void
add_blocked (UdpnatPreferencesPrivacy *self,
             UdpnatPerson             *person)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_with_label (_("Unblock"));
  /* Translators: %s is a person */
  g_autofree char *label = g_strdup_printf (_("Unblock %s"), udpnat_person_get_title (person));

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), udpnat_person_get_title (person));
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, label,
                                  -1);
  g_object_set_data (G_OBJECT (row), "person", person);
  g_object_set_data_full (G_OBJECT (button), "person", g_object_ref (person), g_object_unref);
  g_signal_connect_object (button, "clicked", G_CALLBACK (unblock_cb), self, 0);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (self->blocked_group, row);
  g_ptr_array_add (self->blocked_rows, row);
}

static void
refresh_blocked (UdpnatPreferencesPrivacy *self)
{
  GListModel *people = udpnat_client_get_people (self->client);

  for (guint i = 0; i < self->blocked_rows->len; i++)
    adw_preferences_group_remove (self->blocked_group, self->blocked_rows->pdata[i]);
  g_ptr_array_set_size (self->blocked_rows, 0);
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED)
        add_blocked (self, person);
    }
  adw_preferences_group_set_description (self->blocked_group,
                                         self->blocked_rows->len > 0
                                           ? _("They are not told, and what they write is not "
                                               "heard.")
                                           : _("Nobody is blocked."));
}

/* Told of everybody, for anything: only who is, or was, blocked matters. */
static void
person_changed_cb (UdpnatPreferencesPrivacy *self,
                   UdpnatPerson             *person)
{
  gboolean is_listed = FALSE;

  for (guint i = 0; i < self->blocked_rows->len && !is_listed; i++)
    is_listed = g_object_get_data (self->blocked_rows->pdata[i], "person") == person;
  if (is_listed != (udpnat_person_get_relation (person) == UDPNAT_RELATION_BLOCKED))
    refresh_blocked (self);
}

/* ---- Object ---- */

static void
udpnat_preferences_privacy_dispose (GObject *object)
{
  UdpnatPreferencesPrivacy *self = UDPNAT_PREFERENCES_PRIVACY (object);

  g_clear_pointer (&self->blocked_rows, g_ptr_array_unref);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (udpnat_preferences_privacy_parent_class)->dispose (object);
}

static void
udpnat_preferences_privacy_class_init (UdpnatPreferencesPrivacyClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_preferences_privacy_dispose;
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-preferences-privacy.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesPrivacy, group);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesPrivacy, blocked_group);
}

static void
udpnat_preferences_privacy_init (UdpnatPreferencesPrivacy *self)
{
  self->blocked_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_preferences_privacy_new (UdpnatClient *client)
{
  UdpnatPreferencesPrivacy *self = g_object_new (UDPNAT_TYPE_PREFERENCES_PRIVACY, NULL);

  self->client = g_object_ref (client);
  add_settings (self);
  refresh_blocked (self);
  g_signal_connect_object (client, "person-changed", G_CALLBACK (person_changed_cb), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
