/* The command line of the window. */

#include "config.h"

#include "udpnat-application-options.h"

#include <gio/gio.h>
#include <glib/gi18n.h>

#define SCHEME "udpnat:"

void
udpnat_application_options_free (UdpnatApplicationOptions *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->start, udpnat_start_options_free);
  g_strfreev (self->links);
  g_free (self);
}

static GOptionContext *
create_context (UdpnatApplicationOptions *self,
                gboolean                 *is_version)
{
  GOptionContext *context = g_option_context_new (_("[LINK…]"));
  const GOptionEntry entries[] = {
    { "background", 0, 0, G_OPTION_ARG_NONE, &self->is_background,
      N_("Start without a window, and receive messages"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, is_version, N_("Print the version"), NULL },
    { "gapplication-service", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->is_service, NULL,
      NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->links, NULL, NULL },
    { NULL }
  };

  g_option_context_set_summary (context, _("Talk to people directly, wherever they are."));
  g_option_context_set_description (context,
                                    _("Exit status: 0 done, 1 failed, 2 wrong usage."));
  g_option_context_set_main_group (context, udpnat_start_options_create_group (self->start));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return context;
}

/* A link, or a file that is there: a backup, perhaps. */
static gboolean
can_be_opened (const char *link)
{
  g_autoptr (GFile) file = NULL;

  if (g_ascii_strncasecmp (link, SCHEME, strlen (SCHEME)) == 0)
    return TRUE;
  file = g_file_new_for_commandline_arg (link);
  return g_file_peek_path (file) != NULL && g_file_test (g_file_peek_path (file),
                                                         G_FILE_TEST_IS_REGULAR);
}

static gboolean
check_links (UdpnatApplicationOptions *self,
             GError                  **error)
{
  for (guint i = 0; self->links != NULL && self->links[i] != NULL; i++)
    if (!can_be_opened (self->links[i]))
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     _("“%s” is not a udpnat: link"), self->links[i]);
        return FALSE;
      }
  return TRUE;
}

/**
 * udpnat_application_options_parse:
 * @out_is_done: (out): %TRUE when there is nothing more to do (--version)
 * @error: says what is wrong with the command line, without a full stop
 *
 * Returns: (nullable): the options; %NULL with @error set, or when @out_is_done
 */
UdpnatApplicationOptions *
udpnat_application_options_parse (int       *argc,
                                  char    ***argv,
                                  gboolean  *out_is_done,
                                  GError   **error)
{
  g_autoptr (UdpnatApplicationOptions) self = g_new0 (UdpnatApplicationOptions, 1);
  g_autoptr (GOptionContext) context = NULL;
  gboolean is_version = FALSE;

  *out_is_done = FALSE;
  self->start = udpnat_start_options_new ();
  context = create_context (self, &is_version);
  if (!g_option_context_parse (context, argc, argv, error) || !check_links (self, error))
    return NULL;
  if (!is_version)
    return g_steal_pointer (&self);
  g_print ("udpnat %s\n", PACKAGE_VERSION);
  *out_is_done = TRUE;
  return NULL;
}

/**
 * udpnat_application_options_are_given: whether they say how to be online, not only what to show */
gboolean
udpnat_application_options_are_given (const UdpnatApplicationOptions *self)
{
  const UdpnatStartOptions *start = self->start;

  return start->server_host != NULL || start->server_port != 0 || start->name != NULL ||
         start->bind_ip != NULL || start->n_more_ports == 0 || start->proxy != NULL;
}
