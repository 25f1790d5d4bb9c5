/* What a screen reader says at once, wherever the keyboard is: something that others see come.
 *
 * GTK has a call for that from 4.14 on. GTK 4.8 says nothing when an alert or a notification comes
 * into sight, but Orca reads the new description of whatever has the keyboard: so it gets the
 * sentence as its description, for no longer than it takes to tell. */

#include "config.h"

#include "udpnat-announcement.h"

#if !GTK_CHECK_VERSION (4, 14, 0)

static void
describe_for_a_moment (GtkAccessible *accessible,
                       const char    *sentence)
{
  GtkAccessibleProperty property = GTK_ACCESSIBLE_PROPERTY_DESCRIPTION;

  if (gtk_test_accessible_has_property (accessible, property))
    return; /* it says what is wrong with a field */
  gtk_accessible_update_property (accessible, property, sentence, -1);
  gtk_accessible_reset_property (accessible, property);
}

#endif

/**
 * udpnat_announcement_make:
 * @widget: what has something to say; says nothing in a window that is not used at the moment
 */
void
udpnat_announcement_make (GtkWidget  *widget,
                          const char *sentence)
{
  GtkRoot *root = gtk_widget_get_root (widget);

  if (!GTK_IS_WINDOW (root) || !gtk_window_is_active (GTK_WINDOW (root)) ||
      !gtk_widget_get_mapped (widget))
    return;
#if GTK_CHECK_VERSION (4, 14, 0)
  /* Newer than what the window is held to otherwise. */
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  gtk_accessible_announce (GTK_ACCESSIBLE (widget), sentence,
                           GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_MEDIUM);
  G_GNUC_END_IGNORE_DEPRECATIONS
#else
  GtkWidget *focus = gtk_root_get_focus (root);

  if (focus != NULL)
    describe_for_a_moment (GTK_ACCESSIBLE (focus), sentence);
#endif
}
