/* How one is connected: to everybody, to one person, and what the own network is like. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>

static void
show_full_path (UdpnatCli    *self,
                UdpnatPerson *person)
{
  g_autoptr (UdpnatPathReport) report = udpnat_client_dup_path_report (self->client, person);

  udpnat_cli_view_show_path_report (self->view, person, report);
}

/* @is_explained: each as “paths NAME” has it */
static void
show_all_paths (UdpnatCli *self,
                gboolean   is_explained)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_people = g_list_model_get_n_items (people);
  guint n_paths = 0;

  for (guint i = 0; i < n_people; i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (!udpnat_person_has_path (person))
        continue;
      n_paths++;
      udpnat_client_refresh_path (self->client, person);
      if (is_explained)
        show_full_path (self, person);
      else
        udpnat_cli_view_show_path (self->view, person);
    }
  if (n_paths == 0)
    /* Translators: “send” is a command to type, and stays as it is */
    udpnat_cli_view_show_text (self->view, _("No conversation yet: send NAME MESSAGE…"));
}

/* For somebody who helps: the same for every language, and without addresses if so wished. */
static void
show_report (UdpnatCli *self,
             char      *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  udpnat_cli_view_tell (self->view, "report", "text", text, NULL);
  for (guint i = 0; lines[i] != NULL; i++)
    if (*lines[i] != '\0')
      udpnat_cli_view_show_text (self->view, "%s", lines[i]);
}

void
udpnat_cli_command_paths (UdpnatCli  *self,
                          const char *arguments)
{
  /* Translators: how a command is typed; only NAME can be translated */
  const char *usage = _("paths [--explain | NAME [--explain|--report|--masked]]");
  g_autoptr (UdpnatPathReport) report = NULL;
  UdpnatPerson *person;
  gboolean is_masked;
  gboolean is_text;
  gboolean is_explained;

  if (udpnat_cli_take_option (&arguments, "--explain"))
    {
      if (udpnat_cli_is_end (self, arguments, usage))
        show_all_paths (self, TRUE);
      return;
    }
  if (*arguments == '\0')
    {
      show_all_paths (self, FALSE);
      return;
    }
  person = udpnat_cli_take_person (self, &arguments, usage);
  if (person == NULL)
    return;
  is_masked = udpnat_cli_take_option (&arguments, "--masked");
  is_text = is_masked || udpnat_cli_take_option (&arguments, "--report");
  is_explained = udpnat_cli_take_option (&arguments, "--explain");
  if (!udpnat_cli_is_end (self, arguments, usage))
    return;
  report = udpnat_client_dup_path_report (self->client, person);
  if (is_text && !is_explained)
    {
      g_autofree char *text = udpnat_path_report_to_text (report, is_masked);

      show_report (self, text);
    }
  else
    udpnat_cli_view_show_path_report (self->view, person, report);
}

void
udpnat_cli_command_network (UdpnatCli  *self,
                            const char *arguments)
{
  g_autoptr (UdpnatNetworkReport) report = udpnat_client_dup_network_report (self->client);
  gboolean is_masked = udpnat_cli_take_option (&arguments, "--masked");
  gboolean is_text = is_masked || udpnat_cli_take_option (&arguments, "--report");

  if (!udpnat_cli_is_end (self, arguments, "network [--report|--masked]"))
    return;
  if (is_text)
    {
      g_autofree char *text = udpnat_network_report_to_text (report, is_masked);

      show_report (self, text);
    }
  else
    udpnat_cli_view_show_network_report (self->view, report);
}

void
udpnat_cli_command_relay (UdpnatCli  *self,
                          const char *arguments)
{
  /* Translators: how a command is typed; only NAME can be translated */
  const char *usage = _("relay NAME [on|off]");
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, usage);
  gboolean is_on;
  gboolean is_off;

  if (person == NULL)
    return;
  is_on = udpnat_cli_take_option (&arguments, "on");
  is_off = !is_on && udpnat_cli_take_option (&arguments, "off");
  if (!udpnat_cli_is_end (self, arguments, usage))
    return;
  if ((is_on || is_off) && udpnat_person_is_relay_only (person) != is_on)
    {
      udpnat_client_set_relay_only (self->client, person, is_on); /* programs are told of it */
      udpnat_cli_view_show_relay_only (self->view, person, FALSE);
    }
  else
    udpnat_cli_view_show_relay_only (self->view, person, TRUE);
}
