/* Who is who, and what they are to the user. */

#include "config.h"

#include "udpnat-cli-arguments.h"
#include "udpnat-cli-commands.h"

#include <glib/gi18n.h>

#include "udpnat-name.h"
#include "udpnat-words.h"

/* ---- Lists ---- */

/** udpnat_cli_begins_with: whether @person's name does */
gboolean
udpnat_cli_begins_with (UdpnatPerson *person,
                        const char   *prefix)
{
  g_autofree char *name = udpnat_name_fold (udpnat_person_get_name (person));
  g_autofree char *folded = udpnat_name_fold (prefix);

  return g_str_has_prefix (name, folded);
}

/* Returns: how many there were */
static guint
show_some (UdpnatCli  *self,
           const char *prefix,
           gboolean    is_online_only)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_shown = 0;

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if ((is_online_only && !udpnat_person_is_online (person))
          || !udpnat_cli_begins_with (person, prefix))
        continue;
      n_shown++;
      if (!is_online_only || !self->options->is_json)
        udpnat_cli_view_show_person (self->view, person);
    }
  return n_shown;
}

/* What the lines above do not say. */
static void
explain_directory (UdpnatCli *self)
{
  if (udpnat_client_get_directory (self->client) == UDPNAT_DIRECTORY_PRIVATE)
    udpnat_cli_view_show_text (self->view, _("This server tells nobody who else is there: look "
                                             "for people by their exact names."));
  else if (udpnat_client_has_more_people (self->client))
    udpnat_cli_view_show_text (self->view, _("There are more. Say how names begin to find "
                                             "others."));
}

/** udpnat_cli_show_here: those who are there: as JSON each was told when it came */
void
udpnat_cli_show_here (UdpnatCli  *self,
                      const char *prefix)
{
  guint n_shown = show_some (self, prefix != NULL ? prefix : "", TRUE);

  if (n_shown == 0 && udpnat_client_get_directory (self->client) != UDPNAT_DIRECTORY_PRIVATE)
    udpnat_cli_view_show_text (self->view, prefix != NULL ? _("Nobody called like that is here.")
                                                          : _("Nobody else is here."));
  explain_directory (self);
}

/** udpnat_cli_show_peers: everybody who is known */
void
udpnat_cli_show_peers (UdpnatCli  *self,
                       const char *prefix)
{
  guint n_shown = show_some (self, prefix, FALSE);

  if (n_shown == 0 && udpnat_client_get_directory (self->client) != UDPNAT_DIRECTORY_PRIVATE)
    udpnat_cli_view_show_text (self->view,
                               *prefix != '\0' ? _("Nobody called like that has been here.")
                                               : _("Nobody else has been here yet."));
  explain_directory (self);
}

/* Where the server does not tell of everybody it is asked first; one who is lost does not answer,
 * and what is known is shown. */
void
udpnat_cli_command_peers (UdpnatCli  *self,
                          const char *arguments)
{
  if (udpnat_client_get_directory (self->client) != UDPNAT_DIRECTORY_PAGED
      || !udpnat_client_is_registered (self->client))
    {
      udpnat_cli_show_peers (self, arguments);
      return;
    }
  g_free (self->listed_prefix);
  self->listed_prefix = g_strdup (arguments);
  udpnat_client_browse (self->client, arguments, UDPNAT_BROWSE_MAX);
}

static int
compare_people (gconstpointer a,
                gconstpointer b)
{
  UdpnatPerson *person_a = *(UdpnatPerson *const *) a;
  UdpnatPerson *person_b = *(UdpnatPerson *const *) b;
  gint64 shown_a = udpnat_person_get_last_shown (person_a);
  gint64 shown_b = udpnat_person_get_last_shown (person_b);

  if (udpnat_person_is_pinned (person_a) != udpnat_person_is_pinned (person_b))
    return udpnat_person_is_pinned (person_a) ? -1 : 1;
  if (shown_a != shown_b)
    return shown_a > shown_b ? -1 : 1;
  return g_utf8_collate (udpnat_person_get_title (person_a), udpnat_person_get_title (person_b));
}

/* Pinned ones first, then by the newest line. Returns how many there were. */
static guint
show_all (UdpnatCli      *self,
          UdpnatRelation  relation)
{
  GListModel *people = udpnat_client_get_people (self->client);
  g_autoptr (GPtrArray) chosen = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);

      if (udpnat_person_get_relation (person) == relation)
        g_ptr_array_add (chosen, g_steal_pointer (&person));
    }
  g_ptr_array_sort (chosen, compare_people);
  for (guint i = 0; i < chosen->len; i++)
    udpnat_cli_view_show_contact (self->view, g_ptr_array_index (chosen, i));
  return chosen->len;
}

void
udpnat_cli_command_contacts (UdpnatCli  *self,
                             const char *arguments)
{
  if (!udpnat_cli_is_end (self, arguments, "contacts"))
    return;
  if (show_all (self, UDPNAT_RELATION_ACCEPTED) == 0)
    udpnat_cli_view_show_text (self->view, _("No contacts yet: send NAME MESSAGE…, or add LINK."));
}

/* Their first words are why somebody is accepted or not, so they are shown here, too. */
void
udpnat_cli_command_requests (UdpnatCli  *self,
                             const char *arguments)
{
  GListModel *people = udpnat_client_get_people (self->client);
  guint n_requests = 0;

  if (!udpnat_cli_is_end (self, arguments, "requests"))
    return;
  for (guint i = 0; i < g_list_model_get_n_items (people); i++)
    {
      g_autoptr (UdpnatPerson) person = g_list_model_get_item (people, i);
      g_autoptr (GPtrArray) lines = NULL;

      if (udpnat_person_get_relation (person) != UDPNAT_RELATION_REQUEST)
        continue;
      n_requests++;
      lines = udpnat_client_dup_page_after (self->client, person, 0, 1);
      if (lines->len > 0)
        udpnat_cli_view_show_request (self->view, person, g_ptr_array_index (lines, 0), TRUE);
      else
        udpnat_cli_view_show_contact (self->view, person);
    }
  if (n_requests == 0)
    udpnat_cli_view_show_text (self->view, _("Nobody waits for an answer."));
}

void
udpnat_cli_command_whois (UdpnatCli  *self,
                          const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("whois NAME"));

  if (person == NULL)
    return;
  if (udpnat_person_has_path (person))
    udpnat_client_refresh_path (self->client, person);
  udpnat_cli_view_show_details (self->view, person);
}

/* ---- What they are to the user ---- */

/* @sentence: with %s for what they are called */
static void
say_done (UdpnatCli    *self,
          UdpnatPerson *person,
          const char   *sentence)
{
  g_autofree char *title = udpnat_cli_view_dup_title (person);
  g_auto (GStrv) parts = g_strsplit (sentence, "%s", -1);
  g_autofree char *whole = g_strjoinv (title, parts);

  udpnat_cli_view_show_text (self->view, "  %s", whole);
}

/** udpnat_cli_accept: makes a contact of @person, and says so */
void
udpnat_cli_accept (UdpnatCli    *self,
                   UdpnatPerson *person)
{
  if (udpnat_person_is_contact (person))
    {
      say_done (self, person, _("%s is a contact of yours already."));
      return;
    }
  udpnat_client_accept (self->client, person);
  say_done (self, person, _("%s is a contact of yours now."));
}

void
udpnat_cli_command_accept (UdpnatCli  *self,
                           const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("accept NAME"));

  if (person != NULL)
    udpnat_cli_accept (self, person);
}

void
udpnat_cli_command_decline (UdpnatCli  *self,
                            const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("decline NAME"));

  if (person == NULL)
    return;
  if (udpnat_person_get_relation (person) != UDPNAT_RELATION_REQUEST)
    {
      udpnat_cli_view_show_error (self->view, "no-request", _("%s has not asked for anything. To "
                                                              "hear no more of a contact: block."),
                                  udpnat_person_get_title (person));
      return;
    }
  udpnat_client_decline (self->client, person);
  say_done (self, person, _("%s is declined: nothing more of theirs comes in."));
}

void
udpnat_cli_command_block (UdpnatCli  *self,
                          const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("block NAME"));

  if (person == NULL)
    return;
  udpnat_client_block (self->client, person);
  say_done (self, person, _("%s is blocked: nothing of theirs comes in, and they get no answer."));
}

void
udpnat_cli_command_unblock (UdpnatCli  *self,
                            const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, _("unblock NAME"));

  if (person == NULL)
    return;
  if (udpnat_person_get_relation (person) != UDPNAT_RELATION_BLOCKED)
    {
      udpnat_cli_view_show_error (self->view, "not-blocked", _("%s is not blocked."),
                                  udpnat_person_get_title (person));
      return;
    }
  udpnat_client_unblock (self->client, person);
  say_done (self, person, udpnat_person_is_contact (person)
                            ? _("%s is a contact again.")
                            : _("%s may write to you again, and is no contact of yours."));
}

void
udpnat_cli_command_forget (UdpnatCli  *self,
                           const char *arguments)
{
  /* Translators: how a command is typed; only words in capitals can be translated */
  const char *usage = _("forget NAME yes");
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, usage);

  if (person == NULL)
    return;
  if (!udpnat_cli_take_option (&arguments, "yes") || *arguments != '\0')
    {
      udpnat_cli_view_show_error (self->view, "usage",
                                  /* Translators: a name, twice; “forget” and “yes” are typed, and
                                   * stay as they are */
                                  _("This deletes %s with everything that was said, here and for "
                                    "ever, and what still waits for them. If you mean it: forget "
                                    "%s yes"),
                                  udpnat_person_get_title (person),
                                  udpnat_person_get_title (person));
      return;
    }
  say_done (self, person, _("%s is forgotten."));
  udpnat_client_forget (self->client, person);
}

void
udpnat_cli_command_nick (UdpnatCli  *self,
                         const char *arguments)
{
  UdpnatPerson *person = udpnat_cli_take_person (self, &arguments, _("nick NAME [NICKNAME]"));
  g_autofree char *nickname = NULL;

  if (person == NULL)
    return;
  if (*arguments == '\0')
    {
      udpnat_client_set_nickname (self->client, person, NULL);
      say_done (self, person, _("%s is what they are called again."));
      return;
    }
  nickname = udpnat_name_normalize (arguments);
  if (nickname == NULL)
    {
      udpnat_cli_view_show_error (self->view, "name-not-allowed", _("That cannot be a nickname: "
                                                                    "%s."),
                                  udpnat_words_explain_code ("name-not-allowed"));
      return;
    }
  udpnat_client_set_nickname (self->client, person, nickname);
  say_done (self, person, _("%s is what you call them now."));
}

static void
set_pinned (UdpnatCli  *self,
            const char *arguments,
            gboolean    is_pinned)
{
  const char *usage = is_pinned ? _("pin NAME") :
    /* Translators: how a command is typed; only words in capitals can be translated */
    _("unpin NAME");
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, usage);

  if (person == NULL)
    return;
  udpnat_client_set_pinned (self->client, person, is_pinned);
  say_done (self, person, is_pinned ? _("%s stays at the top of “contacts”.")
                                    : _("%s is in their usual place again."));
}

void
udpnat_cli_command_pin (UdpnatCli  *self,
                        const char *arguments)
{
  set_pinned (self, arguments, TRUE);
}

void
udpnat_cli_command_unpin (UdpnatCli  *self,
                          const char *arguments)
{
  set_pinned (self, arguments, FALSE);
}

static void
set_muted (UdpnatCli  *self,
           const char *arguments,
           gboolean    is_muted)
{
  const char *usage = is_muted ? _("mute NAME") :
    /* Translators: how a command is typed; only words in capitals can be translated */
    _("unmute NAME");
  UdpnatPerson *person = udpnat_cli_take_only_person (self, arguments, usage);

  if (person == NULL)
    return;
  udpnat_client_set_muted (self->client, person, is_muted);
  say_done (self, person, is_muted ? _("%s is muted: what they write is shown, not when they "
                                       "come, go or type.")
                                   : _("%s is not muted any more."));
}

void
udpnat_cli_command_mute (UdpnatCli  *self,
                         const char *arguments)
{
  set_muted (self, arguments, TRUE);
}

void
udpnat_cli_command_unmute (UdpnatCli  *self,
                           const char *arguments)
{
  set_muted (self, arguments, FALSE);
}
