/* Invitations, as a server's operator hands them out:
 *
 *     udpnat:@server:port?invite=CODE&key=…
 *
 * It is a link to nobody: what stands before the "@" is missing, the key is the server's. So it is
 * read as a link to somebody is (udpnat-link.c), with a name put in, and the code taken out. */

#include "config.h"

#include "udpnat-invitation-link.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "udpnat-error.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"

#define SCHEME "udpnat:"
#define PARAMETER "invite="
/* Anybody's: it is thrown away. */
#define NAME "x"

void
udpnat_invitation_link_free (UdpnatInvitationLink *self)
{
  if (self == NULL)
    return;
  g_free (self->server_host);
  g_free (self);
}

static gboolean
refuse (GError    **error,
        const char *sentence)
{
  g_set_error_literal (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID, sentence);
  return FALSE;
}

/* Returns: (transfer full) (nullable): a link to somebody at the same server; %NULL when @text is
 * no link to a server. Some programs make "udpnat://@server/" of it */
static char *
dup_with_name (const char *text)
{
  g_autofree char *stripped = NULL;
  const char      *rest, *slashes = "";

  if (strnlen (text, UDPNAT_LINK_MAX_BYTES + 1) > UDPNAT_LINK_MAX_BYTES)
    return NULL;
  stripped = g_strstrip (g_strdup (text));
  if (g_ascii_strncasecmp (stripped, SCHEME, strlen (SCHEME)) != 0)
    return NULL;
  rest = stripped + strlen (SCHEME);
  if (g_str_has_prefix (rest, "//"))
    {
      slashes = "//";
      rest += 2;
    }
  return *rest == '@' ? g_strconcat (SCHEME, slashes, NAME, rest, NULL) : NULL;
}

static gboolean
parse_code (UdpnatInvitationLink *self,
            const char           *link,
            GError              **error)
{
  const char    *question = strchr (link, '?');
  g_auto (GStrv) parameters = g_strsplit (question != NULL ? question + 1 : "", "&", -1);
  guint          n_codes = 0;

  for (guint i = 0; parameters[i] != NULL; i++)
    if (g_str_has_prefix (parameters[i], PARAMETER))
      {
        n_codes++;
        if (!udpnat_invitation_code_parse (&self->code, parameters[i] + strlen (PARAMETER)))
          return refuse (error, _("The code of this invitation is not whole: it has 24 letters and "
                                  "digits. Perhaps the link has been cut off."));
      }
  return n_codes == 1 || refuse (error, _("This link to a server is no invitation: its code is "
                                          "missing."));
}

static gboolean
parse_link (UdpnatInvitationLink *self,
            const char           *somebody,
            GError              **error)
{
  g_autoptr (UdpnatLink) link = NULL;

  if (!parse_code (self, somebody, error))
    return FALSE;
  link = udpnat_link_parse (somebody, error);
  if (link == NULL)
    return FALSE;
  self->server_host = g_steal_pointer (&link->server_host);
  self->server_port = link->server_port;
  self->key = link->key;
  self->has_key = link->has_key;
  return TRUE;
}

/** udpnat_invitation_link_is_one: whether @text is a link to a server and not to somebody, be it in
 * order or not */
gboolean
udpnat_invitation_link_is_one (const char *text)
{
  g_autofree char *somebody = dup_with_name (text);

  return somebody != NULL;
}

/**
 * udpnat_invitation_link_parse:
 * @text: a link, or a code; not trusted
 * @error: %UDPNAT_ERROR_INVALID, with a sentence that says what is wrong
 *
 * Returns: (transfer full) (nullable): the invitation
 */
UdpnatInvitationLink *
udpnat_invitation_link_parse (const char *text,
                              GError    **error)
{
  g_autoptr (UdpnatInvitationLink) self = g_new0 (UdpnatInvitationLink, 1);
  g_autofree char *somebody = NULL;
  g_autofree char *stripped = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  somebody = dup_with_name (text);
  if (somebody != NULL)
    return parse_link (self, somebody, error) ? g_steal_pointer (&self) : NULL;
  stripped = g_strstrip (g_strndup (text, UDPNAT_LINK_MAX_BYTES));
  if (!udpnat_invitation_code_parse (&self->code, stripped))
    {
      refuse (error, _("That is no invitation. It is a link that begins with “udpnat:@”, or a code "
                       "of 24 letters and digits."));
      return NULL;
    }
  return g_steal_pointer (&self);
}
