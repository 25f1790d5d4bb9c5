/* Whose key is whose: safety numbers, new keys, links. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "udpnat-cli-host.h"
#include "udpnat-link.h"
#include "udpnat-person-address.h"
#include "udpnat-qr.h"
#include "udpnat-safety-number.h"

/* ---- QR codes ---- */

static gboolean
has_colours (void)
{
  const char *terminal = g_getenv ("TERM");

  return isatty (STDOUT_FILENO) && terminal != NULL && !g_str_equal (terminal, "dumb");
}

/* Written as it is: it has colours of its own. */
static void
show_qr (UdpnatCli  *self,
         const char *data)
{
  g_autoptr (UdpnatQr) qr = udpnat_qr_new (data);
  g_autofree char *text = qr != NULL ? udpnat_qr_to_text (qr, has_colours ()) : NULL;

  if (text != NULL)
    udpnat_cli_view_show_text (self->view, "%s", g_strchomp (text));
}

/* ---- Safety numbers ---- */

/* In three rows of four groups: easy to read to each other. */
static void
show_number (UdpnatCli    *self,
             UdpnatPerson *person,
             const char   *number)
{
  g_auto (GStrv) groups = g_strsplit (number, " ", -1);
  g_autofree char *title = udpnat_cli_view_dup_title (person);

  udpnat_cli_view_show_text (self->view, _("The safety number of you and %s:"), title);
  for (guint i = 0; i + 3 < g_strv_length (groups); i += 4)
    udpnat_cli_view_show_text (self->view, "    %s %s %s %s", groups[i], groups[i + 1],
                               groups[i + 2], groups[i + 3]);
  show_qr (self, number);
  udpnat_cli_view_show_text (self->view, _("%s sees the same number if nobody is in between. "
                                           "Compare when you meet, or on the phone; not in this "
                                           "chat."), title);
  udpnat_cli_view_show_text (self->view,
                             /* Translators: “verify” and “yes” are typed, and stay as they are;
                              * %s is one name */
                             _("Then: verify %s yes, or verify %s and the digits that they see."),
                             title, title);
  if (udpnat_person_is_verified (person))
    udpnat_cli_view_show_text (self->view, _("You have done so already."));
}

static void
tell_number (UdpnatCli    *self,
             UdpnatPerson *person,
             const char   *number)
{
  udpnat_cli_view_tell (self->view, "safety_number", "name", udpnat_person_get_name (person),
                        "number", number, "verified",
                        udpnat_person_is_verified (person) ? "yes" : "no", NULL);
}

static void
set_verified (UdpnatCli    *self,
              UdpnatPerson *person,
              gboolean      is_verified)
{
  g_autofree char *title = udpnat_cli_view_dup_title (person);

  udpnat_client_set_verified (self->client, person, is_verified);
  udpnat_cli_view_show_text (self->view, is_verified ? _("  %s is verified.") :
                             _("  %s is not verified."), title);
}

void
udpnat_cli_command_verify (UdpnatCli  *self,
                           const char *arguments)
{
  /* Translators: how a command is typed; only words in capitals can be translated */
  const char *usage = _("verify NAME [yes | no | DIGITS…]");
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, usage);
  g_autofree char *number = NULL;
  g_autofree char *digits = NULL;
  g_auto (GStrv) groups = NULL;

  if (person == NULL)
    return;
  number = udpnat_client_dup_safety_number (self->client, person);
  if (*arguments == '\0')
    {
      tell_number (self, person, number);
      show_number (self, person, number);
      return;
    }
  if (g_str_equal (arguments, "yes") || g_str_equal (arguments, "no"))
    {
      set_verified (self, person, g_str_equal (arguments, "yes"));
      return;
    }
  groups = g_strsplit (number, " ", -1);
  digits = g_strjoinv ("", groups);
  if (udpnat_safety_number_equal (arguments, digits))
    set_verified (self, person, TRUE);
  else
    udpnat_cli_view_show_error (self->view, "not-equal",
                                _("These are not the digits of you and %s. Read them again; if "
                                  "they still differ, somebody is in between: say nothing here "
                                  "that they must not know."), udpnat_person_get_title (person));
}

/* Somebody else's server: "@server yes" */
static void
trust_server (UdpnatCli  *self,
              const char *arguments)
{
  g_autofree char *server = udpnat_cli_take_word (&arguments);

  if (!g_str_equal (arguments, "yes"))
    udpnat_cli_view_show_error (self->view, "usage",
                                /* Translators: a server, twice; “trust” and “yes” are typed, and
                                 * stay as they are */
                                _("Whatever key %s has when it is met next would be taken for the "
                                  "right one. Do so only if its owner says that it has another "
                                  "one than before. Then: trust %s yes"), server + 1, server);
  else if (!udpnat_client_forget_place_key (self->client, server + 1))
    udpnat_cli_view_show_error (self->view, "usage", _("“%s” can be no server."), server + 1);
  else
    udpnat_cli_view_show_clean (self->view, _("  The key of %s is forgotten."), server + 1);
}

static void
trust_person (UdpnatCli  *self,
              const char *arguments)
{
  /* Translators: how a command is typed; only words in capitals can be translated */
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, _("trust NAME yes"));
  UdpnatPerson *renewed;
  g_autofree char *title = NULL;

  if (person == NULL)
    return;
  if (udpnat_person_get_new_key (person) == NULL)
    {
      udpnat_cli_view_show_error (self->view, "no-new-key", _("%s has no other key."),
                                  udpnat_person_get_title (person));
      return;
    }
  title = g_strdup (udpnat_person_get_title (person));
  if (!g_str_equal (arguments, "yes"))
    {
      udpnat_cli_view_show_error (self->view, "usage",
                                  /* Translators: a name, a key and the name again; “trust” and
                                   * “yes” are typed, and stay as they are */
                                  _("%s would be whoever has the new key %s. Take it only if they "
                                    "have told you themselves, by another way than this, that "
                                    "they lost the old one. What was said stays with the old key. "
                                    "Then: trust %s "
                                    "yes"), title, udpnat_person_get_new_key (person), title);
      return;
    }
  renewed = udpnat_client_accept_new_key (self->client, person);
  if (renewed == NULL)
    udpnat_cli_view_show_error (self->view, "no-new-key", _("%s has no other key."), title);
  else
    udpnat_cli_view_show_clean (self->view, _("  %s has the new key now, and is not verified."),
                                udpnat_person_get_title (renewed));
}

void
udpnat_cli_command_trust (UdpnatCli  *self,
                          const char *arguments)
{
  if (*arguments == '@')
    trust_server (self, arguments);
  else
    trust_person (self, arguments);
}

/* ---- Links ---- */

void
udpnat_cli_command_link (UdpnatCli  *self,
                         const char *arguments)
{
  UdpnatPerson *me = udpnat_client_get_self (self->client);
  const char *name = udpnat_client_get_name (self->client);
  g_autofree char *hosted = udpnat_cli_host_dup_address (self);
  const char *host = self->options->server_host;
  g_autoptr (GInetAddress) address = host != NULL ? g_inet_address_new_from_string (host) : NULL;
  gboolean is_local = hosted == NULL && host != NULL &&
                      (g_str_equal (host, "localhost") ||
                       (address != NULL && g_inet_address_get_is_loopback (address)));
  g_autoptr (UdpnatLink) link = NULL;
  g_autofree char *text = NULL;

  if (name == NULL)
    {
      udpnat_cli_view_show_error (self->view, "no-name", _("You have no name yet: login NAME, or "
                                                           "--name NAME."));
      return;
    }
  link = udpnat_link_new (name, host, self->options->server_port, udpnat_person_get_key (me));
  text = hosted != NULL ? udpnat_client_dup_link_at (self->client, hosted)
                        : udpnat_link_to_string (link);
  udpnat_cli_view_tell (self->view, "link", "link", text, NULL);
  udpnat_cli_view_show_clean (self->view, "%s", text);
  show_qr (self, text);
  udpnat_cli_view_show_text (self->view, is_local
    ? _("It names the server on this computer, where nobody else gets: give --server with the "
        "address that others use.")
    : _("Whoever opens it with “add LINK” has you as a contact, with the right key."));
}

static void
added_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  UdpnatCli *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatPerson) person = udpnat_client_find_finish (UDPNAT_CLIENT (source), result,
                                                               &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (person == NULL)
    udpnat_cli_say_error (self, "unknown-peer", error);
  else if (person == udpnat_client_get_self (self->client))
    udpnat_cli_view_show_error (self->view, "self", _("That is you."));
  else
    udpnat_cli_accept (self, person);
}

/* A link without a key is as good as the name in it: the server is asked whose it is. */
static void
add_by_name (UdpnatCli        *self,
             const UdpnatLink *link)
{
  g_autofree char *place = link->server_host != NULL
                             ? udpnat_place_from_host (link->server_host, link->server_port)
                             : NULL;
  g_autofree char *address = place != NULL ? g_strdup_printf ("%s@%s", link->name, place)
                                           : g_strdup (link->name);

  if (self->options->mode == UDPNAT_CLI_MODE_OFFLINE ||
      (place == NULL && !udpnat_client_is_registered (self->client)))
    udpnat_cli_view_show_error (self->view, "no-server", _("“%s” says no key, so the server would "
                                                           "have to say whose name it is, and "
                                                           "does not answer now."),
                                link->name);
  else
    udpnat_client_find_async (self->client, address, self->cancellable, added_cb, self);
}

void
udpnat_cli_command_add (UdpnatCli  *self,
                        const char *arguments)
{
  g_autofree char *text = g_strstrip (g_strdup (arguments));
  g_autoptr (UdpnatLink) link = NULL;
  g_autoptr (GError) error = NULL;
  UdpnatPerson *person;

  if (*text == '\0')
    {
      /* Translators: how a command is typed; “add” and “link” stay as they are */
      udpnat_cli_say_usage (self, _("add LINK   (as “link” shows it)"));
      return;
    }
  link = udpnat_link_parse (text, &error);
  if (link != NULL && !link->has_key)
    {
      add_by_name (self, link);
      return;
    }
  person = link != NULL ? udpnat_client_add_link (self->client, text, &error) : NULL;
  if (person == NULL)
    udpnat_cli_say_error (self, "bad-link", error);
  else
    udpnat_cli_view_show_clean (self->view, _("  %s is a contact of yours now."),
                                udpnat_person_get_title (person));
}
