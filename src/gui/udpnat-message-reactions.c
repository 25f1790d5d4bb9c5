/* The signs that both people have put on a message. */

#include "config.h"

#include "udpnat-message-reactions.h"

#include <glib/gi18n.h>

static GtkWidget *
create_reaction (gint64      number,
                 const char *sign,
                 guint       n_people,
                 gboolean    is_ours)
{
  g_autofree char *label = n_people > 1 ? g_strdup_printf ("%s %u", sign, n_people)
                                        : g_strdup (sign);
  GtkWidget *button = gtk_button_new_with_label (label);
  const char *words = is_ours ? _("Take your reaction back") : _("React with the same");
  g_autofree char *name = g_strdup_printf (is_ours ? _("Your reaction %s") : _("Reaction %s"),
                                           sign);

  gtk_widget_add_css_class (button, "reaction");
  if (is_ours)
    gtk_widget_add_css_class (button, "own");
  gtk_widget_set_tooltip_text (button, words);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
  gtk_actionable_set_action_target (GTK_ACTIONABLE (button), "(xs)", number, is_ours ? "" : sign);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), "message.react");
  return button;
}

/**
 * udpnat_message_reactions_show:
 * @number: of the message
 * @ours: (nullable): our sign
 * @theirs: (nullable): the other person's
 *
 * What @box had before goes; without any sign it is not seen.
 */
void
udpnat_message_reactions_show (GtkBox     *box,
                               gint64      number,
                               const char *ours,
                               const char *theirs)
{
  gboolean is_same = g_strcmp0 (ours, theirs) == 0;
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (box))) != NULL)
    gtk_box_remove (box, child);
  gtk_widget_set_visible (GTK_WIDGET (box), ours != NULL || theirs != NULL);
  if (theirs != NULL && !is_same)
    gtk_box_append (box, create_reaction (number, theirs, 1, FALSE));
  if (ours != NULL)
    gtk_box_append (box, create_reaction (number, ours, is_same ? 2 : 1, TRUE));
}
