/* The page about the window itself. Whoever does what is set listens to the settings. */

#include "config.h"

#include "udpnat-preferences-general.h"

#include <glib/gi18n.h>

#include "udpnat-expander-switch.h"

#define MINUTES_PER_HOUR 60

struct _UdpnatPreferencesGeneral
{
  AdwPreferencesPage parent_instance;

  AdwComboRow       *color_row;
  GtkSwitch         *enter_switch;
  GtkSwitch         *notify_switch;
  GtkWidget         *content_row;
  GtkSwitch         *content_switch;
  AdwExpanderRow    *quiet_row;
  GtkSpinButton     *from_hour;
  GtkSpinButton     *from_minute;
  GtkSpinButton     *to_hour;
  GtkSpinButton     *to_minute;
  GtkSwitch         *background_switch;
  GtkSwitch         *autostart_switch;

  GSettings         *settings;
};

G_DEFINE_FINAL_TYPE (UdpnatPreferencesGeneral, udpnat_preferences_general,
                     ADW_TYPE_PREFERENCES_PAGE)

/* ---- Light and dark ---- */

static const char *const schemes[] = { "follow", "light", "dark" };

static gboolean
scheme_to_position (GValue   *value,
                    GVariant *variant,
                    gpointer  unused)
{
  const char *scheme = g_variant_get_string (variant, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_str_equal (schemes[i], scheme))
      g_value_set_uint (value, i);
  return TRUE;
}

static GVariant *
position_to_scheme (const GValue       *value,
                    const GVariantType *type,
                    gpointer            unused)
{
  guint position = g_value_get_uint (value);

  return g_variant_new_string (schemes[MIN (position, G_N_ELEMENTS (schemes) - 1)]);
}

/* ---- Quiet hours ---- */

static gboolean
show_two_digits_cb (GtkSpinButton *button)
{
  g_autofree char *text = g_strdup_printf ("%02d", gtk_spin_button_get_value_as_int (button));

  gtk_editable_set_text (GTK_EDITABLE (button), text);
  return TRUE;
}

static void
show_time (GSettings     *settings,
           const char    *key,
           GtkSpinButton *hour,
           GtkSpinButton *minute)
{
  int minutes = g_settings_get_int (settings, key);

  gtk_spin_button_set_value (hour, minutes / MINUTES_PER_HOUR);
  gtk_spin_button_set_value (minute, minutes % MINUTES_PER_HOUR);
}

static void
save_time (GSettings     *settings,
           const char    *key,
           GtkSpinButton *hour,
           GtkSpinButton *minute)
{
  int minutes = gtk_spin_button_get_value_as_int (hour) * MINUTES_PER_HOUR +
                gtk_spin_button_get_value_as_int (minute);

  if (minutes != g_settings_get_int (settings, key))
    g_settings_set_int (settings, key, minutes);
}

static void
time_changed_cb (UdpnatPreferencesGeneral *self)
{
  if (self->settings == NULL)
    return;
  save_time (self->settings, "quiet-from", self->from_hour, self->from_minute);
  save_time (self->settings, "quiet-to", self->to_hour, self->to_minute);
}

/* ---- Object ---- */

static void
udpnat_preferences_general_dispose (GObject *object)
{
  g_clear_object (&UDPNAT_PREFERENCES_GENERAL (object)->settings);
  G_OBJECT_CLASS (udpnat_preferences_general_parent_class)->dispose (object);
}

static void
udpnat_preferences_general_class_init (UdpnatPreferencesGeneralClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = udpnat_preferences_general_dispose;
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/udpnat/Udpnat/udpnat-preferences-general.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, color_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, enter_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, notify_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, content_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, content_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, quiet_row);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, from_hour);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, from_minute);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, to_hour);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, to_minute);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, background_switch);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPreferencesGeneral, autostart_switch);
  gtk_widget_class_bind_template_callback (widget_class, show_two_digits_cb);
  gtk_widget_class_bind_template_callback (widget_class, time_changed_cb);
}

static void
udpnat_preferences_general_init (UdpnatPreferencesGeneral *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  udpnat_expander_switch_name (self->quiet_row);
}

static void
bind_switch (GSettings  *settings,
             const char *key,
             GtkSwitch  *widget)
{
  g_settings_bind (settings, key, widget, "active", G_SETTINGS_BIND_DEFAULT);
}

GtkWidget *
udpnat_preferences_general_new (GSettings *settings)
{
  UdpnatPreferencesGeneral *self = g_object_new (UDPNAT_TYPE_PREFERENCES_GENERAL, NULL);

  show_time (settings, "quiet-from", self->from_hour, self->from_minute);
  show_time (settings, "quiet-to", self->to_hour, self->to_minute);
  self->settings = g_object_ref (settings); /* what is changed from now on is kept */
  bind_switch (settings, "enter-sends", self->enter_switch);
  bind_switch (settings, "notifications", self->notify_switch);
  bind_switch (settings, "notification-content", self->content_switch);
  bind_switch (settings, "run-in-background", self->background_switch);
  bind_switch (settings, "autostart", self->autostart_switch);
  g_settings_bind (settings, "quiet-hours", self->quiet_row, "enable-expansion",
                   G_SETTINGS_BIND_DEFAULT);
  g_settings_bind (settings, "notifications", self->content_row, "sensitive", G_SETTINGS_BIND_GET);
  g_settings_bind (settings, "notifications", self->quiet_row, "sensitive", G_SETTINGS_BIND_GET);
  g_settings_bind_with_mapping (settings, "color-scheme", self->color_row, "selected",
                                G_SETTINGS_BIND_DEFAULT, scheme_to_position, position_to_scheme,
                                NULL, NULL);
  return GTK_WIDGET (self);
}
