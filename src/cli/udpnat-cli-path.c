/* “udpnat-cli paths NAME”: calls one contact without saying anything, looks until the way to them
 * is found or given up, shows it and what was tried, and goes. */

#include "config.h"

#include <glib/gi18n.h>

#include "udpnat-cli-arguments.h"
#include "udpnat-cli.h"

#define LOOK_MS 100
/* The relay is the answer when nothing else has been tried for so long: a search for a port, say,
 * is agreed on a moment after plain tries have ended. */
#define SETTLED_US (2 * G_USEC_PER_SEC)

static void
show (UdpnatCli        *self,
      UdpnatPerson     *person,
      UdpnatPathReport *report)
{
  udpnat_cli_view_show_path_report (self->view, person, report);
  udpnat_cli_leave (self, 0);
}

/* What our own router does decides what is tried, and is asked at each start. */
static gboolean
is_testing (UdpnatCli *self)
{
  g_autoptr (UdpnatNetworkReport) network = udpnat_client_dup_network_report (self->client);

  return g_str_equal (udpnat_network_report_get_test_state (network), "running");
}

static gboolean
is_settled (UdpnatCli        *self,
            UdpnatPathReport *report)
{
  const char *phase = udpnat_path_report_get_phase (report);

  return g_str_equal (phase, "direct") ||
         (g_str_equal (phase, "relayed") && !is_testing (self) &&
          udpnat_path_report_get_elapsed (report) >= SETTLED_US);
}

static gboolean
look_cb (gpointer user_data)
{
  UdpnatCli *self = user_data;
  UdpnatPerson *person = udpnat_cli_find_person (self, self->options->to);
  g_autoptr (UdpnatPathReport) report = NULL;

  if (self->is_leaving || person == NULL)
    return G_SOURCE_REMOVE;
  report = udpnat_client_dup_path_report (self->client, person);
  if (g_str_equal (udpnat_path_report_get_phase (report), "away"))
    udpnat_cli_fail (self, "away", _("%s is not there now, so there is no way to look at."),
                     udpnat_person_get_title (person));
  else if (is_settled (self, report))
    show (self, person, report);
  else
    return G_SOURCE_CONTINUE;
  return G_SOURCE_REMOVE;
}

/** udpnat_cli_watch_path: others can be called now */
void
udpnat_cli_watch_path (UdpnatCli *self)
{
  UdpnatPerson *person = udpnat_cli_find_person (self, self->options->to);

  if (self->look_source != NULL || self->is_leaving)
    return;
  if (person == NULL || !udpnat_person_is_contact (person))
    {
      udpnat_cli_fail (self, "unknown-peer", _("“%s” is none of your contacts. Others are reached "
                                               "through the server only."), self->options->to);
      return;
    }
  udpnat_client_reach (self->client, person);
  self->look_source = g_timeout_source_new (LOOK_MS);
  g_source_set_callback (self->look_source, look_cb, self, NULL);
  g_source_attach (self->look_source, NULL);
}

/** udpnat_cli_end_watch: Returns: whether there is something to show when time is up: what is still
 * being tried */
gboolean
udpnat_cli_end_watch (UdpnatCli *self)
{
  UdpnatPerson *person = udpnat_cli_find_person (self, self->options->to);
  g_autoptr (UdpnatPathReport) report = NULL;

  if (self->look_source == NULL || person == NULL)
    return FALSE;
  report = udpnat_client_dup_path_report (self->client, person);
  if (!udpnat_path_report_has_session (report))
    return FALSE;
  show (self, person, report);
  return TRUE;
}
