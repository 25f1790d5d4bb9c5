/* What tests of our routers have found out, as rows: the sentences of udpnat-nat-words.h, which the
 * terminal says too. Until there are any, how far the tests are. */

#include "config.h"

#include "udpnat-nat-group.h"

#include <glib/gi18n.h>

#include "udpnat-nat-words.h"
#include "udpnat-spoken-name.h"
#include "udpnat-words.h"

struct _UdpnatNatGroup
{
  AdwPreferencesGroup  parent_instance;

  AdwActionRow        *rows[UDPNAT_NAT_TOPICS];
};

G_DEFINE_FINAL_TYPE (UdpnatNatGroup, udpnat_nat_group, ADW_TYPE_PREFERENCES_GROUP)

static void
udpnat_nat_group_class_init (UdpnatNatGroupClass *klass)
{
}

static AdwActionRow *
create_row (UdpnatNatTopic topic)
{
  GtkWidget *row = adw_action_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), udpnat_nat_words_name_topic (topic));
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_widget_set_visible (row, FALSE);
  return ADW_ACTION_ROW (row);
}

static void
udpnat_nat_group_init (UdpnatNatGroup *self)
{
  for (guint i = 0; i < UDPNAT_NAT_TOPICS; i++)
    {
      self->rows[i] = create_row ((UdpnatNatTopic) i);
      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), GTK_WIDGET (self->rows[i]));
    }
}

/* @tests: (nullable): there are none yet */
static void
show_topic (UdpnatNatGroup       *self,
            UdpnatNatTopic        topic,
            const UdpnatNatFacts *tests)
{
  AdwActionRow *row = self->rows[topic];
  g_autofree char *sentence = tests != NULL ? udpnat_nat_words_describe_topic (tests, topic) : NULL;
  g_autofree char *label = NULL;

  gtk_widget_set_visible (GTK_WIDGET (row), sentence != NULL);
  if (sentence == NULL)
    return;
  /* Translators: a row for a screen reader: what it is, and its value */
  label = g_strdup_printf (_("%s: %s"), udpnat_nat_words_name_topic (topic), sentence);
  adw_action_row_set_subtitle (row, sentence);
  udpnat_spoken_name_set (GTK_WIDGET (row), label, NULL);
}

/** udpnat_nat_group_show: the group hides where there is no server to test with */
void
udpnat_nat_group_show (UdpnatNatGroup      *self,
                       UdpnatNetworkReport *report)
{
  const char *state = udpnat_network_report_get_test_state (report);
  const UdpnatNatFacts *tests = udpnat_network_report_get_tests (report);

  gtk_widget_set_visible (GTK_WIDGET (self), !g_str_equal (state, "none"));
  adw_preferences_group_set_description (ADW_PREFERENCES_GROUP (self),
                                         udpnat_words_explain_test_state (state));
  for (guint i = 0; i < UDPNAT_NAT_TOPICS; i++)
    show_topic (self, (UdpnatNatTopic) i, tests);
}
