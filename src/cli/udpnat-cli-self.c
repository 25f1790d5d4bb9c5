/* What the user tells of themselves, and how this program behaves. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>

#include "udpnat-limits.h"
#include "udpnat-name.h"

/* ---- Status, picture, presence ---- */

void
udpnat_cli_command_status (UdpnatCli  *self,
                           const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *status = NULL;
  gboolean is_none = g_str_equal (arguments, "--none");

  if (*arguments != '\0' &&
      !udpnat_client_set_status (self->client, is_none ? "" : arguments, &error))
    {
      udpnat_cli_say_error (self, "invalid", error);
      return;
    }
  status = udpnat_client_dup_status (self->client);
  udpnat_cli_view_tell (self->view, "status", "text", status, NULL);
  if (*status != '\0')
    udpnat_cli_view_show_clean (self->view, _("Your contacts see: %s"), status);
  else
    udpnat_cli_view_show_text (self->view, _("No status line. “status TEXT” sets one."));
}

static GBytes *
read_picture (const char  *path,
              GError     **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);

  /* One byte more than allowed, so that what is too large is refused and not cut off. */
  return stream != NULL ? g_input_stream_read_bytes (G_INPUT_STREAM (stream),
                                                     UDPNAT_AVATAR_MAX_BYTES + 1, NULL, error)
                        : NULL;
}

void
udpnat_cli_command_avatar (UdpnatCli  *self,
                           const char *arguments)
{
  g_autofree char *path = udpnat_cli_take_word (&arguments);
  g_autoptr (GBytes) picture = NULL;
  g_autoptr (GError) error = NULL;

  if (*path == '\0' || *arguments != '\0')
    {
      /* Translators: how a command is typed; “avatar” and “none” stay as they are */
      udpnat_cli_say_usage (self, _("avatar FILE, or avatar none"));
      return;
    }
  if (!g_str_equal (path, "none"))
    {
      picture = read_picture (path, &error);
      if (picture == NULL)
        {
          udpnat_cli_say_error (self, "not-read", error);
          return;
        }
    }
  if (!udpnat_client_set_avatar (self->client, picture, &error))
    udpnat_cli_say_error (self, "invalid", error);
  else
    udpnat_cli_view_show_text (self->view, picture != NULL ? _("Your contacts see this picture "
                                                               "now.")
                                                           : _("You have no picture now."));
}

void
udpnat_cli_command_away (UdpnatCli  *self,
                         const char *arguments)
{
  if (!udpnat_cli_is_end (self, arguments, "away"))
    return;
  udpnat_client_set_away (self->client, TRUE);
  udpnat_cli_view_show_text (self->view, _("You are shown as away until you say “back”."));
}

void
udpnat_cli_command_back (UdpnatCli  *self,
                         const char *arguments)
{
  if (!udpnat_cli_is_end (self, arguments, "back"))
    return;
  udpnat_client_set_away (self->client, FALSE);
  udpnat_cli_view_show_text (self->view, _("You are shown as here."));
}

/* ---- Settings ---- */

static void
show_setting (UdpnatCli         *self,
              const char        *setting,
              const char *const *values,
              const char        *words)
{
  g_autofree char *value = udpnat_client_dup_setting (self->client, setting);
  g_autofree char *all = g_strjoinv ("|", (char **) values);

  udpnat_cli_view_tell (self->view, "setting", "name", setting, "value", value, "values", all,
                        NULL);
  udpnat_cli_view_show_text (self->view, "  %-14s %-7s (%s): %s", setting, value, all, words);
}

/* Shows those called @wanted, or all. Returns whether there was one. */
static gboolean
show_settings (UdpnatCli  *self,
               const char *wanted)
{
  const char *setting;
  const char *const *values;
  const char *words;
  gboolean is_found = FALSE;

  for (guint i = 0; (words = udpnat_client_explain_setting (i, &setting, &values)) != NULL; i++)
    if (wanted == NULL || g_str_equal (wanted, setting))
      {
        show_setting (self, setting, values, words);
        is_found = TRUE;
      }
  return is_found;
}

void
udpnat_cli_command_set (UdpnatCli  *self,
                        const char *arguments)
{
  g_autofree char *setting = udpnat_cli_take_word (&arguments);
  g_autofree char *value = udpnat_cli_take_word (&arguments);
  g_autoptr (GError) error = NULL;

  if (!udpnat_cli_is_end (self, arguments, _("set [NAME [VALUE]]")))
    return;
  if (*value != '\0' && !udpnat_client_set_setting (self->client, setting, value, &error))
    udpnat_cli_say_error (self, "invalid", error);
  else if (!show_settings (self, *setting != '\0' ? setting : NULL))
    udpnat_cli_view_show_error (self->view, "invalid", _("There is no setting “%s”; “set” lists "
                                                         "them."), setting);
}

/* ---- The name ---- */

void
udpnat_cli_command_login (UdpnatCli  *self,
                          const char *arguments)
{
  g_autofree char *name = g_strstrip (g_strdup (arguments));

  if (*name == '\0')
    udpnat_cli_say_usage (self, _("login NAME"));
  else
    udpnat_cli_log_in (self, name);
}

/* Whether people on this network find us, or would if there were one. */
static gboolean
is_found_here (UdpnatCli *self)
{
  UdpnatLanState state = udpnat_client_get_lan_state (self->client);

  return state == UDPNAT_LAN_STATE_ANNOUNCED || state == UDPNAT_LAN_STATE_NO_NETWORK;
}

void
udpnat_cli_command_logout (UdpnatCli  *self,
                           const char *arguments)
{
  g_autofree char *name = g_strstrip (g_strdup (arguments));
  g_autofree char *asked = udpnat_name_fold (name);
  const char *own_name = udpnat_client_get_name (self->client);
  g_autofree char *own = own_name != NULL ? udpnat_name_fold (own_name) : NULL;

  if (!udpnat_client_is_registered (self->client) && !is_found_here (self))
    udpnat_cli_view_show_error (self->view, "not-logged-in", _("You are not logged in."));
  else if (*name != '\0' && g_strcmp0 (asked, own) != 0)
    udpnat_cli_view_show_error (self->view, "not-yours",
                                /* Translators: our own name, and then somebody else's, twice */
                                _("You are %s; only %s can log %s out."), own_name, name, name);
  else
    udpnat_client_log_out (self->client);
}
