/* What stands between the user and a conversation, in a bar above it: one thing at a time, the most
 * important first. */

#include "config.h"

#include "udpnat-conversation-page-private.h"

#include <glib/gi18n.h>

#include "udpnat-words.h"

static void
show_new_key (UdpnatConversationPage *self)
{
  const UdpnatBannerButton buttons[] = {
    { _("_Compare…"), "talk.details", NULL },
    { _("_Trust…"), "talk.trust-key", "destructive-action" },
  };
  g_autofree char *text = NULL;

  text = g_strdup_printf (_("The server says that %s has another key now. They may have begun "
                            "anew, or somebody else uses their name. Ask them before you trust "
                            "it."),
                          udpnat_person_get_title (self->person));
  udpnat_banner_show (self->banner, "security-low-symbolic", text, buttons,
                      G_N_ELEMENTS (buttons));
}

static void
show_request (UdpnatConversationPage *self)
{
  const UdpnatBannerButton buttons[] = {
    { _("_Block…"), "talk.block", NULL },
    { _("_Decline"), "talk.decline", NULL },
    { _("_Accept"), "talk.accept", "suggested-action" },
  };
  g_autofree char *text = NULL;

  text = g_strdup_printf (_("%s would like to talk with you. Until you accept, they do not learn "
                            "where you are, nor that you have read this."),
                          udpnat_person_get_title (self->person));
  udpnat_banner_show (self->banner, "contact-new-symbolic", text, buttons, G_N_ELEMENTS (buttons));
}

static void
show_blocked (UdpnatConversationPage *self)
{
  const UdpnatBannerButton button = { _("_Unblock"), "talk.unblock", NULL };
  g_autofree char *text = g_strdup_printf (_("You have blocked %s."),
                                           udpnat_person_get_title (self->person));

  udpnat_banner_show (self->banner, "action-unavailable-symbolic", text, &button, 1);
}

static void
show_declined (UdpnatConversationPage *self)
{
  const UdpnatBannerButton button = { _("_Accept"), "talk.accept", NULL };
  g_autofree char *text = NULL;

  text = g_strdup_printf (_("You have declined %s. Writing to them accepts them after all."),
                          udpnat_person_get_title (self->person));
  udpnat_banner_show (self->banner, "contact-new-symbolic", text, &button, 1);
}

static void
show_mail_refused (UdpnatConversationPage *self,
                   const char             *reason)
{
  g_autofree char *text = NULL;

  /* Translators: %s is a reason in words, which begins in lower case */
  text = g_strdup_printf (_("Your messages wait here: %s."), udpnat_words_explain_code (reason));
  udpnat_banner_show (self->banner, "udpnat-waiting-symbolic", text, NULL, 0);
}

static void
show_server_changed (UdpnatConversationPage *self)
{
  const UdpnatBannerButton button = { _("_Trust…"), "talk.trust-server", "destructive-action" };
  g_autofree char *text = NULL;

  text = g_strdup_printf (/* Translators: a host name */
                          _("The server %s, where they are, has another key than before. Your "
                            "messages wait here."),
                          udpnat_person_get_server (self->person));
  udpnat_banner_show (self->banner, "security-low-symbolic", text, &button, 1);
}

/** udpnat_conversation_page_refresh_banner: something has changed about the person */
void
udpnat_conversation_page_refresh_banner (UdpnatConversationPage *self)
{
  UdpnatRelation relation = UDPNAT_RELATION_NONE;
  const char *reason = NULL;

  if (self->person != NULL)
    {
      relation = udpnat_person_get_relation (self->person);
      reason = udpnat_person_get_wait_reason (self->person);
    }
  gtk_widget_set_visible (GTK_WIDGET (self->composer), relation != UDPNAT_RELATION_BLOCKED &&
                                                         relation != UDPNAT_RELATION_REQUEST);
  if (self->person != NULL && udpnat_person_get_new_key (self->person) != NULL)
    show_new_key (self);
  else if (relation == UDPNAT_RELATION_BLOCKED)
    show_blocked (self);
  else if (relation == UDPNAT_RELATION_REQUEST)
    show_request (self);
  else if (relation == UDPNAT_RELATION_DECLINED)
    show_declined (self);
  else if (g_strcmp0 (reason, "other-server-changed") == 0 &&
           udpnat_person_get_server (self->person) != NULL)
    show_server_changed (self);
  else if (reason != NULL && g_str_has_prefix (reason, "mailbox-"))
    show_mail_refused (self, reason);
  else
    udpnat_banner_hide (self->banner);
}
