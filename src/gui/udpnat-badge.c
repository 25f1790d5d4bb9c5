/* The number on the program's icon in a dock: an old signal of Unity that the docks of KDE Plasma,
 * Ubuntu, elementary and others listen to. There is no standard for it. */

#include "config.h"

#include "udpnat-badge.h"

#include "udpnat-settings.h"

#define INTERFACE "com.canonical.Unity.LauncherEntry"

/** udpnat_badge_tell: @count: 0 for none */
void
udpnat_badge_tell (GApplication *application,
                   guint         count)
{
  GDBusConnection *connection = g_application_get_dbus_connection (application);
  const char *path = g_application_get_dbus_object_path (application);
  GVariantBuilder dict;

  if (connection == NULL)
    return;
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "count", g_variant_new_int64 (count));
  g_variant_builder_add (&dict, "{sv}", "count-visible", g_variant_new_boolean (count > 0));
  if (!g_dbus_connection_emit_signal (connection, NULL, path, INTERFACE, "Update",
                                      g_variant_new ("(sa{sv})",
                                                     "application://" UDPNAT_APPLICATION_ID
                                                     ".desktop", &dict), NULL))
    g_debug ("No dock was told");
}
