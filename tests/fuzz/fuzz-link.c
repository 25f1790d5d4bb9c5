/* Links: whatever is pasted, scanned or given on a command line. */

#include "config.h"

#include "fuzz.h"

#include <string.h>

#include "udpnat-invitation-link.h"
#include "udpnat-limits.h"
#include "udpnat-link.h"
#include "udpnat-name.h"

static void
check_link (const UdpnatLink *link)
{
  g_autoptr (UdpnatLink) again = NULL;
  g_autofree char       *name = udpnat_name_normalize (link->name);
  g_autofree char       *text = udpnat_link_to_string (link);
  g_autofree char       *text_again = NULL;

  g_assert_cmpstr (name, ==, link->name);
  g_assert_cmpuint (link->server_port, !=, 0);
  g_assert_cmpuint (strlen (text), <=, UDPNAT_QR_MAX_BYTES);
  g_assert_true (g_str_is_ascii (text));
  again = udpnat_link_parse (text, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->name, ==, link->name);
  g_assert_cmpstr (again->server_host, ==, link->server_host);
  g_assert_cmpuint (again->server_port, ==, link->server_port);
  g_assert_cmpint (again->has_key, ==, link->has_key);
  text_again = udpnat_link_to_string (again);
  g_assert_cmpstr (text_again, ==, text);
}

/* A link to a server, or a code: no link to somebody is one. */
static void
check_invitation (const char *text,
                  gboolean    is_link)
{
  g_autoptr (UdpnatInvitationLink) invitation = NULL;
  g_autoptr (GError)   error = NULL;
  char                 code[UDPNAT_INVITATION_TEXT_BYTES];
  UdpnatInvitationCode again;

  invitation = udpnat_invitation_link_parse (text, &error);
  g_assert_true ((invitation != NULL) == (error == NULL));
  if (invitation == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return;
    }
  g_assert_true ((invitation->server_host != NULL) == udpnat_invitation_link_is_one (text));
  g_assert_true ((invitation->server_host != NULL) == (invitation->server_port != 0));
  g_assert_false (is_link && invitation->server_host != NULL);
  udpnat_invitation_code_to_string (&invitation->code, code);
  g_assert_true (udpnat_invitation_code_parse (&again, code));
  g_assert_cmpmem (again.bytes, sizeof again.bytes, invitation->code.bytes, sizeof again.bytes);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         n_data)
{
  g_autofree char       *text = NULL;
  g_autoptr (UdpnatLink) link = NULL;
  g_autoptr (GError)     error = NULL;

  if (n_data > UDPNAT_LINK_MAX_BYTES + 1)
    return 0;
  text = g_strndup ((const char *) data, n_data);
  link = udpnat_link_parse (text, &error);
  g_assert_true ((link != NULL) == (error == NULL));
  if (link != NULL)
    check_link (link);
  else
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
  check_invitation (text, link != NULL);
  return 0;
}
