/* Invitations as they are mailed, pressed and typed. */

#include "config.h"

#include "udpnat-error.h"
#include "udpnat-invitation-link.h"
#include "udpnat-link.h"

#define CODE "mzxw6y-tbojtg-633cmf-zgm33p"
#define KEY "fi7j5hz66eroevczfolif35vbc77v6ke5fe6dlxbeubjurquyama"

static void
check (const char *text,
       const char *host,
       guint16     port,
       gboolean    has_key)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (UdpnatInvitationLink) invitation = udpnat_invitation_link_parse (text, &error);

  g_test_message ("“%s”", text);
  g_assert_no_error (error);
  g_assert_cmpstr (invitation->server_host, ==, host);
  g_assert_cmpuint (invitation->server_port, ==, port);
  g_assert_cmpint (invitation->has_key, ==, has_key);
  g_assert_cmpmem (invitation->code.bytes, sizeof invitation->code.bytes, "foobarfoobarfoo", 15);
  g_assert_cmpint (udpnat_invitation_link_is_one (text), ==, host != NULL);
}

static void
test_good (void)
{
  check ("udpnat:@chat.example.org?invite=" CODE, "chat.example.org", 8848, FALSE);
  check (" udpnat:@chat.example.org:9000?invite=" CODE "&key=" KEY "\n", "chat.example.org", 9000,
         TRUE);
  check ("UDPNAT:@[2001:db8::7]:9000?key=" KEY "&invite=" CODE, "2001:db8::7", 9000, TRUE);
  check ("udpnat://@chat.example.org/?invite=" CODE, "chat.example.org", 8848, FALSE);
  check ("udpnat:@chat.example.org?later=1&invite=" CODE, "chat.example.org", 8848, FALSE);
  check (CODE, NULL, 0, FALSE);
  check (" MZXW6Y TBOJTG 633CMF ZGM33P ", NULL, 0, FALSE);
}

static void
test_bad (void)
{
  const char *bad[] = {
    "", "udpnat:", "udpnat:@", "udpnat:@?invite=" CODE, "udpnat:@chat.example.org",
    "udpnat:@chat.example.org?invite=", "udpnat:@chat.example.org?invite=mzxw6y-tbojtg",
    "udpnat:@chat.example.org?invite=" CODE "&invite=" CODE,
    "udpnat:@chat.example.org?invite=" CODE "&key=short", "udpnat:@a b?invite=" CODE,
    "udpnat:@chat.example.org:0?invite=" CODE, "udpnat:bob@chat.example.org?invite=" CODE,
    "udpnat:@chat.example.org?invite=" CODE "#x", "chat.example.org", "\xff",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%u", i);
      g_assert_null (udpnat_invitation_link_parse (bad[i], &error));
      g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
    }
}

static void
test_too_long (void)
{
  g_autofree char *filler = g_strnfill (100000, 'a');
  g_autofree char *text = g_strconcat ("udpnat:@", filler, "?invite=" CODE, NULL);

  g_assert_false (udpnat_invitation_link_is_one (text));
  g_assert_null (udpnat_invitation_link_parse (text, NULL));
}

/* Where somebody is wanted an invitation is told from a link that lacks a name. */
static void
test_is_nobody (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (udpnat_link_parse ("udpnat:@chat.example.org?invite=" CODE, &error));
  g_assert_error (error, UDPNAT_ERROR, UDPNAT_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "invitation"));
  g_assert_false (udpnat_invitation_link_is_one ("udpnat:bob@chat.example.org"));
  g_assert_false (udpnat_invitation_link_is_one ("chat.example.org"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/invitation-link/parse/good", test_good);
  g_test_add_func ("/invitation-link/parse/bad", test_bad);
  g_test_add_func ("/invitation-link/parse/too-long", test_too_long);
  g_test_add_func ("/invitation-link/somebody/is-not-one", test_is_nobody);
  return g_test_run ();
}
