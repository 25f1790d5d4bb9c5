/* Somebody in the list of people: who they are, whether they are here, and their status line. */

#include "config.h"

#include "udpnat-person-row.h"

#include <glib/gi18n.h>

#include "udpnat-chat-words.h"
#include "udpnat-status-words.h"

struct _UdpnatPersonRow
{
  UdpnatSomebodyRow parent_instance;

  GtkWidget        *verified;
  GtkLabel         *text;
};

G_DEFINE_FINAL_TYPE (UdpnatPersonRow, udpnat_person_row, UDPNAT_TYPE_SOMEBODY_ROW)

static char *
describe (UdpnatPerson *person,
          const char   *words)
{
  const char *status = udpnat_person_get_status (person);

  if (status == NULL || *status == '\0')
    return g_strdup (words);
  /* Translators: whether somebody is here, and what they say of themselves: Online · On the road */
  return g_strdup_printf (_("%s · %s"), words, status);
}

static void
udpnat_person_row_refresh (UdpnatSomebodyRow *row,
                           UdpnatPerson      *person)
{
  UdpnatPersonRow *self = UDPNAT_PERSON_ROW (row);
  g_autoptr (GString) name = g_string_new (NULL);
  g_autofree char *words = udpnat_words_describe_person (person);
  g_autofree char *text = udpnat_somebody_row_is_self (row)
                            ? g_strdup (_("For whatever you want to keep"))
                            : describe (person, words);

  gtk_label_set_text (self->text, text);
  gtk_widget_set_visible (self->verified, udpnat_person_is_verified (person));
  udpnat_chat_words_append (name, udpnat_somebody_row_get_title (row));
  udpnat_chat_words_append (name, text);
  if (udpnat_person_is_verified (person))
    udpnat_chat_words_append (name, _("Verified"));
  udpnat_chat_words_name_row (GTK_WIDGET (self), name->str);
}

static void
udpnat_person_row_class_init (UdpnatPersonRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  UDPNAT_SOMEBODY_ROW_CLASS (klass)->refresh = udpnat_person_row_refresh;
  udpnat_somebody_row_class_set_template (UDPNAT_SOMEBODY_ROW_CLASS (klass),
                                          "/io/github/udpnat/Udpnat/udpnat-person-row.ui");
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, verified);
  gtk_widget_class_bind_template_child (widget_class, UdpnatPersonRow, text);
}

static void
udpnat_person_row_init (UdpnatPersonRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
udpnat_person_row_new (UdpnatClient *client)
{
  return udpnat_somebody_row_new (UDPNAT_TYPE_PERSON_ROW, client);
}
